"""Soak tests of single photos: huge ones and strips. A study yields (label, figures) for every row."""

import time

import cv2
import numpy as np
from archive import measure, mosaic

from blurkit.methods import METHODS, info

STRIP = 20_000  # pixels
WORKING_SIZES = (1536, 0)  # pixels of the longer side; 0 = the photo's own size
MOST_MEMORY = 12  # in units of the decoded photo, 3 bytes a pixel
MOST_MEMORY_OF = {"park": 10}  # where it differs; 3 GB at 100 megapixels


def huge(args, scratch):
    """A photo of many megapixels through every command: most memory, in GB and in units of the decoded photo."""
    width = round((args.megapixels * 1e6 * 1.5) ** 0.5)
    height = round(args.megapixels * 1e6 / width)
    photo = scratch / "huge.jpg"
    cv2.imwrite(str(photo), mosaic(width, height), [cv2.IMWRITE_JPEG_QUALITY, 92])
    mask = np.zeros((height, width), np.uint8)
    mask[:, : width // 2] = 255
    cv2.imwrite(str(scratch / "huge.mask.png"), mask)
    for method, label, words in commands_on(photo, scratch):
        begin = time.perf_counter()
        used = measure.peak(*words)
        spent = time.perf_counter() - begin
        times, most = used * 1e9 / (3 * width * height), MOST_MEMORY_OF.get(method, MOST_MEMORY)
        yield label, {"seconds": spent, "peak GB": used, "x": times, f"within {most} x": times <= most}


def commands_on(photo, scratch):
    """Every command on one photo: (method or None, label of its row, words)."""
    for method in METHODS:
        for label, words in commands_of(method, photo, scratch):
            yield method, f"{label}, {method}", words
    whole, truth = scratch / "whole.npy", scratch / "huge.mask.png"
    for rule in ("0.5", "otsu"):
        yield None, f"blur-mask -t {rule}", ["blur-mask", "-t", rule, "-o", scratch / "mask.png", whole]
    yield None, "blur-mask --cut", ["blur-mask", "--cut", photo, "-o", scratch / "cut.png", whole]
    yield None, "blur-score of a map", ["blur-score", whole]
    yield None, "blur-score --truth", ["blur-score", "--truth", truth, whole]


def commands_of(method, photo, scratch):
    """The commands that depend on a method: (label, words)."""
    raw, whole, out = scratch / "raw.npy", scratch / "whole.npy", scratch / "out.npy"
    sigma, patches = scratch / "sigma.npy", scratch / "patches.npy"
    use, facts = ["--method", method], info(method)
    yield "blur-map", ["blur-map", *use, "-o", whole, photo]
    yield "blur-map --raw", ["blur-map", *use, "--raw", "-o", raw, photo]
    yield "blur-refine", ["blur-refine", *use, "--guide", photo, "-o", out, raw]
    yield "blur-map --working-size 0", ["blur-map", *use, "--working-size", 0, "-o", out, photo]
    yield "blur-score", ["blur-score", *use, photo]
    if not facts.measures_sigma:  # the others score the points of blur-map, and take minutes
        yield "blur-score --working-size 0", ["blur-score", *use, "--working-size", 0, photo]
    else:
        yield "blur-map --sigma", ["blur-map", *use, "--sigma", "-o", sigma, photo]
        yield "blur-map --raw --sigma", ["blur-map", *use, "--raw", "--sigma", "-o", sigma, photo]
    copies = [] if facts.learns_from == "masks" else ["--copies", 2]
    yield "blur-patches", ["blur-patches", *use, *copies, "-o", patches, photo]


def strips(args, scratch):
    """Photos one pixel high or wide, through every method: maps of their shape."""
    row = np.random.default_rng(0).integers(0, 256, (1, STRIP, 3), dtype=np.uint8)
    path = scratch / "strip.png"
    for photo in (row, row.swapaxes(0, 1)):
        cv2.imwrite(str(path), photo)
        for method in METHODS:
            for size in WORKING_SIZES:
                words = ["blur-map", "--method", method, "--working-size", size, "-f", "pfm", path]
                label = f"{photo.shape[1]} x {photo.shape[0]}, {method}, working size {size}"
                yield label, {"a map of its shape": pfm_shape(measure.command(*words)) == photo.shape[:2]}


def pfm_shape(data):
    """(height, width) by the header of a PFM."""
    width, height = data.split(b"\n")[1].split()
    return int(height), int(width)
