"""Lists of photos, each name ended by a NUL byte: photos.py training|scenes|unsegmented|blurring DATA."""

import os
import sys
from pathlib import Path

from blurkit.cli.inputs import BESIDE_PHOTOS

SUFFIXES = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp", ".webp")
MASKS = (".png", ".jpg", ".bmp")  # as blur-patches seeks them


def pictures(folder):
    """The photos of a folder, none if there is no folder."""
    return sorted(p for p in folder.glob("*") if p.suffix.lower() in SUFFIXES and not p.name.endswith(BESIDE_PHOTOS))


def masked(folder):
    """Photos of image/ with their masks in gt/, as CUHK has them: [(photo, mask)]."""
    found = [
        (p, [m for suffix in MASKS if (m := folder / "gt" / f"{p.stem}{suffix}").exists()])
        for p in pictures(folder / "image")
    ]
    return [(p, masks[0]) for p, masks in found if masks]


def named(folder):
    """What val.txt names, one photo a line, without suffix; empty if there is none."""
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
    folder = cuhk(data)
    left_out = named(folder)
    return [photo for photo, _ in masked(folder) if photo.stem not in left_out]


def validation(data):
    """The CUHK photos of val.txt."""
    folder = cuhk(data)
    kept = named(folder)
    return [photo for photo, _ in masked(folder) if photo.stem in kept]


def scenes(data):
    """Sharp photos with a segmentation."""
    return [p for p in pictures(data / "scenes") if p.with_name(f"{p.stem}.seg.png").exists()]


def unsegmented(data):
    """The sharp photos in the same folder that have no segmentation."""
    return [p for p in pictures(data / "scenes") if not p.with_name(f"{p.stem}.seg.png").exists()]


def labelled(data):
    """Photos with NAME.mask.png beside them."""
    return [p for p in pictures(data / "labelled") if p.with_name(f"{p.stem}.mask.png").exists()]


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
    lists = {f.__name__: f for f in (training, scenes, unsegmented, blurring)}
    which, folder = lists[sys.argv[1]], Path(sys.argv[2])
    sys.stdout.buffer.write(b"".join(os.fsencode(p) + b"\0" for p in which(folder)))
