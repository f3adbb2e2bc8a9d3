"""blur-score: kind, length and direction of blur in records, in pixels of the stored photo, and the softest part."""

import json

import cv2
import numpy as np
import pytest
from PIL import Image

import blurkit
from blurkit.training import shake
from tests.cli.test_score import scores


@pytest.fixture(scope="module")
def moved(tmp_path_factory, discs):
    """A folder: moved.jpg, (1536, 2048), shaken by 40 pixels at 60 degrees; the same as .ppm; and masks of a half."""
    folder = tmp_path_factory.mktemp("moved")
    photo = cv2.resize(discs(np.random.default_rng(6), 384, 512), (2048, 1536), interpolation=cv2.INTER_CUBIC)
    kernel = shake.kernel_of(shake.turned(shake.straight_path(40), 60))
    cv2.imwrite(str(folder / "moved.jpg"), cv2.filter2D(photo, -1, kernel), [cv2.IMWRITE_JPEG_QUALITY, 95])
    cv2.imwrite(str(folder / "moved.ppm"), cv2.imread(str(folder / "moved.jpg")))
    return folder


@pytest.fixture(scope="module")
def corner(tmp_path_factory, discs):
    """A folder: sharp.png, (320, 480); corner.png, soft in its upper left; soft.png; rest.png, a mask of the rest."""
    folder = tmp_path_factory.mktemp("corner")
    photo = discs(np.random.default_rng(5), 320, 480)
    soft = cv2.GaussianBlur(photo, (0, 0), 3)
    rest = np.full((320, 480), 255, np.uint8)
    rest[:170, :170] = 0
    for name, picture in (("sharp", photo), ("soft", soft), ("rest", rest)):
        cv2.imwrite(str(folder / f"{name}.png"), picture)
    photo[:160, :160] = soft[:160, :160]
    cv2.imwrite(str(folder / "corner.png"), photo)
    return folder


def record(done):
    assert done.status == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("words", [[], ["--max-size", 500], ["--working-size", 700]])
def test_motion_is_in_pixels_of_the_photo_however_it_is_decoded(run, moved, words):
    less, whole = (record(run("blur-score", "--json", *words, moved / f"moved.{kind}")) for kind in ("jpg", "ppm"))
    size = words[1] if words else 1024
    for found in (less, whole):
        assert found["kind"] == "motion" and abs(found["angle"] - 60) < 8 and found["working_size"] == size
        assert found["motion"] == pytest.approx(40, rel=0.2)
        assert found["sigma_photo"] == pytest.approx(found["sigma"] * 2048 / size)
    assert less["sigma_photo"] == pytest.approx(whole["sigma_photo"], rel=0.05)


def test_a_turned_photo_has_its_motion_as_it_is_seen(run, moved, tmp_path):
    tags = Image.Exif()
    tags[0x0112] = 6  # to be turned by 90 degrees clockwise
    Image.open(moved / "moved.jpg").save(tmp_path / "turned.jpg", quality=95, exif=tags)
    found = record(run("blur-score", "--json", tmp_path / "turned.jpg"))
    assert abs(found["angle"] - 150) < 8 and found["motion"] == pytest.approx(40, rel=0.2)


def test_what_is_not_known_is_null(run, corner, tmp_path):
    cv2.imwrite(str(tmp_path / "wall.png"), np.full((120, 160), 90, np.uint8))
    wall = record(run("blur-score", "--json", tmp_path / "wall.png"))
    assert [wall[name] for name in ("score", "sigma", "sigma_photo", "motion", "angle")] == [None] * 5
    assert wall["kind"] == "unsure"
    sharp = record(run("blur-score", "--json", corner / "sharp.png"))
    assert (sharp["kind"], sharp["motion"], sharp["angle"]) == ("sharp", 0, None)
    zeng = record(run("blur-score", "--json", "--method", "zeng", corner / "soft.png"))
    assert (zeng["kind"], zeng["motion"], zeng["angle"]) == ("unsure", None, None) and zeng["score"] < 0.4


def test_a_soft_corner_counts_with_worst_and_not_with_best(run, corner):
    sharp, mixed, soft = (corner / f"{name}.png" for name in ("sharp", "corner", "soft"))
    best = scores(run("blur-score", sharp, mixed, soft))
    worst = scores(run("blur-score", "--region", "worst:10%", sharp, mixed, soft))
    assert best[1] == pytest.approx(best[0], abs=0.03) and best[1] > best[2] + 0.3
    assert worst[0] > worst[1] + 0.25 and worst[1] == pytest.approx(worst[2], abs=0.06)
    assert scores(run("blur-score", "--region", "worst:100%", mixed))[0] > worst[1] + 0.1
    (rest,) = scores(run("blur-score", "--region", "worst:10%", "--mask", corner / "rest.png", mixed))
    assert rest > worst[1] + 0.2
    done = run("blur-score", "--region", "worst:10%", "--fail-below", 0.4, sharp, mixed)
    assert done.status == 1 and done.stdout.count(b"\n") == 2


def test_worst_is_that_of_python(run, corner):
    found = record(run("blur-score", "--json", "--device", "cpu", "--region", "worst:10%", corner / "corner.png"))
    expected = blurkit.load(device="cpu").score(blurkit.read_photo(corner / "corner.png"), share=0.1, softest=True)
    assert (found["score"], found["sigma"], found["kind"]) == (expected.score, expected.sigma, expected.kind)
