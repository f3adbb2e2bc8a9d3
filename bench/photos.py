"""Lists of photos, each name ended by a NUL byte: photos.py training|validation|scenes|unsegmented|blurring DATA."""

import os
import sys
from pathlib import Path


def training(data):
    """All CUHK photos but those of val.txt."""
    kept = set((data / "cuhk" / "val.txt").read_text().split())
    return [p for p in sorted((data / "cuhk" / "image").iterdir()) if p.stem not in kept]


def validation(data):
    """The CUHK photos of val.txt."""
    kept = set((data / "cuhk" / "val.txt").read_text().split())
    return [p for p in sorted((data / "cuhk" / "image").iterdir()) if p.stem in kept]


def scenes(data):
    """Sharp photos with a segmentation."""
    return [p.with_name(p.name.replace(".seg.png", ".jpg")) for p in sorted((data / "scenes").glob("*.seg.png"))]


def unsegmented(data):
    """The sharp photos in the same folder that have no segmentation."""
    known = set(scenes(data))
    return [p for p in sorted((data / "scenes").glob("*")) if p.suffix in (".jpg", ".jpeg", ".png") and ".seg." not in p.name and p not in known]


def labelled(data):
    """Photos with NAME.mask.png beside them."""
    masks = sorted((data / "labelled").glob("*.mask.png"))
    return [p for m in masks for s in (".jpg", ".png") if (p := m.with_name(m.name.replace(".mask.png", s))).exists()]


def sharp(data):
    """Photos sharp nearly everywhere."""
    return sorted(p for p in (data / "sharp").glob("*") if p.suffix in (".jpg", ".png"))


def blurring(data):
    """Sharp photos that park learns from: all of sharp/, every other scene."""
    return sharp(data) + scenes(data)[::2]


def unseen(data):
    """The other scenes, for the classifier's figures."""
    return scenes(data)[1::2]


if __name__ == "__main__":
    lists = {f.__name__: f for f in (training, validation, scenes, unsegmented, blurring)}
    which, folder = lists[sys.argv[1]], Path(sys.argv[2])
    sys.stdout.buffer.write(b"".join(os.fsencode(p) + b"\0" for p in which(folder)))
