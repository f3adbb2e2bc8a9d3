"""The photos and truth that `make bench` scores, under names that make can work with: gather.py DATA WORK [MOST].

DATA, or folders in it, hold image/, gt/ and perhaps val.txt (CUHK: white = blurred; val.txt names the photos that
count), or NAME.mask.png (white = sharp) beside NAME.jpg or .png. WORK gets photos/SET/NAME,
truth/SET/NAME.mask.png (255 in focus, 0 out of focus, else unknown), SET.lst and set.mk; at most MOST photos of
a set, evenly chosen. All else in WORK was made of other photos if these have changed, and goes.
"""

import json
import os
import re
import shutil
import sys
from pathlib import Path

import cv2
from photos import SUFFIXES, is_cuhk, masked, named

from blurkit.defaults import MAX_PIXELS
from blurkit.io.maps import decode_truth


def pairs(folder):
    """Photos of a folder with their masks and what white means in these: [(photo, mask, 'sharp' or 'blurred')]."""
    if is_cuhk(folder):
        kept = named(folder)
        return [(photo, mask, "blurred") for photo, mask in masked(folder) if not kept or photo.stem in kept]
    beside = [(m.with_name(m.name.removesuffix(".mask.png")), m) for m in sorted(folder.glob("*.mask.png"))]
    return [(p, m, "sharp") for stem, m in beside for s in SUFFIXES if (p := stem.with_name(stem.name + s)).exists()]


def simple(names):
    """Names without anything that make or a shell takes for its own, each once."""
    found = []
    for name in names:
        plain = re.sub(r"[^A-Za-z0-9_-]", "_", name)
        while plain in found:
            plain += "_"
        found.append(plain)
    return found


def evenly(found, most):
    """At most so many of some photos, evenly chosen."""
    count = min(most, len(found))
    return [found[i * len(found) // count] for i in range(count)]


def sets(data, most):
    """{set: {name: (photo, mask, white)}}"""
    folders = [(f, found) for f in [data, *sorted(p for p in data.iterdir() if p.is_dir())] if (found := pairs(f))]
    chosen = [evenly(found, most) for _, found in folders]
    return {
        s: dict(zip(simple([p.stem for p, *_ in c]), c, strict=True))
        for s, c in zip(simple([f.name for f, _ in folders]), chosen, strict=True)
    }


def record(found):
    """What the gathered photos are, to tell whether they have changed."""
    lines = {
        f"{s}/{n}": [*map(os.path.abspath, files), white]
        for s, names in found.items()
        for n, (*files, white) in names.items()
    }
    return (
        json.dumps(
            {key: [*value, *(os.stat(p).st_mtime_ns for p in value[:2])] for key, value in lines.items()}, indent=1
        )
        + "\n"
    )


def main(data, work, most=1_000_000):
    if not data.is_dir():
        sys.exit(f"gather.py: there is no folder {data}")
    found, known = sets(data, most), work / "gathered.json"
    if not found:
        sys.exit(f"gather.py: {data} holds neither image/ and gt/ nor NAME.mask.png beside photos")
    if known.exists() and known.read_text() == record(found):
        return
    shutil.rmtree(work, ignore_errors=True)
    for name, photos in found.items():
        (work / "photos" / name).mkdir(parents=True)
        (work / "truth" / name).mkdir(parents=True)
        for stem, (photo, mask, white) in photos.items():
            (work / "photos" / name / stem).symlink_to(os.path.abspath(photo))
            cv2.imwrite(
                str(work / "truth" / name / f"{stem}.mask.png"), decode_truth(mask.read_bytes(), MAX_PIXELS, white)
            )
        (work / f"{name}.lst").write_text("".join(f"{name}/{stem}\0" for stem in photos))
    lines = [
        f"SETS := {' '.join(found)}",
        *(f"PHOTOS.{s} := {' '.join(f'{s}/{n}' for n in names)}" for s, names in found.items()),
    ]
    (work / "set.mk").write_text("\n".join(lines) + "\n")
    known.write_text(record(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), *map(int, sys.argv[3:]))
