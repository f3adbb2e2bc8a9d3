"""Stage 3: what the networks take of a photo, and at which sizes."""

import cv2
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from blurkit.methods.joint import directional, evidence, inputs
from blurkit.ops import backend
from blurkit.ops.colour import grey

CPU = backend.CpuBackend
lengths = st.integers(1, 5000)


@pytest.mark.parametrize(
    "shape, side, expected",
    [
        ((480, 640), 640, (480, 640)),
        ((960, 1280), 640, (480, 640)),
        ((3000, 4000, 3), 640, (480, 640)),
        ((360, 480), 640, (360, 480)),
        ((300, 400), 640, (420, 560)),  # enlarged
        ((100, 150), 640, (200, 300)),  # but at most twice
        ((479, 20), 640, (560, 23)),
        ((1, 1), 640, (2, 2)),
        ((3000, 4000), 0, (3000, 4000)),
        ((100, 150), 0, (200, 300)),
        ((600, 800), 300, (225, 300)),  # and no larger than was asked for
        ((100, 150), 200, (133, 200)),
    ],
)
def test_a_photo_is_measured_at_640_pixels_at_most_and_small_ones_are_enlarged(shape, side, expected):
    assert inputs.working_shape(shape, side) == expected


@given(lengths, lengths, st.sampled_from([0, 64, 640, 1536]))
@example(1, 5000, 640)
def test_the_size_keeps_the_shape_but_for_rounding(height, width, side):
    shape = inputs.working_shape((height, width), side)
    scale = max(shape) / max(height, width)
    assert min(shape) >= 1 and shape[::-1] == inputs.working_shape((width, height), side)
    assert all(abs(one - n * scale) <= 1.5 or one == 1 for one, n in zip(shape, (height, width), strict=True))
    assert scale <= 2 and (scale == 1 or scale < 1 or max(height, width) < 480)
    assert not side or max(shape) <= side


@given(lengths, lengths)
@example(1, 1)
@example(4000, 10)
def test_the_photo_that_is_seen_has_sides_of_whole_32_pixels_from_64_to_352(height, width):
    rows, columns = inputs.photo_shape((height, width, 3))
    assert rows % 32 == columns % 32 == 0 and min(rows, columns) >= 64 and max(rows, columns) <= 352
    scale = min(9 / 16, 352 / max(height, width))
    for side, length in ((rows, height), (columns, width)):
        assert abs(side - length * scale) <= 16 + 1e-6 or side == 64 > length * scale


@pytest.mark.parametrize(
    "height, width, seen", [(480, 640, (256, 352)), (360, 480, (192, 256)), (448, 448, (256, 256))]
)
def test_usual_photos_are_seen_at_nine_sixteenths(height, width, seen):
    assert inputs.photo_shape((height, width)) == seen


@pytest.mark.parametrize("rows, columns", [(96, 128), (90, 122), (33, 50), (1, 14), (5, 1)])
def test_inputs_are_both_kinds_of_evidence_of_both_sizes_padded_to_even_cells(sharp_photo, rows, columns):
    photo = np.pad(sharp_photo, ((0, 6), (0, 6), (0, 0)), "wrap")[:rows, :columns]
    given, plane = inputs.measure(photo, CPU), grey(photo)
    planes, halved = evidence.both_sizes(plane, CPU)
    means = np.pad(plane, ((0, rows % 2), (0, columns % 2)), "edge")
    means = (sum(means[i::2, j::2].astype(float) for i, j in np.ndindex(2, 2)) / 4).astype(np.float32)
    cells = -(-rows // 4), -(-columns // 4)
    assert given.shape == cells and given.planes.shape == (31, *(n + n % 2 for n in cells))
    assert given.halved.shape == (31, *(-(-n // 2) for n in cells))
    assert (given.planes[:19, : cells[0], : cells[1]] == planes).all()
    assert (given.planes[19:, : cells[0], : cells[1]] == directional.planes(plane, CPU)).all()
    assert (given.planes[:, -1] == given.planes[:, cells[0] - 1]).all()
    assert (given.planes[:, :, -1] == given.planes[:, :, cells[1] - 1]).all()
    assert (given.halved[:19] == halved).all()
    assert given.halved[19:] == pytest.approx(directional.planes(means, CPU), abs=1e-4)
    assert (given.statistics == evidence.statistics(planes)).all()
    assert given.photo.dtype == np.uint8 and given.photo.shape == (*inputs.photo_shape(photo.shape), 3)


def test_what_contrast_does_not_change_is_known(discs):
    plane = grey(discs(np.random.default_rng(2), 96, 128))
    full, half = (inputs.measured(p, CPU)[0] for p in (plane, 0.25 + 0.5 * plane))
    shift = np.median(full - half, axis=(1, 2))
    unchanged = np.isin(np.arange(inputs.PLANES), inputs.UNCHANGED)
    assert len(inputs.UNCHANGED) == 6 and np.abs(shift[unchanged]).max() < 0.05 < 0.15 < shift[~unchanged].min()


def test_the_photo_is_averaged_where_it_shrinks_and_cubic_where_it_grows_and_kept_otherwise(sharp_photo):
    small, large = inputs.resized(sharp_photo, (30, 61)), inputs.resized(sharp_photo, (135, 183))
    assert (small == cv2.resize(sharp_photo, (61, 30), interpolation=cv2.INTER_AREA)).all()
    assert (large == cv2.resize(sharp_photo, (183, 135), interpolation=cv2.INTER_CUBIC)).all()
    assert (inputs.resized(sharp_photo, sharp_photo.shape[:2]) == sharp_photo).all()


def test_sixteen_bits_are_seen_as_eight(sharp_photo):
    plain, deep = (inputs.measure(photo, CPU) for photo in (sharp_photo, sharp_photo.astype(np.uint16) * 257))
    assert np.abs(plain.photo.astype(int) - deep.photo).max() <= 1
    assert np.percentile(np.abs(plain.planes - deep.planes), 99) < 0.1
