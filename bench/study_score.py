"""What the score of blur-score is worth, beside others: bench/results/score.{txt,json}.

usage: study_score.py --data DATA --results DIR [--only SECTION]...

meaning     40 photos, 20 of labelled/ and 20 of sharp/, none of which joint or zeng was trained on (park was on
            those of sharp/), each blurred with a Gaussian of sigma 0 to 3 pixels and then given noise of deviation
            0, 5 and 10 eighth-bit steps. Others: variance of the Laplacian, Tenengrad, blur_effect of scikit-image
subject     photos sharp in part against their soft copies
size        photos reduced to many sizes
regions     marked regions of real photos, moving (motion/) and defocused (cuhk/), against the rest of them
things      boxes on the sharp and on the soft thing of a photo, by --boxes
crops       crops of real photos that are sharp, soft or moving all over, also from szu/
kinds       the kind of blur, told for such regions
shake       camera shake drawn into photos of 640 to 4000 pixels
borders     bars, frames, padding, cut-outs and overlays
examples    the medians that blur-score(1) tells
cases       drawn pictures of a folder cases/ beside DATA, and noise alone
throughput  photos a second

Figures of fields that this blur-score does not have are n/a.
"""

import sys

import cv2
import measure
import numpy as np
import photos
from borders import borders
from cases import cases
from examples import examples
from reduced import reduced
from regions import crops, kinds, regions
from scipy.stats import spearmanr
from scoring import forty, peers, scores, write_jpeg
from shake import scene, shake
from things import things
from throughput import throughput

from blurkit.methods import METHODS
from blurkit.training.degrade import add_noise

SIGMAS = (0, 0.5, 1, 1.5, 2, 3)  # pixels
NOISES = (0, 5, 10)  # 8-bit steps; deviation
SOFT = 2  # pixels; sigma of the copy that every labelled photo must outrank
SIDES = (4000, 3000, 2000, 1500, 1000, 700, 500)  # pixels; the first is the size that photos are made at
TILES = (8, 8, 8, 4, 4, 4)  # in a row of each photo: eight have the detail of pixels, four are enlarged to the double


def degraded(data, folder):
    """Every copy as a PNG: {path: (photo, sigma, noise)}."""
    rng, copies = np.random.default_rng(0), {}
    for number, path in enumerate(forty(data)):
        photo = cv2.imread(str(path))
        for sigma in SIGMAS:
            copy = cv2.GaussianBlur(photo, (0, 0), sigma) if sigma else photo
            for noise in NOISES:
                name = folder / f"{number:02}-{sigma}-{noise}.png"
                cv2.imwrite(str(name), add_noise(copy, noise, rng))
                copies[name] = number, sigma, noise
    return copies


def figures(values, copies):
    """Shares of pairs of one photo in order, at equal and at different noise; rank correlations with sigma."""
    photo, sigma, noise = np.transpose(list(copies.values()))
    values = np.array(values)
    sharper = (sigma[:, None] < sigma) & (photo[:, None] == photo)
    right, same_noise = values[:, None] > values, noise[:, None] == noise
    scored = ~np.isnan(values)
    clean = scored & (noise == 0)
    return {
        "equal noise": float(right[sharper & same_noise].mean()),
        "different noise": float(right[sharper & ~same_noise].mean()),
        "spearman clean": float(-spearmanr(values[clean], sigma[clean])[0]),
        "spearman all": float(-spearmanr(values[scored], sigma[scored])[0]),
        "not judged": float((~scored).mean()),
    }


def meaning(data, scratch, results):
    """Order and rank correlation over 720 copies of 40 photos."""
    folder = scratch / "copies"
    folder.mkdir()
    copies = degraded(data, folder)
    for method in METHODS:
        yield method, figures(scores(method, copies), copies)
    for name, values in peers(copies).items():
        yield name, figures(values, copies)


def subject(data, scratch, results):
    """Labelled photos, sharp in part, against their own copies blurred everywhere."""
    folder = scratch / "soft"
    folder.mkdir()
    names = photos.labelled(data)
    copies = [folder / f"{path.stem}.png" for path in names]
    for path, copy in zip(names, copies, strict=True):
        cv2.imwrite(str(copy), cv2.GaussianBlur(cv2.imread(str(path)), (0, 0), SOFT))
    for method in METHODS:
        gain = scores(method, names) - scores(method, copies)
        yield (
            f"{method}: sharper than the soft copy",
            {"share": float((gain > 0).mean()), "least by": float(gain.min())},
        )


def size(data, scratch, results):
    """The score of one photo at many sizes, reduced by area: how far the highest and the lowest are apart."""
    names, rng, paths = forty(data), np.random.default_rng(0), []
    for number, side in enumerate(TILES):
        photo = scene(names, SIDES[0], side, rng)
        for width in SIDES:
            paths.append(scratch / f"{number}-{width}.jpg")
            write_jpeg(paths[-1], cv2.resize(photo, (width, width * 3 // 4), interpolation=cv2.INTER_AREA))
    for method in METHODS:
        values = scores(method, paths).reshape(len(TILES), len(SIDES))
        spread = values.max(axis=1) - values.min(axis=1)
        by_side = {str(side): float(score) for side, score in zip(SIDES, values.mean(axis=0), strict=True)}
        yield f"{method}: mean score at a side of", by_side
        for tiles, label in ((8, "detail of pixels"), (4, "enlarged")):
            part = spread[np.array(TILES) == tiles]
            yield f"{method}: spread, {label}", {"mean": float(part.mean()), "largest": float(part.max())}


SECTIONS = (meaning, subject, size, regions, things, crops, kinds, shake, borders, examples, cases, reduced, throughput)
REQUIRED = {
    "joint": {
        "equal noise": (0.995, 1),
        "different noise": (0.97, 1),
        "spearman clean": (0.95, 1),
        "spearman all": (0.90, 1),
    },
    "things: joint": {"right order": (0.98, 1)},
    "joint: sharper than the soft copy": {"share": (1, 1)},
    "12 megapixels: blur-score, zeng": {"x decoding": (0.4, 100), "x loop": (10, 1000)},
}

if __name__ == "__main__":
    sys.exit(measure.main("score", __doc__, SECTIONS, REQUIRED, needs="sharp"))
