"""The recipes of blurkit(7) as the page prints them, and photos with a known answer to try them on."""

import re
import shutil

import cv2
import numpy as np
import pytest
from PIL import Image

from tests.recipes.library import LIBRARY, WALL
from tests.roff import examples, section

TAKEN = 0x9003  # EXIF tag, in the folder 0x8769


@pytest.fixture(scope="module")
def recipes(root):
    """{title: blocks of shell text}; the list of photos stands before the first title, under ''."""
    first, *parts = re.split(r"^\.SS (.*)\n", section(root / "man/blurkit.7", "RECIPES"), flags=re.M)
    titles, texts = ["", *parts[::2]], [first, *parts[1::2]]
    return {title: examples(text) for title, text in zip(titles, texts, strict=True)}


@pytest.fixture
def photo(discs, tmp_path):
    """photo(name, blur, seconds): writes a JPEG, taken at that second; no two are the same."""
    seeds = iter(range(100))

    def photo(name, blur, seconds=None):
        if blur is WALL:
            pixels = np.full((96, 144, 3), 127, np.uint8)
        else:
            pixels = discs(np.random.default_rng(next(seeds)), 96, 144)
        if blur:
            pixels = cv2.GaussianBlur(pixels, None, blur)
        tags = Image.Exif()
        if seconds is not None:
            tags.get_ifd(0x8769)[TAKEN] = f"2020:01:01 10:{seconds // 60:02}:{seconds % 60:02}"
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(tmp_path / name, "JPEG", quality=95, exif=tags)

    return photo


@pytest.fixture
def library(photo, files):
    """The photos of LIBRARY; {name: bytes}."""
    for name, blur in LIBRARY.items():
        photo(name, blur)
    return files("photos")


@pytest.fixture
def files(tmp_path):
    """files(folder, ...): {name: bytes} of all files below."""

    def files(*folders):
        return {
            str(path.relative_to(tmp_path)): path.read_bytes()
            for folder in folders
            for path in (tmp_path / folder).rglob("*")
            if path.is_file()
        }

    return files


@pytest.fixture
def need():
    """need(program, ...): the paths of programs, or a skip."""

    def need(*programs):
        paths = {name: shutil.which(name) for name in programs}
        missing = [name for name, path in paths.items() if path is None]
        if missing:
            pytest.skip(f"{missing[0]} is not installed")
        return list(paths.values())

    return need
