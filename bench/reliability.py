"""How far the maps of `make bench` can be read as probabilities, and its masks as they were meant."""

from collections import namedtuple

import cv2
import figures
import numpy as np

from blurkit.evaluate import is_inverted, reliability
from blurkit.ops.resize import resize_to

FEWEST = 0.001  # share of all pixels; a part of [0, 1] with fewer is not drawn
SURE = 0.05  # distance from 0 and 1 of the ends that the table tells

Reliability = namedtuple("Reliability", "pixels sharp total")
Reliability.__doc__ = "Pixels of a set, those in focus, and the sum of their values, in each twentieth of [0, 1]."


def of_row(work, row, name, stems):
    """The `Reliability` of the maps of a row, or None where they are no maps of one plane."""
    counts = 0
    for stem in stems:
        sharpness = np.load(work / "maps" / row / name / f"{stem}.npy")
        truth = cv2.imread(str(work / "truth" / name / f"{stem}.mask.png"), cv2.IMREAD_GRAYSCALE)
        counts = counts + np.array(reliability(resize_to(sharpness, truth.shape), truth))
    return Reliability(*counts)


def part(name, measured, table, folder):
    """Table and picture of {row: `Reliability`} of a set, as Markdown."""
    lines = [[row, *(f"{value:.3f}" for value in row_figures(counts))] for row, counts in measured.items()]
    drawn = {row: points(counts) for row, counts in measured.items()}
    title = f"{name}: share of pixels in focus over predicted sharpness"
    figures.lines(folder / f"reliability-{name}.svg", {**drawn, "probability": ([0, 1], [0, 1])}, title, "predicted")
    head = ["map", "calibration error", f"in focus of >= {1 - SURE:g}", f"in focus of < {SURE:g}"]
    return (
        "### Maps as probabilities\n\nThe calibration error is the mean distance of predicted sharpness and share in "
        f"focus, over twenty parts of [0, 1], weighted by pixels.\n\n{table(head, lines)}\n"
        f"![reliability of {name}](reliability-{name}.svg)\n"
    )


def row_figures(counts):
    """The calibration error of a row, and the shares in focus of its highest and lowest values."""
    shares = counts.sharp / np.maximum(counts.pixels, 1)
    return np.abs(counts.total - counts.sharp).sum() / counts.pixels.sum(), shares[-1], shares[0]


def points(counts):
    """Mean value and share in focus, of the parts that have pixels enough."""
    many = counts.pixels >= FEWEST * counts.pixels.sum()
    return counts.total[many] / counts.pixels[many], counts.sharp[many] / counts.pixels[many]


def doubt(records):
    """A warning if the masks of a set seem to mean the opposite: most rows tell sharp from blurred the wrong way round.

    `records` are those of a `Set`, by row.
    """
    inverted = [is_inverted([record["auc"] for record in of_row]) for of_row in records.values()]
    if 2 * sum(inverted) <= len(inverted):
        return ""
    return "**The masks seem to mean the opposite: say TRUTH=sharp or TRUTH=blurred, whichever was not said.**\n\n"
