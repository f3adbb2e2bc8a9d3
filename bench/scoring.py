"""What the sections of study_score.py share: photos, records of blur-score, the measures of others, rates."""

import json

import cv2
import numpy as np
import photos
from measure import command
from scipy.ndimage import sobel, uniform_filter1d
from skimage.measure import blur_effect

EACH = 20  # photos of either folder
MISSING = "n/a"  # in place of a figure whose field blur-score does not have
WIDTH = 11  # pixels; side of the box that blur_effect of scikit-image compares with
QUALITY = 90  # of JPEGs, libjpeg's scale


def write_jpeg(path, picture, quality=QUALITY):
    """Write a picture, (h, w[, 3]) BGR, as a JPEG."""
    cv2.imwrite(str(path), picture, [cv2.IMWRITE_JPEG_QUALITY, quality])


def forty(data):
    """The photos, evenly chosen; all of a folder that has fewer."""
    return evenly(photos.labelled(data), EACH) + evenly(photos.sharp(data), EACH)


def evenly(names, count):
    """`count` of some names, evenly chosen; all of them if there are fewer."""
    count = min(count, len(names))
    step = (len(names) - 1) / max(1, count - 1)
    return [names[round(i * step)] for i in range(count)]


def records(names, *options):
    """What blur-score --json says of each photo."""
    return [json.loads(line) for line in command("blur-score", "-q", "-j", 2, *options, "--json", *names).splitlines()]


def numbers(found, field):
    """A field of records as numbers, NaN where it is null: (n,) float; None where this blur-score has no such field."""
    if not any(field in record for record in found):
        return None
    values = [record.get(field) for record in found]
    return np.array([np.nan if value is None else value for value in values], float)


def scores(method, names, *options):
    """Scores by blur-score, NaN where it gives none: (n,) float."""
    return numbers(records(names, "--method", method, *options), "score")


def rate(flags):
    """Share of True; `MISSING` for None and for no flags."""
    return MISSING if flags is None or not len(flags) else float(np.mean(flags))


def area(high, low):
    """Share of the pairs of two groups in which the value that shall be higher is, equal ones by half; without NaN."""
    high, low = (np.asarray(values)[~np.isnan(values)] for values in (high, low))
    above = (high[:, None] > low).mean() + (high[:, None] == low).mean() / 2 if len(high) and len(low) else np.nan
    return float(above)


def slopes(grey, region=slice(None)):
    """The quick ones of `measures`."""
    across, down = cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    return {
        "variance of Laplacian": float(cv2.Laplacian(grey, cv2.CV_32F)[region].var()),
        "Tenengrad": float((across**2 + down**2)[region].mean()),
    }


def measures(grey, region=None):
    """{name: value} of others, bigger = sharper, over a region.

    Parameters
    ----------
    grey : (h, w) float32
    region : (h, w) bool, optional
        Pixels whose derivatives count; default all.
    """
    region = slice(None) if region is None else region
    return {
        **slopes(grey, region),
        "blur_effect": -blur_effect_of(grey, region) if isinstance(region, np.ndarray) else -float(blur_effect(grey)),
    }


def blur_effect_of(grey, region):
    """blur_effect of scikit-image with the sums of its formula over the pixels of a region.

    Gradients are those of the whole photo, so a region's border is no edge.
    """
    grey = grey.astype(np.float64)
    widths = []
    for axis in (0, 1):
        gradient = np.abs(smoothed_gradient(grey, axis))
        reblurred = np.abs(smoothed_gradient(uniform_filter1d(grey, WIDTH, axis=axis), axis))
        lost = np.maximum(0, gradient - reblurred)[region].sum()
        widths.append(1 - lost / max(gradient[region].sum(), 1e-12))
    return float(max(widths))


def smoothed_gradient(grey, axis):
    """Sobel's derivative along an axis."""
    return sobel(grey, axis=axis)


def read_grey(path):
    """A photo as (h, w) float32."""
    return cv2.imread(str(path), cv2.IMREAD_GRAYSCALE).astype(np.float32)


def peers(names):
    """{measure: scores} of others for whole photos, bigger = sharper."""
    return transposed([measures(read_grey(name)) for name in names])


def transposed(rows):
    """[{name: value}] as {name: (n,) float}."""
    return {name: np.array([row[name] for row in rows], float) for name in rows[0]} if rows else {}
