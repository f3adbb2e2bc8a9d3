"""Stage 5: edges of known blur: which are drawn, from what picture, and what blur they have."""

import math

import cv2
import numpy as np
import pytest

from blurkit.methods.joint import edges, samples
from blurkit.ops.colour import grey
from blurkit.training import shake

INPUTS, COUNT, NONE = edges.INPUTS, samples.COUNT, samples.NONE
SHARES = ("REDUCED_SHARE", "NOISY_SHARE", "COMPRESSED_SHARE", "LATE_SHARE")


@pytest.fixture(scope="module")
def photo(discs):
    """(176, 208, 3) uint8; whole cells at both of the first sizes."""
    return discs(np.random.default_rng(11), 176, 208)


@pytest.fixture
def only(monkeypatch):
    """only(kernel, NAME=value, ...): samples are blurred by one kernel and degraded by nothing but what is named."""

    def only(kernel=None, **values):
        for name in SHARES:
            monkeypatch.setattr(samples, name, 0.0)
        for name, value in values.items():
            monkeypatch.setattr(samples, name, value)
        kernel = np.ones((1, 1), np.float32) if kernel is None else np.float32(kernel) / np.sum(kernel)
        monkeypatch.setattr(samples, "random_kernel", lambda rng: kernel)

    return only


@pytest.fixture
def measured(monkeypatch):
    """Every cell has an edge of every direction, whose inputs are its row, its column and its size.

    Returns the list of the planes that were measured.
    """
    planes = []

    def measure(plane):
        planes.append(plane)
        result = []
        for size in range(2):
            shape = tuple(-(-side // (8 << size)) for side in plane.shape)
            places = np.arange(8 * shape[0] * shape[1])
            inputs = np.zeros((len(places), INPUTS), np.float32)
            inputs[:, 0], inputs[:, 1] = places // shape[1] % shape[0], places % shape[1]
            inputs[:, 2] = size
            result.append(edges.Edges(shape, places, inputs))
        return result

    monkeypatch.setattr(edges, "measure", measure)
    return planes


def in_focus(shape):
    return np.ones(shape[:2], np.float32)


def drawn(picture, sharp=None, seed=0):
    return samples.sample(picture, in_focus(picture.shape) if sharp is None else sharp, np.random.default_rng(seed))


def test_unblurred_edges_are_those_of_the_picture_as_it_is_each_with_its_direction(photo, only):
    only()
    every = {}
    for size in edges.measure(grey(photo)):
        for place, inputs in zip(size.places, size.inputs, strict=True):
            every.setdefault(np.round(inputs, 2).tobytes(), set()).add(int(place // math.prod(size.shape)))
    inputs, directions, covariance = drawn(photo)
    assert inputs.shape == (1024, INPUTS) and inputs.dtype == np.float32
    assert directions.shape == (1024,) and directions.dtype == np.uint8
    assert covariance.tolist() == [0, 0, 0] and covariance.dtype == np.float32
    known = [int(d) in every.get(np.round(i, 2).tobytes(), ()) for i, d in zip(inputs, directions, strict=True)]
    assert np.mean(known) > 0.97  # but for rounding to 8 bits


def test_of_few_edges_all_are_drawn_and_the_rest_is_left_empty(photo, only):
    only()
    small = np.ascontiguousarray(photo[:56, :60])
    total = sum(len(size.places) for size in edges.measure(grey(small)))
    inputs, directions, _ = drawn(small)
    assert 48 <= total < COUNT and (directions[:total] < 8).all() and (directions[total:] == NONE).all()
    assert inputs[:total].any(axis=1).all() and not inputs[total:].any()
    assert len({one.tobytes() for one in inputs[:total]}) == total


@pytest.mark.parametrize(("count", "enough"), [(47, False), (48, True)])
def test_fewer_than_48_edges_are_no_sample(photo, only, monkeypatch, count, enough):
    only()
    size = edges.Edges((22, 26), np.arange(count), np.ones((count, INPUTS), np.float32))
    monkeypatch.setattr(edges, "measure", lambda plane: [size])
    assert (drawn(photo) is not None) == enough


@pytest.mark.parametrize("side", [1, 3, 9])
def test_edges_are_drawn_where_nothing_out_of_focus_is_within_reach_and_everywhere_there(only, measured, side):
    only(np.ones((side, side)))
    shape, union = (176, 208), set()
    sharp = np.zeros(shape, np.float32)
    cv2.circle(sharp, (90, 80), 60, 1, -1)
    unknown = np.argwhere(sharp == 0)
    for seed in range(6):
        inputs, directions, _ = drawn(np.zeros((*shape, 3), np.uint8), sharp, seed)
        found = inputs[directions < 8]
        union |= {(int(row), int(column)) for row, column, size in found[:, :3] if not size}
        assert set(directions[directions < 8].tolist()) == set(range(8))
    reach, expected = side // 2 + 6, set()
    for row, column in np.ndindex(22, 26):
        first = np.array([8 * row, 8 * column]) - reach
        if not ((unknown >= first) & (unknown < first + 8 + 2 * reach)).all(axis=1).any():
            expected.add((row, column))
    assert 40 < len(expected) < 200 and union == expected


def test_at_smaller_sizes_the_whole_cell_is_in_focus_too(only, measured):
    only()
    sharp = np.zeros((176, 208), np.float32)
    sharp[:, 90:] = 1  # from 96 on nothing is within reach
    found = np.concatenate(
        [one[0][one[1] < 8] for one in (drawn(np.zeros((176, 208, 3), np.uint8), sharp, seed) for seed in range(6))]
    )
    assert {int(column) for _, column, size in found[:, :3] if size} == set(range(6, 13))


def test_the_end_of_the_picture_is_not_out_of_focus(only, measured):
    only(np.ones((15, 15)))
    inputs, directions, _ = drawn(np.zeros((32, 40, 3), np.uint8))
    found = {tuple(one) for one in inputs[directions < 8][:, :3].astype(int).tolist()}
    assert found == {(*cell, 0) for cell in np.ndindex(4, 5)} | {(*cell, 1) for cell in np.ndindex(2, 3)}


def test_blur_spreads_as_far_as_its_covariance_says(only, measured):
    kernel = np.zeros((9, 9))
    kernel[4, 1:], kernel[3, 6] = 1, 2
    only(kernel)
    dot = np.zeros((80, 96, 3), np.uint8)
    dot[38:41, 45:48] = 255
    covariance = drawn(dot)[2]
    light = measured[-1].astype(float) / measured[-1].sum()
    y, x = np.mgrid[80:0:-1, :96]
    x, y = x - (light * x).sum(), y - (light * y).sum()
    spread = np.array([(light * x * x).sum(), (light * y * y).sum(), (light * x * y).sum()])
    spread[:2] -= 2 / 3  # of the dot itself
    assert covariance == pytest.approx(shake.covariance(np.float32(kernel / kernel.sum())))
    assert spread == pytest.approx(covariance, abs=0.03) and abs(covariance[2]) > 0.1


@pytest.mark.parametrize(("share", "times"), [("REDUCED_SHARE", 1), ("LATE_SHARE", 0.25)])
def test_a_picture_reduced_last_has_its_blur_reduced_and_one_reduced_first_has_not(photo, only, measured, share, times):
    kernel = np.eye(7) + np.eye(7)[::-1] / 3
    only(kernel, **{share: 1.0, "SCALES": (0.5, 0.5), "LATE_SCALES": (0.5, 0.5)})
    sharp = in_focus(photo.shape)
    sharp[:, :80] = 0
    inputs, directions, covariance = drawn(photo, sharp)
    assert measured[-1].shape == (88, 104)
    assert covariance == pytest.approx(times * shake.covariance(np.float32(kernel / kernel.sum())), rel=1e-5)
    assert inputs[(directions < 8) & (inputs[:, 2] == 0)][:, 1].min() in (6, 7)  # the truth is reduced too
    reduced = cv2.resize(255 * grey(photo), (104, 88), interpolation=cv2.INTER_AREA)
    blurred = cv2.filter2D(
        reduced if times == 1 else 255 * grey(photo),
        -1,
        np.float32(kernel / kernel.sum()),
        borderType=cv2.BORDER_REFLECT_101,
    )
    expected = cv2.resize(np.rint(blurred), (104, 88), interpolation=cv2.INTER_AREA)
    assert np.abs(255 * measured[-1] - expected).max() <= 1


@pytest.mark.parametrize(
    ("name", "scales", "share", "least"),
    [("REDUCED_SHARE", "SCALES", 0.6, 0.4), ("LATE_SHARE", "LATE_SCALES", 0.2, 0.5)],
)
def test_pictures_are_reduced_in_their_share_and_range(only, measured, name, scales, share, least):
    only(**{name: getattr(samples, name)})
    for seed in range(400):
        drawn(np.zeros((100, 100, 3), np.uint8), seed=seed)
    sides = np.array([len(plane) for plane in measured])
    assert (sides < 100).mean() == pytest.approx(share, abs=0.07)
    assert 100 * least <= sides.min() < 100 * least + 5 and sides[sides < 100].max() > 94
    assert np.median(sides[sides < 100]) == pytest.approx(50 * (1 + least), abs=5)  # drawn uniformly


@pytest.mark.parametrize(("side", "fits"), [(88, True), (89, False)])
def test_a_kernel_wider_than_half_of_the_shorter_side_leaves_nothing(photo, only, measured, side, fits):
    only(np.ones((side, side)))
    assert (drawn(photo) is not None) == fits


def test_noise_comes_after_the_blur_and_compression_last(photo, only, measured, monkeypatch):
    calls = []

    def add_noise(plane, sigma, rng, grain):
        calls.append(("noise", plane.max()))
        return np.uint8(plane / 2)

    def compress(picture, quality):
        calls.append(("jpeg", picture.max()))
        assert picture.shape == (176, 208, 3) and picture.dtype == np.uint8
        return picture // 3

    only(np.ones((3, 3)), NOISY_SHARE=1.0, COMPRESSED_SHARE=1.0)
    monkeypatch.setattr(samples, "add_noise", add_noise)
    monkeypatch.setattr(samples, "compress", compress)
    picture = np.zeros_like(photo)
    picture[80, 90] = 252
    drawn(picture)
    assert calls == [("noise", pytest.approx(28, abs=0.1)), ("jpeg", 14)]
    assert 255 * measured[-1].max() == pytest.approx(4, abs=0.01)


def test_degradation_is_drawn_within_its_ranges_each_in_its_share(monkeypatch):
    seen = {"noise": [], "grain": [], "jpeg": []}

    def add_noise(plane, sigma, rng, grain):
        seen["noise"].append(sigma)
        seen["grain"] += [grain] if grain else []
        return plane

    monkeypatch.setattr(samples, "add_noise", add_noise)
    monkeypatch.setattr(samples, "compress", lambda picture, quality: seen["jpeg"].append(quality) or picture)
    rng, plane = np.random.default_rng(0), np.float32([[-20.4, 0.6, 254.6, 280]])
    for _ in range(2000):
        assert samples.degraded(plane, rng).tolist() == [[0, 1, 255, 255]]
    for name, (least, most), share in (
        ("noise", (0, 12), 0.65),
        ("grain", (0.4, 1.2), 0.65 * 0.3),
        ("jpeg", (50, 97), 0.7),
    ):
        assert len(seen[name]) / 2000 == pytest.approx(share, abs=0.035)
        low, high = min(seen[name]), max(seen[name])
        assert least <= low < least + 0.05 * (most - least) and most - 0.05 * (most - least) < high <= most


def test_the_same_seed_draws_the_same_and_others_draw_others_and_nothing_given_is_changed(photo):
    picture, sharp, results = photo.copy(), in_focus(photo.shape), []
    for seed in range(8):
        one, again = drawn(picture, sharp, seed), drawn(picture, sharp, seed)
        assert (one is None) == (again is None)
        if one is not None:
            assert all((a == b).all() for a, b in zip(one, again, strict=True))
            results.append(one[0].tobytes())
    assert len(set(results)) == len(results) > 5
    assert (picture == photo).all() and (sharp == 1).all()


def test_a_wider_blur_loses_less_to_a_further_blur(photo, only):
    means = []
    for side in (1, 3, 5, 9):
        only(np.ones((side, side)))
        inputs, directions, _ = drawn(photo)
        means.append(inputs[directions < 8][:, 1].mean())
    assert (np.diff(means) < -0.02).all()
