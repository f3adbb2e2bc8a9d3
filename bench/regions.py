"""Real blur: the score of regions of photos that people marked, and what kind of blur it is told to be."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
import photos
from scoring import MISSING, area, evenly, measures, numbers, peers, rate, read_grey, records, scores, transposed

from blurkit.methods import METHODS

LEAST_SHARE = 0.01  # of the photo; a smaller region is left out
MARGIN = 8  # pixels; drawn masks are so far off the true border at most, as a rule
CROP = 160  # pixels; least side of a crop
GRID = 8  # pixels; crops begin and end on it, as the blocks of a JPEG do
SLOW = ("park",)  # methods that measure the photos of val.txt only
DEFOCUSED = 200  # CUHK photos whose regions are told apart from the moving ones
KINDS = ("sharp", "defocus", "motion", "unsure", "none")


def regions_of(pair):
    """Both regions of a (photo, mask) whose mask is white where blurred: sharp, blurred, (h, w) bool each."""
    height, width = cv2.imread(str(pair[0])).shape[:2]
    mask = cv2.imread(str(pair[1]), cv2.IMREAD_GRAYSCALE)
    if mask.shape != (height, width):
        mask = cv2.resize(mask, (width, height), interpolation=cv2.INTER_NEAREST)
    return mask <= 127, mask > 127


def both(pairs):
    """Those (photo, mask) whose regions each have `LEAST_SHARE` of the photo, as a tuple."""
    return tuple(pair for pair in pairs if LEAST_SHARE <= regions_of(pair)[1].mean() <= 1 - LEAST_SHARE)


@cache
def measured(pairs, method, margin=0):
    """What blur-score says of the sharp and of the blurred region of (photo, mask) pairs: two lists of records.

    With a margin, in pixels, both regions end that far from the line between them.
    """
    near = np.ones((2 * margin + 1, 2 * margin + 1), np.uint8)
    with TemporaryDirectory() as folder:
        names, options = [], []
        for number, pair in enumerate(pairs):
            for side, region in zip(("sharp", "blurred"), regions_of(pair), strict=True):
                mask = Path(folder) / f"{number}-{side}.png"
                cv2.imwrite(str(mask), cv2.erode(region.astype(np.uint8) * 255, near))
                names.append(pair[0])
                options += ["--mask", mask]
        found = records(names, "--method", method, *options)
    return found[::2], found[1::2]


def in_validation(folder, pairs):
    """Which pairs val.txt of a folder names: (n,) bool."""
    kept = photos.named(folder)
    return np.array([photo.stem in kept for photo, _ in pairs])


def regions(data, scratch, results):
    """The sharp region of a photo above its blurred one: moving things and panning, and defocus."""
    for name, folder, all_too in (("moving", data / "motion", True), ("defocused", data / "cuhk", False)):
        if not photos.is_cuhk(folder):
            yield f"{name}: there is no {folder.name}/", {}
            continue
        marked = photos.masked(folder) if all_too else validated(folder)
        pairs = both(marked)
        is_val = in_validation(folder, pairs)
        yield (
            f"{name}: photos",
            {"used": len(pairs), "of val.txt": int(is_val.sum()), "left out": len(marked) - len(pairs)},
        )
        of_val = tuple(pair for pair, kept in zip(pairs, is_val, strict=True) if kept)
        for method in METHODS:
            is_slow = method in SLOW
            found = [numbers(side, "score") for side in measured(of_val if is_slow else pairs, method)]
            figures = in_order(*found, np.full(len(of_val), True) if is_slow else is_val)
            yield f"{name}: {method}", figures | ({"all": MISSING} if len(of_val) < len(pairs) and is_slow else {})
        apart = [numbers(side, "score") for side in measured(pairs, "joint", MARGIN)]
        yield f"{name}: joint, {MARGIN} pixels from the border", in_order(*apart, is_val)
        sides = zip(*(values_of(pair) for pair in pairs), strict=True)
        sharp, blurred = (transposed(side) for side in sides)
        for measure in sharp:
            yield f"{name}: {measure}", in_order(sharp[measure], blurred[measure], is_val)


def values_of(pair):
    """The measures of others over both regions of a photo."""
    grey = read_grey(pair[0])
    return [measures(grey, region) for region in regions_of(pair)]


def in_order(sharp, blurred, is_val):
    """Shares of photos whose sharp region has the higher value; one without a value counts as wrong."""
    return {
        "all": rate(sharp > blurred),
        "val": rate((sharp > blurred)[is_val]),
        "not judged": rate(np.isnan(sharp) | np.isnan(blurred)),
    }


def largest_rectangle(region, least=CROP // GRID):
    """Largest rectangle that lies wholly in a region.

    Parameters
    ----------
    region : (h, w) bool
    least : int, pixels
        Least side.

    Returns
    -------
    (top, bottom, left, right) of its rows and columns, ends exclusive, or None
    """
    best, rows = None, region.shape[0]
    for top in range(rows - least + 1):
        clear = region[top : top + least - 1].all(axis=0)
        for bottom in range(top + least, rows + 1):
            clear &= region[bottom - 1]
            left, right = longest_run(clear)
            if right - left < least:
                break
            size = (bottom - top) * (right - left)
            if best is None or size > best[0]:
                best = size, (top, bottom, left, right)
    return best and best[1]


def longest_run(flags):
    """First and end of the longest run of True: (n,) bool -> two int."""
    steps = np.diff(np.concatenate([[0], flags.astype(np.int8), [0]]))
    starts, ends = np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)
    if not len(starts):
        return 0, 0
    longest = (ends - starts).argmax()
    return int(starts[longest]), int(ends[longest])


def on_grid(region):
    """Cells of the grid that lie wholly in a region: (h, w) bool -> (h // GRID, w // GRID) bool."""
    rows, columns = (side // GRID for side in region.shape)
    return region[: rows * GRID, : columns * GRID].reshape(rows, GRID, columns, GRID).all(axis=(1, 3))


def cut(pairs, blurred, folder):
    """The largest crop of each photo that has one, as PNGs in a folder: [(path, photo)]."""
    folder.mkdir()
    crops = []
    for pair in pairs:
        corners = largest_rectangle(on_grid(regions_of(pair)[int(blurred)]))
        if corners:
            top, bottom, left, right = (corner * GRID for corner in corners)
            path = folder / f"{pair[0].stem}.png"
            cv2.imwrite(str(path), cv2.imread(str(pair[0]))[top:bottom, left:right])
            crops.append((path, pair[0]))
    return crops


def validated(folder):
    """(photo, mask) pairs that val.txt of a folder names."""
    pairs = photos.masked(folder)
    return [pair for pair, kept in zip(pairs, in_validation(folder, pairs), strict=True) if kept]


def crops(data, scratch, results):
    """Crops of 160 pixels a side and more, wholly sharp, soft or moving, as whole photos: areas under the ROC curve."""
    motion, cuhk, szu = data / "motion", data / "cuhk", data / "szu"
    if not all(photos.is_cuhk(folder) for folder in (motion, cuhk, szu)):
        yield "motion/, cuhk/ or szu/ is not there", {}
        return
    sharp = cut(validated(motion) + validated(cuhk), False, scratch / "sharp")
    soft = cut(validated(cuhk) + validated(szu), True, scratch / "soft")
    moving = cut(photos.masked(motion), True, scratch / "moving")
    is_val = in_validation(motion, [(photo, None) for _, photo in moving])
    yield "crops", {"sharp": len(sharp), "soft": len(soft), "moving": len(moving), "of val.txt": int(is_val.sum())}
    names = [path for path, _ in sharp + soft + moving]
    values = {method: scores(method, names) for method in METHODS} | peers(names)
    for name, value in values.items():
        of_sharp, of_soft, of_moving = np.split(value, np.cumsum([len(sharp), len(soft)]))
        yield (
            f"crops: {name}",
            {
                "sharp or soft": area(of_sharp, of_soft),
                "sharp or moving": area(of_sharp, of_moving),
                "moving of val": area(of_sharp, of_moving[is_val]),
                "sharp or either": area(of_sharp, np.concatenate([of_soft, of_moving])),
                "not judged": rate(np.isnan(value)),
            },
        )


def kinds(data, scratch, results):
    """The kind of blur that joint tells: sharp, moving and defocused regions of real photos."""
    motion, cuhk = data / "motion", data / "cuhk"
    if not (photos.is_cuhk(motion) and photos.is_cuhk(cuhk)):
        yield "motion/ or cuhk/ is not there", {}
        return
    moving, defocused = both(photos.masked(motion)), both(evenly(photos.masked(cuhk), DEFOCUSED))
    of_motion, of_defocus = measured(moving, "joint"), measured(defocused, "joint")
    told = {
        "sharp regions": kinds_of(of_motion[0] + of_defocus[0]),
        "moving regions": kinds_of(of_motion[1]),
        "defocused regions": kinds_of(of_defocus[1]),
    }
    for name, kind in told.items():
        yield name, {label: MISSING if kind is None else int((kind == label).sum()) for label in KINDS}
    if told["sharp regions"] is None:
        yield "moving and defocused regions", {"told rightly": MISSING}
        return
    right = np.concatenate([told["moving regions"] == "motion", told["defocused regions"] == "defocus"])
    is_told = np.isin(np.concatenate([told["moving regions"], told["defocused regions"]]), ("motion", "defocus"))
    halves = np.concatenate([np.arange(len(moving)), np.arange(len(defocused))]) % 2
    for name, part in (("all", halves >= 0), ("even photos", halves == 0), ("odd photos", halves == 1)):
        figures = {"told rightly": rate(right[part]), "of those told to be either": rate(right[part & is_told])}
        yield f"moving and defocused regions, {name}", {**figures, "regions": int(part.sum())}


def kinds_of(found):
    """The field `kind` of records: (n,) str, "none" where it is null; None where this blur-score has no such field."""
    if not any("kind" in record for record in found):
        return None
    return np.array([record.get("kind") or "none" for record in found])
