"""The figures of the joint method, measured through the commands: bench/results/joint.{txt,json}.

usage: study_joint.py --data DATA --results DIR [--only NAME]...

DATA holds cuhk/ (image, gt, val.txt), labelled/ and sharp/ as README.md says, and motion/ and szu/ like cuhk/. No
weights were trained on any photo that is scored here. Times are ratios to another process on the same machine, so they
carry over.
"""

import itertools
import sys

import cv2
import measure
import numpy as np
import photos
from measure import IMPORT, command, maps, peak, scored, seconds

from blurkit.training.degrade import add_noise, compress

SIGMAS = (0, 0.75, 1.5, 3)  # pixels
LARGE = (4000, 3000)  # pixels; width and height of 12 megapixels
NO_TORCH = """import sys
from blurkit.cli.map import main
main(sys.argv[1:])
sys.exit("torch" in sys.modules or "scipy" in sys.modules)"""


def identity(data, scratch, results):
    """Same bytes by different ways."""
    yield from measure.identity("joint", data)


def accuracy(data, scratch, results):
    """Both sets, by blur-map and blur-score --truth."""
    yield from measure.accuracy("joint", data, scratch, (("default", []),))


def refinement(data, scratch, results):
    """Raw and refined on every set: refining must help."""
    for name, names, masks in measure.sets(data):
        figures = []
        for label, extra in (("raw", ["--raw"]), ("refined", [])):
            folder = scratch / f"{name}-{label}"
            maps("joint", names, folder, *extra)
            figures.append(scored(folder, *masks))
        raw, refined = figures
        yield (
            name,
            {
                "max F gains": refined["f_max"] - raw["f_max"],
                "MAE falls": raw["mae"] - refined["mae"],
                "AUC changes": refined["auc"] - raw["auc"],
            },
        )


def kinds(data, scratch, results):
    """Three kinds per pixel, by blur-map --kind: CUHK val is out of focus where it is blurred, motion val moved."""
    confusion = np.zeros((3, 3))
    for folder, kind in (("cuhk", 1), ("motion", 2)):
        names = photos.kept_back(data / folder)
        if not names:
            return
        maps("joint", names, scratch / folder, "--kind")
        part = np.zeros((3, 3))
        for path in names:
            told = np.load(scratch / folder / f"{path.stem}.npy")
            mask = cv2.imread(str(photos.mask_of(path, data / folder / "gt")), cv2.IMREAD_GRAYSCALE)
            truth, is_known = np.where(mask == 255, kind, 0), (mask == 255) | (mask == 0)
            part += np.bincount(3 * truth[is_known] + told[is_known], minlength=9).reshape(3, 3)
        told_blurred = part[kind, 1:]
        yield f"{folder} val, blurred pixels", {"told sharp": part[kind, 0] / part[kind].sum()}
        yield f"{folder} val, told blurred", {"kind right": part[kind, kind] / told_blurred.sum()}
        confusion += part
    right, told_blurred = confusion[1, 1] + confusion[2, 2], confusion[1:, 1:].sum()
    yield "both, told blurred", {"kind right": right / told_blurred}
    overlap = [confusion[k, k] / (confusion[k].sum() + confusion[:, k].sum() - confusion[k, k]) for k in range(3)]
    names = ("sharp", "defocus", "motion")
    yield "intersection over union", {**dict(zip(names, overlap, strict=True)), "mean": float(np.mean(overlap))}


def worsened(data, scratch, results):
    """Val photos with Gaussian noise of sigma 10/255, after JPEG of quality 50, halved, doubled."""
    for label, worsen in (("noise 10/255", noisy), ("JPEG q50", packed), ("halved", halved), ("doubled", doubled)):
        folder = scratch / label.split()[0]
        (folder / "masks").mkdir(parents=True)
        rng = np.random.default_rng(0)
        for path in photos.validation(data):
            mask = cv2.imread(str(data / "cuhk" / "gt" / f"{path.stem}.png"), cv2.IMREAD_GRAYSCALE)
            photo = worsen(cv2.imread(str(path)), rng)
            cv2.imwrite(str(folder / f"{path.stem}.png"), photo)
            mask = cv2.resize(mask, photo.shape[1::-1], interpolation=cv2.INTER_NEAREST)
            cv2.imwrite(str(folder / "masks" / f"{path.stem}.png"), mask)
        maps("joint", sorted(folder.glob("*.png")), folder / "maps")
        yield label, scored(folder / "maps", folder / "masks", "--truth-is", "blurred")


def noisy(photo, rng):
    return add_noise(photo, 10, rng)


def packed(photo, rng):
    return compress(photo[..., ::-1], 50)[..., ::-1]  # RGB


def halved(photo, rng):
    return cv2.resize(photo, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)


def doubled(photo, rng):
    return cv2.resize(photo, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)


def meaning(data, scratch, results):
    """All photos of sharp/, none trained on, as they are and blurred everywhere."""
    means, below = {}, []
    for sigma in SIGMAS:
        blurred = measure.blurred_maps("joint", photos.sharp(data), sigma, scratch)
        means[sigma] = np.array([sharpness.mean(dtype=np.float64) for sharpness in blurred])
        if sigma == 0:
            below = [float((sharpness < 0.5).mean()) for sharpness in blurred]
        average, median = float(means[sigma].mean()), float(np.median(means[sigma]))
        yield f"sigma {sigma:g}", {"mean of maps": average, "median of means": median}
    yield "sharp everywhere: share of pixels below .5", {"median photo": float(np.median(below))}
    ordered = [(means[a] > means[b]).mean() for a, b in itertools.combinations(SIGMAS, 2)]
    yield "pairs of sigma in order", {"share": float(np.mean(ordered)), "least": float(np.min(ordered))}


def speed(data, scratch, results):
    """Whole processes against a bare import of NumPy, OpenCV and Pillow; 12 megapixels against their decoding."""
    bare = seconds(*IMPORT)
    yield "import numpy, cv2, PIL.Image", {"seconds": bare}
    small, whole, raw = scratch / "small.jpg", scratch / "small.npy", scratch / "raw.npy"
    measure.small_photo(photos.validation(data)[0], small)
    command("blur-map", "--method", "joint", "--raw", small, "-o", raw)
    for label, words in (
        ("blur-map", ["blur-map", "--method", "joint", small, "-o", whole]),
        ("blur-map --raw", ["blur-map", "--method", "joint", "--raw", small]),
        ("blur-refine", ["blur-refine", "--method", "joint", "--guide", small, raw]),
        ("blur-mask", ["blur-mask", whole]),
        ("blur-score", ["blur-score", "--method", "joint", small]),
    ):
        took = seconds(*words)
        yield f"{label}, 640x457", {"seconds": took, "x import": took / bare}
    imports_neither = command(sys.executable, "-c", NO_TORCH, "--method", "joint", small) != b""
    yield "blur-map imports neither torch nor scipy", {"true": imports_neither}
    yield from speed_large(data, scratch)


def speed_large(data, scratch):
    """12 megapixels: one photo enlarged, which decodes fast; many photos in a mosaic, with the detail of a camera's."""
    enlarged, mosaic = scratch / "enlarged.jpg", scratch / "mosaic.jpg"
    quality = [cv2.IMWRITE_JPEG_QUALITY, 92]
    photo = cv2.imread(str(photos.validation(data)[0]))
    cv2.imwrite(str(enlarged), cv2.resize(photo, LARGE, interpolation=cv2.INTER_CUBIC), quality)
    cv2.imwrite(str(mosaic), measure.mosaic(photos.sharp(data)[:64], LARGE, 8), quality)
    for path in (mosaic, enlarged):
        decoded = measure.decoding(path)
        words = ["blur-map", "--method", "joint", path]
        took = seconds(*words)
        yield (
            f"12 megapixels, {path.stem}",
            {"seconds": took, "decoding": decoded, "x decoding": took / decoded, "peak GB": peak(*words)},
        )


REQUIRED = {  # what each row must show: (least, most) per figure
    "cuhk val (60), default": {"auc": (0.978, 1), "f_max": (0.905, 1), "mae": (0, 0.070), "f_blurred": (0.948, 1)},
    "labelled (48), default": {"auc": (0.970, 1), "f_max": (0.925, 1), "mae": (0, 0.135), "f_blurred": (0.83, 1)},
    "motion val (40), default": {"auc": (0.95, 1), "f_max": (0.885, 1), "mae": (0, 0.085)},
    "szu val (60), default": {"auc": (0.98, 1), "f_max": (0.90, 1), "mae": (0, 0.065)},
    **{
        name: {"max F gains": (0, 1), "MAE falls": (0, 1), "AUC changes": (-0.002, 1)}
        for name in ("cuhk val (60)", "labelled (48)", "motion val (40)", "szu val (60)")
    },
    "both, told blurred": {"kind right": (0.93, 1)},
    "intersection over union": {"mean": (0.74, 1)},
    "noise 10/255": {"f_max": (0.88, 1)},
    "JPEG q50": {"f_max": (0.89, 1)},
    "halved": {"f_max": (0.88, 1)},
    "doubled": {"f_max": (0.88, 1)},
    "sigma 0": {"mean of maps": (0.85, 1)},
    "sigma 1.5": {"mean of maps": (0, 0.02)},
    "sigma 3": {"mean of maps": (0, 0.005)},
    "sharp everywhere: share of pixels below .5": {"median photo": (0, 0.06)},
    "pairs of sigma in order": {"share": (0.99, 1)},
    "blur-map, 640x457": {"x import": (0, 2.9)},
    "12 megapixels, mosaic": {"x decoding": (0, 7), "peak GB": (0, 0.5)},
    "12 megapixels, enlarged": {"peak GB": (0, 0.5)},
}


if __name__ == "__main__":
    sys.exit(
        measure.main("joint", __doc__, (identity, accuracy, refinement, kinds, worsened, meaning, speed), REQUIRED)
    )
