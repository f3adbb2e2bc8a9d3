"""bench/decoders.py reports the pictures that blurkit decodes unlike others, and only those."""

import subprocess
import sys

import pytest
from PIL import Image


@pytest.fixture
def compared(root, tmp_path):
    """compared(): (status, lines) of the comparison of all pictures in tmp_path."""

    def compared(*words):
        command = [sys.executable, root / "bench" / "decoders.py", *words, tmp_path]
        environment = {"PATH": "", "PYTHONPATH": str(root)}
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
        assert not done.stderr
        return done.returncode, done.stdout.splitlines()

    return compared


def test_what_agrees_is_counted_and_what_differs_is_reported(compared, scene, tmp_path):
    Image.fromarray(scene).save(tmp_path / "photo.png")
    Image.fromarray(scene).save(tmp_path / "photo.jpg")
    assert compared() == (0, ["2 pictures; 0 unlike Pillow"])
    assert len(compared("--all")[1]) == 3
    data = (tmp_path / "photo.jpg").read_bytes()
    (tmp_path / "broken.jpg").write_bytes(data[:2] + b"\xff\xe1\x00\x08Exif\0\0" + data[2:])  # EXIF of no byte
    (tmp_path / "short.jfif").write_bytes(data[:2] + b"\xff\xe0\0\x07JFIF\0" + data[20:])  # which Pillow does not read
    status, lines = compared()
    assert status == 1 and lines[-1] == "4 pictures; 1 unlike Pillow"
    assert lines[0].split("\t")[:2] == [str(tmp_path / "short.jfif"), "Pillow"] and "120x90" in lines[0]


def test_heic_is_compared_too(compared, scene, tmp_path):
    pillow_heif = pytest.importorskip("pillow_heif")
    pillow_heif.from_pillow(Image.fromarray(scene)).save(tmp_path / "photo.heic", quality=90)
    status, lines = compared("--all")
    assert lines[0].startswith(f"{tmp_path / 'photo.heic'}\tblurkit\t120x90 of mean ")
    assert (status, lines[1:]) == (0, ["1 pictures; 0 unlike Pillow"])
