"""Stage 2: edges of a photo, by direction and at several sizes, and what shows how wide the blur across them is.

A moving photo keeps the edges along its motion sharp, so the blur across every direction is measured on edges of that
direction. An edge is a maximum of the gradient (J. Canny, PAMI 8(6), 1986, doi:10.1109/TPAMI.1986.4767851); how much of
it a further blur removes shows how wide it is (J. Elder and S. Zucker, PAMI 20(7), 1998, doi:10.1109/34.689301).
Edges too wide for one size are narrow at half that size. How sharp the photo is as a whole is left out on purpose: the
edges along a motion would speak for those across it.
"""

import math
from typing import NamedTuple

import cv2
import numpy as np

from blurkit.methods.joint.evidence import STEPS, blurred_copies
from blurkit.ops.backend import CpuBackend
from blurkit.ops.noise import noise
from blurkit.ops.resize import cells, pool
from blurkit.ops.tiles import in_strips

DIRECTIONS = 8  # of gradients, 22.5 degrees apart: 0 = across vertical edges, then counter-clockwise
CELL = 8  # pixels of each size; edges of one direction in a cell are measured together
SIZES = 4  # the photo's own, and halved up to three times
SMALLEST = 40  # pixels; least side of a photo at the smaller sizes
KEY = 2  # index into `STEPS` of the copy whose edges are measured
LEAST_GRADIENT = 1.5 / 255  # of full scale a pixel, in that copy; below it nothing is an edge
LEAST_OVER_NOISE = 0.6  # times the noise; over six standard deviations of the gradient of white noise
GRADIENT_SCALE = 32767  # from gradients, within 1/2, to the 16 bits that Canny's algorithm takes
FAINT_POWER = 1e-7  # of full scale squared; added before logarithms
FAINT_NOISE = 5e-4  # of full scale; added before logarithms
REACH = 24  # pixels; radius of the Gaussians together, and of the gradient
STRIP = 1 << 18  # pixels measured at a time, so that their planes stay in the processor's cache
INPUTS = len(STEPS) + 1 + 3 + SIZES


class Edges(NamedTuple):
    """Edges of a photo at one of its sizes."""

    shape: tuple
    """(h, w), cells."""
    places: np.ndarray
    """(n,) int64, the filled places of a flattened (`DIRECTIONS`, h, w)."""
    inputs: np.ndarray
    """(n, `INPUTS`) float32: log gradient in the copy of the edges; log ratio to it of the gradients in the other four
    copies; log number of edge pixels; log noise of this size, of the photo and of its half; which size this is."""


def measure(plane):
    """Edges of a photo at all its sizes.

    Parameters
    ----------
    plane : ndarray, (H, W), float32 in [0, 1]

    Returns
    -------
    list of Edges
        One for each size, the photo's own first.
    """
    sizes = [plane]
    while len(sizes) < SIZES and min(sizes[-1].shape) >= 2 * SMALLEST:
        sizes.append(pool(sizes[-1], 2))
    noises = [noise(size) / 255 for size in sizes]
    gradients = [gradients_of(size, level) for size, level in zip(sizes, noises, strict=True)]
    log_noises = np.log(np.array(noises) + FAINT_NOISE)
    result = []
    for number, (size, (places, logs, count)) in enumerate(zip(sizes, gradients, strict=True)):
        which = np.eye(SIZES, dtype=np.float32)[number]
        common = np.concatenate([log_noises[[number, 0, min(1, len(sizes) - 1)]], which])
        columns = [logs[:, KEY : KEY + 1], ratios(logs), count[:, None], np.tile(common, (len(places), 1))]
        result.append(Edges(cells(size.shape, CELL), places, np.concatenate(columns, axis=1).astype(np.float32)))
    return result


def ratios(logs):
    """Log ratios of the gradients of the other copies to that of the key copy: (n, 5) -> (n, 4)."""
    return np.delete(logs - logs[:, KEY : KEY + 1], KEY, axis=1)


def gradients_of(plane, noise_level):
    """Gradients of the edges of a plane in its blurred copies.

    Parameters
    ----------
    plane : ndarray, (h, w), float32 in [0, 1]
    noise_level : float
        Standard deviation of its noise, of full scale.

    Returns
    -------
    places : ndarray, (n,), int64
        See `Edges`.
    logs : ndarray, (n, 5), float32
        Log root mean square gradient across the edges, in the copies by `STEPS`.
    count : ndarray, (n,), float32
        Log number of edge pixels.
    """
    least = max(LEAST_GRADIENT, LEAST_OVER_NOISE * noise_level)
    sums = in_strips(lambda strip: sums_of(strip, least), plane, CELL, REACH, STRIP)
    power, count = sums[:-DIRECTIONS].reshape(len(STEPS), -1), sums[-DIRECTIONS:].ravel()
    places = np.flatnonzero(count)
    logs = 0.5 * np.log(power[:, places] / count[places] + np.float32(FAINT_POWER))
    return places, logs.T, np.log(count[places])


def sums_of(plane, least):
    """Squared gradients of edges, added up over cells and directions.

    Parameters
    ----------
    plane : ndarray, (h, w), float32
    least : float
        Least gradient of an edge.

    Returns
    -------
    ndarray, (6 `DIRECTIONS`, ceil(h / 8), ceil(w / 8)), float32
        Sums for each copy and direction; then the number of edge pixels for each direction.
    """
    copies = blurred_copies(plane, CpuBackend)
    pixels, across, down = edge_pixels(copies[KEY], least)
    size = np.hypot(across, down)
    across, down = across / size, down / size
    direction = np.rint(np.arctan2(-down, across) * (DIRECTIONS / math.pi)).astype(np.int64) % DIRECTIONS
    shape = (DIRECTIONS, *cells(plane.shape, CELL))
    places = direction * (shape[1] * shape[2]) + cell_numbers(plane.shape).ravel()[pixels]
    total = math.prod(shape)
    sums = []
    for copy in copies:
        x, y = differences(copy, pixels)
        gradient = np.maximum(x * across + y * down, 0)
        sums.append(np.bincount(places, gradient * gradient, total))
    sums.append(np.bincount(places, minlength=total))
    return np.concatenate([amount.reshape(shape) for amount in sums]).astype(np.float32)


def cell_numbers(shape):
    """Number of the cell of every pixel, counted along rows of cells: (h, w) int64."""
    rows, columns = (np.arange(length) // CELL for length in shape)
    return rows[:, None] * cells(shape, CELL)[1] + columns


def edge_pixels(plane, least):
    """Pixels of a flattened plane where the gradient is largest across an edge; its parts to the right and down."""
    across = cv2.Sobel(plane, cv2.CV_32F, 1, 0, ksize=1, scale=0.5, borderType=cv2.BORDER_REFLECT_101)
    down = cv2.Sobel(plane, cv2.CV_32F, 0, 1, ksize=1, scale=0.5, borderType=cv2.BORDER_REFLECT_101)
    scaled = [rounded(part) for part in (across, down)]
    limit = least * GRADIENT_SCALE
    is_edge = cv2.Canny(*scaled, limit, limit, L2gradient=True)
    is_edge[[0, -1]] = 0
    is_edge[:, [0, -1]] = 0
    pixels = np.flatnonzero(is_edge.view(bool))
    return pixels, across.ravel()[pixels], down.ravel()[pixels]


def rounded(gradient):
    """A gradient as whole numbers of 16 bits, see `GRADIENT_SCALE`."""
    return np.rint(gradient * np.float32(GRADIENT_SCALE)).astype(np.int16)


def differences(plane, pixels):
    """Central differences of a plane at some of its flattened pixels, none at its border: to the right, and down."""
    values, width = plane.ravel(), plane.shape[1]
    right = (values[pixels + 1] - values[pixels - 1]) / 2
    below = (values[pixels + width] - values[pixels - width]) / 2
    return right, below
