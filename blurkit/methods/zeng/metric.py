"""Stage 6: the local metric |K2 * (K1 * I)|."""

from itertools import combinations_with_replacement

import cv2
import numpy as np

from blurkit.methods.zeng import basis
from blurkit.ops.backend import CpuBackend
from blurkit.ops.colour import grey

TOP_PERCENTILE = 90.0  # of the metric; what lies above counts as fully sharp
FAINT = 0.002  # of full scale, half an 8-bit step: responses below it are rounding, not structure
SPREAD = 15.0  # pixels; sigma of the Gaussian that joins isolated responses into regions


def response(plane, filters, backend):
    """The metric: the two filters one after the other, then the absolute value.

    Parameters
    ----------
    plane : (H, W), float32, grey in [0, 1], on the device of `backend`
    filters : ndarray, (2, 7, 7), float32
        K1, K2 from ``basis``.
    backend : object from ``backend.backend_for``

    Returns
    -------
    (H, W), float32, >= 0, on the same device
        To white noise of deviation 1 the response has deviation 1, before the absolute value.
    """
    first, second = filters
    return abs(backend.convolve(backend.convolve(plane, first), second))


def best_pair(components, photos, sharp):
    """The pair of components whose metric separates sharp patches from blurred ones best.

    Not in the paper, which takes the first two. The variance a component explains says little about the map it gives;
    how well it ranks patches says more.

    Parameters
    ----------
    components : ndarray, (k, 7, 7)
    photos : ndarray, (n, s, s, 3), uint8
        Patches.
    sharp : ndarray, (n,), bool

    Returns
    -------
    ndarray, (2, 7, 7), float32
        Scaled as by ``basis.pair``.
    """
    planes = [grey(photo) for photo in photos]
    pairs = [basis.pair(first, second) for first, second in combinations_with_replacement(components, 2)]
    separations = [separation(mean_log_metric(planes, filters), sharp) for filters in pairs]
    return pairs[int(np.argmax(separations))]


def mean_log_metric(planes, filters):
    """Mean logarithm of the metric of each patch, away from its border: n planes (s, s) -> (n,)."""
    edge = filters.shape[1]
    inner = [response(plane, filters, CpuBackend)[edge:-edge, edge:-edge] for plane in planes]
    return np.array([np.log(plane + FAINT).mean() for plane in inner])


def separation(values, positive):
    """Distance between the means of two classes in units of their common deviation."""
    high, low = values[positive], values[~positive]
    return (high.mean() - low.mean()) / np.sqrt((high.var() + low.var()) / 2 + 1e-12)


def scaled(metric):
    """The metric scaled to [0, 1]: divided by its 90th percentile and cut off at 1.

    Parameters
    ----------
    metric : ndarray, (H, W), float32, >= 0

    Returns
    -------
    ndarray, (H, W), float32 in [0, 1]
        All zero for a photo without any structure.
    """
    top = np.percentile(metric, TOP_PERCENTILE)
    return np.minimum(metric / np.float32(top), 1) if top > 0 else np.zeros_like(metric)


def published_map(metric):
    """The metric as a map, (H, W) float32 in [0, 1]: `scaled` and smoothed."""
    return cv2.GaussianBlur(scaled(metric), (0, 0), SPREAD, borderType=cv2.BORDER_REFLECT_101)
