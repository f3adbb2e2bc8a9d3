"""Every recipe of blurkit(7), as the page prints it, run by bash on photos with a known answer."""

import json
import os
import re
import shutil
import subprocess
from collections import Counter

import cv2
import numpy as np
import pytest
from PIL import Image

from tests.roff import examples, section

TAKEN = 0x9003  # EXIF tag, in the folder 0x8769
WALL, SHARP, SOFT = None, 0, 3  # nothing to judge, or the sigma of the blur in pixels
LIBRARY = {
    "photos/a sharp one.jpg": SHARP,
    "photos/wall.jpg": WALL,
    'photos/day 1/it\'s "sharp" & more.jpg': SHARP,
    'photos/day 1/it\'s "soft" & more.jpg': SOFT,
    "photos/day 1/half a pixel.JPG": 0.6,
    "photos/day 1/one pixel.jpg": 1,
    "photos/day 2/ $HOME; '\t*.jpg": SHARP,
    "photos/day 2/  ${soft}\\n `'\t?.jpg": SOFT,
    "photos/day 2/-n \udcff\udc80.jpg": SOFT,  # bytes that are no text
    "photos/two\nlines.jpg": SOFT,
    "photos/x\n0.1000\tphotos/a sharp one.jpg": SOFT,  # its second line reads like the score of another photo
}
LISTED = [name for name in LIBRARY if "\n" not in name]
BLURRED = [name for name in LISTED if LIBRARY[name] in (1, SOFT)]
SERIES = {  # seconds, blur
    "photos/a 1.jpg": (0, SOFT),
    "photos/day 2/it's\t2.jpg": (2, SHARP),
    "photos/a 3.jpg": (4, 1),
    "photos/b wall.jpg": (11, WALL),
    "photos/b.jpg": (10, SHARP),
    "photos/alone.jpg": (60, SOFT),
    "photos/timeless.jpg": (None, SOFT),
}
OTHERS = ["photos/a 1.jpg", "photos/a 3.jpg", "photos/b wall.jpg"]
SSH = """#!/bin/bash
# HOST [--] COMMAND, as if every host had this home
cd "$HOME"; echo "$1 $2" >> hosts; shift; [ "$1" = -- ] && shift; exec bash -c "$*"
"""


@pytest.fixture(scope="module")
def recipes(root):
    """{title: blocks of shell text}; the list of photos stands before the first title, under ''."""
    first, *parts = re.split(r"^\.SS (.*)\n", section(root / "man/blurkit.7", "RECIPES"), flags=re.M)
    return {title: examples(text) for title, text in zip(["", *parts[::2]], [first, *parts[1::2]], strict=True)}


@pytest.fixture
def photo(discs, tmp_path):
    """photo(name, blur, seconds): writes a JPEG; no two are the same."""
    written = iter(range(100))

    def photo(name, blur, seconds=None):
        pixels = (
            np.full((96, 144, 3), 127, np.uint8)
            if blur is WALL
            else discs(np.random.default_rng(next(written)), 96, 144)
        )
        tags = Image.Exif()
        if seconds is not None:
            tags.get_ifd(0x8769)[TAKEN] = f"2020:01:01 10:00:{seconds:02}" if seconds < 60 else "2020:01:01 10:01:00"
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(cv2.GaussianBlur(pixels, None, blur) if blur else pixels).save(
            tmp_path / name, "JPEG", quality=95, exif=tags
        )

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


def need(*programs):
    """The paths of programs, or a skip."""
    for name in programs:
        if not shutil.which(name):
            pytest.skip(f"{name} is not installed")
    return [shutil.which(name) for name in programs]


def names(lines):
    """The paths of blur-score's lines."""
    return [os.fsdecode(line).split("\t", 1)[1] for line in lines.splitlines()]


def moved(before, gone, folder):
    """{name: bytes} after the photos of `gone` went below a folder, and nothing else changed."""
    return {f"{folder}/{name}" if name in gone else name: data for name, data in before.items()}


def test_these_are_the_recipes_and_each_is_run_below(recipes):
    counts = {
        "": 1,
        "Move the blurry ones": 3,
        "Keep the sharpest of each burst": 1,
        "Stars": 1,
        "Whether the subject is sharp": 2,
    }
    assert {title: len(blocks) for title, blocks in recipes.items()} == {
        **counts,
        "Several machines": 3,
        "A Slurm array": 2,
    }


def test_the_list_holds_every_photo_whose_name_has_no_line_break(recipes, shell, library, tmp_path):
    shell(recipes[""][0])
    listed = (tmp_path / "all.lst").read_bytes()
    assert sorted(map(os.fsdecode, listed.split(b"\0"))) == sorted(["", *LISTED]) and listed.endswith(b"\0")


def test_the_blurry_ones_are_moved_and_nothing_is_lost(recipes, shell, library, files, tmp_path):
    score, _, move = recipes["Move the blurry ones"]
    (tmp_path / "photos/broken.jpg").write_bytes(b"no photo")
    (tmp_path / "blurry/photos/day 1").mkdir(parents=True)
    (tmp_path / "blurry" / BLURRED[0]).write_bytes(b"another photo that has this place")
    before = files("photos", "blurry")
    shell(recipes[""][0])
    shell(score, status=2)  # for the broken one
    assert (tmp_path / "look.html").read_text().count("data:image/jpeg") == len(LISTED)
    shell(move)
    assert files("photos", "blurry") == moved(before, BLURRED[1:], "blurry")


def test_the_threshold_of_your_own_photos_moves_what_you_call_soft(recipes, shell, photo, library, files):
    score, calibrate, move = recipes["Move the blurry ones"]
    for number in range(4):
        photo(f"sharp/{number}.jpg", SHARP)
        photo(f"soft/{number}.jpg", 0.6)
    threshold = shell(calibrate).decode().split("\t")[0]
    shell(recipes[""][0])
    shell(score)
    shell(move.replace("0.5", threshold))
    assert files("photos", "blurry") == moved(library, [*BLURRED, "photos/day 1/half a pixel.JPG"], "blurry")


def test_of_each_burst_the_sharpest_stays_and_nothing_is_lost(recipes, shell, photo, files, tmp_path):
    (keep,) = recipes["Keep the sharpest of each burst"]
    for name, (seconds, blur) in SERIES.items():
        photo(name, blur, seconds)
    before = files("photos")
    broken = tmp_path / "photos/broken.jpg"
    broken.write_bytes(b"no photo")
    shell(recipes[""][0])
    shell(keep, status=2)
    assert files("photos", "others") == {**before, "photos/broken.jpg": b"no photo"}
    broken.unlink()
    shell(recipes[""][0])
    shell(keep)
    assert files("photos", "others") == moved(before, OTHERS, "others")


def test_exiftool_writes_stars_once_for_all_and_keeps_what_is_there(recipes, shell, program, library, files, tmp_path):
    (exiftool,) = need("exiftool")
    (rate,) = recipes["Stars"]
    program("exiftool", f'#!/bin/bash\necho started >> "$HOME/starts"\nexec {exiftool} "$@"\n')
    rated, labelled = "photos/a sharp one.jpg", "photos/day 1/one pixel.jpg"
    subprocess.run([exiftool, "-q", "-XMP:Rating=2", tmp_path / f"{rated}.xmp"], check=True)
    subprocess.run([exiftool, "-q", "-XMP:Label=Red", tmp_path / f"{labelled}.xmp"], check=True)
    shell(recipes[""][0])
    shell(recipes["Move the blurry ones"][0])
    sigmas = {
        told["path"]: told["sigma"]
        for told in map(json.loads, shell("blur-score --json --files0-from all.lst").splitlines())
    }
    stars = {
        name: 1 + sum(sigma <= border for border in (2, 1, 0.75, 0.5))
        for name, sigma in sigmas.items()
        if sigma is not None
    }
    assert {1, 5} < set(stars.values()) and sorted(stars) == sorted({*LISTED} - {"photos/wall.jpg"})

    def ratings(suffix):
        told = subprocess.run(
            [exiftool, "-T", "-XMP:Rating", "-XMP:Label", *(f"{name}{suffix}" for name in stars)],
            cwd=tmp_path,
            capture_output=True,
            check=True,
        )
        return dict(zip(stars, told.stdout.decode().splitlines(), strict=True))

    shell(rate)
    assert ratings(".xmp") == {name: f"{number}\t-" for name, number in stars.items()} | {
        rated: "2\t-",
        labelled: f"{stars[labelled]}\tRed",
    }
    after = files("photos")
    assert {name: after[name] for name in library} == library and "photos/wall.jpg.xmp" not in after
    assert (tmp_path / "starts").read_text().count("started") == 1
    shell(rate.replace(".xmp", ""))
    assert ratings("") == {name: f"{number}\t-" for name, number in stars.items()}
    after = files("photos")
    assert {name: after[f"{name}_original"] for name in stars} == {name: library[name] for name in stars}


def test_a_segmenter_says_where_to_judge(recipes, shell, program, discs, tmp_path):
    one, many = recipes["Whether the subject is sharp"]
    program("segmenter", '#!/bin/bash\ncat "masks/$(basename "$1")"\n')
    pixels = discs(np.random.default_rng(4), 160, 240)
    pixels[:, 120:] = cv2.GaussianBlur(pixels, None, SOFT)[:, 120:]
    masks = {side: np.zeros((160, 240), np.uint8) for side in ("nothing", "soft", "sharp")}
    masks["sharp"][:, :110], masks["soft"][:, 130:] = 255, 255
    scores = {}
    for folder in ("masks", "photos"):
        (tmp_path / folder).mkdir()
    Image.fromarray(pixels).save(tmp_path / "photo.jpg", quality=95)
    for side, mask in masks.items():
        Image.fromarray(mask).save(tmp_path / "masks/photo.jpg", "PNG")
        scores[side] = shell(one).decode().split("\t")[0]
        shutil.copy(tmp_path / "photo.jpg", tmp_path / f"photos/it's {side}.jpg")
        with open(tmp_path / f"masks/it's {side}.jpg", "wb") as file:
            np.save(file, mask)
    assert float(scores["sharp"]) > float(scores["soft"]) + 0.15 and scores["nothing"] == "nan"
    assert shell(many).decode().splitlines() == [
        f"{scores[side]}\tphotos/it's {side}.jpg" for side in ("sharp", "soft", "nothing")
    ]


@pytest.mark.parametrize(
    "number, hosts, copies",
    [(0, (), 0), (1, ("alpha", "beta"), 0), (2, ("alpha", "beta"), len(LISTED))],
    ids=["one machine", "shared photos", "copies"],
)
def test_parallel_writes_the_lines_of_one_process(
    recipes, shell, program, library, files, tmp_path, number, hosts, copies
):
    need("parallel", *["rsync"] * bool(copies))
    program("ssh", SSH)
    shell(recipes[""][0])
    expected = shell("blur-score --files0-from all.lst")
    shell(recipes["Several machines"][number].replace("-N 50", "-N 2"))  # batches that a small library fills
    assert (tmp_path / "scores.txt").read_bytes() == expected and sorted(names(expected)) == sorted(LISTED)
    assert files("photos") == library
    calls = [line.split() for line in (tmp_path / "hosts").read_text().splitlines()] if hosts else []
    assert {host for host, _ in calls} == set(hosts) and [what for _, what in calls].count("rsync") == copies


def test_the_tasks_of_a_slurm_array_share_the_photos(recipes, shell, library, tmp_path):
    script, merge = recipes["A Slurm array"]
    (tmp_path / "score.sh").write_text(script)
    shell(recipes[""][0])
    for task in "123":
        shell("bash score.sh", SLURM_ARRAY_TASK_ID=task, SLURM_ARRAY_TASK_COUNT="3")
    parts = {task: (tmp_path / f"parts/{task}.txt").read_bytes() for task in "123"}
    assert sorted(name for part in parts.values() for name in names(part)) == sorted(LISTED)
    assert {len(part.splitlines()) for part in parts.values()} == {3}
    assert shell(merge) == b""
    merged = (tmp_path / "scores.txt").read_bytes()
    assert Counter(merged.splitlines()) == Counter(shell("blur-score --files0-from all.lst").splitlines())
    scores = [line.split(b"\t")[0] for line in merged.splitlines()]
    assert scores.pop() == b"nan" and scores == sorted(scores, reverse=True)
    (tmp_path / "parts/2.txt").unlink()
    assert sorted(map(os.fsdecode, shell(merge).splitlines())) == sorted(names(parts["2"]))
    shell("bash score.sh", SLURM_ARRAY_TASK_ID="2", SLURM_ARRAY_TASK_COUNT="1", PARTS="3")
    assert (tmp_path / "parts/2.txt").read_bytes() == parts["2"]


def test_a_slurm_task_without_photos_writes_an_empty_part(recipes, shell, library, tmp_path):
    (tmp_path / "score.sh").write_text(recipes["A Slurm array"][0])
    shell(recipes[""][0])
    shell("bash score.sh", SLURM_ARRAY_TASK_ID="16", SLURM_ARRAY_TASK_COUNT="16")
    assert (tmp_path / "parts/16.txt").read_bytes() == b""


def test_the_examples_in_python_do_what_the_format_page_says(root, shell, photo, tmp_path):
    stream, points, own, bare_numpy, _ = examples(section(root / "man/blurkit-formats.5", "EXAMPLES"))
    for name, blur in (("a.jpg", SHARP), ("b.jpg", SOFT), ("photo.jpg", SHARP)):
        photo(name, blur)
    sharp, soft, _ = map(float, shell(stream).split())
    assert sharp > soft + 0.3
    rows = np.array([line.split() for line in shell(points).splitlines()], float)
    sigma, weight = np.load(tmp_path / "points.npy")
    assert len(rows) == np.count_nonzero(weight) > 20 and rows[:, 2].sum() == pytest.approx(sigma.sum(), rel=1e-4)
    shell(bare_numpy)
    by_numpy = (tmp_path / "refined.npy").read_bytes()
    shell(own)
    assert (tmp_path / "refined.npy").read_bytes() == by_numpy
    shell(own.replace(" ** 2", "").replace("refined.npy", "same.npy") + "blur-map a.jpg b.jpg | cmp - same.npy")
    assert np.load(tmp_path / "refined.npy").mean() < np.load(tmp_path / "same.npy").mean()
