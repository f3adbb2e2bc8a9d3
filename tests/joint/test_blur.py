"""Stage 6: the blur of every cell, and the cells blurred on purpose it is learned from."""

import itertools
import math

import cv2
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from blurkit import device, learning, window
from blurkit.colour import grey
from blurkit.errors import InputError
from blurkit.gradient import magnitude
from blurkit.joint import blur, evidence, network, patches, pipeline
from blurkit.limits import WORKING_SIDE

CPU = device.CpuWindow
CELL, PLANES, PART = evidence.CELL, evidence.PLANES, patches.PART
WHOLE = np.random.default_rng(1).uniform(-6, 1, evidence.STATISTICS).astype(np.float32)
FIELDS = [(name, patches.RECORD[name]) for name in ("samples", "samples_whole", "blur", "photo", "number")]
DETAIL = [0, 2, 3]  # planes; curvature of the photo itself, and its two finest bands


def random_planes(height, width, seed=0):
    return np.random.default_rng(seed).uniform(-6, 1, (PLANES, height, width)).astype(np.float32)


def random_half(height, width, seed=100):
    return random_planes(-(-height // 2), -(-width // 2), seed)


def asked(planes, weights, where=CPU, whole=WHOLE, halved=None):
    return blur.estimate(planes, random_half(*planes.shape[1:]) if halved is None else halved, whole, weights, where)


def plainly(planes, halved, weights):
    """Cell by cell, sum by sum, in double precision."""
    found = np.zeros((2, *planes.shape[1:]))
    for row, column in np.ndindex(*planes.shape[1:]):
        known = [*planes[:, row, column].tolist(), *halved[:, row // 2, column // 2].tolist(), *WHOLE.tolist()]
        norms = zip(known, weights["blur_mean"].tolist(), weights["blur_scale"].tolist(), strict=True)
        known = [min(max((value - mean) / scale, -5), 5) for value, mean, scale in norms]
        for name in ("blur1", "blur2", "blur3"):
            rows = zip(weights[f"{name}.weight"].tolist(), weights[f"{name}.bias"].tolist(), strict=True)
            known = [sum(map(float.__mul__, line, known)) + bias for line, bias in rows]
            known = known if name == "blur3" else [max(0, value) for value in known]
        found[:, row, column] = math.exp(known[0]), math.exp(min(max(known[1], -4), 3))
    return found


@pytest.mark.parametrize("height, width", [(8, 10), (7, 9), (2, 3), (1, 6), (5, 1), (1, 1)])
def test_every_cell_is_told_by_plain_sums_over_its_own_evidence_that_of_the_half_there_and_the_statistics(weights, height, width):
    planes, halved = random_planes(height, width), random_half(height, width)
    found = asked(planes, weights, halved=halved)
    assert found.shape == (2, height, width) and found.dtype == np.float32
    assert found == pytest.approx(plainly(planes, halved, weights), rel=1e-4)
    assert height * width < 50 or np.ptp(np.log(found), axis=(1, 2)).min() > 0.2  # answers differ from cell to cell


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 10**6))
def test_any_size_has_a_sigma_and_a_deviation_in_every_cell(weights, height, width, seed):
    sigma, deviation = asked(random_planes(height, width, seed), weights)
    assert sigma.shape == (height, width) and sigma.min() > 0 and np.isfinite(sigma).all()
    least, most = np.exp(np.float32(blur.LOG_DEVIATIONS))
    assert deviation.min() >= least and deviation.max() <= most  # false for NaN too


@given(st.integers(0, 10**6))
def test_a_cell_is_told_by_nothing_of_its_neighbours_beyond_their_common_half(weights, seed):
    planes, halved = random_planes(9, 12, seed), random_half(9, 12, seed)
    other, other_halved = planes.copy(), halved.copy()
    row, column = (int(n) for n in np.random.default_rng(seed).integers(0, (9, 12)))
    other[:, row, column] = weights["blur_mean"][:PLANES] + 4 * weights["blur_scale"][:PLANES]
    other_halved[:, row // 2, column // 2] = weights["blur_mean"][PLANES : 2 * PLANES] + 4 * weights["blur_scale"][PLANES : 2 * PLANES]
    weights = weights | {name: weights[name] / 4 for name in ("blur3.weight", "blur3.bias")}  # so that no answer is cut off
    before = asked(planes, weights, halved=halved)
    one = np.zeros((9, 12), bool)
    one[row, column] = True
    four = np.zeros((9, 12), bool)
    four[row // 2 * 2 : row // 2 * 2 + 2, column // 2 * 2 : column // 2 * 2 + 2] = True
    for after, touched in ((asked(other, weights, halved=halved), one), (asked(planes, weights, halved=other_halved), four)):
        assert after[:, ~touched] == pytest.approx(before[:, ~touched], rel=1e-5) and (after != before).any(axis=0)[touched].all()


@pytest.mark.parametrize("log_sigma, log_deviation", [(-1.0, 0.5), (0.0, -3.9), (1.6, 2.9)])
def test_without_weights_the_last_biases_alone_decide(log_sigma, log_deviation):
    zeros = {name: np.zeros(shape, np.float32) for name, shape in blur.SHAPES.items()}
    zeros["blur_scale"] += 1
    zeros["blur3.bias"] += np.float32([log_sigma, log_deviation])
    sigma, deviation = asked(random_planes(5, 6), zeros)
    assert sigma == pytest.approx(np.exp(log_sigma)) and deviation == pytest.approx(np.exp(log_deviation))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("bias, end", [(-1e30, 0), (-50, 0), (50, 1), (1e30, 1)])
def test_however_sure_or_unsure_the_deviation_ends_and_leaves_sigma_alone(weights, bias, end):
    planes = random_planes(6, 7)
    found = asked(planes, {**weights, "blur3.bias": np.float32([weights["blur3.bias"][0], bias])})
    assert found[1] == pytest.approx(math.exp((-4, 3)[end]), rel=1e-6)
    assert (found[0] == asked(planes, weights)[0]).all()


def test_evidence_and_statistics_count_as_far_as_five_deviations(weights):
    assert network.FARTHEST == 5
    away = np.random.default_rng(3).choice(np.float32([-1, 1]), len(weights["blur_mean"]))
    for part in (np.s_[:PLANES], np.s_[PLANES : 2 * PLANES], np.s_[2 * PLANES :]):
        found = []
        for times in (5.05, 200, 3.5):
            moved = np.random.default_rng(0).uniform(-1, 1, len(away)).astype(np.float32)
            moved[part] = away[part] * times
            told = weights["blur_mean"] + moved * weights["blur_scale"]
            planes, halved = (np.tile(told[first : first + PLANES, None, None], (1, n, n)) for first, n in ((0, 4), (PLANES, 2)))
            found.append(asked(planes, weights, whole=told[2 * PLANES :], halved=halved))
        assert found[1] == pytest.approx(found[0], rel=1e-5) and np.abs(found[2] / found[0] - 1).max() > 1e-3


@given(st.integers(0, 10**6))
def test_the_unit_of_the_evidence_does_not_matter(weights, seed):
    rng = np.random.default_rng(seed)
    factor, more = rng.uniform(0.5, 3, blur.INPUTS), rng.uniform(-2, 2, blur.INPUTS)
    planes, halved = random_planes(5, 7, seed), random_half(5, 7, seed)
    moved = {**weights, "blur_mean": np.float32(weights["blur_mean"] * factor + more), "blur_scale": np.float32(weights["blur_scale"] * factor)}
    sides = (p * factor[part, None, None] + more[part, None, None] for p, part in ((planes, np.s_[:PLANES]), (halved, np.s_[PLANES : 2 * PLANES])))
    planes_moved, halved_moved = map(np.float32, sides)
    whole = np.float32(WHOLE * factor[2 * PLANES :] + more[2 * PLANES :])
    assert asked(planes_moved, moved, whole=whole, halved=halved_moved) == pytest.approx(asked(planes, weights, halved=halved), rel=1e-3)


def test_arguments_are_left_as_they_were(weights):
    given = [random_planes(7, 5), random_half(7, 5), WHOLE.copy()]
    kept, kept_weights = [a.copy() for a in given], {name: array.copy() for name, array in weights.items()}
    first = blur.estimate(*given, weights, CPU)
    assert all((a == b).all() for a, b in zip(given, kept, strict=True)) and all((weights[name] == kept_weights[name]).all() for name in weights)
    assert (blur.estimate(*given, weights, CPU) == first).all()


@pytest.mark.parametrize("height, width", [(160, 224), (131, 187), (90, 1), (1, 1)])
def test_torch_tells_the_same_blur(weights, height, width):
    pytest.importorskip("torch")
    planes = random_planes(-(-height // CELL), -(-width // CELL))
    one, other = (asked(planes, weights, device.window_for(name, (height, width))) for name in ("cpu", "torch-cpu"))
    assert one.dtype == other.dtype == np.float32 and one.shape == other.shape
    assert other == pytest.approx(one, rel=1e-4)


@pytest.mark.parametrize("name", ["cpu", "torch-cpu"])
@pytest.mark.parametrize("height, width", [(90, 122), (33, 47), (7, 64), (1, 1)])
def test_the_blur_of_a_photo_is_told_from_its_evidence_its_half_and_its_statistics(sharp_photo, weights, height, width, name):
    if name != "cpu":
        pytest.importorskip("torch")
    photo = sharp_photo[:height, :width]
    found = pipeline.blur(photo, weights, name)
    plane = grey(photo)
    planes, halved = (evidence.planes(p, CPU) for p in (plane, cv2.resize(repeated(plane), None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)))
    expected = blur.estimate(planes, halved, evidence.statistics(planes), weights, CPU)
    gradient = magnitude(cv2.GaussianBlur(plane, (7, 7), 1.0, borderType=cv2.BORDER_REFLECT_101), CPU) * 255
    faint = np.sqrt(window.pool(gradient**2, CELL)) < 0.5  # 8-bit steps
    expected[1][faint] = np.inf
    assert min(height, width) < 33 or 0 < faint.mean() < 0.2
    assert found.shape == (2, -(-height // 4), -(-width // 4)) and found.dtype == np.float32
    assert found == pytest.approx(expected, rel=1e-6 if name == "cpu" else 2e-3)


def repeated(plane):
    """Up to even sides, the last row and column once more."""
    return np.pad(plane, [(0, n % 2) for n in plane.shape], "edge")


def test_sixteen_bits_tell_the_blur_of_eight(sharp_photo, weights):
    deep, plain = (np.log(pipeline.blur(photo, weights, "cpu")) for photo in (sharp_photo.astype(np.uint16) * 257, sharp_photo))
    told = np.isfinite(plain[1])
    assert (np.isfinite(deep[1]) == told).all() and told.mean() > 0.8
    assert np.ptp(plain[0]) > 0.2 and np.abs(deep[:, told] - plain[:, told]).max() < 0.05


def test_a_place_without_any_edge_tells_nothing(weights):
    photo = np.full((64, 96, 3), 100, np.uint8)
    photo[:, 48:] = 103  # one faint edge
    told = np.isfinite(pipeline.blur(photo, weights, "cpu")[1])
    assert told.any() and not told[:, :8].any() and not told[:, -8:].any()


# Cells blurred on purpose.


@pytest.fixture(scope="module")
def sharp_part(discs):
    """(192, 192, 3) uint8."""
    return discs(np.random.default_rng(11), PART, PART)


@pytest.fixture
def just_blurred(monkeypatch):
    """just_blurred(sigma): `samples` neither reduces, nor adds noise, nor compresses; blurs by sigma alone, or not at all."""

    def just_blurred(sigma):
        monkeypatch.setattr(patches, "PART_SCALES", (1.0, 1.0))
        monkeypatch.setattr(patches, "UNBLURRED", 0.0 if sigma else 1.0)
        monkeypatch.setattr(patches, "NOISY", 0.0)
        monkeypatch.setattr(patches, "PACKED", 0.0)
        if sigma:
            monkeypatch.setattr(patches, "SIGMA_RANGE", (sigma, sigma))

    return just_blurred


@pytest.fixture
def places(monkeypatch):
    """Evidence that is the place of its cell, plane 0 the row and plane 1 the column; a list of the grey planes it was asked of."""
    asked_of = []

    def both_sizes(plane, where):
        asked_of.append(plane)
        shapes = [tuple(-(-n // side) for n in plane.shape) for side in (4, 8)]
        found = [np.full((PLANES, *shape), patches.LOW, np.float32) for shape in shapes]
        for planes, shape in zip(found, shapes, strict=True):
            planes[:2] += np.float32(patches.STEP) * np.indices(shape)
        return found

    monkeypatch.setattr(evidence, "both_sizes", both_sizes)
    return asked_of


def in_focus(height=PART, width=PART):
    return np.ones((height, width), np.float32)


def drawn(picture, sharp, seed=0):
    return patches.samples(picture, sharp, np.random.default_rng(seed))


def test_unblurred_cells_are_evidence_of_the_picture_as_it_is(sharp_part, just_blurred):
    just_blurred(0)
    codes, whole, sigma = drawn(sharp_part, in_focus())
    planes, halved = evidence.both_sizes(grey(sharp_part), CPU)
    every = np.concatenate([planes, halved.repeat(2, axis=1).repeat(2, axis=2)]).reshape(2 * PLANES, -1).T
    every = np.rint((every - patches.LOW) / patches.STEP).clip(0, 255).astype(np.uint8)
    assert codes.shape == (patches.SAMPLES, 2 * PLANES) and codes.dtype == np.uint8 and sigma == 0
    assert {line.tobytes() for line in codes} <= {line.tobytes() for line in every}
    assert (whole == evidence.statistics(planes)).all()


@pytest.mark.parametrize("sigma", [0, 0.5, 1.0, 2.2])
def test_cells_are_drawn_where_the_blur_brings_in_nothing_out_of_focus_and_everywhere_there(just_blurred, places, sigma):
    just_blurred(sigma)
    sharp = np.zeros((PART, PART), np.float32)
    cv2.circle(sharp, (70, 90), 42, 1, -1)
    unknown = np.argwhere(sharp == 0)
    picture, unions = np.zeros((PART, PART, 3), np.uint8), {}
    for seed in range(40):
        codes, _, spread = drawn(picture, sharp, seed)
        assert (codes[:, PLANES : PLANES + 2] == codes[:, :2] // 2).all()  # the half there
        unions.setdefault(spread, set()).update(map(tuple, codes[:, :2].tolist()))
    assert len(unions) == (2 if sigma else 1)  # a Gaussian and a disc
    for spread, union in unions.items():
        reach, expected = math.ceil(3 * spread), set()
        for row, column in np.ndindex(PART // 4, PART // 4):
            top, left = 4 * row - reach, 4 * column - reach
            near = (unknown >= (top, left)).all(axis=1) & (unknown < (top + 4 + 2 * reach, left + 4 + 2 * reach)).all(axis=1)
            if not near.any():
                expected.add((row, column))
        assert 64 <= len(expected) < 340 and union == expected


def test_the_end_of_the_picture_is_not_out_of_focus(just_blurred, places):
    just_blurred(3.0)
    found = [drawn(np.zeros((40, 64, 3), np.uint8), in_focus(40, 64), seed)[0] for seed in range(10)]
    assert {tuple(one) for codes in found for one in codes[:, :2].tolist()} == set(np.ndindex(10, 16))


@pytest.mark.parametrize("rows, columns, enough", [(8, 8, True), (7, 9, False), (1, 46, False), (0, 0, False), (2, 32, True)])
def test_fewer_than_64_cells_in_focus_teach_nothing(sharp_part, just_blurred, rows, columns, enough):
    just_blurred(0)
    sharp = np.zeros((PART, PART), np.float32)
    sharp[8 : 8 + 4 * rows, 4 : 4 + 4 * columns] = 1
    found = drawn(sharp_part, sharp)
    assert (found is not None) == enough
    assert not enough or found[0].shape == (patches.SAMPLES, 2 * PLANES)


def test_of_many_cells_none_is_drawn_twice(just_blurred, places):
    just_blurred(0)
    for seed in range(5):
        codes = drawn(np.zeros((PART, PART, 3), np.uint8), in_focus(), seed)[0]
        assert len({tuple(one) for one in codes[:, :2].tolist()}) == patches.SAMPLES
        codes = drawn(np.zeros((64, 64, 3), np.uint8), in_focus(64, 64), seed)[0]
        assert {tuple(one) for one in codes[:, :2].tolist()} == set(np.ndindex(16, 16))  # all 256


@pytest.mark.parametrize("sigma", [0.4, 0.8, 1.5, 3.0, 5.0])
def test_the_sigma_told_is_the_spread_of_an_edge(just_blurred, places, sigma):
    just_blurred(sigma)
    edge = np.zeros((PART, PART, 3), np.uint8)
    edge[:, PART // 2 :] = 255
    told = set()
    for seed in range(8):
        told.add(spread := drawn(edge, in_focus(), seed)[2])
        slope = np.diff(places[-1].mean(axis=0).astype(float))
        middle = (slope * np.arange(PART - 1)).sum() / slope.sum()
        assert spread == pytest.approx(math.sqrt((slope * (np.arange(PART - 1) - middle) ** 2).sum() / slope.sum()), rel=0.02)
    assert len(told) == 2 and max(told) == pytest.approx(sigma, abs=0.15)


def test_a_wider_blur_gives_softer_evidence(sharp_part, just_blurred):
    found = []
    for sigma in (0, 0.6, 1.0, 1.7, 3.0, 5.0):
        just_blurred(sigma)
        planes = patches.decoded(drawn(sharp_part, in_focus())[0]).mean(axis=0)
        found.append([*planes[DETAIL], *planes[PLANES:][DETAIL]])
    assert (np.diff(found, axis=0) < -0.02).all()


def test_one_part_in_seven_stays_unblurred_and_the_others_are_blurred_log_uniformly(places):
    picture, sharp = np.zeros((PART, PART, 3), np.uint8), in_focus()
    sigmas = np.array([drawn(picture, sharp, seed)[2] for seed in range(600)])
    blurred = sigmas[sigmas > 0]
    assert abs((sigmas == 0).mean() - patches.UNBLURRED) < 0.045  # three deviations
    assert blurred.max() < 1.05 * patches.SIGMA_RANGE[1] and blurred.min() < patches.SIGMA_RANGE[0]
    below = [(blurred < at).mean() for at in (0.3 * 16.67**0.5, 0.3 * 16.67**0.75)]
    assert below == pytest.approx([0.5, 0.75], abs=0.07)


def test_a_part_is_reduced_every_other_time_with_its_truth(places):
    picture, sharp = np.zeros((PART, PART, 3), np.uint8), in_focus()
    sharp[:, PART // 2 :] = 0
    sides = []
    for seed in range(200):
        found = drawn(picture, sharp, seed)
        side = places.pop().shape if found else None
        if side:
            assert side[0] == side[1] and 4 * (found[0][:, 1].max() + 1) <= side[1] / 2 + 0.5  # the left half
            sides.append(side[0])
    sides = np.array(sides)
    assert 0.35 < (sides == PART).mean() < 0.7  # small ones may have too few cells
    assert sides.min() >= patches.PART_SCALES[0] * PART - 0.5 and len(np.unique(sides)) > 30


def test_noise_comes_after_the_blur_and_compression_last_each_in_its_share_and_range(places, monkeypatch):
    calls = []

    def add_noise(picture, sigma, rng):
        calls.append(("noise", sigma, picture.max()))
        return picture // 2

    def compress(picture, quality):
        calls.append(("jpeg", quality, picture.max()))
        return picture // 3

    monkeypatch.setattr(patches, "add_noise", add_noise)
    monkeypatch.setattr(patches, "compress", compress)
    kinds = []
    picture = np.full((PART, PART, 3), 240, np.uint8)
    for seed in range(400):
        drawn(picture, in_focus(), seed)
        kinds.append(tuple(kind for kind, *_ in calls[-2:]) if len(calls) > 1 else tuple(kind for kind, *_ in calls))
        tops = [top for *_, top in calls]
        assert tops in ([], [240], [240, 120]) and kinds[-1] in ((), ("noise",), ("jpeg",), ("noise", "jpeg"))
        for kind, value, _ in calls:
            least, most = patches.NOISE_RANGE if kind == "noise" else patches.QUALITY_RANGE
            assert least <= value <= most
        assert places.pop().max() * 255 == pytest.approx(240 // (2 if "noise" in kinds[-1] else 1) // (3 if "jpeg" in kinds[-1] else 1), abs=0.5)
        calls.clear()
    for kind, share in (("noise", patches.NOISY), ("jpeg", patches.PACKED)):
        assert np.mean([kind in one for one in kinds]) == pytest.approx(share, abs=0.08)


def test_the_same_seed_draws_the_same_cells_and_others_draw_others(sharp_part):
    found = [drawn(sharp_part, in_focus(), seed) for seed in range(8)]
    for seed, (codes, whole, sigma) in enumerate(found):
        again = drawn(sharp_part, in_focus(), seed)
        assert (codes == again[0]).all() and (whole == again[1]).all() and sigma == again[2]
    assert all((one[0] != other[0]).any() for one, other in itertools.combinations(found, 2))


def test_the_picture_and_its_truth_are_left_as_they_were(sharp_part):
    picture, sharp = sharp_part.copy(), in_focus()
    for seed in range(6):
        drawn(picture, sharp, seed)
    assert (picture == sharp_part).all() and (sharp == 1).all()


# In tiles.


def cut(picture, truth, copy=0, sigma=np.nan, count=10**6, seed=0):
    at = pipeline.centres(picture, truth, copy, count, np.random.default_rng(seed))
    return at, pipeline.cut(picture, truth, at, sigma)


def bare(records):
    """All but the cells of known blur, as bytes."""
    return [records[name].tobytes() for name in patches.RECORD.names if name not in ("samples", "samples_whole", "blur")]


@pytest.fixture(scope="module")
def wide(discs):
    """(340, 700, 3) uint8: two rows of three tiles that overlap."""
    return discs(np.random.default_rng(2), 340, 700)


@pytest.mark.parametrize("copy, sigma, known", [(0, np.nan, True), (1, 2.5, True), (0, 2.5, True), (2, np.nan, False)])
def test_photos_themselves_and_compositions_have_cells_of_known_blur_and_degraded_copies_none(wide, copy, sigma, known):
    truth = np.full(wide.shape[:2], 255, np.uint8)
    truth[:, 600:] = 0
    at, found = cut(wide, truth, copy, sigma)
    plain = patches.cut(wide, truth, at[:, :2], sigma)
    assert len(found) == 6 and np.isnan(plain["blur"]).all() and not plain["samples"].any()
    assert bare(found) == bare(plain)
    assert (np.isfinite(found["blur"]) == known).all()
    assert found["samples"].any(axis=(1, 2)).tolist() == found["samples_whole"].any(axis=1).tolist() == [known] * 6
    assert not known or (found["blur"] >= 0).all()


def test_every_tile_has_a_seed_of_its_own_that_goes_with_it_wherever_it_is_cut(wide):
    truth = np.full(wide.shape[:2], 255, np.uint8)
    at, found = cut(wide, truth)
    assert at.shape == (6, 4) and at.dtype == np.int64 and len(np.unique(at[:, 2])) == 6 and (at[:, 3] == 1).all()
    assert (at[:, :2] == patches.corners(wide, 10**6, np.random.default_rng(0))).all()
    assert (cut(wide, truth, copy=3)[0][:, 3] == 0).all()
    assert found.tobytes() == cut(wide, truth)[1].tobytes() != cut(wide, truth, seed=1)[1].tobytes()
    backwards = pipeline.cut(wide, truth, at[::-1], np.nan)
    assert backwards[::-1].tobytes() == found.tobytes()
    alone = pipeline.cut(wide, truth, at[4:5], np.nan)
    assert alone.tobytes() == found[4:5].tobytes()


def test_a_tile_with_too_little_in_focus_has_no_known_blur(wide):
    truth = np.zeros(wide.shape[:2], np.uint8)
    truth[:, 390:] = 255
    for value in (0, 128, 254):  # out of focus, unknown, unknown
        truth[:, :390] = value
        _, found = cut(wide, truth, count=10**6)
        left = found["col"] == 0
        assert left.sum() == 2 and np.isnan(found["blur"][left]).all() and not found["samples"][left].any() and not found["samples_whole"][left].any()
        assert np.isfinite(found["blur"][found["col"] * 4 > 370]).all()


def coordinates(height, width):
    """A picture every pixel of which tells its row and column."""
    row, column = np.indices((height, width))
    return np.stack([row % 256, column % 256, row // 256 * 16 + column // 256], axis=2).astype(np.uint8)


@given(st.integers(1, 900), st.integers(1, 900), st.integers(0, 10**6))
@example(PART, PART, 0)
@example(PART - 1, PART + 1, 0)
@example(320, 321, 0)
@example(1, 900, 0)
def test_a_part_lies_within_its_tile_and_the_photo_its_truth_with_it(height, width, seed):
    rng = np.random.default_rng(seed)
    picture, truth = coordinates(height, width), rng.choice(np.uint8([0, 128, 254, 255]), (height, width))
    at = pipeline.centres(picture, truth, 0, 3, rng)
    records, seen = patches.cut(np.zeros((1, 1, 3), np.uint8), np.zeros((1, 1), np.uint8), np.zeros((len(at), 2), int), np.nan), []
    records["row"], records["col"] = at[:, :2].T
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(patches, "samples", lambda *given: seen.append(given))
        patches.add_samples(records, picture, truth, at[:, 2])
    assert np.isnan(records["blur"]).all() and len(seen) == len(at)
    for (row, column), (part, sharp, _) in zip(at[:, :2] * CELL, seen, strict=True):
        top, left = (int(part[0, 0, i]) + 256 * (int(part[0, 0, 2]) // by % 16) for i, by in ((0, 16), (1, 1)))
        assert part.shape == (min(PART, height), min(PART, width), 3) and sharp.dtype == np.float32
        inside = np.s_[top : top + PART, left : left + PART]
        assert (part == picture[inside]).all() and (sharp == (truth[inside] == 255)).all()
        assert row <= top and top + len(part) <= min(height, row + 320) and column <= left and left + part.shape[1] <= min(width, column + 320)


def test_parts_lie_anywhere_in_a_tile(monkeypatch):
    picture, truth, seen = coordinates(320, 320), np.full((320, 320), 255, np.uint8), []
    monkeypatch.setattr(patches, "samples", lambda part, *_: seen.append(tuple(part[0, 0, :2].tolist())))
    records = np.zeros(300, [("row", "<u4"), ("col", "<u4")])
    patches.add_samples(records, picture, truth, np.arange(300))
    for starts in np.transpose(seen):
        assert starts.min() < 6 and 122 < starts.max() <= 128
    assert abs(np.corrcoef(np.transpose(seen))[0, 1]) < 0.2


@pytest.mark.parametrize("turned", [False, True])
def test_of_a_large_photo_the_part_is_taken_at_the_working_size(discs, turned):
    small = discs(np.random.default_rng(4), 60, WORKING_SIDE)
    truth = np.zeros(small.shape[:2], np.uint8)
    truth[:, 500:1500] = 255
    if turned:
        small, truth = np.ascontiguousarray(small.transpose(1, 0, 2)), np.ascontiguousarray(truth.T)
    (at, found), (at_large, large) = (cut(*(np.kron(a, np.ones((times,) * 2 + (1,) * (a.ndim - 2), np.uint8)) for a in (small, truth))) for times in (1, 2))
    assert (at == at_large).all() and found.tobytes() == large.tobytes()
    assert 0 < np.isfinite(found["blur"]).sum() < len(found)


def test_sixteen_bits_have_the_cells_of_eight(wide):
    truth = np.full(wide.shape[:2], 255, np.uint8)
    deep, plain = (cut(photo, truth)[1] for photo in (wide.astype(np.uint16) * 257, wide))
    assert np.isfinite(plain["blur"]).all()
    assert all((deep[name] == plain[name]).all() for name in ("samples", "samples_whole", "blur"))


# Training.


def of_sets(*many):
    """Records of (photo, number) without anything else."""
    records = np.zeros(len(many), FIELDS)
    records["photo"], records["number"] = zip(*many, strict=True) if many else ([], [])
    return records


def test_photos_of_one_name_but_another_number_are_apart():
    records = of_sets((b"b", 1), (b"a", 2), (b"b", 1), (b"a", 1), (b"b", 2), (b"a", 2))
    found = blur.grouped(records, np.arange(6))
    assert sorted(one.tolist() for one in found) == [[0, 2], [1, 5], [3], [4]]
    found = blur.grouped(records, np.array([5, 0, 1]))
    assert sorted(one.tolist() for one in found) == [[0], [5, 1]]


def test_no_tiles_are_of_no_photo():
    assert blur.grouped(of_sets((b"a", 1)), np.zeros(0, int)) == []
    assert blur.grouped(of_sets(), np.zeros(0, int)) == []


@given(st.lists(st.tuples(st.sampled_from([b"a", b"b", b"c.png"]), st.integers(0, 3)), max_size=30), st.integers(0, 10**6))
def test_grouping_is_by_name_and_number_and_keeps_the_order(many, seed):
    indices = np.flatnonzero(np.random.default_rng(seed).random(len(many)) < 0.7)
    expected = {}
    for i in indices.tolist():
        expected.setdefault(many[i], []).append(i)
    assert sorted(one.tolist() for one in blur.grouped(of_sets(*many), indices)) == sorted(expected.values())


@given(st.lists(st.tuples(st.floats(-2, 2), st.floats(-2, 2)), max_size=12))
@example([(0.0, 0.0), (0.0, 1.0), (1.0, 1.0)])
def test_pairs_apart_are_in_order_where_the_wider_is_found_wider(sets):
    found, known = np.array(sets).reshape(-1, 2).T
    expected = [one[0] > other[0] for one, other in itertools.product(sets, sets) if one[1] - other[1] > blur.APART]
    assert blur.in_order(found, known).tolist() == expected


def test_pairs_alike_count_not_and_what_is_found_equal_is_not_in_order():
    known = np.array([0.0, 0.09, 0.5])
    assert blur.in_order(np.array([5.0, 1.0, 7.0]), known).tolist() == [True, True]
    assert blur.in_order(np.array([7.0, 1.0, 7.0]), known).tolist() == [False, True]
    assert len(blur.in_order(np.zeros(1), np.zeros(1))) == 0


def test_inputs_are_the_evidence_of_the_cells_and_behind_it_the_statistics():
    rng, records = np.random.default_rng(0), np.zeros(4, FIELDS)
    records["samples"] = rng.integers(0, 256, records["samples"].shape)
    records["samples_whole"] = rng.uniform(-2, 2, records["samples_whole"].shape)
    found = blur.inputs(records, np.array([3, 1]))
    assert found.shape == (2, patches.SAMPLES, blur.INPUTS) and found.dtype == np.float32
    for place, i in enumerate((3, 1)):
        assert found[place, :, :-3] == pytest.approx(patches.LOW + patches.STEP * records["samples"][i].astype(float), abs=1e-5)
        assert (found[place, :, -3:] == records["samples_whole"][i]).all()


def plain_sharpest(told):
    """Log sigma of the sharpest tenth of a set of (log sigma, log deviation) by certainty, cell after cell."""
    cells = sorted((value, math.exp(-2 * min(max(deviation, -4), 3))) for value, deviation in told)
    left = whole = sum(certainty for _, certainty in cells) / 10
    total = 0.0
    for value, certainty in cells:
        total += value * min(certainty, left)
        left = max(0.0, left - certainty)
    return total / whole


def by_torch(told):
    torch = pytest.importorskip("torch")
    return blur.sharpest(torch.from_numpy(np.asarray(told, np.float32))).numpy()


@given(st.integers(1, 5), st.integers(1, 60), st.sampled_from([0.0, 0.3, 1.0, 4.0]), st.integers(0, 10**6))
@example(3, 256, 1.0, 0)
def test_the_sharpest_tenth_counts_by_certainty(sets, cells, spread, seed):
    rng = np.random.default_rng(seed)  # of spread 4 one cell often holds more than a tenth
    told = np.stack([rng.normal(0, 1, (sets, cells)), rng.normal(0, spread, (sets, cells))], axis=2).astype(np.float32)
    found = by_torch(told)
    assert found.shape == (sets,) and found == pytest.approx([plain_sharpest(one) for one in told.tolist()], abs=2e-4)


def test_of_twenty_cells_as_sure_the_two_sharpest_count_and_a_surer_one_alone():
    values = np.random.default_rng(0).permutation(20).astype(float)
    told = np.stack([values, np.zeros(20)], axis=1)
    assert by_torch([told])[0] == pytest.approx(0.5)  # of 0 and 1
    told[values == 0, 1] = math.log(0.25)  # as sure as 16 others: a tenth is its own
    assert by_torch([told])[0] == pytest.approx(0, abs=1e-6)
    told[values == 0, 1] = math.log(4)  # a sixteenth of another: 0.1 * 19.0625 = 0.0625 + 1 + 0.84375
    assert by_torch([told])[0] == pytest.approx((1 + 2 * 0.84375) / 1.90625, rel=1e-5)
    told[:, 1] = np.where(values == 12, -50.0, 50.0)  # no surer than e to the -4th, no less sure than e cubed
    sure, unsure = math.exp(8), math.exp(-6)
    expected = (sum(range(12)) * unsure + 12 * (0.1 * (sure + 19 * unsure) - 12 * unsure)) / (0.1 * (sure + 19 * unsure))
    assert by_torch([told])[0] == pytest.approx(expected, rel=1e-5)


def test_the_order_of_cells_and_the_other_sets_do_not_matter():
    rng = np.random.default_rng(1)
    told = rng.normal(0, 1, (3, 50, 2)).astype(np.float32)
    mixed = np.stack([rng.permutation(one) for one in told])
    assert by_torch(mixed) == pytest.approx(by_torch(told), abs=1e-5)
    assert np.concatenate([by_torch(one[None]) for one in told]) == pytest.approx(by_torch(told), abs=1e-6)


@pytest.fixture(scope="module")
def sets(discs):
    """Eight sets of cells each of 30 photos, six of them held out."""
    names = {True: [], False: []}
    for i in itertools.count():
        name = f"{i}.png".encode()
        names[bool(learning.held_out(np.array([(name,)], [("photo", "S64")]), blur.ONE_IN)[0])].append(name)
        if len(names[True]) >= 6 and len(names[False]) >= 24:
            break
    rng, found = np.random.default_rng(0), []
    for name in names[True][:6] + names[False][:24]:
        photo = discs(rng, PART, PART)
        for _ in range(8):
            record = np.zeros(1, FIELDS)
            record["photo"] = name
            record["samples"], record["samples_whole"], record["blur"] = patches.samples(photo, in_focus(), rng)
            found.append(record)
    return np.concatenate(found)


@pytest.fixture(scope="module")
def fitted(sets):
    """Weights, order, and what was reported after every step."""
    pytest.importorskip("torch")
    steps = []
    weights, order = blur.fit(sets, 1, lambda *step: steps.append(step))
    return weights, order, steps


@pytest.fixture
def short(monkeypatch):
    """A training of a few steps."""
    pytest.importorskip("torch")
    monkeypatch.setattr(blur, "EPOCHS", 2)


def quietly(records, seed=1):
    return blur.fit(records, seed, lambda *_: None)


def equal(one, other):
    return one.keys() == other.keys() and all((one[name] == other[name]).all() for name in one)


def held_sets(sets):
    held = learning.held_out(sets, blur.ONE_IN)
    return blur.grouped(sets, np.flatnonzero(held))


def told(records, weights):
    """Log sigma and log deviation of the cells of some sets, by `estimate`, each cell in a corner of its half."""
    found = []
    for record in records:
        planes, halved = (patches.decoded(record["samples"].T[part])[:, None] for part in (np.s_[:PLANES], np.s_[PLANES:]))
        planes = planes.repeat(2, axis=2).repeat(2, axis=1)
        found.append(np.log(blur.estimate(planes, halved, record["samples_whole"], weights, CPU))[:, 0, ::2].T)
    return np.array(found)


def test_it_learns_to_order_the_blur_of_photos_it_has_not_seen(sets, fitted):
    weights, order, steps = fitted
    assert [s[0] for s in steps] == list(range(1, steps[0][1] + 1)) and all(0 <= s[3] <= 1 for s in steps)
    assert np.mean([s[2] for s in steps[-10:]]) < 0.5 * np.mean([s[2] for s in steps[:10]])
    assert order > 0.9
    pairs, errors, cells = [], [], []
    for indices in held_sets(sets):
        known, each = np.log(sets["blur"][indices] + blur.LEAST_SIGMA), told(sets[indices], weights)
        pooled = [plain_sharpest(one) for one in each.tolist()]
        cells += np.stack([each[..., 1], np.abs(each[..., 0] - known[:, None])], axis=-1).reshape(-1, 2).tolist()
        errors += (pooled - known).tolist()
        pairs += [a > b for (a, x), (b, y) in itertools.product(zip(pooled, known, strict=True), repeat=2) if x - y > blur.APART]
    assert order == pytest.approx(np.mean(pairs), abs=0.01) and len(pairs) > 100
    assert abs(np.mean(errors)) < 0.15 and np.std(errors) < 0.3
    sure, unsure = np.array_split(sorted(cells), 2)
    assert sure[:, 1].mean() < 0.7 * unsure[:, 1].mean()  # it knows which cells it does not know


def test_weights_have_the_declared_names_and_shapes(fitted):
    weights = fitted[0]
    assert {name: array.shape for name, array in weights.items()} == blur.SHAPES
    assert all(array.dtype == np.float32 and np.isfinite(array).all() for array in weights.values()) and weights["blur_scale"].min() > 0


def test_a_photo_blurred_wider_is_told_a_wider_sigma(discs, fitted):
    photo, sigmas = discs(np.random.default_rng(77), 160, 240), []
    for sigma in (0.6, 1.2, 2.4, 4.5):
        found = np.log(pipeline.blur(cv2.GaussianBlur(photo, (0, 0), sigma), fitted[0], "cpu"))
        sigmas.append(math.exp(plain_sharpest(found.reshape(2, -1).T.tolist())))
    assert sigmas == pytest.approx([sigma + blur.LEAST_SIGMA for sigma in (0.6, 1.2, 2.4, 4.5)], rel=0.3)


@pytest.mark.parametrize("part", ["square", "order"])
def test_each_of_two_losses_teaches_the_order_by_itself(sets, monkeypatch, part):
    pytest.importorskip("torch")
    monkeypatch.setattr(blur, "SHARES", {name: float(name == part) for name in blur.SHARES})
    assert quietly(sets)[1] > 0.9


def test_equal_seeds_give_equal_weights_and_others_others(sets, short):
    one, two, three = (quietly(sets, seed) for seed in (1, 1, 2))
    assert equal(one[0], two[0]) and one[1] == two[1]
    assert (one[0]["blur1.weight"] != three[0]["blur1.weight"]).any()
    assert all((one[0][name] == three[0][name]).all() for name in ("blur_mean", "blur_scale"))


def test_photos_held_out_leave_no_trace_in_the_weights(sets, short):
    other = sets.copy()
    held = learning.held_out(other, blur.ONE_IN)
    other["samples"][held], other["samples_whole"][held] = 77, 3
    one, two = quietly(sets), quietly(other)
    assert equal(one[0], two[0]) and one[1] != two[1]
    assert two[1] == 0  # all alike, so none in order
    other["blur"][held] = np.nan
    assert equal(one[0], quietly(other)[0])


def test_tiles_without_known_blur_leave_no_trace_at_all(sets, short):
    unknown = sets[::3].copy()
    unknown["blur"], unknown["samples"] = np.nan, 255
    one, two = quietly(sets), quietly(np.concatenate([sets, unknown]))
    assert equal(one[0], two[0]) and one[1] == two[1]


def test_mean_and_deviation_are_those_of_what_is_learned_from_and_never_zero(sets, short):
    records = sets.copy()
    records["samples"][:, :, 3], records["samples_whole"][:, 1] = 100, -1.5
    weights, _ = quietly(records)
    values = blur.inputs(records, np.flatnonzero(~learning.held_out(records, blur.ONE_IN))).reshape(-1, blur.INPUTS).astype(float)
    assert weights["blur_mean"] == pytest.approx(values.mean(axis=0), abs=2e-3) and weights["blur_mean"].dtype == np.float32
    assert weights["blur_scale"] == pytest.approx(values.std(axis=0), rel=2e-3, abs=1e-3) and weights["blur_scale"].min() > 0


def test_without_photos_held_out_the_order_is_naught(sets, short):
    assert quietly(sets[~learning.held_out(sets, blur.ONE_IN)])[1] == 0


def test_a_set_without_known_blur_is_refused_and_so_is_one_that_has_it_in_photos_held_out_alone(sets, short):
    records = sets.copy()
    held = learning.held_out(records, blur.ONE_IN)
    for which in (~held, np.full(len(records), True)):
        records["blur"][which] = np.nan
        with pytest.raises(InputError, match="patch set has no cells of known blur: nothing in focus in any photo itself, nor a composition"):
            quietly(records)


def test_one_photo_is_enough(sets, short):
    learn = sets[~learning.held_out(sets, blur.ONE_IN)]
    assert equal(quietly(learn[:1])[0], quietly(learn[:1])[0])
    assert all(np.isfinite(array).all() for array in quietly(learn[:8])[0].values())
