"""Stage 4: edges of a photo, by direction and at several sizes, and what shows how wide the blur across them is.

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

from blurkit.methods.joint.evidence import blurred_copies
from blurkit.ops.backend import CpuBackend
from blurkit.ops.noise import noise
from blurkit.ops.resize import cells, pool
from blurkit.ops.tiles import in_strips

DIRECTIONS = 8  # of gradients, 22.5 degrees apart: 0 = across vertical edges, then counter-clockwise
CELL = 8  # pixels of each size; edges of one direction in a cell are measured together
SIZES = 4  # the photo's own, and halved up to three times
SMALLEST = 40  # pixels; least side of a photo at the smaller sizes
STEPS = (1.0, 1.4, 2.0)  # pixels; sigma of the blurred copies; a fourth and a fifth make the blur no more exact
KEY = 1  # index into `STEPS` of the copy whose edges are measured
LEAST_GRADIENT = 1.5 / 255  # of full scale a pixel, in that copy; below it nothing is an edge
LEAST_OVER_NOISE = 0.6  # times the noise; over six standard deviations of the gradient of white noise
GRADIENT_SCALE = 32767  # from gradients, within 1/2, to the 16 bits that Canny's algorithm takes
FAINT_POWER = 1e-7  # of full scale squared; added before logarithms
FAINT_NOISE = 5e-4  # of full scale; added before logarithms
REACH = 13  # pixels; radius of the Gaussians together, of the gradient, and of the search for its maximum
STRIP = 1 << 18  # pixels measured at a time, so that their planes stay in the processor's cache
INPUTS = len(STEPS) + 1 + 3 + SIZES


class Edges(NamedTuple):
    """Edges of a photo at one of its sizes."""

    shape: tuple
    """(h, w), cells."""
    places: np.ndarray
    """(n,) int64, the filled places of a flattened (`DIRECTIONS`, h, w)."""
    inputs: np.ndarray
    """(n, `INPUTS`) float32: log gradient in the copy of the edges; log ratio to it of the gradients in the other two
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
        inputs = np.empty((len(places), INPUTS), np.float32)
        inputs[:, 0] = logs[:, KEY]
        inputs[:, 1 : len(STEPS)] = ratios(logs)
        inputs[:, len(STEPS)] = count
        inputs[:, -SIZES - 3 : -SIZES] = log_noises[[number, 0, min(1, len(sizes) - 1)]]
        inputs[:, -SIZES:] = np.arange(SIZES) == number
        result.append(Edges(cells(size.shape, CELL), places, inputs))
    return result


def ratios(logs):
    """Log ratios of the gradients of the other copies to that of the key copy: (n, 3) -> (n, 2)."""
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
    logs : ndarray, (n, 3), float32
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
    ndarray, (4 `DIRECTIONS`, ceil(h / 8), ceil(w / 8)), float32
        Sums for each copy and direction; then the number of edge pixels for each direction.
    """
    copies = blurred_copies(plane, CpuBackend, STEPS)
    pixels, across, down = edge_pixels(copies[KEY], least)
    shape = (DIRECTIONS, *cells(plane.shape, CELL))
    sums = np.zeros((len(copies) + 1, math.prod(shape)), np.float32)
    if len(pixels):
        size, angle = (part.ravel() for part in cv2.cartToPolar(across, -down))
        direction = np.rint(angle * np.float32(DIRECTIONS / math.pi)).astype(np.int64) % DIRECTIONS
        places = direction * (shape[1] * shape[2]) + cell_numbers(plane.shape).ravel()[pixels]
        gradients = gradients_across(copies, pixels, across / size, down / size)
        for amount, gradient in zip(sums, gradients, strict=False):
            amount[:] = np.bincount(places, gradient * gradient, len(amount))
        sums[-1] = np.bincount(places, minlength=sums.shape[1])
    return sums.reshape(-1, *shape[1:])


def gradients_across(planes, pixels, right, down):
    """Gradients of some planes at some of their pixels, one plane after the other, in the direction of an edge each.

    Central differences; 0 where a plane falls in that direction.

    Parameters
    ----------
    planes : list of ndarray, (h, w), float32
    pixels : ndarray, (n,)
        Of a flattened plane, none at its border.
    right, down : ndarray, (n,), float32
        Unit vectors.

    Yields
    ------
    ndarray, (n,), float32
        For each plane.
    """
    width = planes[0].shape[1]
    beside = pixels + 1, pixels - 1, pixels + width, pixels - width
    for plane in planes:
        one, other, below, above = (plane.ravel()[places] for places in beside)
        yield np.maximum((one - other) * (right / 2) + (below - above) * (down / 2), 0)


def cell_numbers(shape):
    """Number of the cell of every pixel, counted along rows of cells: (h, w) int64."""
    rows, columns = (np.arange(length) // CELL for length in shape)
    return rows[:, None] * cells(shape, CELL)[1] + columns


def edge_pixels(plane, least):
    """Pixels of a flattened plane where the gradient is largest across an edge; its parts to the right and down."""
    scale = 0.5 * GRADIENT_SCALE
    across = cv2.Sobel(plane, cv2.CV_32F, 1, 0, ksize=1, scale=scale, borderType=cv2.BORDER_REFLECT_101)
    down = cv2.Sobel(plane, cv2.CV_32F, 0, 1, ksize=1, scale=scale, borderType=cv2.BORDER_REFLECT_101)
    limit = least * GRADIENT_SCALE
    is_edge = cv2.Canny(across.astype(np.int16), down.astype(np.int16), limit, limit, L2gradient=True)
    is_edge[[0, -1]] = 0
    is_edge[:, [0, -1]] = 0
    pixels = np.flatnonzero(is_edge.view(bool))
    return pixels, across.ravel()[pixels], down.ravel()[pixels]
