"""What zeng has learned, as a picture and as text: kernels, their components, and the variance these explain.

learned.py [--weights FILE] -o PICTURE.png
"""

import argparse
from pathlib import Path

import cv2
import numpy as np

from blurkit import methods
from blurkit.io.weights import find_weights, read_weights

TILE = 64  # pixels; side of a drawn kernel
LABEL = 16  # pixels; height of the words below it
ACROSS = 12  # tiles in a row
MISSING = "kernels and components are not in this file; weights that blur-train writes now hold them: make weights-zeng"


def tiles(weights):
    """(kernel, (7, 7); words) of all there is to draw."""
    for name in ("published", "filters"):
        yield from ((kernel, f"{name[:4]} K{number}") for number, kernel in enumerate(weights[name], 1))
    shares = weights.get("explained", ())
    for number, (component, share) in enumerate(zip(weights.get("components", ()), shares, strict=True), 1):
        yield component, f"PC{number} {share:.1%}"
    yield from ((kernel, f"kernel {number}") for number, kernel in enumerate(weights.get("kernels", ()), 1))


def drawn(kernel, words):
    """A kernel in grey, (80, 64) uint8: 0 is middle grey, its largest value by amount black or white."""
    largest = max(float(np.abs(kernel).max()), 1e-12)
    grey = np.rint(127.5 + 127.5 * kernel / largest).astype(np.uint8)
    tile = np.full((TILE + LABEL, TILE), 255, np.uint8)
    tile[:TILE] = cv2.resize(grey, (TILE, TILE), interpolation=cv2.INTER_NEAREST)
    cv2.putText(tile, words, (1, TILE + LABEL - 5), cv2.FONT_HERSHEY_PLAIN, 0.7, 0, 1, cv2.LINE_AA)
    return cv2.copyMakeBorder(tile, 4, 4, 4, 4, cv2.BORDER_CONSTANT, value=255)


def sheet(pictures):
    """Tiles of one size in rows of ACROSS."""
    blank = np.full_like(pictures[0], 255)
    pictures = pictures + [blank] * (-len(pictures) % ACROSS)
    rows = [np.hstack(pictures[start : start + ACROSS]) for start in range(0, len(pictures), ACROSS)]
    return np.vstack(rows)


def told(weights, header):
    """What is drawn, in lines."""
    yield f"K1 and K2 explain {header.get('measured', {}).get('explained', float('nan')):.1%} of the variance"
    if "kernels" not in weights:
        yield MISSING
        return
    yield f"{len(weights['kernels'])} kernels, {len(weights['components'])} components"
    summed = np.cumsum(weights["explained"])
    for number, (share, together) in enumerate(zip(weights["explained"], summed, strict=True), 1):
        yield f"component {number}: {share:.2%}, together {together:.2%}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--weights", type=Path, default=None, help="default: those that come with blurkit")
    parser.add_argument("-o", "--output", type=Path, required=True)
    args = parser.parse_args()
    data = (args.weights or Path(find_weights("zeng"))).read_bytes()
    weights, header = read_weights(data, "zeng", methods.get("zeng").SHAPES)
    cv2.imwrite(str(args.output), sheet([drawn(*tile) for tile in tiles(weights)]))
    print(*told(weights, header), sep="\n")


if __name__ == "__main__":
    main()
