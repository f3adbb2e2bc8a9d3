"""Stage 4: edges by direction. Known answers: blurred steps; second route: Canny's algorithm in loops."""

import math

import cv2
import numpy as np
import pytest
from scipy.special import erf

from blurkit.methods.joint import edges
from blurkit.methods.joint.edges import STEPS
from blurkit.methods.joint.evidence import blurred_copies
from blurkit.ops.backend import CpuBackend
from blurkit.ops.colour import grey
from blurkit.ops.noise import noise
from blurkit.ops.resize import pool

RATIOS = np.s_[1 : len(STEPS)]
OTHERS = np.delete(STEPS, edges.KEY)
KEY_SIGMA = STEPS[edges.KEY]


def distance(angle, shape, through):
    """Distance of every pixel from a line, to the side to which an angle points: degrees, counter-clockwise."""
    y, x = np.indices(shape) - np.array(through)[:, None, None]
    turn = math.radians(angle)
    return x * math.cos(turn) - y * math.sin(turn)


def step(angle, sigma, shape=(161, 161), through=(80, 80), contrast=0.5):
    """A plane that rises by `contrast` in the direction `angle`, at a line through a pixel, blurred by sigma."""
    profile = erf(distance(angle, shape, through) / (sigma * math.sqrt(2)))
    return np.float32(0.45 + contrast / 2 * profile)


def unravelled(size):
    """Directions, rows and columns of the filled places of an `Edges`."""
    return np.unravel_index(size.places, (edges.DIRECTIONS, *size.shape))


@pytest.fixture(scope="module")
def drawing(discs):
    """(144, 176) float32: discs, softened a little."""
    return cv2.GaussianBlur(grey(discs(np.random.default_rng(4), 144, 176)), (0, 0), 0.8)


@pytest.mark.parametrize("angle", [*np.arange(16) * 22.5, 5, 50, 172, 190])
def test_a_step_is_found_in_its_direction_and_in_the_cells_it_crosses(angle):
    shape, through = (161, 185), (60, 110)
    size = edges.measure(step(angle, 1.5, shape, through))[0]
    directions, rows, columns = unravelled(size)
    inner = (rows > 0) & (rows < 18) & (columns > 0) & (columns < 22)  # the plane is mirrored at its border
    assert size.shape == (21, 24) and set(directions[inner].tolist()) == {round(angle / 22.5) % 8}
    away = np.abs(distance(angle, shape, through))
    away[[0, -1]] = away[:, [0, -1]] = math.inf  # nothing is an edge at the border
    padded = np.pad(away, ((0, 7), (0, 7)), constant_values=math.inf)
    near = padded.reshape(21, 8, 24, 8).min(axis=(1, 3))
    found = np.zeros(size.shape, bool)
    found[rows, columns] = True
    assert found[near < 0.2].all() and not found[near > 0.8].any()


@pytest.mark.parametrize("sigma", [2.0, 3.0, 4.0])
@pytest.mark.parametrize("angle", [0, 30, 90, 157])
def test_gradient_and_ratios_are_those_of_a_blurred_step(angle, sigma):
    size = edges.measure(step(angle, sigma))[0]
    expected = math.log(0.5 / math.sqrt(2 * math.pi * (sigma**2 + KEY_SIGMA**2)))
    assert len(size.inputs) > 18 and size.inputs[:, 0] == pytest.approx(expected, abs=0.06)
    ratios = 0.5 * np.log((sigma**2 + KEY_SIGMA**2) / (sigma**2 + OTHERS**2))
    assert np.median(size.inputs[:, RATIOS], axis=0) == pytest.approx(ratios, abs=0.02)


@pytest.mark.parametrize("sigma", [0.7, 1.0, 1.5])
def test_of_a_narrow_step_the_ratios_are_those_of_its_central_differences(sigma):
    size = edges.measure(step(0, sigma))[0]

    def gradient(c):
        return erf(1 / (math.hypot(sigma, c) * math.sqrt(2)))

    ratios = [math.log(gradient(c) / gradient(KEY_SIGMA)) for c in OTHERS]
    assert size.inputs[:, RATIOS] == pytest.approx(np.tile(ratios, (len(size.inputs), 1)), abs=0.01)


def test_edge_pixels_are_counted_in_each_cell_but_for_those_at_the_border():
    size = edges.measure(step(0, 1.5, (164, 90), (0, 44)))[0]
    directions, rows, columns = unravelled(size)
    assert (directions == 0).all() and (columns == 5).all() and rows.tolist() == list(range(21))
    counts = [7, *[8] * 19, 3]
    assert size.inputs[:, len(STEPS)] == pytest.approx(np.log(counts), abs=1e-5)


def canny(plane, limit):
    """(row, column, across, down) of the pixels that Canny's algorithm keeps, in loops: J. Canny, 1986.

    Gradients lie in one of four sectors; of two equal neighbours across or down the first counts.
    """
    half = edges.GRADIENT_SCALE / 2
    across, down = np.zeros((2, *plane.shape), int)
    across[:, 1:-1] = (plane[:, 2:] - plane[:, :-2]) * half
    down[1:-1] = (plane[2:] - plane[:-2]) * half
    power, found = across**2 + down**2, []
    tangent = round(math.tan(math.pi / 8) * 2**15)
    for row in range(1, plane.shape[0] - 1):
        for column in range(1, plane.shape[1] - 1):
            x, y = int(across[row, column]), int(down[row, column])
            strength, sign = power[row, column], -1 if x * y < 0 else 1
            if abs(y) << 15 < abs(x) * tangent:
                before, after = power[row, column - 1], power[row, column + 1] - 1
            elif abs(y) << 15 > abs(x) * (tangent + (1 << 16)):
                before, after = power[row - 1, column], power[row + 1, column] - 1
            else:
                before, after = power[row - 1, column - sign], power[row + 1, column + sign]
            if strength > (limit * edges.GRADIENT_SCALE) ** 2 and strength > before and strength > after:
                found.append((row, column))
    return found


def test_gradients_equal_those_of_loops_over_the_pixels_of_edges(drawing):
    plane, level = np.ascontiguousarray(drawing[:61, :83]), 0.01
    places, logs, count = edges.gradients_of(plane, level)
    copies, sums = [copy.astype(float) for copy in blurred_copies(plane, CpuBackend, STEPS)], {}
    for row, column in canny(copies[edges.KEY], 0.6 * level):
        slopes = [
            ((copy[row, column + 1] - copy[row, column - 1]) / 2, (copy[row - 1, column] - copy[row + 1, column]) / 2)
            for copy in copies
        ]
        across, up = slopes[edges.KEY]
        direction = round(math.degrees(math.atan2(up, across)) / 22.5) % 8
        size = math.hypot(across, up)
        powers = [max(0, (x * across + y * up) / size) ** 2 for x, y in slopes]
        sums.setdefault((direction, row // 8, column // 8), []).append(powers)
    expected = {place: 0.5 * np.log(np.mean(powers, axis=0) + edges.FAINT_POWER) for place, powers in sums.items()}
    found = list(zip(*(part.tolist() for part in np.unravel_index(places, (8, 8, 11))), strict=True))
    assert found == sorted(sums) and len(found) > 100
    assert count == pytest.approx([math.log(len(sums[place])) for place in found], abs=1e-5)
    assert logs == pytest.approx(np.array([expected[place] for place in found]), abs=2e-3)


def test_noise_and_size_follow_the_gradients(drawing):
    sizes = edges.measure(drawing)
    planes = [drawing, pool(drawing, 2)]
    levels = [math.log(noise(plane) / 255 + edges.FAINT_NOISE) for plane in planes]
    assert edges.INPUTS == 11 and len(sizes) == 2 and levels[0] != pytest.approx(levels[1], abs=0.1)
    for number, (size, level) in enumerate(zip(sizes, levels, strict=True)):
        which = [float(number == n) for n in range(4)]
        assert size.inputs.dtype == np.float32 and size.inputs.shape == (len(size.places), 11)
        assert size.inputs[:, 4:] == pytest.approx(np.tile([level, *levels, *which], (len(size.places), 1)), abs=1e-5)
    small = np.ascontiguousarray(drawing[:70, :70])  # has no half: its own noise stands for that
    (size,) = edges.measure(small)
    assert size.inputs[:, 4:7] == pytest.approx(math.log(noise(small) / 255 + edges.FAINT_NOISE), abs=1e-5)


def test_the_edges_of_a_smaller_size_are_those_of_the_reduced_plane(drawing):
    second, alone = edges.measure(drawing)[1], edges.measure(pool(drawing, 2))[0]
    assert second.shape == alone.shape == (9, 11) and (second.places == alone.places).all()
    assert (second.inputs[:, :5] == alone.inputs[:, :5]).all()


@pytest.mark.parametrize(
    ("shape", "count"),
    [
        *[((79, 400), 1), ((80, 80), 2), ((158, 400), 2), ((159, 400), 3)],
        *[((400, 160), 3), ((320, 321), 4), ((640, 640), 4), ((1, 9), 1)],
    ],
)
def test_a_plane_is_halved_as_long_as_its_shorter_side_stays_40_and_three_times_at_most(shape, count):
    shapes = [size.shape for size in edges.measure(np.zeros(shape, np.float32))]
    halves = [[-(-side // 2**number) for side in shape] for number in range(count)]  # rounded up
    assert shapes == [tuple(-(-side // 8) for side in half) for half in halves]


@pytest.mark.parametrize("strip", [8 * 176, 24 * 176, 1 << 13])
def test_strips_give_the_same_as_one_piece(drawing, monkeypatch, strip):
    assert drawing.size < edges.STRIP
    whole = edges.gradients_of(drawing, 0.001)
    seen, sums_of = [], edges.sums_of
    monkeypatch.setattr(edges, "STRIP", strip)
    monkeypatch.setattr(edges, "sums_of", lambda plane, least: seen.append(plane) or sums_of(plane, least))
    parts = edges.gradients_of(drawing, 0.001)
    assert len(seen) == math.ceil(144 / (strip // (8 * 176) * 8)) > 1
    assert (parts[0] == whole[0]).all() and (parts[2] == whole[2]).all()
    assert parts[1] == pytest.approx(whole[1], abs=1e-3)


def by_place(plane):
    """{(direction, row, column): log gradients} of a plane."""
    (directions, rows, columns), inputs = unravelled(edges.measure(plane)[0]), edges.measure(plane)[0].inputs
    return dict(zip(zip(directions.tolist(), rows.tolist(), columns.tolist(), strict=True), inputs, strict=True))


@pytest.mark.parametrize(
    ("move", "to"),
    [
        (np.rot90, lambda d, r, c: ((d + 4) % 8, 21 - c, r)),
        (np.fliplr, lambda d, r, c: (-d % 8, r, 21 - c)),
        (np.flipud, lambda d, r, c: (-d % 8, 17 - r, c)),
        (lambda plane: 1 - plane, lambda d, r, c: (d, r, c)),
    ],
    ids=["turned", "mirrored", "upside down", "negative"],
)
def test_a_plane_turned_has_its_edges_turned(drawing, move, to):
    plain, moved = by_place(drawing), by_place(np.ascontiguousarray(move(drawing)))
    there = {to(*place): inputs for place, inputs in plain.items()}
    common = there.keys() & moved.keys()
    assert len(common) > 0.97 * max(len(plain), len(moved))  # but for equal gradients beside each other
    assert len({direction for direction, *_ in plain}) == 8
    differences = [np.abs(there[place] - moved[place]).max() for place in common]
    assert np.percentile(differences, 95) < 0.01


@pytest.mark.parametrize("sigma", [0, 1, 4, 12, 30])
def test_a_flat_plane_has_no_edges_however_noisy(sigma):
    plane = np.float32(0.5 + np.random.default_rng(0).normal(0, sigma / 255, (330, 410)))
    sizes = edges.measure(plane)
    assert len(sizes) == 4 and all(len(size.places) == len(size.inputs) == 0 for size in sizes)


@pytest.mark.parametrize("level", [0.0, 0.004, 0.02])
def test_an_edge_is_steeper_than_one_and_a_half_steps_a_pixel_and_than_six_deviations_of_noise(level):
    least = max(1.5 / 255, 0.6 * level)
    for times, found in ((0.93, False), (1.07, True)):
        contrast = times * least * math.sqrt(2 * math.pi * (2**2 + KEY_SIGMA**2))
        plane = step(90, 2, contrast=contrast)
        assert (len(edges.gradients_of(plane, level)[0]) > 0) == found
    rng = np.random.default_rng(1)
    white = blurred_copies(rng.normal(0, 1, (300, 300)).astype(np.float32), CpuBackend, STEPS)[edges.KEY]
    assert 6 < 0.6 / ((white[:, 2:] - white[:, :-2]) / 2).std() < 7


def test_contrast_changes_the_gradient_and_no_ratio():
    one, two = (edges.measure(step(30, 1.5, contrast=contrast))[0] for contrast in (0.3, 0.6))
    assert (one.places == two.places).all()
    assert two.inputs[:, 0] - one.inputs[:, 0] == pytest.approx(math.log(2), abs=1e-3)
    assert two.inputs[:, 1:6] == pytest.approx(one.inputs[:, 1:6], abs=1e-3)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (50, 1), (2, 2), (3, 3), (8, 8), (9, 200)])
def test_small_planes_and_strips_have_their_edges_or_none(shape):
    plane = np.random.default_rng(0).random(shape, dtype=np.float32)
    before = plane.copy()
    (size,) = edges.measure(plane)
    assert size.shape == (-(-shape[0] // 8), -(-shape[1] // 8)) and np.isfinite(size.inputs).all()
    assert (plane == before).all() and (min(shape) > 2 or not len(size.places))
