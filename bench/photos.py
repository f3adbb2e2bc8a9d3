"""Lists of photos, each name ended by a NUL byte: photos.py training|scenes|unsegmented|blurring DATA."""

import os
import sys
from pathlib import Path


def drawn(data):
    """The folder with image/ and gt/, as CUHK has them: cuhk/, or DATA itself."""
    return data / "cuhk" if (data / "cuhk").is_dir() else data


def of_cuhk(data, left_out):
    """Its photos with a mask, those that val.txt names or the others; without val.txt none is named."""
    folder = drawn(data)
    names = folder / "val.txt"
    named = set(names.read_text().split()) if names.exists() else set()
    masked = {p.stem for p in (folder / "gt").glob("*.png")}
    return [p for p in sorted((folder / "image").glob("*")) if p.stem in masked and (p.stem in named) == left_out]


def training(data):
    """All CUHK photos but those of val.txt."""
    return of_cuhk(data, False)


def validation(data):
    """The CUHK photos of val.txt."""
    return of_cuhk(data, True)


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
    lists = {f.__name__: f for f in (training, scenes, unsegmented, blurring)}
    which, folder = lists[sys.argv[1]], Path(sys.argv[2])
    sys.stdout.buffer.write(b"".join(os.fsencode(p) + b"\0" for p in which(folder)))
