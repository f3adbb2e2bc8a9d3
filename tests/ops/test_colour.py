import numpy as np
import pytest

from blurkit.ops.colour import grey


@pytest.mark.parametrize(
    ("colour", "luma"),
    [((255, 0, 0), 0.299), ((0, 255, 0), 0.587), ((0, 0, 255), 0.114), ((255, 255, 255), 1.0), ((0, 0, 0), 0.0)],
)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_each_primary_has_its_bt601_luma(colour, luma, dtype):
    photo = np.full((2, 3, 3), colour, dtype) * dtype(np.iinfo(dtype).max // 255)
    plane = grey(photo)
    assert plane.shape == (2, 3) and plane.dtype == np.float32
    tolerance = 0.5 / 255 + 1e-6 if dtype == np.uint8 else 5e-5  # 8-bit grey is rounded; weights have 14 bits
    assert plane == pytest.approx(luma, abs=tolerance)


def test_16_bits_are_not_cut_to_8():
    photo = np.zeros((1, 2, 3), np.uint16)
    photo[0, 1] = 40  # less than a sixth of an 8-bit step
    plane = grey(photo)
    assert plane[0, 0] == 0 and plane[0, 1] == pytest.approx(40 / 65535, rel=1e-3)


def test_the_same_photo_in_8_and_16_bits_has_the_same_grey(scene):
    assert np.abs(grey(scene) - grey(scene.astype(np.uint16) * 257)).max() <= 0.51 / 255
