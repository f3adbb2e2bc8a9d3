"""Stage 5: edges of known blur, from copies of photos that are blurred on purpose.

What is in focus is put out of focus, moved, or both, then noised and compressed as cameras do it.
"""

import cv2
import numpy as np

from blurkit.methods.joint import edges
from blurkit.ops import resize
from blurkit.ops.colour import eight_bits, grey
from blurkit.ops.filters import convolve
from blurkit.training import shake
from blurkit.training.compose import IN_FOCUS, blur_kernel
from blurkit.training.degrade import add_noise, compress, log_uniform

COUNT = 1024  # edges of a sample, at most
FEWEST = 48  # edges; a copy with fewer is left out
NONE = 255  # in place of the direction of an edge: there is none
REDUCED_SHARE, SCALES = 0.6, (0.4, 1.0)  # share of the copies that are reduced first, and by which factor
UNBLURRED_SHARE, DEFOCUS_SHARE = 0.1, 0.3  # of the copies; the others are moved
DISC_SHARE = 0.5  # of the defocus; the rest is Gaussian
DEFOCUS_RANGE = (0.3, 10.0)  # pixels; sigma
MOTION_RANGE = (1.5, 40.0)  # pixels; length
BOTH_SHARE, BOTH_RANGE = 0.35, (0.3, 2.0)  # of the moved copies are out of focus too; by which sigma, pixels
NOISE_RANGE, NOISY_SHARE = (0.0, 12.0), 0.65  # 8-bit steps; of the copies
GRAIN_RANGE, GRAIN_SHARE = (0.4, 1.2), 0.3  # pixels; sigma of the grains of such noise; of the noisy copies
QUALITY_RANGE, COMPRESSED_SHARE = (50, 98), 0.7  # JPEG quality; of the copies
LATE_SHARE, LATE_SCALES = 0.2, (0.5, 1.0)  # of the copies are reduced last, as large photos are; by which factor
WIDEST = 0.5  # of the shorter side of a copy; a wider kernel leaves nothing
MARGIN = 6  # pixels; of cells in focus to what is not, besides the kernel: the reach of the evidence of an edge

SIDE = 80  # cells of 4 pixels; a picture gives a sample for each tile of so many cells that is needed to cover it

RECORD = np.dtype(
    [
        ("edges", "<f2", (COUNT, edges.INPUTS)),  # inputs of the network, see ``edges.Edges``
        ("edge_direction", "u1", (COUNT,)),  # 0 to 7; 255 = no edge
        ("covariance", "<f4", (3,)),  # pixels squared; of the kernel, see ``shake.covariance``; NaN = no edges
        ("photo", "S64"),  # file name, its last 64 bytes
        ("number", "<u4"),  # of the photo within its run, for files of one name
        ("copy", "<u2"),  # of the pictures made from a photo
    ]
)


def cut(picture, truth, seeds):
    """Samples of a picture.

    Parameters
    ----------
    picture : ndarray, (H, W, 3), uint8 or uint16
    truth : ndarray, (H, W), uint8
        255 in focus.
    seeds : ndarray, (n,), int
        Of everything that is random in each copy.

    Returns
    -------
    ndarray, (n,), RECORD
        Without edges where a copy shows too few; ``photo``, ``number`` and ``copy`` are left empty.
    """
    shape = resize.working_shape(picture.shape)
    picture = eight_bits(resize.reduce_to(picture, shape))
    in_focus = resize.reduce_to((truth == IN_FOCUS).astype(np.float32), shape)
    records = np.zeros(len(seeds), RECORD)
    records["covariance"], records["edge_direction"] = np.nan, NONE
    for record, seed in zip(records, seeds, strict=True):
        drawn = sample(picture, in_focus, np.random.default_rng(seed))
        if drawn is not None:
            record["edges"], record["edge_direction"], record["covariance"] = drawn
    return records


def sample(picture, in_focus, rng):
    """Edges of a picture blurred on purpose.

    Parameters
    ----------
    picture : ndarray, (h, w, 3), uint8
    in_focus : ndarray, (h, w), float32
        1 where in focus.
    rng : numpy.random.Generator

    Returns
    -------
    edges : ndarray, (1024, `edges.INPUTS`), float32
    directions : ndarray, (1024,), uint8
        0 to 7, and `NONE` where the edges end.
    covariance : ndarray, (3,), float32, pixels squared

    None in place of the three if there are too few edges.
    """
    plane = 255 * grey(picture)
    if rng.random() < REDUCED_SHARE:
        shape = resize.scaled_shape(plane.shape, rng.uniform(*SCALES))
        plane, in_focus = resize.reduce_to(plane, shape), resize.reduce_to(in_focus, shape)
    kernel = random_kernel(rng)
    if len(kernel) > WIDEST * min(plane.shape):
        return None
    plane = degraded(convolve(plane, kernel), rng)
    inside = without_border(in_focus, len(kernel) // 2 + MARGIN)
    covariance = shake.covariance(kernel)
    if rng.random() < LATE_SHARE:
        scale = rng.uniform(*LATE_SCALES)
        shape = resize.scaled_shape(plane.shape, scale)
        plane, inside = resize.reduce_to(plane, shape), resize.reduce_to(inside, shape)
        covariance = covariance * np.float32(scale**2)
    drawn = drawn_edges(plane, inside, rng)
    return drawn and (*drawn, covariance)


def random_kernel(rng):
    """A kernel of no blur, defocus, motion, or of the latter two together: (k, k) float32, k odd, sum 1."""
    draw = rng.random()
    if draw < UNBLURRED_SHARE:
        return np.ones((1, 1), np.float32)
    if draw < UNBLURRED_SHARE + DEFOCUS_SHARE:
        return blur_kernel(log_uniform(rng, DEFOCUS_RANGE), disc=rng.random() < DISC_SHARE)
    kernel = shake.kernel_of(shake.random_path(log_uniform(rng, MOTION_RANGE), rng))
    if rng.random() < BOTH_SHARE:
        kernel = shake.out_of_focus_too(kernel, blur_kernel(log_uniform(rng, BOTH_RANGE), disc=False))
    return kernel


def degraded(plane, rng):
    """A plane with noise, or compressed as a JPEG, both or neither, by chance: (h, w) in [0, 255] -> uint8."""
    plane = plane.astype(np.float32)
    if rng.random() < NOISY_SHARE:
        sigma = rng.uniform(*NOISE_RANGE)
        grain = rng.uniform(*GRAIN_RANGE) if rng.random() < GRAIN_SHARE else 0
        plane = add_noise(plane, sigma, rng, grain=grain)
    plane = np.rint(plane).clip(0, 255).astype(np.uint8)
    if rng.random() < COMPRESSED_SHARE:
        plane = compress(np.repeat(plane[..., None], 3, axis=2), int(rng.integers(*QUALITY_RANGE)))[..., 0]
    return plane


def without_border(in_focus, reach):
    """Where nothing out of focus lies within `reach` pixels: (h, w) float32 -> the same, 0 or 1."""
    window = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
    eroded = cv2.erode(in_focus, window, borderType=cv2.BORDER_CONSTANT, borderValue=1)
    return (eroded > 0.99).astype(np.float32)


def drawn_edges(plane, inside, rng):
    """At most `COUNT` edges of a plane that lie inside, as `sample` returns them; None if there are too few."""
    inputs, directions = [], []
    for size in edges.measure(plane.astype(np.float32) / 255):
        share = resize.reduce_to(inside, size.shape)
        number, cell = np.divmod(size.places, share.size)
        is_inside = share.ravel()[cell] > 0.99
        inputs.append(size.inputs[is_inside])
        directions.append(number[is_inside])
    inputs, directions = np.concatenate(inputs), np.concatenate(directions)
    if len(inputs) < FEWEST:
        return None
    chosen = rng.permutation(len(inputs))[:COUNT]
    drawn = np.zeros((COUNT, edges.INPUTS), np.float32)
    drawn[: len(chosen)] = inputs[chosen]
    numbers = np.full(COUNT, NONE, np.uint8)
    numbers[: len(chosen)] = directions[chosen]
    return drawn, numbers
