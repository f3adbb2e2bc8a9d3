"""Stage 1: evidence, against plain sums, closed formulas and symmetries."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage
from scipy.special import ndtr

from blurkit.methods.joint import evidence, patches
from blurkit.ops import backend
from blurkit.ops.colour import grey

CPU = backend.CpuBackend
FINE, SLOPES = ("curvature", "curvature 1"), ("slope", "slope 1", "slope 2")
BANDS = ("finest", "fine", "middle")
RATIOS = ("taken by the first blur", "taken by the second")
ORDER = (  # of the planes
    *FINE,
    *BANDS,
    *SLOPES,
    "log of curvature",
    "log of finest",
    *(f"log of {name}" for name in SLOPES),
    "edges",
    *RATIOS,
    "contrast",
    "coarse",
    "coarsest",
)
AMOUNTS = [name for name in ORDER if name not in RATIOS]


def plain_blur(plane, sigma):
    offsets = np.arange(-math.ceil(3 * sigma), math.ceil(3 * sigma) + 1)
    kernel = np.exp(-(offsets**2) / (2 * sigma**2))
    for axis in (0, 1):
        plane = ndimage.correlate1d(plane, kernel / kernel.sum(), axis, mode="mirror")
    return plane


def plain_pool(plane):
    height, width = plane.shape
    plane = np.pad(plane, ((0, -height % 4), (0, -width % 4)), "edge")
    return plane.reshape(len(plane) // 4, 4, -1, 4).mean(axis=(1, 3))


def plain_curvature(plane):
    for axis in (0, 1):
        plane = ndimage.correlate1d(plane, [1, -2, 1], axis, mode="mirror")
    return np.abs(plane) / 6


def plain_power(plane):
    return plain_pool(plane**2) + evidence.FAINT_POWER


def plain_strength(plane):
    return np.log(np.sqrt(plain_power(plane)))


def plainly(plane):
    """All evidence by SciPy, in double precision, by name."""
    plane = plane.astype(float)
    one, two, three, four, five = evidence.STEPS
    copies = {0: plane}
    for sigma, before in zip(evidence.STEPS, (0, *evidence.STEPS), strict=False):
        copies[sigma] = plain_blur(copies[before], math.sqrt(sigma**2 - before**2))
    amounts = {name: plain_curvature(copies[sigma]) for name, sigma in zip(FINE, (0, two), strict=True)}
    amounts |= {
        name: np.abs(copies[f] - copies[w])
        for name, f, w in zip(BANDS, (0, one, three), (one, three, five), strict=True)
    }
    slopes = [np.hypot(*(ndimage.sobel(copies[s], axis, mode="mirror") for axis in (0, 1))) / 8 for s in (0, two, four)]
    amounts |= dict(zip(SLOPES, slopes, strict=True))
    found = {name: np.log(plain_pool(p) + evidence.FAINT) for name, p in amounts.items()}
    found |= {
        f"log of {name}": plain_pool(np.log(amounts[name] + evidence.FAINT))
        for name in ("curvature", "finest", *SLOPES)
    }
    found["edges"], found["contrast"] = (plain_strength(p) for p in (slopes[1], plane - copies[five]))
    found |= {name: np.log(plain_power(slopes[i]) / plain_power(slopes[i + 1])) / 2 for i, name in enumerate(RATIOS)}
    cells, before = plain_pool(copies[five]), five
    for name, sigma in zip(("coarse", "coarsest"), evidence.COARSE, strict=True):
        wider = plain_blur(cells, math.sqrt(sigma**2 - before**2) / 4)
        found[name] = np.log(np.abs(cells - wider) + evidence.FAINT)
        cells, before = wider, sigma
    return found


def named(planes):
    return dict(zip(ORDER, planes, strict=True))


def planes_of(plane):
    return evidence.planes(np.ascontiguousarray(plane, np.float32), CPU)


def assert_alike(one, other):
    for name in ORDER:
        assert one[name] == pytest.approx(other[name], abs=1e-3), name


@pytest.mark.parametrize("rows, columns", [(90, 120), (37, 53), (8, 8), (5, 3), (1, 17), (23, 1), (1, 1)])
def test_all_planes_equal_plain_sums(scene, rows, columns):
    plane = grey(scene)[:rows, :columns]
    found = planes_of(plane)
    assert found.dtype == np.float32 and found.shape == (evidence.PLANES, -(-rows // 4), -(-columns // 4))
    assert_alike(named(found), plainly(plane))


@pytest.mark.parametrize("level", [0.0, 0.37, 1.0])
def test_a_flat_photo_shows_nothing_but_the_floors(level):
    faint = (
        dict.fromkeys(ORDER, evidence.FAINT)
        | dict.fromkeys(RATIOS, 1)
        | dict.fromkeys(("edges", "contrast"), math.sqrt(evidence.FAINT_POWER))
    )
    assert_alike(
        named(planes_of(np.full((22, 31), level))),
        {name: np.full((6, 8), math.log(value)) for name, value in faint.items()},
    )


@pytest.mark.parametrize("wavelength", [8, 16, 32])
def test_a_wave_shows_in_each_band_what_its_blurs_leave_of_it(wavelength):
    around = 2 * math.pi / wavelength
    plane = np.broadcast_to(0.5 + 0.4 * np.sin(around * (np.arange(320) + 0.3)), (64, 320))
    one, two, three, four, five = evidence.STEPS

    def left(sigma):
        return math.exp(-((around * sigma) ** 2) / 2)

    found = named(planes_of(plane)[:, 4:12, 8:72])  # whole waves, far from the border
    amounts = [np.exp(found[name]).mean() - evidence.FAINT for name in (*BANDS, *SLOPES)]
    bands = [left(fine) - left(wide) for fine, wide in ((0, one), (one, three), (three, five))]
    slopes = [math.sin(around) * left(sigma) for sigma in (0, two, four)]
    mean = np.abs(0.4 * np.sin(around * (np.arange(64) + 0.3))).mean()
    assert amounts == pytest.approx(mean * np.array([*bands, *slopes]), rel=0.04, abs=2e-4)
    assert all(
        np.exp(found[name]) == pytest.approx(evidence.FAINT, rel=0.01) for name in FINE
    )  # straight edges do not count there


@pytest.mark.parametrize("sigma", [0.01, 0.04])
def test_curvature_of_noise_is_its_deviation(sigma):
    noise = 0.5 + sigma * np.random.default_rng(0).normal(size=(200, 240))
    found = np.exp(named(planes_of(noise))["curvature"]).mean() - evidence.FAINT
    assert found == pytest.approx(sigma * math.sqrt(2 / math.pi), rel=0.03)


@pytest.mark.parametrize("sigma", [0.8, 1.2, 2.0, 3.0])
def test_what_a_blur_takes_from_an_edge_follows_from_the_blur_it_has(sigma):
    plane = np.broadcast_to(0.05 + 0.9 * ndtr((np.arange(240) - 120.3) / sigma), (48, 240))
    found = named(planes_of(plane)[:, 6])
    logs = found["edges"] + found[RATIOS[0]], found["edges"], found["edges"] - found[RATIOS[1]]
    powers = [(np.exp(2 * log) - evidence.FAINT_POWER).sum() for log in logs]
    # The slope of a Gaussian edge is a Gaussian; differences over two pixels widen it by 1/3. Its square sums up to the inverse of its width.
    widths = [math.sqrt(sigma**2 + s**2 + 1 / 3) for s in (0, evidence.STEPS[1], evidence.STEPS[3])]
    for i in (0, 1):
        assert powers[i] / powers[i + 1] == pytest.approx(widths[i + 1] / widths[i], rel=0.02)
    assert 4 * powers[1] == pytest.approx(
        0.9**2 / (2 * math.sqrt(math.pi) * widths[1]), rel=0.02
    )  # cells are 4 pixels wide


@pytest.mark.parametrize("name", RATIOS)
def test_a_sharper_edge_loses_more_whatever_its_contrast(name):
    def taken(sigma, contrast):
        """Mean over edges at four places within a cell."""
        edges = (
            np.broadcast_to(0.5 + contrast * (ndtr((np.arange(160) - at) / sigma) - 0.5), (32, 160))
            for at in (80.3, 81.3, 82.3, 83.3)
        )
        found = named(np.hstack([planes_of(edge)[:, 4] for edge in edges]))
        return np.average(found[name], weights=np.exp(2 * found["edges"]))

    losses = np.array([[taken(sigma, contrast) for sigma in (0.01, 0.5, 1, 2, 3)] for contrast in (0.9, 0.45)])
    assert (np.diff(losses) < 0).all()
    assert np.abs(np.diff(losses, axis=0)).max() < 0.15 * np.ptp(losses[0])


@pytest.mark.parametrize("wavelength", [8, 16])
def test_contrast_is_that_of_what_the_widest_blur_takes(wavelength):
    around = 2 * math.pi / wavelength
    plane = np.broadcast_to(
        0.3 + 0.2 * np.arange(320) / 320 + 0.2 * np.sin(around * (np.arange(320) + 0.3)), (64, 320)
    )  # the ramp does not count
    power = np.exp(2 * named(planes_of(plane)[:, 4:12, 8:72])["contrast"]).mean() - evidence.FAINT_POWER
    assert power == pytest.approx((0.2 * (1 - math.exp(-((around * evidence.STEPS[-1]) ** 2) / 2))) ** 2 / 2, rel=0.02)


@pytest.mark.parametrize("rows, columns", [(96, 128), (90, 122), (33, 50), (9, 17), (1, 14), (2, 1), (1, 1)])
def test_the_half_is_the_photo_of_the_means_of_two_by_two_pixels(sharp_photo, rows, columns):
    plane = np.pad(grey(sharp_photo), ((0, 6), (0, 6)), "wrap")[:rows, :columns]
    even = np.pad(plane.astype(float), ((0, rows % 2), (0, columns % 2)), "edge")
    means = sum(even[i::2, j::2] for i, j in np.ndindex(2, 2)) / 4
    whole, half = evidence.both_sizes(plane, CPU)
    assert (whole == planes_of(plane)).all() and half.dtype == np.float32
    assert half.shape[1:] == tuple(-(-n // 2) for n in whole.shape[1:])  # a cell of the half is four of the photo
    assert_alike(named(half), plainly(means))


def test_softness_at_pixel_level_shows_in_the_photo_more_than_in_its_half(sharp_photo):
    plane = grey(sharp_photo)[:88, :120]
    sharp, soft = (evidence.both_sizes(np.float32(p), CPU) for p in (plane, plain_blur(plane.astype(float), 0.8)))
    whole, half = (
        np.median(named(a)["curvature"]) - np.median(named(b)["curvature"]) for a, b in zip(sharp, soft, strict=True)
    )
    assert 0 < half < 0.5 * whole


@given(st.integers(1, 5), st.integers(1, 5), st.integers(0, 10**6), st.integers(0, 3), st.booleans())
def test_a_turned_or_mirrored_photo_has_turned_or_mirrored_evidence(rows, columns, seed, quarter, mirrored):
    def view(array):
        array = np.rot90(array, quarter, (-2, -1))
        return array[..., ::-1] if mirrored else array

    plane = np.random.default_rng(seed).random((4 * rows, 4 * columns), dtype=np.float32)
    assert planes_of(view(plane)) == pytest.approx(view(planes_of(plane)), abs=2e-3)


@given(st.floats(-0.4, 0.4), st.integers(0, 10**6))
def test_brightness_shows_in_no_plane(more, seed):
    plane = np.random.default_rng(seed).uniform(0.4, 0.6, (20, 28))
    assert planes_of(plane + more) == pytest.approx(planes_of(plane), abs=5e-3)


def test_half_the_contrast_lowers_what_is_no_ratio_by_log_2_at_most(sharp_photo):
    plane = grey(sharp_photo)
    whole, half = (named(planes_of(p)) for p in (plane, 0.25 + 0.5 * plane))
    for name in AMOUNTS:
        lost = whole[name] - half[name]
        assert lost.min() > -0.02 and 0.4 < lost.max() < math.log(2) + 0.02, name


def test_the_planes_called_ratios_are_the_ratios():
    assert tuple(ORDER[i] for i in evidence.RATIOS) == RATIOS and ORDER[evidence.EDGES] == "edges"


def plain_percentile(values, percent):
    """Between the two nearest of the sorted values."""
    place = (values.size - 1) * percent / 100
    below, above = (np.sort(values, axis=None)[math.floor(place) : math.ceil(place) + 1])[[0, -1]]
    return below + (place - math.floor(place)) * (above - below)


@pytest.mark.parametrize("rows, columns", [(23, 31), (1, 1), (1, 14), (6, 2)])
def test_statistics_are_percentiles_of_smoothed_curvature_and_of_both_ratios(rows, columns):
    planes = np.random.default_rng(rows).normal(size=(evidence.PLANES, rows, columns)).astype(np.float32)
    by_name = {
        name: ndimage.uniform_filter(plane.astype(float), evidence.AROUND, mode="mirror")
        for name, plane in named(planes).items()
    }
    expected = [
        plain_percentile(by_name[name], percent)
        for name, percent in (("curvature", 5), *((name, 95) for name in RATIOS))
    ]
    found = evidence.statistics(planes)
    assert found.dtype == np.float32 and found.shape == (evidence.STATISTICS,) == (3,)
    assert found == pytest.approx(np.array(expected), abs=1e-5)


def test_statistics_tell_a_sharp_photo_from_a_blurred_one_but_not_what_is_left_from_what_is_right(sharp_photo):
    plane = grey(sharp_photo)[:88, :120]
    sharp, soft, mirrored = (
        evidence.statistics(planes_of(p)) for p in (plane, plain_blur(plane.astype(float), 2), plane[:, ::-1])
    )
    assert mirrored == pytest.approx(sharp, abs=2e-3)
    lost = dict(zip(("curvature", *RATIOS), sharp - soft, strict=True))
    assert lost["curvature"] > 1 and all(lost[name] > 0.05 for name in RATIOS)


def test_statistics_tell_noise_that_is_everywhere_and_sharpness_that_is_anywhere(discs):
    plane = grey(discs(np.random.default_rng(7), 240, 320)).astype(float)
    soft = plain_blur(plane, 2)
    half = np.where(np.arange(320) < 160, plane, soft)
    noisy = soft + np.random.default_rng(0).normal(0, 0.02, soft.shape)
    sharp, soft, half, noisy = (evidence.statistics(planes_of(p)) for p in (plane, soft, half, noisy))
    share = (half - soft) / (sharp - soft)
    assert share[0] < 0.3 and (share[1:] > 0.7).all() and (sharp - soft).min() > 0.05
    assert noisy[0] > soft[0] + 1


@given(
    st.integers(1, 40),
    st.integers(1, 40),
    st.sampled_from(["noise", "black and white", "one pixel", "flat"]),
    st.integers(0, 10**6),
)
def test_evidence_of_any_photo_is_finite_and_all_but_the_wildest_ratios_fit_the_codes_it_is_kept_in(
    height, width, kind, seed
):
    rng = np.random.default_rng(seed)
    plane = rng.random((height, width)) if kind == "noise" else np.full((height, width), rng.random())
    if kind == "black and white":
        plane = np.float32(rng.random((height, width)) < 0.5)
    elif kind == "one pixel":
        plane = np.zeros((height, width))
        plane[rng.integers(height), rng.integers(width)] = 1
    found = planes_of(plane)
    assert found.shape == (evidence.PLANES, -(-height // 4), -(-width // 4)) and np.isfinite(found).all()
    assert found.min() >= patches.LOW
    found = named(found)
    assert max(found[name].max() for name in AMOUNTS) <= patches.LOW + 255 * patches.STEP
    assert (
        max(np.abs(found[name]).max() for name in RATIOS) <= -math.log(evidence.FAINT_POWER) / 2
    )  # structure lost in rounding, or the reverse


def test_torch_finds_the_same_planes(sharp_photo):
    pytest.importorskip("torch")
    plane = grey(sharp_photo)
    where = backend.backend_for("torch-cpu", plane.shape)
    assert isinstance(where, backend.TorchBackend)
    for found, expected in zip(evidence.both_sizes(plane, where), evidence.both_sizes(plane, CPU), strict=True):
        assert_alike(named(found), named(expected))


def test_torch_knows_the_half_of_the_smallest_photo_it_takes(sharp_photo):
    pytest.importorskip("torch")
    plane = grey(sharp_photo)[: backend.SMALLEST_SIDE, : backend.SMALLEST_SIDE]
    where = backend.backend_for("torch-cpu", plane.shape)
    assert isinstance(where, backend.TorchBackend)
    for found, expected in zip(evidence.both_sizes(plane, where), evidence.both_sizes(plane, CPU), strict=True):
        assert_alike(named(found), named(expected))
