"""The gradient, by known answers."""

import numpy as np
import pytest

from blurkit.ops.backend import CpuBackend
from blurkit.ops.filters import magnitude


@pytest.mark.parametrize("down, across", [(0.01, 0), (0, 0.02), (0.03, -0.04)])
def test_the_gradient_of_a_ramp_is_its_slope(down, across):
    rows, columns = np.mgrid[:12, :15].astype(np.float32)
    found = magnitude(np.float32(0.5) + np.float32(down) * rows + np.float32(across) * columns, CpuBackend)
    assert found[1:-1, 1:-1] == pytest.approx(np.hypot(down, across), abs=1e-6)


def test_at_the_border_the_slope_across_it_is_none():
    rows = np.mgrid[:8, :9][0].astype(np.float32) / 8
    assert magnitude(rows, CpuBackend)[0] == pytest.approx(0)
