"""The operations of the method together, with random weights; some tests use the shipped ones."""

import cv2
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from blurkit.errors import InputError, UsageError
from blurkit.io.weights import find_weights, read_weights, write_weights
from blurkit.map import sharpness_map
from blurkit.methods.joint import evidence, network, patches
from blurkit.methods.joint import method as joint_method
from blurkit.ops import backend, resize
from blurkit.ops.colour import grey
from blurkit.refine import refine_map


@pytest.fixture(scope="module")
def shipped():
    return read_weights(find_weights("joint").read_bytes(), "joint", joint_method.SHAPES)[0]


def test_map_is_refine_after_raw(sharp_photo, weights):
    raw = sharpness_map(sharp_photo, weights, "joint", raw=True)
    assert raw.shape == (90, 122) and raw.dtype == np.float32 and raw.min() >= 0 and raw.max() <= 1
    whole = sharpness_map(sharp_photo, weights, "joint")
    assert whole.shape == (90, 122) and whole.dtype == np.float32
    assert (refine_map(raw, sharp_photo, "joint") == whole).all() and (raw != whole).any()


def plain_log_odds(photo, weights):
    planes, halved = evidence.both_sizes(grey(photo), backend.CpuBackend)
    return network.log_odds(planes, halved, evidence.statistics(planes), weights, backend.CpuBackend)


def plain_blend(first, second):
    """Probability of every cell, from log odds of one size."""
    share = joint_method.SECOND_SHARE
    return 1 / (1 + np.exp(-((1 - share) * first.astype(float) + share * second)))


def stub(monkeypatch, answers):
    """Replace `log_odds` by one that returns the answers in order; returns the list of its arguments."""
    monkeypatch.setattr(cv2, "getNumThreads", lambda: 1)  # one size after the other
    calls, remaining = [], iter(answers)

    def log_odds(photo, weights, device):
        calls.append((photo, weights, device))
        return next(remaining)

    monkeypatch.setattr(joint_method, "log_odds", log_odds)
    return calls


def test_log_odds_are_those_of_the_network_for_the_evidence_and_the_statistics_of_the_photo(sharp_photo, weights):
    result = joint_method.log_odds(sharp_photo, weights, "cpu")
    assert (
        result.shape == (23, 31)
        and result.dtype == np.float32
        and (result == plain_log_odds(sharp_photo, weights)).all()
    )


def test_the_raw_map_is_linear_between_cell_centres(sharp_photo, weights, monkeypatch):
    monkeypatch.setattr(joint_method, "MOST_ENLARGED", 4)
    photo = sharp_photo[:88, :120]
    four = plain_log_odds(cv2.resize(photo, (480, 352), interpolation=cv2.INTER_LINEAR), weights)
    cells = plain_blend(plain_log_odds(photo, weights), four.reshape(22, 4, 30, 4).mean(axis=(1, 3)))
    raw = joint_method.estimate(photo, weights, device="cpu")
    assert cells.shape == (22, 30)
    for row, column in ((10, 20), (37, 61), (80, 111)):
        down, across = (row - 1.5) / 4, (column - 1.5) / 4  # of cell centres
        i, j = int(down), int(across)
        upper, lower = (cells[k, j] + (across - j) * (cells[k, j + 1] - cells[k, j]) for k in (i, i + 1))
        assert raw[row, column] == pytest.approx(upper + (down - i) * (lower - upper), abs=1e-5)


@pytest.mark.parametrize("first, second", [(-3.0, 1.0), (2.0, 2.0), (0.0, -16.0), (16.0, 16.0), (16.0, -16.0)])
def test_the_two_sizes_are_weighted_in_log_odds(monkeypatch, first, second):
    stub(monkeypatch, [np.full((5, 6), first, np.float32), np.full((100, 120), second, np.float32)])
    result = joint_method.estimate(np.zeros((20, 24, 3), np.uint8), None)
    odds = 0.58 * first + 0.42 * second
    assert joint_method.SECOND_SHARE == 0.42 and result.dtype == np.float32 and result.shape == (20, 24)
    assert result == pytest.approx(1 / (1 + np.exp(-odds)), abs=1e-6) and result.min() > 0 and result.max() <= 1


def straight(values, many):
    """Along the first axis, linear between cell centres: by loops."""
    result = []
    for i in range(many):
        place = min(max((i + 0.5) * len(values) / many - 0.5, 0), len(values) - 1)
        below = min(int(place), len(values) - 2) if len(values) > 1 else 0
        above = min(below + 1, len(values) - 1)
        result.append(values[below] + (place - below) * (values[above] - values[below]))
    return np.array(result)


@pytest.mark.parametrize("height, width", [(96, 960), (1920, 480), (40, 120), (480, 360), (160, 1)])
def test_the_second_size_is_resized_to_the_cells_of_the_first(monkeypatch, height, width):
    monkeypatch.setattr(joint_method, "MOST_ENLARGED", 4)  # cells of the second size lie whole in those of the first
    rng = np.random.default_rng(height)
    rows, columns = -(-height // 4), -(-width // 4)
    first = rng.normal(0, 3, (rows, columns)).astype(np.float32)
    second = rng.normal(0, 3, [-(-n // 4) for n in joint_method.second_shape((height, width))]).astype(np.float32)
    stub(monkeypatch, [first, second])
    if second.shape[0] > rows:
        times = second.shape[0] // rows
        assert second.shape == (times * rows, times * columns) or columns == 1
        brought = second.reshape(rows, times, columns, -1).mean(axis=(1, 3))
    else:
        brought = straight(straight(second, rows).T, columns).T
    result = joint_method.estimate(np.zeros((height, width, 3), np.uint8), None)
    expected = straight(straight(plain_blend(first, brought), height).T, width).T
    assert result.shape == (height, width) and result == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize(
    "height, width, side, measured, again",
    [
        (90, 122, 2048, (90, 122), (135, 183)),
        (300, 900, 600, (200, 600), (160, 480)),
        (300, 900, 240, (80, 240), (120, 360)),
        (900, 300, 0, (900, 300), (480, 160)),
        (1, 2, 2048, (1, 2), (2, 3)),
    ],
)
def test_the_first_size_is_the_working_size_and_the_second_has_its_own(
    monkeypatch, dtype, height, width, side, measured, again
):
    photo = np.random.default_rng(0).integers(0, np.iinfo(dtype).max, (height, width, 3)).astype(dtype)
    calls = stub(monkeypatch, [np.zeros([-(-n // 4) for n in shape], np.float32) for shape in (measured, again)])
    assert joint_method.estimate(photo, {"w": 1}, False, "some device", side).shape == (height, width)
    (one, *first), (other, *second) = calls
    assert first == second == [{"w": 1}, "some device"]
    assert one.shape == (*measured, 3) and other.shape == (*again, 3) and one.dtype == other.dtype == dtype
    if measured == (height, width):
        assert (one == photo).all()
    how = cv2.INTER_AREA if again < measured else cv2.INTER_LINEAR
    assert (other == cv2.resize(one, again[::-1], interpolation=how)).all()


def test_a_photo_of_the_second_size_gives_the_same_twice(discs, weights):
    photo = discs(np.random.default_rng(1), 120, joint_method.SECOND_SIDE)
    once = 1 / (1 + np.exp(-plain_log_odds(photo, weights).astype(float)))
    result = joint_method.estimate(photo, weights, device="cpu")
    assert result.shape == (120, 480) and result == pytest.approx(straight(straight(once, 120).T, 480).T, abs=1e-5)


@given(st.integers(1, 60_000), st.integers(1, 60_000))
@example(1, 60_000)
@example(60_000, 1)
@example(1, 1)
@example(480, 480)
@example(481, 479)
def test_the_second_size_has_its_own_longer_side_and_the_shape_of_the_photo(height, width):
    shape = joint_method.second_shape((height, width))
    longer = max(height, width)
    side = min(joint_method.SECOND_SIDE, round(longer * joint_method.MOST_ENLARGED))
    assert max(shape) == side and min(shape) >= 1 and all(type(n) is int for n in shape)
    scale = min(joint_method.SECOND_SIDE / longer, joint_method.MOST_ENLARGED)
    for resized, original in zip(shape, (height, width), strict=True):
        assert abs(resized - original * scale) <= 0.5 + 1e-9 or resized == 1
    assert shape[::-1] == joint_method.second_shape((width, height))


@pytest.mark.parametrize("height, width", [(1, 1), (1, 500), (500, 3), (2, 479), (481, 7), (30, 2100)])
def test_strips_have_a_raw_map(weights, height, width):
    photo = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    result = joint_method.estimate(photo, weights, device="cpu")
    assert result.shape == (height, width) and result.dtype == np.float32 and result.min() > 0 and result.max() < 1


def test_sixteen_bits_give_the_map_of_eight(sharp_photo, weights):
    plain = joint_method.estimate(sharp_photo, weights, device="cpu")
    deep = joint_method.estimate(sharp_photo.astype(np.uint16) * 257, weights, device="cpu")
    assert np.ptp(plain) > 0.05 and np.abs(deep - plain).max() < 0.01


def test_a_large_photo_is_measured_at_the_working_size(sharp_photo, weights):
    large = np.kron(sharp_photo, np.ones((3, 3, 1), np.uint8))
    small = joint_method.estimate(sharp_photo, weights, device="cpu")
    result = joint_method.estimate(large, weights, device="cpu", side=122)
    assert result.shape == (270, 366)
    assert result[1::3, 1::3] == pytest.approx(small, abs=1e-4)
    assert np.abs(joint_method.estimate(large, weights, device="cpu", side=0)[1::3, 1::3] - small).max() > 0.01


def test_a_large_map_is_refined_at_the_working_size(sharp_photo, weights):
    raw = joint_method.estimate(sharp_photo, weights, device="cpu")
    small = joint_method.refine(raw, sharp_photo)
    large, guide = np.kron(raw, np.ones((3, 3), np.float32)), np.kron(sharp_photo, np.ones((3, 3, 1), np.uint8))
    reduced, finer = (joint_method.refine(large, guide, side=side)[1::3, 1::3] for side in (122, 0))
    assert np.abs(reduced - small).max() < 0.02 < np.abs(finer - small).max()


@settings(max_examples=20)
@given(st.integers(1, 50), st.integers(1, 50), st.booleans(), st.integers(0, 10**6))
def test_a_photo_of_any_size_has_a_map(weights, height, width, deep, seed):
    kind = np.uint16 if deep else np.uint8
    photo = np.random.default_rng(seed).integers(0, np.iinfo(kind).max + 1, (height, width, 3), dtype=kind)
    result = sharpness_map(photo, weights, "joint", device="cpu")
    assert result.shape == (height, width) and result.dtype == np.float32
    assert result.min() >= 0 and result.max() <= 1  # false for NaN too


@pytest.mark.parametrize("colour", [0, 90, 255])
def test_a_photo_of_one_colour_has_a_map_whatever_the_colour(weights, colour):
    result, other = (
        sharpness_map(np.full((50, 61, 3), c, np.uint8), weights, "joint", device="cpu") for c in (colour, 128)
    )
    assert np.isfinite(result).all() and result == pytest.approx(other, abs=0.02)


def test_refinement_without_a_photo_or_of_two_planes_or_of_another_size_is_refused(sharp_photo):
    with pytest.raises(UsageError, match="the argument photo is missing"):
        refine_map(np.zeros((9, 9), np.float32), None, "joint")
    with pytest.raises(InputError, match="2 planes; those of method joint have 1"):
        refine_map(np.zeros((2, 90, 122), np.float32), sharp_photo, "joint")
    with pytest.raises(InputError, match="9x8.*122x90"):
        refine_map(np.zeros((8, 9), np.float32), sharp_photo, "joint")


def test_torch_gives_the_same_raw_map(sharp_photo, weights):
    pytest.importorskip("torch")
    cpu, other = (joint_method.estimate(sharp_photo, weights, device=name) for name in ("cpu", "torch-cpu"))
    assert np.abs(cpu - other).max() <= 5e-4


def test_tiles_are_cut_at_the_places_from_centres(sharp_photo):
    truth = np.zeros(sharp_photo.shape[:2], np.uint8)
    at = joint_method.centres(sharp_photo, truth, 0, 5, np.random.default_rng(0))
    records = joint_method.cut(sharp_photo, truth, at, np.nan)
    assert records.dtype == joint_method.patch_record()
    assert np.stack([records["row"], records["col"]], 1).tolist() == at[:, :2].tolist() == [[0, 0]]


def test_fit_gives_weights_of_the_declared_shapes_twice_the_same(toy_records):
    pytest.importorskip("torch")
    steps = []
    weights, measured = joint_method.fit(toy_records, 1, 1, "cpu", lambda *step: steps.append(step))
    assert {name: array.shape for name, array in weights.items()} == joint_method.SHAPES
    assert set(measured) == {"accuracy", "sigma_error"} and 0 <= measured["accuracy"] <= 1
    assert 0 < measured["sigma_error"] < 3
    for name in ("direction", "network"):
        counted = [(step, total) for what, step, total, _, _ in steps if what == name]
        assert counted and counted == [(step, len(counted)) for step in range(1, len(counted) + 1)]
    assert {what for what, *_ in steps} == {"direction", "network"}
    again, measured_again = joint_method.fit(toy_records, 1, 1, "cpu", lambda *_: None)
    assert measured_again == measured
    data = write_weights(weights, {"method": "joint"})
    assert data == write_weights(again, {"method": "joint"})
    assert set(read_weights(data, "joint", joint_method.SHAPES)[0]) == set(weights)


def test_weights_fresh_from_training_find_the_sharp_half(half_sharp, trained):
    raw, whole = (sharpness_map(half_sharp, trained[0], "joint", raw=raw) for raw in (True, False))
    for result in (raw, whole):
        assert result[:, :112].mean() > result[:, 144:].mean() + 0.3
    truth = np.arange(256) < 128
    assert np.abs(whole - truth).mean() < np.abs(raw - truth).mean()


def test_the_shipped_weights_find_the_sharp_half(half_sharp, shipped):
    result = sharpness_map(half_sharp, shipped, "joint")
    assert result.shape == (192, 256) and result.dtype == np.float32
    assert result[:, :112].mean() > 0.7 and result[:, 144:].mean() < 0.3


def test_the_shipped_weights_give_the_map_they_gave(graded, shipped):
    expected = [[0.522, 0.289, 0, 0], [0.993, 0.827, 0.001, 0], [0.958, 0.873, 0, 0]]
    reduced = resize.reduce_to(sharpness_map(graded, shipped, "joint", device="cpu"), (3, 4))
    assert np.abs(reduced - expected).max() < 0.01


def test_with_the_shipped_weights_a_wholly_blurred_photo_has_no_sharp_part_and_a_sharp_one_has(sharp_photo, shipped):
    assert sharpness_map(cv2.GaussianBlur(sharp_photo, (0, 0), 3), shipped, "joint").mean() < 0.3
    assert sharpness_map(sharp_photo, shipped, "joint").mean() > 0.7


def test_with_the_shipped_weights_more_blur_means_less_sharpness(sharp_photo, shipped):
    copies = [cv2.GaussianBlur(sharp_photo, (0, 0), sigma) for sigma in (0.8, 1.2, 3)]
    means = [sharpness_map(photo, shipped, "joint", raw=True).mean() for photo in (sharp_photo, *copies)]
    assert means == sorted(means, reverse=True) and means[0] > means[-1] + 0.3


def test_the_shipped_weights_were_learned_from_evidence_as_it_is_kept(shipped):
    assert (shipped["scale"] > 0).all() and (shipped["whole_scale"] > 0).all()
    assert (shipped["mean"] > patches.LOW).all() and (shipped["mean"] < patches.LOW + 255 * patches.STEP).all()


def test_a_map_does_not_depend_on_the_number_of_threads(sharp_photo, weights, threads):
    maps = []
    for count in (1, 2, 3):
        threads(count)
        maps.append(joint_method.estimate(sharp_photo, weights, device="cpu").tobytes())
    assert len(set(maps)) == 1
