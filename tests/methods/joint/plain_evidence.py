"""All evidence a second time, by SciPy in double precision, by the names of `evidence.PLANE_NAMES`."""

import math

import numpy as np
import pytest
from scipy import ndimage

from blurkit.methods.joint import evidence
from blurkit.ops.backend import CpuBackend

DETAIL_NAMES = ("fine_detail", "medium_detail", "coarse_detail")
GRADIENT_NAMES = ("gradient", "gradient_1", "gradient_2")
REBLUR_LOSS_NAMES = ("reblur_loss_1", "reblur_loss_2")
AMOUNT_NAMES = [name for name in evidence.PLANE_NAMES if name not in REBLUR_LOSS_NAMES]  # those that follow contrast
SIGMA_07, SIGMA_1, SIGMA_14, SIGMA_2, SIGMA_28 = evidence.STEPS


def by_name(planes):
    """{name: plane} of evidence."""
    return dict(zip(evidence.PLANE_NAMES, planes, strict=True))


def planes_of(plane):
    """The evidence of a grey photo, on the CPU."""
    return evidence.planes(np.ascontiguousarray(plane, np.float32), CpuBackend)


def assert_alike(one, other):
    """Fail unless two dicts of planes agree to 0.001."""
    for name in evidence.PLANE_NAMES:
        assert one[name] == pytest.approx(other[name], abs=1e-3), name


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


def plain_gradient(plane):
    across, down = (ndimage.sobel(plane, axis, mode="mirror") for axis in (0, 1))
    return np.hypot(across, down) / 8


def plain_power(plane):
    return plain_pool(plane**2) + evidence.FAINT_POWER


def plain_root_mean_square(plane):
    return np.log(np.sqrt(plain_power(plane)))


def plain_copies(plane):
    """{sigma: blurred copy}, each made from the one before; 0 is the plane itself."""
    copies, previous = {0: plane}, 0
    for sigma in evidence.STEPS:
        copies[sigma] = plain_blur(copies[previous], math.sqrt(sigma**2 - previous**2))
        previous = sigma
    return copies


def plain_coarse_bands(cells):
    """The two bands wider than a cell, of cell means of the widest blurred copy."""
    bands, previous = {}, SIGMA_28
    for name, sigma in zip(evidence.BAND_NAMES, evidence.COARSE, strict=True):
        wider = plain_blur(cells, math.sqrt(sigma**2 - previous**2) / 4)
        bands[name] = np.log(np.abs(cells - wider) + evidence.FAINT)
        cells, previous = wider, sigma
    return bands


def plain_evidence(plane):
    """All evidence of a grey photo, by name."""
    copies = plain_copies(plane.astype(float))
    amounts = {
        "curvature": plain_curvature(copies[0]),
        "curvature_1": plain_curvature(copies[SIGMA_1]),
        "fine_detail": np.abs(copies[0] - copies[SIGMA_07]),
        "medium_detail": np.abs(copies[SIGMA_07] - copies[SIGMA_14]),
        "coarse_detail": np.abs(copies[SIGMA_14] - copies[SIGMA_28]),
        "gradient": plain_gradient(copies[0]),
        "gradient_1": plain_gradient(copies[SIGMA_1]),
        "gradient_2": plain_gradient(copies[SIGMA_2]),
    }
    planes = {f"log_mean_{name}": np.log(plain_pool(amount) + evidence.FAINT) for name, amount in amounts.items()}
    for name in ("curvature", "fine_detail", *GRADIENT_NAMES):
        planes[f"mean_log_{name}"] = plain_pool(np.log(amounts[name] + evidence.FAINT))
    planes["edge_strength"] = plain_root_mean_square(amounts["gradient_1"])
    powers = [plain_power(amounts[name]) for name in GRADIENT_NAMES]
    planes["reblur_loss_1"] = np.log(powers[0] / powers[1]) / 2
    planes["reblur_loss_2"] = np.log(powers[1] / powers[2]) / 2
    planes["contrast"] = plain_root_mean_square(copies[0] - copies[SIGMA_28])
    return planes | plain_coarse_bands(plain_pool(copies[SIGMA_28]))
