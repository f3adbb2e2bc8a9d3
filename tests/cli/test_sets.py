"""What --burst keeps: the sharpest of a burst, and all of a bracket, a focus stack, a panorama, a RAW and its JPEG."""

import csv
import io
import json

import cv2
import numpy as np
import pytest
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from tests.files import camera_file, jpeg

MAKER, MODEL, EXIF, TAKEN, BIAS = 0x010F, 0x0110, 0x8769, 0x9003, 0x9204


@pytest.fixture(scope="module")
def world(discs):
    """A scene larger than its photos."""
    return discs(np.random.default_rng(3), 240, 800)


@pytest.fixture
def take(world, tmp_path):
    """take(name, seconds, blur, bias, column): writes a JPEG of a part of the scene."""

    def take(name, seconds, blur=0.0, bias=0, column=200):
        view = world[:, column : column + 320]
        view = cv2.GaussianBlur(view, (0, 0), blur) if blur else view
        tags = Image.Exif()
        tags[MAKER], tags[MODEL] = "Maker", "Camera"
        tags.get_ifd(EXIF)[TAKEN] = f"1970:01:01 00:{seconds // 60:02}:{seconds % 60:02}"
        tags.get_ifd(EXIF)[BIAS] = IFDRational(bias, 3)
        light = 2 ** (bias / 3 / 2.2)
        Image.fromarray(np.clip(0.6 * light * view, 0, 255).astype(np.uint8)).save(
            tmp_path / name, quality=95, exif=tags
        )

    return take


@pytest.fixture
def told(run, tmp_path):
    """told(name, ...): {path: record} of photos in bursts."""

    def told(*names):
        done = run("blur-score", "--json", "--burst", 2, *names, cwd=tmp_path)
        assert done.status == 0
        return {record["path"]: record for record in map(json.loads, done.stdout.splitlines())}

    return told


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_bracket_and_a_panorama_are_kept_whole_and_a_burst_is_not(take, told, run, tmp_path, jobs):
    for number, bias in enumerate((0, -3, 3)):
        take(f"bracket{number}.jpg", number, blur=0.5 * number, bias=bias)
    for number, blur in enumerate((1, 0, 2)):
        take(f"burst{number}.jpg", 60 + number, blur=blur)
    for number in range(3):
        take(f"pano{number}.jpg", 120 + 2 * number, column=130 * number)
    take("alone.jpg", 300)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    names = sorted(before)
    records = told(*names)
    sets = {name: record["set"] for name, record in records.items()}
    kinds = {"bracket": "bracket", "burst": "burst", "pano": "panorama", "alone": None}
    assert sets == {name: kinds[name.removesuffix(".jpg").rstrip("012")] for name in names}
    assert [records[name]["group"] for name in ("alone.jpg", "bracket0.jpg", "burst0.jpg")] == [None, 1, 2]
    kept = {name for name in names if not name.startswith("burst")} | {"burst1.jpg"}
    assert {name for name, record in records.items() if record["best"]} == kept
    assert sorted(records[f"bracket{n}.jpg"]["rank"] for n in range(3)) == [1, 2, 3]
    done = run("blur-score", "-j", jobs, "--keep-best", "--burst", 2, *reversed(names), cwd=tmp_path)
    assert {line.split("\t")[1] for line in done.stdout.decode().splitlines()} == kept
    assert done.stderr == b"".join(
        [b"blur-score: kept whole: 3 of a bracket, from bracket2.jpg on; ", b"3 of a panorama, from pano2.jpg on\n"]
    )
    assert run("blur-score", "-q", "--keep-best", "--burst", 2, *names, cwd=tmp_path).stderr == b""
    table = run("blur-score", "-q", "--csv", "--burst", 2, *names, cwd=tmp_path).stdout.decode()
    assert {row["path"]: row["set"] or None for row in csv.DictReader(io.StringIO(table))} == sets
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_raw_and_jpeg_of_a_shot_are_one_photo(take, told, world, tmp_path):
    take("a.jpg", 60)
    take("b.jpg", 61, blur=2)
    data = camera_file(np.zeros((240, 320), np.uint16), jpeg(world[:, 200:520]))  # taken at 00:01:00
    (tmp_path / "a.DNG").write_bytes(data)
    pair = told("a.DNG", "a.jpg")
    assert {(record["set"], record["rank"], record["best"]) for record in pair.values()} == {("pair", 1, True)}
    three = told("b.jpg", "a.DNG", "a.jpg")
    assert {record["set"] for record in three.values()} == {"burst"}
    assert len({record["group"] for record in three.values()}) == 1
    assert {name: (record["rank"], record["best"]) for name, record in three.items()} == {
        "a.jpg": (1, True),
        "a.DNG": (1, True),
        "b.jpg": (2, False),
    }


def test_a_focus_stack_is_kept_whole(take, told, world, tmp_path):
    soft = cv2.GaussianBlur(world, (0, 0), 2.5)
    for number in range(4):
        take(f"{number}.jpg", number)
        columns = np.arange(world.shape[1])[None, :, None]
        is_sharp = (columns >= 200 + 80 * number) & (columns < 280 + 80 * number)
        with Image.open(tmp_path / f"{number}.jpg") as photo:
            tags = photo.getexif()
        Image.fromarray(np.where(is_sharp, world, soft)[:, 200:520]).save(
            tmp_path / f"{number}.jpg", quality=95, exif=tags
        )
    records = told(*(f"{number}.jpg" for number in range(4)))
    assert {(record["set"], record["best"]) for record in records.values()} == {("stack", True)}


def test_maps_have_no_sets(run, tmp_path):
    for number in range(2):
        np.save(tmp_path / f"{number}.npy", np.full((6, 8), 0.5 + number / 4, np.float32))
    done = run("blur-score", "--json", "--burst", 2, "0.npy", "1.npy", cwd=tmp_path)
    assert done.status == 0 and [json.loads(line)["set"] for line in done.stdout.splitlines()] == [None, None]


@pytest.mark.parametrize("size", [320, 480])
def test_a_small_copy_does_not_win_against_its_photo(run, world, tmp_path, size):
    photo = cv2.resize(world, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)  # soft at its own pixels
    small = cv2.resize(photo, (size, size * 3 // 10), interpolation=cv2.INTER_AREA)
    for name, pixels in (("a-small.png", small), ("b.png", photo), ("c-soft.png", cv2.GaussianBlur(photo, (0, 0), 9))):
        Image.fromarray(pixels).save(tmp_path / name)
    names = ("a-small.png", "b.png", "c-soft.png")
    done = run("blur-score", "--json", "--group", "[.]png", *names, cwd=tmp_path)
    records = {record["path"]: record for record in map(json.loads, done.stdout.splitlines())}
    assert records["a-small.png"]["score"] > records["b.png"]["score"]  # the copy shows less, and that sharply
    assert [name for name in names if records[name]["best"]] == ["b.png"]
    kept = run("blur-score", "--keep-best", "--window", 3, "--save", "kept", *names, cwd=tmp_path)
    assert kept.status == 0 and [path.name for path in (tmp_path / "kept").iterdir()] == ["b.png"]


def test_photos_that_look_alike_are_a_group_without_times(run, world, tmp_path):
    photo, other = world[:, 200:520], world[:, 480:800]
    pictures = {
        "a.png": cv2.GaussianBlur(photo, (0, 0), 1.5),
        "b.png": photo,
        "c.png": np.rint(0.6 * photo).astype(np.uint8)[:, :316],
        "d.png": other,
        "e.png": np.full((200, 300, 3), 127, np.uint8),
        "f.png": np.full((200, 300, 3), 127, np.uint8),
        "small.png": cv2.resize(photo, (160, 120), interpolation=cv2.INTER_AREA),
    }
    for name, pixels in pictures.items():
        Image.fromarray(pixels).save(tmp_path / name)
    done = run("blur-score", "-q", "--json", "--similar", *pictures, cwd=tmp_path)
    records = {record["path"]: record for record in map(json.loads, done.stdout.splitlines())}
    alike = {name for name, record in records.items() if record["group"] == 1}
    assert done.status == 0 and alike == {"a.png", "b.png", "c.png", "small.png"}
    assert {records[name]["set"] for name in alike} == {"alike"}
    assert all(records[name]["group"] is records[name]["set"] is None for name in ("d.png", "e.png", "f.png"))
    assert sorted(records[name]["rank"] for name in alike) == [1, 2, 3, 4] and not records["small.png"]["best"]
    kept = run("blur-score", "-q", "--keep-best", "--similar", *pictures, cwd=tmp_path).stdout.decode()
    best = next(name for name in alike if records[name]["best"])
    assert [line.split("\t")[1] for line in kept.splitlines()] == sorted([best, "d.png", "e.png", "f.png"])
    table = run("blur-score", "-q", "--csv", "--similar", *pictures, cwd=tmp_path).stdout.decode()
    assert {row["path"]: row["set"] for row in csv.DictReader(io.StringIO(table))}["a.png"] == "alike"
    both = run("blur-score", "--json", "--similar", "--burst", 2, *pictures, cwd=tmp_path)
    assert both.status == 2 and both.stdout == b""


def test_look_alikes_that_are_a_bracket_are_kept_whole(take, run, tmp_path):
    for number, bias in enumerate((0, -3, 3)):
        take(f"{number}.jpg", 1000 * number, bias=bias)
    done = run("blur-score", "-q", "--json", "--similar", "0.jpg", "1.jpg", "2.jpg", cwd=tmp_path)
    assert {(record["set"], record["best"]) for record in map(json.loads, done.stdout.splitlines())} == {
        ("bracket", True)
    }
