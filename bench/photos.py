"""Lists of photos, each name ended by a NUL byte: photos.py training|scenes|unsegmented|blurring DATA."""

import os
import sys
from pathlib import Path

SUFFIXES = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp", ".webp")
MASKS = (".png", ".jpg", ".bmp")  # as blur-patches seeks them
BESIDE = (".mask.png", ".seg.png")  # go with a photo


def pictures(folder):
    """The photos of a folder, none if there is no folder."""
    return sorted(p for p in folder.glob("*") if p.suffix.lower() in SUFFIXES and not p.name.endswith(BESIDE))


def masked(folder):
    """Photos of image/ with their masks in gt/, as CUHK has them: [(photo, mask)]."""
    masks = [[folder / "gt" / f"{p.stem}{suffix}" for suffix in MASKS] for p in pictures(folder / "image")]
    found = [next((m for m in names if m.exists()), None) for names in masks]
    return [(p, mask) for p, mask in zip(pictures(folder / "image"), found, strict=True) if mask]


def named(folder):
    """What val.txt names, one photo a line, without suffix; empty if there is none."""
    names = folder / "val.txt"
    return {line.strip() for line in names.read_text().splitlines()} if names.exists() else set()


def cuhk(data):
    """The folder with image/ and gt/: cuhk/ in DATA, or DATA itself."""
    for folder in (data / "cuhk", data):
        if (folder / "image").is_dir() and (folder / "gt").is_dir():
            return folder
    sys.exit(f"photos.py: {data} holds neither image/ and gt/ nor cuhk/ with them")


def training(data):
    """All CUHK photos with a mask but those of val.txt."""
    return [photo for photo, _ in masked(cuhk(data)) if photo.stem not in named(cuhk(data))]


def validation(data):
    """The CUHK photos of val.txt."""
    return [photo for photo, _ in masked(cuhk(data)) if photo.stem in named(cuhk(data))]


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
