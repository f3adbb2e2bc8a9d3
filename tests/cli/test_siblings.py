"""Blurry photos moved with all files of their shots, and names that come while others are scored."""

import os
import subprocess
import sys

import cv2
import numpy as np
import pytest
from PIL import Image

from blurkit.cli.shots import stem_in

SHOT = (  # files that are no pictures, of the shot IMG_1
    *("IMG_1.CR2", "IMG_1.xmp", "IMG_1.JPG.xmp", "IMG_1.CR2.xmp", "IMG_1_01.CR2.xmp", "IMG_1.JPG.pp3", "IMG_1.CR2.dop"),
    *("IMG_1.mov", "IMG_1.AAE", "IMG_1.MOV.xmp"),
    *("IMG_1.JPG_original", "IMG_1.xmp_original", "IMG_1.CR2.xmp_original"),
)
OTHERS = (  # of other shots, or of none
    *("IMG_2.CR2", "IMG_2.xmp", "IMG_10.xmp", "IMG_1_02.JPG", "IMG_1_02.JPG.xmp", "img_1.xmp", "IMG_1.txt", "IMG_1"),
    *("IMG_2.JPG_original", "IMG_1.txt_original", "IMG_1_original"),
    *(".IMG_1.xmp", "._IMG_1.JPG", "IMG_1-edit.xmp", "IMG_1.mask.png"),
)


@pytest.fixture
def pair(discs):
    """pair(sharp path, soft path): writes two photos."""

    def pair(sharp, soft):
        photo = discs(np.random.default_rng(3), 96, 144)
        for path, blur in ((sharp, 0), (soft, 3)):
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(cv2.GaussianBlur(photo, (0, 0), blur) if blur else photo).save(path, "JPEG", quality=95)

    return pair


def test_the_files_of_a_shot_have_its_stem():
    names = {*SHOT, *OTHERS, "IMG_1.JPG"}
    assert {name for name in names if stem_in(name, names) == "IMG_1"} == {*SHOT, "IMG_1.JPG"}
    assert stem_in("IMG_1_02.JPG.xmp", names) == "IMG_1_02"  # that photo is there


def test_blurry_photos_are_moved_with_all_files_of_their_shots(pair, shell, tmp_path):
    pair(tmp_path / "photos/-x\n1/IMG_2.JPG", tmp_path / "photos/-x\n1/IMG_1.JPG")
    folder = tmp_path / "photos/-x\n1"
    for name in (*SHOT, *OTHERS):
        if not (folder / name).exists():
            (folder / name).write_bytes(name.encode())
    (folder / "IMG_1_02.JPG").write_bytes((folder / "IMG_2.JPG").read_bytes())
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    (tmp_path / "blurry").mkdir()
    shell("blur-score -r --below 0.5 --siblings -z photos | xargs -0r mv -nt blurry/ --")
    moved = {path.name: path.read_bytes() for path in (tmp_path / "blurry").iterdir()}
    left = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert moved.keys() == {*SHOT, "IMG_1.JPG"} and moved | left == before and len(moved) + len(left) == len(before)
    shell("blur-score -r --below 0.5 --siblings -z photos | xargs -0r mv -nt blurry/ --")
    assert {path.name for path in folder.iterdir()} == left.keys()


def test_a_shot_of_which_several_files_are_named_is_scored_once_by_its_picture(pair, run, tmp_path):
    pair(tmp_path / "a.jpg", tmp_path / "b.jpg")
    (tmp_path / "b.cr2").write_bytes(b"no RAW: reading it would be an error")
    names = ["b.cr2", "a.jpg", "b.jpg", "b.jpg"]
    done = run("blur-score", "-v", "--below", 0.5, "--siblings", *names, cwd=tmp_path)
    assert (done.status, done.stdout) == (0, b"b.jpg\nb.cr2\n")
    assert b"b.cr2: is of the shot of b.jpg, which is scored" in done.stderr
    assert run("blur-score", "--above", 0.5, "--siblings", *names, cwd=tmp_path).stdout == b"a.jpg\n"
    listed = run("blur-score", "-0", "--below", 0.5, "--siblings", cwd=tmp_path, stdin=b"b.jpg\0b.cr2\0a.jpg\0")
    assert listed == (0, b"b.jpg\nb.cr2\n", b"")


def test_a_picture_of_a_stream_has_no_siblings(run, photos, tmp_path):
    photo = (photos / "photo.jpg").read_bytes()
    done = run("blur-score", "--above", 0.1, "--siblings", stdin=photo, cwd=tmp_path)
    assert done == (2, b"", b"blur-score: -: is no file of its own, which could have --siblings\n")
    (tmp_path / "two.jpgs").write_bytes(photo + photo)
    done = run("blur-score", "--above", 0.1, "--siblings", "two.jpgs", cwd=tmp_path)
    assert (done.status, done.stdout) == (2, b"") and done.stderr.count(b"which could have --siblings") == 2


def test_a_name_is_scored_while_the_list_goes_on(start, photos):
    with start("blur-score", "-0") as process:
        for name in ("photo.jpg", "missing.jpg", "turned.jpg"):
            process.stdin.write(os.fsencode(photos / name) + b"\0")
            process.stdin.flush()
            if name == "missing.jpg":
                assert b"missing.jpg: No such file" in process.stderr.readline()
            else:
                assert process.stdout.readline().endswith(os.fsencode(photos / name) + b"\n")
        process.stdin.write(os.fsencode(photos / "photo.png"))  # without NUL it is complete at the end
        process.stdin.close()
        assert process.stdout.read().endswith(b"photo.png\n")
    assert process.returncode == 2


def test_names_in_lines_are_told_at_once(start, photos):
    with start("blur-score", "-0") as process:
        process.stdin.write(os.fsencode(photos / "photo.jpg") + b"\n")
        process.stdin.flush()
        assert b"the names must end in NUL" in process.stderr.readline()
    assert process.returncode == 2


def test_what_is_no_list_is_refused(run):
    done = run("blur-score", "-0", stdin=b"x" * 40_000)
    assert done == (2, b"", b"blur-score: -: holds a name of more than 32768 bytes; names end in NUL\n")
    done = run("blur-score", "-0", stdin=b"-\0")
    assert done.status == 2 and b"./- is a file" in done.stderr


def test_lines_are_not_added_to_a_photo_of_the_list(root, environment, photos, tmp_path):
    path = tmp_path / "photo.jpg"
    path.write_bytes((photos / "photo.jpg").read_bytes())
    before = path.read_bytes()
    with open(path, "ab") as out:
        words = [sys.executable, root / "bin/blur-score", "-0"]
        done = subprocess.run(words, input=b"photo.jpg\0", stdout=out, stderr=-1, cwd=tmp_path, env=environment)
    assert done.returncode == 2 and b"would be added to the input" in done.stderr and path.read_bytes() == before
