"""Stage 2: cells of known blur: where they are drawn, and how they are blurred."""

import itertools
import math

import cv2
import numpy as np
import pytest

from blurkit.methods.joint import evidence, patches
from blurkit.ops import backend
from blurkit.ops.colour import grey

CPU = backend.CpuBackend
PLANES, PART = evidence.PLANES, patches.PART
DETAIL_NAMES = ("log_mean_curvature", "log_mean_fine_detail", "log_mean_medium_detail")
DETAIL = [evidence.PLANE_NAMES.index(name) for name in DETAIL_NAMES]


@pytest.fixture(scope="module")
def sharp_part(discs):
    """(192, 192, 3) uint8."""
    return discs(np.random.default_rng(11), PART, PART)


@pytest.fixture
def just_blurred(monkeypatch):
    """just_blurred(sigma): `samples` only blurs, by sigma, or not at all for 0; no resizing, noise or compression."""

    def just_blurred(sigma):
        monkeypatch.setattr(patches, "PART_SCALES", (1.0, 1.0))
        monkeypatch.setattr(patches, "UNBLURRED_SHARE", 0.0 if sigma else 1.0)
        monkeypatch.setattr(patches, "NOISY_SHARE", 0.0)
        monkeypatch.setattr(patches, "COMPRESSED_SHARE", 0.0)
        if sigma:
            monkeypatch.setattr(patches, "SIGMA_RANGE", (sigma, sigma))

    return just_blurred


@pytest.fixture
def cell_places(monkeypatch):
    """Replace the evidence of a cell by its row (plane 0) and column (plane 1).

    Returns the list of the grey planes that were measured.
    """
    grey_planes = []

    def both_sizes(plane, backend):
        grey_planes.append(plane)
        shapes = [tuple(-(-n // side) for n in plane.shape) for side in (4, 8)]
        results = [np.full((PLANES, *shape), patches.LOW, np.float32) for shape in shapes]
        for planes, shape in zip(results, shapes, strict=True):
            planes[:2] += np.float32(patches.STEP) * np.indices(shape)
        return results

    monkeypatch.setattr(evidence, "both_sizes", both_sizes)
    return grey_planes


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
def test_cells_are_drawn_where_the_blur_brings_in_nothing_out_of_focus_and_everywhere_there(
    just_blurred, cell_places, sigma
):
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
            side = 4 + 2 * reach
            near = (unknown >= (top, left)).all(axis=1) & (unknown < (top + side, left + side)).all(axis=1)
            if not near.any():
                expected.add((row, column))
        assert 64 <= len(expected) < 340 and union == expected


def test_the_end_of_the_picture_is_not_out_of_focus(just_blurred, cell_places):
    just_blurred(3.0)
    results = [drawn(np.zeros((40, 64, 3), np.uint8), in_focus(40, 64), seed)[0] for seed in range(10)]
    assert {tuple(one) for codes in results for one in codes[:, :2].tolist()} == set(np.ndindex(10, 16))


@pytest.mark.parametrize(
    "rows, columns, enough", [(8, 8, True), (7, 9, False), (1, 46, False), (0, 0, False), (2, 32, True)]
)
def test_fewer_than_64_cells_in_focus_give_no_samples(sharp_part, just_blurred, rows, columns, enough):
    just_blurred(0)
    sharp = np.zeros((PART, PART), np.float32)
    sharp[8 : 8 + 4 * rows, 4 : 4 + 4 * columns] = 1
    results = drawn(sharp_part, sharp)
    assert (results is not None) == enough
    assert not enough or results[0].shape == (patches.SAMPLES, 2 * PLANES)


def test_of_many_cells_none_is_drawn_twice(just_blurred, cell_places):
    just_blurred(0)
    for seed in range(5):
        codes = drawn(np.zeros((PART, PART, 3), np.uint8), in_focus(), seed)[0]
        assert len({tuple(one) for one in codes[:, :2].tolist()}) == patches.SAMPLES
        codes = drawn(np.zeros((64, 64, 3), np.uint8), in_focus(64, 64), seed)[0]
        assert {tuple(one) for one in codes[:, :2].tolist()} == set(np.ndindex(16, 16))  # all 256


@pytest.mark.parametrize("sigma", [0.4, 0.8, 1.5, 3.0, 5.0])
def test_the_sigma_given_is_the_spread_of_an_edge(just_blurred, cell_places, sigma):
    just_blurred(sigma)
    edge = np.zeros((PART, PART, 3), np.uint8)
    edge[:, PART // 2 :] = 255
    sigmas = set()
    for seed in range(8):
        spread = drawn(edge, in_focus(), seed)[2]
        sigmas.add(spread)
        slope = np.diff(cell_places[-1].mean(axis=0).astype(float))
        middle = (slope * np.arange(PART - 1)).sum() / slope.sum()
        variance = (slope * (np.arange(PART - 1) - middle) ** 2).sum() / slope.sum()
        assert spread == pytest.approx(math.sqrt(variance), rel=0.02)
    assert len(sigmas) == 2 and max(sigmas) == pytest.approx(sigma, abs=0.15)


def test_a_wider_blur_gives_softer_evidence(sharp_part, just_blurred):
    results = []
    for sigma in (0, 0.6, 1.0, 1.7, 3.0, 5.0):
        just_blurred(sigma)
        planes = patches.decoded(drawn(sharp_part, in_focus())[0]).mean(axis=0)
        results.append([*planes[DETAIL], *planes[PLANES:][DETAIL]])
    assert (np.diff(results, axis=0) < -0.02).all()


def test_one_part_in_seven_stays_unblurred_and_the_others_are_blurred_log_uniformly(cell_places):
    picture, sharp = np.zeros((PART, PART, 3), np.uint8), in_focus()
    sigmas = np.array([drawn(picture, sharp, seed)[2] for seed in range(600)])
    blurred = sigmas[sigmas > 0]
    assert abs((sigmas == 0).mean() - patches.UNBLURRED_SHARE) < 0.045  # three deviations
    assert blurred.max() < 1.05 * patches.SIGMA_RANGE[1] and blurred.min() < patches.SIGMA_RANGE[0]
    below = [(blurred < at).mean() for at in (0.3 * 16.67**0.5, 0.3 * 16.67**0.75)]
    assert below == pytest.approx([0.5, 0.75], abs=0.07)


def test_a_part_is_reduced_every_other_time_with_its_truth(cell_places):
    picture, sharp = np.zeros((PART, PART, 3), np.uint8), in_focus()
    sharp[:, PART // 2 :] = 0
    sides = []
    for seed in range(200):
        results = drawn(picture, sharp, seed)
        side = cell_places.pop().shape if results else None
        if side:
            assert side[0] == side[1] and 4 * (results[0][:, 1].max() + 1) <= side[1] / 2 + 0.5  # the left half
            sides.append(side[0])
    sides = np.array(sides)
    assert 0.35 < (sides == PART).mean() < 0.7  # small ones may have too few cells
    assert sides.min() >= patches.PART_SCALES[0] * PART - 0.5 and len(np.unique(sides)) > 30


def test_noise_comes_after_the_blur_and_compression_last_each_in_its_share_and_range(cell_places, monkeypatch):
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
        kinds.append(tuple(kind for kind, *_ in calls[-2:]))
        tops = [top for *_, top in calls]
        assert tops in ([], [240], [240, 120]) and kinds[-1] in ((), ("noise",), ("jpeg",), ("noise", "jpeg"))
        for kind, value, _ in calls:
            least, most = patches.NOISE_RANGE if kind == "noise" else patches.QUALITY_RANGE
            assert least <= value <= most
        halved = 240 // 2 if "noise" in kinds[-1] else 240
        top = halved // 3 if "jpeg" in kinds[-1] else halved
        assert cell_places.pop().max() * 255 == pytest.approx(top, abs=0.5)
        calls.clear()
    for kind, share in (("noise", patches.NOISY_SHARE), ("jpeg", patches.COMPRESSED_SHARE)):
        assert np.mean([kind in one for one in kinds]) == pytest.approx(share, abs=0.08)


def test_the_same_seed_draws_the_same_cells_and_others_draw_others(sharp_part):
    results = [drawn(sharp_part, in_focus(), seed) for seed in range(8)]
    for seed, (codes, whole, sigma) in enumerate(results):
        again = drawn(sharp_part, in_focus(), seed)
        assert (codes == again[0]).all() and (whole == again[1]).all() and sigma == again[2]
    assert all((one[0] != other[0]).any() for one, other in itertools.combinations(results, 2))


def test_the_picture_and_its_truth_are_left_as_they_were(sharp_part):
    picture, sharp = sharp_part.copy(), in_focus()
    for seed in range(6):
        drawn(picture, sharp, seed)
    assert (picture == sharp_part).all() and (sharp == 1).all()
