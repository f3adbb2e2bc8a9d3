"""Scores: known answers, and comparison with plain loops."""

import functools
import math

import cv2
import numpy as np
import pytest

from blurkit import methods, score
from blurkit.io.weights import find_weights, read_weights


@pytest.fixture(scope="module", params=sorted(methods.METHODS))
def score_of(request):
    """score_of(photo, ...) by the shipped weights of each method."""
    name = request.param
    part = "score" if methods.has_own_score(name) else "map"
    data = find_weights(methods.weights_name(name, part)).read_bytes()
    weights, _ = read_weights(data, name, methods.get(name, part).SHAPES, part)
    return functools.partial(score.score_photo, weights=weights, method=name, device="cpu")


@pytest.fixture(scope="module")
def photo(discs):
    return discs(np.random.default_rng(5), 240, 320)


def alike(one, other):
    """True if two dicts are equal, NaN being equal to NaN."""
    return repr(one) == repr(other)


def test_more_blur_is_a_lower_score_and_a_wider_sigma(score_of, photo):
    copies = [photo, *(cv2.GaussianBlur(photo, (0, 0), sigma) for sigma in (0.75, 1.5, 3))]
    results = [score_of(copy) for copy in copies]
    assert (np.diff([result["score"] for result in results]) < -0.02).all()
    assert (np.diff([result["sigma"] for result in results]) > 0.02).all()
    assert all(result["score"] == pytest.approx(1 / (1 + result["sigma"])) for result in results)
    assert 1 < results[2]["sigma"] < 2.4 and 2 < results[3]["sigma"] < 5  # pixels, lens and sensor included


def test_a_sharp_subject_before_a_soft_background_scores_as_sharp(score_of, photo):
    portrait = cv2.GaussianBlur(photo, (0, 0), 4)
    portrait[40:200, 80:240] = photo[40:200, 80:240]
    whole, subject, soft = (score_of(p)["score"] for p in (photo, portrait, cv2.GaussianBlur(photo, (0, 0), 2)))
    assert subject > soft + 0.1 and subject == pytest.approx(whole, abs=0.1)
    assert score_of(portrait, share=1.0)["score"] < subject


def test_a_region_is_scored_alone(score_of, photo):
    half = photo.copy()
    half[:, 160:] = cv2.GaussianBlur(photo, (0, 0), 3)[:, 160:]
    left = np.zeros(photo.shape[:2], bool)
    left[:, :150] = True
    sharp, soft = (score_of(half, region=region)["score"] for region in (left, left[:, ::-1]))
    assert sharp > soft + 0.15


@pytest.mark.parametrize("level", [0, 130, 255])
def test_a_blank_wall_cannot_be_judged(score_of, level):
    result = score_of(np.full((120, 160, 3), level, np.uint8))
    assert math.isnan(result["score"]) and math.isnan(result["sigma"]) and result["coverage"] == 0


def test_outside_its_region_a_photo_does_not_count(score_of, photo):
    result = score_of(photo, region=np.zeros(photo.shape[:2], bool))
    assert math.isnan(result["score"]) and result["coverage"] == 0


def test_a_large_photo_is_measured_at_the_working_size(score_of, photo):
    large = cv2.resize(photo, (1280, 960), interpolation=cv2.INTER_CUBIC)
    result = score_of(large, side=320)
    reduced = score_of(cv2.resize(large, (320, 240), interpolation=cv2.INTER_AREA))
    assert result.pop("sigma_photo") == pytest.approx(4 * reduced.pop("sigma_photo"))
    assert alike(result, reduced) and result["working_size"] == 320


@pytest.mark.parametrize("sigma", [2, 5, 12])
def test_noise_is_measured_in_8_bit_steps(sigma):
    rng = np.random.default_rng(0)
    plane = np.float32(0.5 + rng.normal(0, sigma / 255, (300, 400)))
    assert score.noise(plane) == pytest.approx(sigma, rel=0.1)
    plane[:, 200:] += np.float32(rng.random((300, 200)))  # texture in one half
    assert score.noise(plane) == pytest.approx(sigma, rel=0.1)
    assert score.noise(np.zeros((40, 40), np.float32)) == 0


def test_the_score_of_a_map_is_the_mean_logit_of_its_sharpest_tenth_softened():
    values = np.float32(np.random.default_rng(0).permutation(200) / 200).reshape(10, 20)
    logits = [np.log(k / (200 - k)) for k in range(180, 200)]
    assert score.map_score(values) == pytest.approx(1 / (1 + np.exp(-np.mean(logits) / 4)), abs=1e-6)
    assert score.map_score(np.float32([[0.5]])) == pytest.approx(0.5)
    assert 0 < score.map_score(np.zeros((3, 3), np.float32)) < 0.1
    assert 0.9 < score.map_score(np.ones((3, 3), np.float32)) < 1


def test_a_soft_background_costs_a_map_nothing():
    subject = np.zeros((100, 100), np.float32)
    subject[40:80, 40:80] = 0.9
    assert score.map_score(subject) == pytest.approx(score.map_score(np.full((5, 5), 0.9, np.float32)))


@pytest.mark.parametrize("width", [1, 30])
def test_bars_and_frames_do_not_count(score_of, photo, width):
    soft = cv2.GaussianBlur(photo, (0, 0), 3)
    whole = score_of(soft)
    framed = score_of(np.pad(soft, ((width, width), (width, 0), (0, 0)), constant_values=255))
    assert framed.pop("cropped") == pytest.approx(1 - soft[..., 0].size / (240 + 2 * width) / (320 + width))
    assert whole.pop("cropped") == 0.0 and alike(framed, whole)


def test_the_outline_of_a_cut_out_does_not_count(score_of, photo):
    soft = cv2.GaussianBlur(photo, (0, 0), 3)
    inside = np.zeros(photo.shape[:2], np.uint8)
    cv2.ellipse(inside, (160, 120), (140, 100), 0, 0, 360, 1, -1)
    cut = score_of(np.where(inside[..., None], soft, 255).astype(np.uint8))
    near = 0.15 if score_of.keywords["method"] == "zeng" else 0.03  # zeng compares with the whole photo
    assert cut["score"] == pytest.approx(score_of(soft, region=inside > 0)["score"], abs=near)
    assert cut["cropped"] == pytest.approx(1 - inside.mean(), abs=0.01) and cut["coverage"] > 0.1


def test_a_region_is_that_of_the_whole_picture(score_of, photo):
    half = photo.copy()
    half[:, 160:] = cv2.GaussianBlur(photo, (0, 0), 3)[:, 160:]
    framed = np.pad(half, ((40, 0), (100, 0), (0, 0)))
    regions = np.zeros((2, *framed.shape[:2]), bool)
    regions[0, 40:, 100:250], regions[1, 40:, 270:] = True, True
    sharp, soft = (score_of(framed, region=region) for region in regions)
    assert sharp["score"] == score_of(half, region=regions[0, 40:, 100:])["score"] > soft["score"] + 0.15
