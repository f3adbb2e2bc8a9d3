"""blur-score on large photos: decoded no larger than needed, with masks of their full size, and --detail."""

import base64
import json

import cv2
import numpy as np
import pytest
from PIL import Image

import blurkit
from tests.cli.test_score import scores


@pytest.fixture(scope="module")
def large(tmp_path_factory, discs):
    """A reddish photo of 2880x1920 pixels with detail, large.jpg, and its pixels as large.ppm, which is read whole."""
    folder = tmp_path_factory.mktemp("large")
    photo = np.vstack(
        [np.hstack([discs(np.random.default_rng(3 * i + j), 640, 960) for j in range(3)]) for i in range(3)]
    )
    photo[..., 2] = photo[..., 2] // 2 + 127
    cv2.imwrite(str(folder / "large.jpg"), photo, [cv2.IMWRITE_JPEG_QUALITY, 95])
    cv2.imwrite(str(folder / "large.ppm"), cv2.imread(str(folder / "large.jpg")))
    return folder


@pytest.mark.parametrize("method", ["joint", "park", "zeng"])
def test_a_jpeg_decoded_no_larger_than_needed_scores_the_same_and_its_report_is_in_colour(run, large, tmp_path, method):
    words = ["blur-score", "--method", method, "--json", "--working-size", 700]
    less, whole = map(json.loads, run(*words, large / "large.jpg", large / "large.ppm").stdout.splitlines())
    assert less["working_size"] == whole["working_size"] == 700
    assert less["score"] == pytest.approx(whole["score"], abs=0.01) and less["score"] != whole["score"]
    done = run(*words, "--report", tmp_path / "out.html", large / "large.jpg")
    assert json.loads(done.stdout) == less
    shown = base64.b64decode((tmp_path / "out.html").read_text().split("data:image/jpeg;base64,")[1].split('"')[0])
    blue, _, red = cv2.imdecode(np.frombuffer(shown, np.uint8), cv2.IMREAD_COLOR).mean(axis=(0, 1))
    assert red > blue + 30


def test_a_jpeg_is_decoded_whole_where_it_is_measured_whole(run, photos, tmp_path):
    Image.open(photos / "photo.png").save(tmp_path / "small.jpg", quality=95)
    cv2.imwrite(str(tmp_path / "small.ppm"), cv2.imread(str(tmp_path / "small.jpg")))
    for words in ((), ("--working-size", 0)):
        jpeg, pixels = scores(run("blur-score", *words, tmp_path / "small.jpg", tmp_path / "small.ppm"))
        assert jpeg == pixels


def test_a_mask_has_the_size_of_the_photo_however_that_is_decoded(run, large, tmp_path):
    tags = Image.Exif()
    tags[0x0112] = 6  # upright it is 1920 pixels wide
    Image.open(large / "large.jpg").save(tmp_path / "turned.jpg", quality=95, exif=tags)
    mask = np.zeros((2880, 1920), np.uint8)
    mask[:1400] = 255
    cv2.imwrite(str(tmp_path / "mask.png"), mask)
    cv2.imwrite(str(tmp_path / "small.png"), mask[::2, ::2])
    words = ["blur-score", "--working-size", 700, tmp_path / "turned.jpg"]
    assert 0.3 < scores(run(*words, "--mask", tmp_path / "mask.png"))[0] < 1
    done = run(*words, "--mask", tmp_path / "small.png")
    assert (done.status, done.stdout) == (2, b"") and b"1920x2880" in done.stderr and b"960x1440" in done.stderr
    assert len(scores(run(*words, "--max-size", 700, "--mask", tmp_path / "small.png"))) == 1


def test_detail_is_that_of_python_and_tells_photos_apart_that_differ_little(run, large, tmp_path):
    photo = cv2.imread(str(large / "large.ppm"))
    cv2.imwrite(str(tmp_path / "soft.jpg"), cv2.GaussianBlur(photo, (0, 0), 0.7), [cv2.IMWRITE_JPEG_QUALITY, 95])
    words = ["blur-score", "--detail", "--json", "--report", tmp_path / "out.html"]
    done = run(*words, large / "large.jpg", tmp_path / "soft.jpg", large / "large.ppm")
    sharp, soft, pixels = map(json.loads, done.stdout.splitlines())
    assert sharp["working_size"] == 2880 and sharp["score"] > soft["score"] + 0.03
    assert sharp["score"] == pytest.approx(pixels["score"], abs=0.01)  # decoded in grey
    expected = blurkit.score_photo(blurkit.read_photo(large / "large.ppm"), detail=True)
    values = {name: None if value != value else value for name, value in expected._asdict().items()}  # NaN is null
    assert {**values, "path": str(large / "large.ppm")} == pixels
    mask = np.zeros((1920, 2880), np.uint8)
    mask[:, :900] = 255
    cv2.imwrite(str(tmp_path / "mask.png"), mask)
    (inside,) = scores(run("blur-score", "--detail", "--mask", tmp_path / "mask.png", large / "large.jpg"))
    assert 0.3 < inside < 1 and "that of each photo" in (tmp_path / "out.html").read_text()


@pytest.mark.parametrize("words", [["--max-size", 9], ["--working-size", 0], ["--truth", "."], ["--maps"]])
def test_what_does_not_go_with_detail_is_told(run, words):
    done = run("blur-score", "--detail", *words, "photo.png")
    assert (done.status, done.stdout) == (2, b"") and f"{words[0]} does not go with it".encode() in done.stderr
