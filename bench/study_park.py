"""The figures of the park method, measured through the commands: bench/results/park.{txt,json}.

usage: study_park.py --data DATA --results DIR [--only NAME]...

DATA holds cuhk/ (image, gt, val.txt), labelled/, sharp/ and scenes/ as README.md says.
Accuracy of maps and of the classifier is that of photos no weights were trained on;
the study of sigma uses the photos it was trained on and others, and says which.
"""

import sys

import cv2
import measure
import numpy as np
import photos
from measure import command, maps, peak, seconds

from blurkit.io.weights import find_weights, read_weights
from blurkit.methods.park import edges, network, patches
from blurkit.methods.park import method as park_method
from blurkit.ops.backend import CpuBackend
from blurkit.training.degrade import add_noise, compress

CONDITIONS = ("clean", "JPEG q85", "noise 3/255")
QUALITY, NOISE = 85, 3  # of the JPEG; 8-bit steps
POINTS = 48  # of a photo, half of them at weak edges
BLURS = (0.6, 0.9, 1.2, 1.5, 1.9)  # pixels; sigmas that the study of sigma blurs photos by
TOLERANCE = 0.15  # pixels; one class of the paper
FEWEST = 50  # patches of a row


def identity(data, scratch, results):
    """Same bytes by different ways."""
    yield from measure.identity("park", data)
    photo = photos.validation(data)[0]
    do, refine = ("blur-map", "--method", "park"), ("blur-refine", "--method", "park", "--guide", photo)
    for extra in ("--as-published", "--sigma"):
        raw = command(*do, "--raw", *([extra] if extra != "--sigma" else []), photo)
        yield f"{extra}, one photo", {"same": command(*do, extra, photo) == command(*refine, extra, data=raw)}


def degraded(photo, condition, rng):
    """A photo under one of `CONDITIONS`."""
    if condition == "JPEG q85":
        return compress(photo, QUALITY)
    if condition == "noise 3/255":
        return add_noise(photo, NOISE, rng)
    return photo


def load(path):
    """A photo as RGB."""
    return cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)


def halved(photo):
    """A photo at half its width and height, by area."""
    return cv2.resize(photo, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)


def fresh(names, condition, reduce, seed=0, count=POINTS):
    """Patches of photos blurred by every class, at edges of the sharp photo (training thresholds), half of them weak.

    Returns
    -------
    patches : (n, 28, 28, 3) uint8; strong : (n,) bool; labels : (n,) int, of SIGMAS; photo : (n,) int
    """
    pixels, strong, labels, photo = [], [], [], []
    for number, path in enumerate(names):
        rng = np.random.default_rng([seed, number])
        sharp = reduce(load(path))
        points = patches.points(sharp, sharp, patches.SHARP, 10**9, rng)
        is_strong = points[:, 2] == 1
        few = min(count // 2, int((~is_strong).sum()), int(is_strong.sum()))
        points = np.concatenate([points[~is_strong][:few], points[is_strong][:few]])
        for label, sigma in enumerate(patches.SIGMAS):
            picture = degraded(patches.gaussian_blur(sharp, float(sigma)), condition, rng)
            pixels.append(patches.gather(picture, points[:, :2]))
            strong.append(points[:, 2] == 1)
            labels.append(np.full(len(points), label))
            photo.append(np.full(len(points), number))
    return tuple(np.concatenate(parts) for parts in (pixels, strong, labels, photo))


def shipped():
    """The weights that come with blurkit."""
    return read_weights(find_weights("park").read_bytes(), "park", network.SHAPES)[0]


def folded(posterior):
    """Our classes as the paper's eleven, those beyond them added to the first and the last: (n, 17) -> (n, 11)."""
    first, last = patches.SHARPEST, patches.SHARPEST + len(patches.SIGMAS)
    probabilities = posterior[:, first:last].copy()
    probabilities[:, 0] += posterior[:, :first].sum(axis=1)
    probabilities[:, -1] += posterior[:, last:].sum(axis=1)
    return probabilities


def ours(pixels, strong, weights):
    """Our network's probabilities of the paper's classes."""

    def posterior(part):
        return network.posterior(part, weights, CpuBackend)

    return folded(network.in_chunks(posterior, len(patches.CLASSES), pixels[:, :-1, :-1]))


def published(pixels, strong, weights):
    """The paper's network's probabilities."""

    def probabilities(part, strong):
        return park_method.published_probabilities(part, strong, weights, CpuBackend)

    return network.in_chunks(probabilities, len(patches.SIGMAS), pixels, strong)


def nearest(probabilities):
    """The class nearest to the expected sigma."""
    return np.abs((probabilities @ patches.SIGMAS)[:, None] - patches.SIGMAS).argmin(axis=1)


def likeliest_three(probabilities):
    """The class whose probability, with that of its neighbours, is largest."""
    padded = np.pad(probabilities, ((0, 0), (1, 1)))
    return (padded[:, :-2] + padded[:, 1:-1] + padded[:, 2:]).argmax(axis=1)


def likeliest(probabilities):
    """The likeliest class."""
    return probabilities.argmax(axis=1)


def rates(chosen, labels):
    """Shares of right classes and of classes at most one off."""
    off = np.abs(chosen - labels)
    return {"exact": float((off == 0).mean()), "within one": float((off <= 1).mean())}


def classifier(data, scratch, results):
    """Fresh patches of the 100 scenes nothing was trained on, photos halved by area unless the row says otherwise."""
    weights = shipped()
    for reduce, how in ((halved, ""), (np.asarray, ", photos as they are")):
        for condition in CONDITIONS:
            pixels, strong, labels, _ = fresh(photos.unseen(data), condition, reduce)
            probabilities = ours(pixels, strong, weights)
            yield f"ours, {condition}{how}", rates(nearest(probabilities), labels)
            yield f"ours, {condition}{how}, likeliest class", rates(likeliest(probabilities), labels)
            yield f"ours, {condition}{how}, likeliest three", rates(likeliest_three(probabilities), labels)
            if reduce is halved:
                yield f"paper's network, {condition}", rates(likeliest(published(pixels, strong, weights)), labels)


def reliability(data, scratch, results):
    """How often the likeliest class is right, by its probability; and the error by the posterior's own deviation."""
    pixels, strong, labels, _ = fresh(photos.unseen(data), "JPEG q85", halved)
    probabilities = ours(pixels, strong, shipped())
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    for low in np.arange(0.2, 1, 0.1):
        inside = (confidence >= low) & (confidence < low + 0.1)
        if inside.sum() >= FEWEST:
            figures = {"mean": float(confidence[inside].mean()), "right": float(right[inside].mean())}
            yield f"probability {low:.1f} to {low + 0.1:.1f}", {"patches": int(inside.sum()), **figures}
    mean = probabilities @ patches.SIGMAS
    deviation = np.sqrt(np.maximum(probabilities @ patches.SIGMAS**2 - mean**2, 0))
    for low, high in ((0, 0.05), (0.05, 0.1), (0.1, 0.15), (0.15, 0.2), (0.2, 0.3), (0.3, 0.5)):
        inside = (deviation >= low) & (deviation < high)
        if inside.sum() >= FEWEST:
            error = np.sqrt(((mean - patches.SIGMAS[labels])[inside] ** 2).mean())
            figures = {"mean": float(deviation[inside].mean()), "error": float(error)}
            yield f"deviation {low:g} to {high:g} pixels", {"patches": int(inside.sum()), **figures}


def sigma(data, scratch, results):
    """Median of --sigma at edges of photos, halved and blurred: how many are within .15 pixels of that blur."""
    for label, names in (
        ("sharp (100, of those trained on)", photos.sharp(data)[:100]),
        ("scenes (100, unseen)", photos.unseen(data)),
    ):
        measured = np.array([medians(names, blur, scratch / f"{label}-{blur}") for blur in BLURS])  # (5, 100)
        near = np.abs(measured - np.array(BLURS)[:, None]) <= TOLERANCE
        for blur, row, near_row in zip(BLURS, measured, near, strict=True):
            yield f"{label}, sigma {blur:g}", {"median": float(np.median(row)), "within .15": int(near_row.sum())}
        rising = (np.diff(measured, axis=0) > 0).all(axis=0)
        yield f"{label}, all", {"within .15, of 100": float(near.mean() * 100)}
        yield f"{label}, rising with sigma", {"photos": int(rising.sum())}


def blurred_copies(names, sigma, folder):
    """Copies of photos, halved and blurred by sigma pixels, as PNG in a new folder; their paths, sorted."""
    folder.mkdir()
    for path in names:
        picture = patches.gaussian_blur(halved(load(path)), sigma)
        cv2.imwrite(str(folder / f"{path.stem}.png"), picture[..., ::-1])
    return sorted(folder.glob("*.png"))


def medians(names, sigma, folder):
    """Median of --sigma at the edges of every photo, halved and blurred by sigma pixels."""
    blurred, values = blurred_copies(names, sigma, folder), []
    maps("park", blurred, folder / "maps", "--sigma")
    for path in blurred:
        measured = np.load(folder / "maps" / f"{path.stem}.npy")
        values.append(float(np.median(measured[edges.edges(edges.value(load(path))) > 0])))
    return values


def accuracy(data, scratch, results):
    """As published and as default, on both sets, weights as shipped."""
    yield from measure.accuracy("park", data, scratch, (("default", []), ("as published", ["--as-published"])))


def noise(data, scratch, results):
    """Val photos with Gaussian noise of sigma 5/255 added."""
    yield from measure.noise("park", data, scratch, most=0.03)


def meaning(data, scratch, results):
    """Mean of the map of photos sharp everywhere and blurred everywhere."""
    for blur in (0, 0.75, 1.5, 3):
        folder = scratch / f"sigma-{blur}"
        maps("park", blurred_copies(photos.unseen(data), blur, folder), folder / "maps")
        means = [np.load(path).mean() for path in sorted((folder / "maps").glob("*.npy"))]
        yield f"sigma {blur:g}", {"median of means": float(np.median(means))}


def speed(data, scratch, results):
    """Whole processes, no GPU: time and peak memory; least of three runs."""
    names = photos.validation(data)
    sized = [cv2.resize(load(path), (640, 480), interpolation=cv2.INTER_AREA) for path in names]
    counts = [edge_points(photo) for photo in sized]
    ordinary = int(np.argmin(np.abs(np.array(counts) - 6000)))
    busy = np.tile(sized[int(np.argmax(counts))], (2, 2, 1))
    large = cv2.resize(sized[ordinary], (4000, 3000), interpolation=cv2.INTER_CUBIC)
    took = {}
    for label, photo, extra in (
        ("640x480", sized[ordinary], []),
        ("640x480, --as-published", sized[ordinary], ["--as-published"]),
        ("1280x960, busy", busy, []),
        ("12 megapixels", large, []),
    ):
        path = scratch / "photo.png"
        cv2.imwrite(str(path), photo[..., ::-1])
        words = ["blur-map", "--method", "park", "--device", "cpu", *extra, str(path)]
        took[label] = seconds(*words, repeats=3)
        counted = {"edge points": edge_points(photo), "seeds": len(edges.seeds(edges.value(photo)))}
        yield label, {**counted, "seconds": took[label], "peak GB": peak(*words)}
    yield "default : as published", {"ratio": took["640x480"] / took["640x480, --as-published"]}


def edge_points(photo):
    """How many points of a photo lie on edges."""
    return int((edges.edges(edges.value(photo)) > 0).sum())


STUDIES = (identity, classifier, reliability, sigma, accuracy, noise, meaning, speed)
REQUIRED = {  # what each row must show: (least, most) per figure
    "ours, clean": {"exact": (0.55, 1), "within one": (0.93, 1)},
    "ours, JPEG q85": {"within one": (0.91, 1)},
    "ours, noise 3/255": {"within one": (0.91, 1)},
    "sharp (100, of those trained on), all": {"within .15, of 100": (90, 100)},
    "sharp (100, of those trained on), rising with sigma": {"photos": (100, 100)},
    "labelled (48), default": {"auc": (0.955, 1), "f_max": (0.89, 1), "mae": (0, 0.20), "f_blurred": (0.88, 1)},
    "cuhk val (60), default": {"auc": (0.935, 1), "f_max": (0.80, 1), "mae": (0, 0.19), "f_blurred": (0.88, 1)},
    "640x480": {"seconds": (0, 1.2)},
    "default : as published": {"ratio": (0, 0.15)},
    "1280x960, busy": {"edge points": (50_000, 10**7), "seconds": (0, 5)},
    "12 megapixels": {"seconds": (0, 15), "peak GB": (0, 2.5)},
}

if __name__ == "__main__":
    sys.exit(measure.main("park", __doc__, STUDIES, REQUIRED))
