"""Lists of photos, each name ended by a NUL byte: photos.py training|szu|motion|scenes|unsegmented|blurring DATA.

Which photos count is written in lists/; photos.py check DATA tells which of those are missing.
"""

import os
import sys
from pathlib import Path

from blurkit.cli.companions import PICTURES
from blurkit.cli.inputs import BESIDE_PHOTOS

SUFFIXES = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp", ".webp")
LISTS = Path(__file__).parent / "lists"


def pictures(folder):
    """The photos of a folder, sorted; none if there is no folder."""
    paths = [path for path in folder.glob("*") if path.suffix.lower() in SUFFIXES]
    return sorted(path for path in paths if not path.name.endswith(BESIDE_PHOTOS))


def masked(folder, suffix=None):
    """Photos of image/ with their masks in gt/, as CUHK has them: [(photo, mask)]; masks are NAME + `suffix`."""
    pairs = [(photo, mask_of(photo, folder / "gt", suffix)) for photo in pictures(folder / "image")]
    return [(photo, mask) for photo, mask in pairs if mask]


def mask_of(photo, folder, suffix=None):
    """The mask in a folder that has the name of a photo, or None; suffixes as blur-patches seeks them."""
    suffixes = (suffix,) if suffix else (*PICTURES, *map(str.upper, PICTURES))
    paths = [folder / f"{photo.stem}{suffix}" for suffix in suffixes]
    return next((path for path in paths if path.exists() and path != photo), None)


def listed(name):
    """The names of a list in lists/, without suffix."""
    return [line.split("\t")[0] for line in (LISTS / f"{name}.txt").read_text().splitlines()]


def chosen(paths, name):
    """Those of some photos whose names a list has; all of them if it has none of these."""
    names = set(listed(name))
    return [path for path in paths if path.stem in names] or paths


def named(folder):
    """The names of the photos of image/ that are kept back; empty if all count.

    Those in val.txt, one a line, without suffix; without it those of lists/cuhk-val.txt that are there.
    """
    names = folder / "val.txt"
    if names.exists():
        return {line.strip() for line in names.read_text().splitlines()}
    return {path.stem for path in pictures(folder / "image")} & set(listed("cuhk-val"))


def is_cuhk(folder):
    """True for the layout of CUHK: image/ and gt/."""
    return (folder / "image").is_dir() and (folder / "gt").is_dir()


def cuhk(data):
    """The folder of that layout: cuhk/ in DATA, or DATA itself."""
    for folder in (data / "cuhk", data):
        if is_cuhk(folder):
            return folder
    sys.exit(f"photos.py: {data} holds neither image/ and gt/ nor cuhk/ with them")


def training(data):
    """The CUHK photos with a mask of lists/cuhk-training.txt, but those of val.txt."""
    return chosen(not_named(cuhk(data)), "cuhk-training")


def not_named(folder):
    """All photos with a mask in a folder but those of its val.txt."""
    left_out = named(folder)
    return [photo for photo, _ in masked(folder) if photo.stem not in left_out]


def szu(data):
    """All photos of the Shenzhen University set with a mask but those of its val.txt: out of focus."""
    return not_named(data / "szu")


def motion(data):
    """All moved CUHK photos with a mask but those of their val.txt."""
    return not_named(data / "motion")


def validation(data):
    """The CUHK photos of val.txt, or of lists/cuhk-val.txt."""
    return kept_back(cuhk(data))


def kept_back(folder):
    """The photos with a mask in a folder that its val.txt names."""
    kept = named(folder)
    return [photo for photo, _ in masked(folder) if photo.stem in kept]


def has(photo, ending):
    """True if there is a file beside a photo that has its name with this ending."""
    return photo.with_name(f"{photo.stem}{ending}").exists()


def scenes(data):
    """Sharp photos with a segmentation."""
    return chosen([path for path in pictures(data / "scenes") if has(path, ".seg.png")], "scenes")


def unsegmented(data):
    """The sharp photos in the same folder that have no segmentation."""
    return [path for path in pictures(data / "scenes") if not has(path, ".seg.png")]


def labelled(data):
    """Photos with NAME.mask.png beside them."""
    return chosen([path for path in pictures(data / "labelled") if has(path, ".mask.png")], "labelled")


def sharp(data):
    """Photos sharp nearly everywhere."""
    return chosen(pictures(data / "sharp"), "sharp")


def blurring(data):
    """Sharp photos that park learns from: all of sharp/, every other scene."""
    return sharp(data) + scenes(data)[::2]


def unseen(data):
    """The other scenes, for the classifier's figures."""
    return scenes(data)[1::2]


def check(data):
    """Print how many photos of every list are there, and the names of those that are not; True if all are."""
    found = {"cuhk-val": validation, "cuhk-training": training, "labelled": labelled, "sharp": sharp, "scenes": scenes}
    is_whole = True
    for name, photos in found.items():
        there = {path.stem for path in photos(data)}
        missing = [stem for stem in listed(name) if stem not in there]
        print(f"{name}: {len(listed(name)) - len(missing)} of {len(listed(name))}", *missing)
        is_whole = is_whole and not missing
    return is_whole


if __name__ == "__main__":
    lists = {function.__name__: function for function in (training, szu, motion, scenes, unsegmented, blurring)}
    name, folder = sys.argv[1:]
    if name == "check":
        sys.exit(0 if check(Path(folder)) else 1)
    for path in lists[name](Path(folder)):
        sys.stdout.buffer.write(os.fsencode(path) + b"\0")
