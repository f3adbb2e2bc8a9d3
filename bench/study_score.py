"""What the score of blur-score is worth, beside others: bench/results/score.{txt,json}.

usage: study_score.py --data DATA --results DIR [--only NAME]...

40 photos, 20 of labelled/ and 20 of sharp/, none of which joint or zeng was trained on (park was on
those of sharp/), each blurred with a Gaussian of sigma 0 to 3 pixels and then given noise of deviation 0,
5 and 10 eighth-bit steps. Others: variance of the Laplacian, Tenengrad, blur_effect of scikit-image.
"""

import json
import subprocess
import sys
import time

import cv2
import measure
import numpy as np
import photos
from measure import command
from scipy.stats import spearmanr
from skimage.measure import blur_effect

from blurkit.defaults import SCORE_SIDE
from blurkit.methods import METHODS
from blurkit.training.degrade import add_noise

SIGMAS = (0, 0.5, 1, 1.5, 2, 3)  # pixels
NOISES = (0, 5, 10)  # 8-bit steps; deviation
EACH = 20  # photos of either folder
SOFT = 2  # pixels; sigma of the copy that every labelled photo must outrank
LARGE = (4000, 3000)  # pixels; mosaics of sixteen photos, for the detail of a camera's
TWENTY_FOUR = (6000, 4000)  # pixels; the same of 24 megapixels
APART = 0.01  # most that the score of a reduced JPEG may be from that of the whole
OWN = 450  # pixels; about the width of the photos
REDUCED = 12  # of each size
COUNT, TIMES = 60, 4  # large photos, and how often each is named: a start weighs little in a large folder
DECODE = f"""import sys, PIL.Image
for name in sys.argv[1:]:
    picture = PIL.Image.open(name)
    picture.draft("RGB", ({SCORE_SIDE}, {SCORE_SIDE * 3 // 4}))
    picture.load()"""
LAPLACIAN = "import sys, cv2; print(cv2.Laplacian(cv2.imread(sys.argv[1], 0), cv2.CV_64F).var(), sys.argv[1])"


def forty(data):
    """The photos, evenly chosen; all of a folder that has fewer."""
    chosen = []
    for names in (photos.labelled(data), photos.sharp(data)):
        count = min(EACH, len(names))
        step = (len(names) - 1) / max(1, count - 1)
        chosen += [names[round(i * step)] for i in range(count)]
    return chosen


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


def scores(method, names):
    """Scores by blur-score, NaN where it gives none."""
    lines = command("blur-score", "-q", "-j", 2, "--method", method, "--json", *names).splitlines()
    values = [json.loads(line)["score"] for line in lines]
    return [np.nan if value is None else value for value in values]


def peers(names):
    """{measure: scores} of others, bigger = sharper."""
    values = {"variance of Laplacian": [], "Tenengrad": [], "blur_effect": []}
    for name in names:
        grey = cv2.imread(str(name), cv2.IMREAD_GRAYSCALE).astype(np.float32)
        across, down = cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)
        values["variance of Laplacian"].append(float(cv2.Laplacian(grey, cv2.CV_32F).var()))
        values["Tenengrad"].append(float((across**2 + down**2).mean()))
        values["blur_effect"].append(-float(blur_effect(grey)))
    return values


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
        gain = np.array(scores(method, names)) - np.array(scores(method, copies))
        yield (
            f"{method}: sharper than the soft copy",
            {"share": float((gain > 0).mean()), "least by": float(gain.min())},
        )


def reduced(data, scratch, results):
    """Scores of large JPEGs, decoded no larger than needed, against those of all their pixels, from a PNM."""
    for method in METHODS:
        rng, apart = np.random.default_rng(0), []
        for size in (LARGE, (4032, 3024), TWENTY_FOUR, (8064, 6048)):
            for number in range(REDUCED):
                jpeg, pixels = scratch / f"{number}.jpg", scratch / f"{number}.ppm"
                write_large(data, size, rng, jpeg)
                cv2.imwrite(str(pixels), cv2.imread(str(jpeg)))
                less, whole = scores(method, [jpeg, pixels])
                apart.append(abs(less - whole))
        yield f"reduced, {method}", {"share within": float(np.mean(np.less_equal(apart, APART))), "most": max(apart)}


def write_large(data, size, rng, path):
    """A mosaic of photos at about their own size as JPEG: blurred and noisy or neither, of any usual quality."""
    names = (photos.sharp(data), photos.validation(data), photos.labelled(data))[rng.integers(3)]
    side = round(size[0] / OWN)
    photo = measure.mosaic([names[i] for i in rng.integers(0, len(names), side**2)], size, side)
    sigma = rng.choice((0, 0, 0.7, 1, 1.5, 2, 3, 6))
    copy = cv2.GaussianBlur(photo, (0, 0), sigma) if sigma else photo
    copy = add_noise(copy, rng.choice((0, 0, 3, 8)), rng)
    sampling = (cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444)[rng.integers(2)]
    options = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(75, 98)), cv2.IMWRITE_JPEG_SAMPLING_FACTOR, sampling]
    cv2.imwrite(str(path), copy, options)


def throughput(data, scratch, results):
    """12-megapixel JPEGs per second, against decoding at a reduced size and against a process per photo."""
    names, sharp = [scratch / f"large-{number}.jpg" for number in range(COUNT)], photos.sharp(data)
    rng = np.random.default_rng(0)
    for name in names:
        chosen = [sharp[i] for i in rng.integers(0, len(sharp), 16)]
        cv2.imwrite(str(name), measure.mosaic(chosen, LARGE, 4), [cv2.IMWRITE_JPEG_QUALITY, 92])
    names *= TIMES
    decode, laplacian = [sys.executable, "-c", DECODE], [sys.executable, "-c", LAPLACIAN]
    decoding = len(names) / side_by_side([*decode, *names[::2]], [*decode, *names[1::2]])
    loop = len(names[:4]) / sum(measure.seconds(*laplacian, name, repeats=1) for name in names[:4])
    yield "decoding alone, two processes", {"photos a second": decoding}
    yield "a process of cv2.Laplacian per photo", {"photos a second": loop}
    for method in METHODS:
        some = names[:COUNT] if method == "park" else names  # half a second each
        rate = len(some) / measure.seconds("blur-score", "-q", "--method", method, "-j", 2, *some, repeats=2)
        yield f"blur-score, {method}", {"photos a second": rate, "x decoding": rate / decoding, "x loop": rate / loop}


def side_by_side(*commands):
    """Seconds until all of some commands are done."""
    start = time.perf_counter()
    processes = [subprocess.Popen([str(word) for word in words]) for words in commands]
    for process in processes:
        process.wait()
    return time.perf_counter() - start


REQUIRED = {
    "joint": {
        "equal noise": (0.995, 1),
        "different noise": (0.97, 1),
        "spearman clean": (0.95, 1),
        "spearman all": (0.90, 1),
    },
    "joint: sharper than the soft copy": {"share": (1, 1)},
    "reduced, joint": {"share within": (0.99, 1)},
    "blur-score, joint": {"x decoding": (0.4, 100)},
    "blur-score, zeng": {"x decoding": (0.4, 100), "x loop": (10, 1000)},
}

if __name__ == "__main__":
    sys.exit(measure.main("score", __doc__, (meaning, subject, reduced, throughput), REQUIRED, needs="sharp"))
