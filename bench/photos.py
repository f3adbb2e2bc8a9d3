"""Lists of photos, each name ended by a NUL byte: photos.py training|szu|motion|scenes|unsegmented|blurring DATA."""

import os
import sys
from pathlib import Path

from blurkit.cli.inputs import BESIDE_PHOTOS

SUFFIXES = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp", ".webp")
MASKS = (".png", ".jpg", ".bmp")  # as blur-patches seeks them


def pictures(folder):
    """The photos of a folder, sorted; none if there is no folder."""
    paths = [path for path in folder.glob("*") if path.suffix.lower() in SUFFIXES]
    return sorted(path for path in paths if not path.name.endswith(BESIDE_PHOTOS))


def masked(folder):
    """Photos of image/ with their masks in gt/, as CUHK has them: [(photo, mask)]."""
    pairs = [(photo, mask_of(photo, folder / "gt")) for photo in pictures(folder / "image")]
    return [(photo, mask) for photo, mask in pairs if mask]


def mask_of(photo, folder):
    """The mask in a folder that has the name of a photo, or None."""
    paths = [folder / f"{photo.stem}{suffix}" for suffix in MASKS]
    return next((path for path in paths if path.exists()), None)


def named(folder):
    """The names in val.txt, one photo a line, without suffix; empty if there is none."""
    names = folder / "val.txt"
    return {line.strip() for line in names.read_text().splitlines()} if names.exists() else set()


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
    """All CUHK photos with a mask but those of val.txt."""
    return not_named(cuhk(data))


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
    """The CUHK photos of val.txt."""
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
    return [path for path in pictures(data / "scenes") if has(path, ".seg.png")]


def unsegmented(data):
    """The sharp photos in the same folder that have no segmentation."""
    return [path for path in pictures(data / "scenes") if not has(path, ".seg.png")]


def labelled(data):
    """Photos with NAME.mask.png beside them."""
    return [path for path in pictures(data / "labelled") if has(path, ".mask.png")]


def sharp(data):
    """Photos sharp nearly everywhere."""
    return pictures(data / "sharp")


def blurring(data):
    """Sharp photos that park learns from: all of sharp/, every other scene."""
    return sharp(data) + scenes(data)[::2]


def unseen(data):
    """The other scenes, for the classifier's figures."""
    return scenes(data)[1::2]


if __name__ == "__main__":
    lists = {function.__name__: function for function in (training, szu, motion, scenes, unsegmented, blurring)}
    name, folder = sys.argv[1:]
    for path in lists[name](Path(folder)):
        sys.stdout.buffer.write(os.fsencode(path) + b"\0")
