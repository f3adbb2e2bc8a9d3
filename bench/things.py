"""Boxes on the sharp and on the soft thing of real photos: which has the higher score."""

import json

import cv2
import numpy as np
import photos
from regions import GRID, largest_rectangle, on_grid
from scoring import numbers, rate, records

from blurkit.methods import METHODS

SMOOTHED = 25  # pixels; median of the masks, so that specks and holes in them break no thing up
SIDES = (64, 32)  # pixels; least side of a box, the smaller one where no larger box fits


def box_of(region):
    """[left, top, width, height] of the largest box within a region, (h, w) bool; None if there is none."""
    cells = on_grid(region)
    for side in SIDES:
        if corners := largest_rectangle(cells, side // GRID):
            top, bottom, left, right = (corner * GRID for corner in corners)
            return [left, top, right - left, bottom - top]
    return None


def both_boxes(path):
    """The boxes on the sharp and on the soft thing of a photo with NAME.mask.png beside it."""
    mask = cv2.medianBlur(cv2.imread(str(path.with_name(f"{path.stem}.mask.png")), cv2.IMREAD_GRAYSCALE), SMOOTHED)
    return [box_of(region) for region in (mask > 128, mask < 128)]


def things(data, scratch, results):
    """Boxes on the sharp and on the soft thing of the photos of labelled/, by --boxes: the share in the right order."""
    names = photos.labelled(data)
    boxes = {path: both for path in names if None not in (both := both_boxes(path))}
    told = [{"image_id": 0, "file_name": str(path), "bbox": box} for path, both in boxes.items() for box in both]
    (scratch / "boxes.json").write_text(json.dumps(told))
    for method in METHODS:
        found = records(list(boxes), "--method", method, "--boxes", scratch / "boxes.json")
        scores = numbers(found, "score").reshape(-1, 2)  # of those that cannot be judged NaN, which is no right order
        yield (
            f"things: {method}",
            {
                "right order": rate(scores[:, 0] > scores[:, 1]),
                "not judged": rate(np.isnan(scores).any(axis=1)),
                "photos": len(boxes),
                "left out": len(names) - len(boxes),
            },
        )
