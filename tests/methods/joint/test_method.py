"""The operations of the method for the map together, with random weights; some tests use the shipped ones."""

import importlib
import re

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blurkit.errors import InputError, UsageError
from blurkit.io.weights import find_weights, read_weights, write_weights
from blurkit.map import kind_map, sharpness_map
from blurkit.methods import joint
from blurkit.methods.joint import inputs, kind, network, patches
from blurkit.methods.joint import method as joint_method
from blurkit.ops import backend, resize
from blurkit.ops.statistics import logistic
from blurkit.refine import refine_map

CPU = backend.CpuBackend


@pytest.fixture(scope="module")
def shipped():
    return read_weights(find_weights("joint").read_bytes(), "joint", joint_method.SHAPES)[0]


@pytest.fixture
def answering(monkeypatch):
    """answering(focus, motion): the networks answer by these planes, whatever they are given; returns what that was."""

    def answering(focus, motion):
        photos = []

        def log_odds(given, weights, backend):
            photos.append(given)
            return np.stack([focus, motion]).astype(np.float32)

        monkeypatch.setattr(network, "log_odds", log_odds)
        return photos

    return answering


def test_map_is_refine_after_raw(sharp_photo, weights):
    raw = sharpness_map(sharp_photo, weights, "joint", raw=True)
    assert raw.shape == (90, 122) and raw.dtype == np.float32 and raw.min() >= 0 and raw.max() <= 1
    whole = sharpness_map(sharp_photo, weights, "joint")
    assert whole.shape == (90, 122) and whole.dtype == np.float32
    assert (refine_map(raw, sharp_photo, "joint") == whole).all() and (raw != whole).any()


def test_the_raw_map_is_the_probability_of_the_cells_of_the_photo_as_it_is_measured(sharp_photo, weights):
    photo = cv2.resize(sharp_photo, (488, 360), interpolation=cv2.INTER_CUBIC)
    cells = logistic(network.log_odds(inputs.measure(photo, CPU), weights, CPU)[0])
    assert (joint_method.estimate(photo, weights, device="cpu") == resize.enlarge_to(cells, (360, 488))).all()
    enlarged = cv2.resize(sharp_photo, (244, 180), interpolation=cv2.INTER_CUBIC)  # twice
    cells = logistic(network.log_odds(inputs.measure(enlarged, CPU), weights, CPU)[0])
    assert (joint_method.estimate(sharp_photo, weights, device="cpu") == resize.enlarge_to(cells, (90, 122))).all()


def test_the_raw_map_is_linear_between_cell_centres(answering):
    focus = np.random.default_rng(0).normal(0, 3, (120, 160))
    answering(focus, focus)
    raw = joint_method.estimate(np.zeros((480, 640, 3), np.uint8), None)
    cells = 1 / (1 + np.exp(-focus))
    for row, column in ((10, 20), (37, 61), (300, 611)):
        down, across = (row - 1.5) / 4, (column - 1.5) / 4  # of cell centres
        i, j = int(down), int(across)
        upper, lower = (cells[k, j] + (across - j) * (cells[k, j + 1] - cells[k, j]) for k in (i, i + 1))
        assert raw[row, column] == pytest.approx(upper + (down - i) * (lower - upper), abs=1e-4)


def test_kinds_come_with_the_raw_map_spread_over_blurred_neighbours(answering):
    rng = np.random.default_rng(1)
    focus, motion = rng.normal(0, 3, (2, 120, 160)).astype(np.float32)
    answering(focus, motion)
    photo = np.zeros((480, 640, 3), np.uint8)
    raw, moved = joint_method.estimate_kinds(photo, None)
    assert (raw == joint_method.estimate(photo, None)).all()
    expected = resize.enlarge_to(logistic(kind.spread(motion, focus)), (480, 640))
    assert moved.dtype == np.float32 and (moved == expected).all()


@pytest.mark.parametrize("threshold", [0.0, 0.3, 0.5, 1.0])
def test_a_kind_map_is_0_sharp_1_out_of_focus_2_moving_by_the_refined_map_and_its_threshold(
    answering, discs, threshold
):
    focus, motion = np.full((120, 160), -6.0), np.full((120, 160), 6.0)
    focus[:60, :80], motion[60:] = 6.0, -6.0
    photos = answering(focus, motion)
    photo = discs(np.random.default_rng(0), 480, 640)
    kinds = kind_map(photo, None, "joint", "cpu", threshold=threshold)
    assert kinds.dtype == np.uint8 and kinds.shape == (480, 640) and photos[0].photo.shape == (256, 352, 3)
    raw, moved = joint_method.estimate_kinds(photo, None)
    sharp = joint_method.refine(raw, photo) >= threshold
    assert ((kinds == 0) == sharp).all()
    assert ((kinds == 2) == (~sharp & (moved > 0.5))).all()
    if threshold in (0.3, 0.5):
        assert not kinds[:180, :260].any() and (kinds[:180, 380:] == 2).all() and (kinds[300:] == 1).all()


def test_kinds_in_bars_are_0_and_within_them_those_of_the_photo(discs, answering):
    answering(np.full((120, 160), -6.0), np.full((120, 160), 6.0))
    photo = discs(np.random.default_rng(0), 480, 640)
    kinds = kind_map(np.pad(photo, ((40, 40), (0, 0), (0, 0))), None, "joint", "cpu")
    assert (kinds[40:-40] == 2).all() and not kinds[:40].any() and not kinds[-40:].any()


@pytest.mark.parametrize("height, width", [(1, 1), (1, 500), (500, 3), (30, 2100)])
def test_strips_have_a_raw_map_and_kinds(weights, height, width):
    photo = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    for result in joint_method.estimate_kinds(photo, weights, device="cpu"):
        assert result.shape == (height, width) and result.dtype == np.float32
        assert result.min() >= 0 and result.max() <= 1  # false for NaN too


def test_sixteen_bits_give_the_map_of_eight(sharp_photo, weights):
    plain = joint_method.estimate(sharp_photo, weights, device="cpu")
    deep = joint_method.estimate(sharp_photo.astype(np.uint16) * 257, weights, device="cpu")
    assert np.ptp(plain) > 0.05 and np.abs(deep - plain).max() < 0.02


def test_a_large_photo_is_measured_at_the_working_size(discs, weights):
    photo = discs(np.random.default_rng(7), 120, 480)
    large = np.kron(photo, np.ones((3, 3, 1), np.uint8))
    small = joint_method.estimate(photo, weights, device="cpu")
    result = joint_method.estimate(large, weights, device="cpu", side=480)
    assert result.shape == (360, 1440)
    assert np.abs(result[1::3, 1::3] - small).max() < 1e-4
    assert np.abs(joint_method.estimate(large, weights, device="cpu", side=0)[1::3, 1::3] - small).max() > 0.01


class Ended(Exception):
    """There is too little memory."""


@pytest.mark.parametrize("room, squares", [(160, 1), (70, 9), (40, 36)])
def test_a_large_photo_is_measured_in_squares_that_fit_the_memory(monkeypatch, discs, room, squares):
    shapes = []

    def log_odds(given, weights, backend):
        if max(given.shape) > room:
            raise Ended
        shapes.append(given.shape)
        return given.planes[:2, : given.shape[0], : given.shape[1]]

    monkeypatch.setattr(network, "log_odds", log_odds)
    monkeypatch.setattr(joint_method, "backend_for", lambda *_: type("Small", (CPU,), {"out_of_memory": (Ended,)}))
    monkeypatch.setattr(joint_method, "SQUARE", 1024 if squares == 1 else 256)
    monkeypatch.setattr(joint_method, "LEAST_SQUARE", 128)
    photo = discs(np.random.default_rng(3), 600, 640)
    measured = joint_method.measured(photo, None, "auto", 640)
    assert len(shapes) == squares and measured.shape == (2, 150, 160)
    assert np.median(np.abs(measured - inputs.measure(photo, CPU).planes[:2])) < 1e-5
    room = 20
    with pytest.raises(Ended):
        joint_method.measured(photo, None, "auto", 640)


@settings(max_examples=6)
@given(st.integers(1, 50), st.integers(1, 50), st.booleans(), st.integers(0, 10**6))
def test_a_photo_of_any_size_has_a_map(weights, height, width, deep, seed):
    kind_ = np.uint16 if deep else np.uint8
    photo = np.random.default_rng(seed).integers(0, np.iinfo(kind_).max + 1, (height, width, 3), dtype=kind_)
    result = sharpness_map(photo, weights, "joint", device="cpu")
    assert result.shape == (height, width) and result.dtype == np.float32
    assert result.min() >= 0 and result.max() <= 1  # false for NaN too


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
    assert np.abs(cpu - other).max() <= 2e-3


def test_tiles_are_cut_at_the_places_from_centres(sharp_photo):
    truth = np.zeros(sharp_photo.shape[:2], np.uint8)
    at = joint_method.centres(sharp_photo, truth, 0, 5, np.random.default_rng(0))
    records = joint_method.cut(sharp_photo, truth, at, np.nan)
    assert records.dtype == joint_method.patch_record() == patches.RECORD
    assert np.stack([records["row"], records["col"]], 1).tolist() == at.tolist() == [[0, 0]]


def test_fit_gives_weights_that_a_file_holds_with_the_accuracy(trained):
    weights, accuracy, _ = trained
    arrays, _ = read_weights(write_weights(weights, {"method": "joint"}), "joint", joint_method.SHAPES)
    assert {name: array.shape for name, array in arrays.items()} == joint_method.SHAPES and 0 <= accuracy <= 1
    assert all(array.dtype == np.float32 and (array == weights[name]).all() for name, array in arrays.items())


def test_weights_fresh_from_training_find_the_sharp_half_and_how_the_other_is_blurred(discs, trained):
    weights = {name: array.astype(np.float32) for name, array in trained[0].items()}
    photo = discs(np.random.default_rng(8), 448, 480)
    for blurred, number in ((cv2.GaussianBlur(photo, (0, 0), 2.5), 1), (cv2.blur(photo, (13, 1)), 2)):
        mixed = photo.copy()
        mixed[:, 240:] = blurred[:, 240:]
        raw, whole = (sharpness_map(mixed, weights, "joint", raw=raw) for raw in (True, False))
        for result in (raw, whole):
            assert result[:, :216].mean() > result[:, 264:].mean() + 0.3
        kinds = kind_map(mixed, weights, "joint")[:, 264:]
        assert (kinds == number).mean() > (kinds == 3 - number).mean()


def test_the_shipped_weights_find_the_sharp_half(half_sharp, shipped):
    result = sharpness_map(half_sharp, shipped, "joint")
    assert result.shape == (192, 256) and result.dtype == np.float32
    assert result[:, :112].mean() > 0.7 and result[:, 144:].mean() < 0.3


def test_with_the_shipped_weights_a_wholly_blurred_photo_has_no_sharp_part_and_a_sharp_one_has(sharp_photo, shipped):
    assert sharpness_map(cv2.GaussianBlur(sharp_photo, (0, 0), 3), shipped, "joint").mean() < 0.3
    assert sharpness_map(sharp_photo, shipped, "joint").mean() > 0.7


def test_with_the_shipped_weights_more_blur_means_less_sharpness(sharp_photo, shipped):
    copies = [cv2.GaussianBlur(sharp_photo, (0, 0), sigma) for sigma in (0.8, 1.2, 3)]
    means = [sharpness_map(photo, shipped, "joint", raw=True).mean() for photo in (sharp_photo, *copies)]
    assert means == sorted(means, reverse=True) and means[0] > means[-1] + 0.3


def test_the_shipped_weights_tell_motion_from_defocus(discs, shipped):
    photo = discs(np.random.default_rng(9), 360, 480)
    for blurred, number in ((cv2.GaussianBlur(photo, (0, 0), 3), 1), (cv2.blur(photo, (21, 1)), 2)):
        kinds = kind_map(blurred, shipped, "joint")
        assert (kinds == number).mean() > 0.8


def test_the_shipped_weights_were_learned_from_evidence_as_it_is_kept(shipped):
    assert (shipped["scale"] > 0).all() and (shipped["whole_scale"] > 0).all()
    assert (shipped["mean"] > patches.LOW).all() and (shipped["mean"] < patches.LOW + 255 * patches.STEP).all()


def test_a_map_does_not_depend_on_the_number_of_threads(sharp_photo, weights, threads):
    maps = []
    for count in (1, 2, 3):
        threads(count)
        maps.append(joint_method.estimate(sharp_photo, weights, device="cpu"))
    assert max(np.abs(one - maps[0]).max() for one in maps) < 1e-5


def test_stages_say_their_places():
    for number, name in enumerate(joint.STAGES[:-2], 1):
        module = importlib.import_module(f"blurkit.methods.joint.{name}")
        said = re.match(r"Stage (\d+): ", module.__doc__)
        assert said and said[1] == str(number), name
