"""The figures of the zeng method, measured through the commands: bench/results/zeng.{txt,json}.

usage: study_zeng.py --data DATA --results DIR [--only NAME]...

DATA holds cuhk/ (image, gt, val.txt), labelled/, sharp/ and scenes/ as README.md says.
Accuracy is that of photos no weights were trained on. Times are ratios to another
process on the same machine, so they carry over.
"""

import multiprocessing
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor

import cv2
import measure
import numpy as np
import photos
from measure import IMPORT, blurred_maps, command, decoding, maps, peak, scored, seconds, sets, small_photo
from readings import READINGS


def accuracy(data, scratch, results):
    """As published and as default, on both sets."""
    yield from measure.accuracy("zeng", data, scratch, (("as published", ["--as-published"]), ("default", [])))


def readings(data, scratch, results):
    """The refinement as published, read in several ways, each with kernels of three training seeds as published."""
    patch_set(data, scratch, composed=False)
    for seed in (0, 1, 2):
        weights = published_weights(seed, scratch)
        for name, names, masks in sets(data):
            folder = scratch / f"raw-{seed}-{name}"
            maps("zeng", names, folder, "--as-published", "--raw", "--weights", weights)
            yield f"seed {seed}, {name}, raw map", scored(folder, *masks)
            for label, reading in READINGS.items():
                refined = scratch / f"{label}-{seed}-{name}"
                refined.mkdir()
                for path in folder.glob("*.npy"):
                    np.save(refined / path.name, reading(np.load(path)))
                yield f"seed {seed}, {name}, {label}", scored(refined, *masks)


def published_weights(seed, scratch):
    """Weights trained as published on scratch/patches.npy."""
    path = scratch / f"published-{seed}.npz"
    words = ("blur-train", "-q", "--method", "zeng", "--as-published", "--epochs", 4, "--seed", seed, "-o", path)
    command(*words, scratch / "patches.npy")
    return path


def noise(data, scratch, results):
    """Val photos with Gaussian noise of sigma 5/255 added."""
    yield from measure.noise("zeng", data, scratch, most=0.02)


def meaning(data, scratch, results):
    """Mean of the map of sharp photos, as they are and blurred everywhere."""
    for sigma in (0, 0.75, 1.5, 3):
        blurred = blurred_maps("zeng", photos.sharp(data)[:100], sigma, scratch)
        means = np.array([sharpness.mean() for sharpness in blurred])
        median, low = float(np.median(means)), int((means <= 0.15).sum())
        yield f"sigma {sigma:g}", {"median of means": median, "mean <= .15, of 100": low}


def control(data, scratch, results):
    """Learned kernels against random ones and lap o lap, the rest the same; three seeds, learned seed 0 as shipped."""
    patch_set(data, scratch)
    cases = [(kind, seed) for kind in ("learned", "random") for seed in (0, 1, 2)] + [("lap o lap", 0)]
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        paths = pool.map(control_weights, *zip(*cases, strict=True), [scratch] * len(cases))
        for (kind, seed), path in zip(cases, paths, strict=True):
            for name, names, masks in sets(data):
                for label, extra in (("as published", ["--as-published"]), ("default", [])):
                    folder = scratch / f"{kind}-{seed}-{name}-{label}"
                    maps("zeng", names, folder, "--weights", path, *extra)
                    yield f"{kind} seed {seed}, {name}, {label}", scored(folder, *masks)


def control_weights(kind, seed, scratch):
    """Weights that differ from the shipped ones in their kernels, and in the calibration fitted to these."""
    from blurkit.io import patchset
    from blurkit.io.weights import find_weights, write_weights
    from blurkit.methods.zeng import basis, calibration, metric, training
    from blurkit.methods.zeng import method as zeng_method
    from blurkit.ops.backend import torch_device
    from blurkit.training.loop import held_out

    if (kind, seed) == ("learned", 0):
        return find_weights("zeng")
    device = torch_device("cpu")
    with open(scratch / "patches.npy", "rb") as stream:
        records, *_ = patchset.read_patches(stream, zeng_method.patch_record(), 1 << 33)
    if kind == "lap o lap":
        laplacian = np.pad(np.float64([[0, 1, 0], [1, -4, 1], [0, 1, 0]]), 2)
        published = filters = basis.pair(laplacian, laplacian)
    else:
        components, _ = basis.components(kernels_of(kind, seed, records, device))
        judges = training.judges(records)
        published = basis.pair(*components[:2])
        filters = metric.best_pair(components, records["patch"][judges], records["label"][judges] == 1)
    inputs, targets, origin = calibration.examples(records, filters)
    kept = ~held_out(records)[origin]
    weights = calibration.fit(inputs[kept], targets[kept], seed, silent)
    path = scratch / f"{kind}-{seed}.npz"
    path.write_bytes(write_weights({"published": published, "filters": filters, **weights}, {"method": "zeng"}))
    return path


def silent(*_):
    """Report nothing of a training."""


def kernels_of(kind, seed, records, device):
    """Trained or random kernels, (24, 7, 7)."""
    from blurkit import methods
    from blurkit.methods.zeng import network, training

    if kind == "random":
        return np.random.default_rng(seed).normal(size=(24, 7, 7))
    model, _ = training.train(records, methods.info("zeng").epochs, seed, device, silent)
    return network.first_kernels(model).detach().numpy().reshape(-1, 7, 7)


def patch_set(data, scratch, composed=True):
    """The patch set of the shipped weights, or if not `composed` of those as published, as scratch/patches.npy."""
    path, masks = scratch / "patches.npy", ["--masks", data / "cuhk" / "gt", "--truth-is", "blurred"]
    parts = [(photos.training(data), [*masks, "--copies", int(composed)]), (photos.scenes(data), ["--compose"])]
    with open(path, "wb") as out:
        for names, extra in parts[: 1 + composed]:
            words = ["blur-patches", "-q", "--method", "zeng", "-j", 2, *extra, *names]
            subprocess.run([str(word) for word in words], stdout=out, check=True)


def identity(data, scratch, results):
    """Same bytes by different ways."""
    yield from measure.identity("zeng", data)
    ten = photos.validation(data)[:10]
    published = command("blur-map", "--method", "zeng", "--as-published", *ten)
    raw = command("blur-map", "--method", "zeng", "--as-published", "--raw", *ten)
    refined = command("blur-refine", "--method", "zeng", "--as-published", data=raw)
    yield "--as-published, without a guide", {"same": published == refined}


def speed(data, scratch, results):
    """Whole processes against a bare import of NumPy, OpenCV and Pillow; a large photo against its decoding."""
    bare = seconds(*IMPORT)
    small, whole = scratch / "small.jpg", scratch / "small.npy"
    photo = small_photo(photos.validation(data)[0], small)
    yield "import numpy, cv2, PIL.Image", {"seconds": bare}
    for label, words in (
        ("blur-map", ["blur-map", "--method", "zeng", small, "-o", whole]),
        ("blur-map --as-published", ["blur-map", "--method", "zeng", "--as-published", small]),
        ("blur-refine", ["blur-refine", "--method", "zeng", "--guide", small, whole]),
        ("blur-mask", ["blur-mask", whole]),
        ("blur-score", ["blur-score", "--method", "zeng", small]),
    ):
        took = seconds(*words)
        yield f"{label}, 640x457", {"seconds": took, "x import": took / bare}
    nothing, help_ = seconds(sys.executable, "-c", "pass"), seconds("blur-map", "--help")
    yield "--help", {"seconds": help_, "x python -c pass": help_ / nothing}
    yield from speed_large(photo, scratch)


def speed_large(photo, scratch):
    """A 12-megapixel JPEG: time in units of its decoding, and peak memory."""
    large = scratch / "large.jpg"
    enlarged = cv2.resize(photo, (4000, 3000), interpolation=cv2.INTER_CUBIC)
    cv2.imwrite(str(large), enlarged, [cv2.IMWRITE_JPEG_QUALITY, 92])
    decoded = decoding(large)
    for label, extra in (
        ("default", []),
        ("--working-size 0", ["--working-size", 0]),
        ("--as-published", ["--as-published"]),
    ):
        words = ["blur-map", "--method", "zeng", *map(str, extra), str(large)]
        took = seconds(*words)
        yield f"12 megapixels, {label}", {"seconds": took, "x decoding": took / decoded, "peak GB": peak(*words)}


REQUIRED = {  # what each row must show: (least, most) per figure
    "cuhk val (60), as published": {"auc": (0.88, 1), "mae": (0, 0.22)},
    "cuhk val (60), default": {"auc": (0.93, 1), "f_max": (0.81, 1), "mae": (0, 0.160), "f_blurred": (0.885, 1)},
    "labelled (48), default": {"auc": (0.89, 1), "f_max": (0.87, 1), "mae": (0, 0.180)},
    "sigma 0": {"median of means": (0.4, 1)},
    "sigma 3": {"mean <= .15, of 100": (95, 100)},
    "blur-map, 640x457": {"x import": (0, 3)},
    "blur-mask, 640x457": {"x import": (0, 1.7)},
    "--help": {"x python -c pass": (0, 5)},
    "12 megapixels, default": {"x decoding": (0, 20), "peak GB": (0, 1)},
}


if __name__ == "__main__":
    sys.exit(measure.main("zeng", __doc__, (identity, accuracy, readings, noise, meaning, speed, control), REQUIRED))
