"""The photos and truth that `make bench` scores, under names that make can work with.

usage: gather.py [--truth-is sharp|blurred] [--mask-suffix SUFFIX] DATA WORK [MOST]

DATA, or folders in it, hold image/, gt/ and perhaps val.txt (by default white = blurred, as in CUHK; val.txt names the
photos that count, or lists/cuhk-val.txt), or NAME.mask.png (white = sharp) beside NAME.jpg or .png. WORK gets
photos/SET/NAME, truth/SET/NAME.mask.png (255 in focus, 0 out of focus, else unknown), SET.lst and set.mk; at most MOST
photos of a set, evenly chosen. If the photos have changed, all else in WORK was made of others, and is removed.
"""

import argparse
import json
import os
import re
import shutil
import sys
from collections import namedtuple
from pathlib import Path

import cv2
from photos import SUFFIXES, is_cuhk, masked, named

from blurkit.defaults import MAX_PIXELS
from blurkit.errors import InputError
from blurkit.evaluate import edge_order, is_inverted
from blurkit.io.maps import decode_truth

Pair = namedtuple("Pair", "photo mask white")  # paths, and what white means in the mask: 'sharp' or 'blurred'


def pairs(folder, white, suffix):
    """Photos of a folder with their masks: [`Pair`]."""
    if is_cuhk(folder):
        kept = named(folder)
        return [Pair(photo, mask, white) for photo, mask in masked(folder, suffix) if not kept or photo.stem in kept]
    beside = []
    for mask in sorted(folder.glob("*.mask.png")):
        stem = mask.name.removesuffix(".mask.png")
        photos = [mask.with_name(stem + suffix) for suffix in SUFFIXES]
        beside += [Pair(photo, mask, "sharp") for photo in photos if photo.exists()]
    return beside


def simple(names):
    """Names without any character that means something to make or to a shell, each once."""
    plain_names = []
    for name in names:
        plain = re.sub(r"[^A-Za-z0-9_-]", "_", name)
        while plain in plain_names:
            plain += "_"
        plain_names.append(plain)
    return plain_names


def evenly(items, most):
    """At most so many of some items, evenly chosen."""
    count = min(most, len(items))
    return [items[i * len(items) // count] for i in range(count)]


def sets(data, most, white="blurred", suffix=None):
    """{set: {name: `Pair`}}"""
    folders = [data, *sorted(path for path in data.iterdir() if path.is_dir())]
    of_folder = {folder: pairs(folder, white, suffix) for folder in folders}
    chosen = {folder: evenly(pairs, most) for folder, pairs in of_folder.items() if pairs}
    by_name = [dict(zip(simple([pair.photo.stem for pair in pairs]), pairs, strict=True)) for pairs in chosen.values()]
    return dict(zip(simple([folder.name for folder in chosen]), by_name, strict=True))


def record(photo_sets):
    """The gathered photos and the times of their files, as text: it changes if they do."""
    lines = {}
    for set_name, pairs_by_name in photo_sets.items():
        for name, pair in pairs_by_name.items():
            paths = [os.path.abspath(pair.photo), os.path.abspath(pair.mask)]
            times = [os.stat(path).st_mtime_ns for path in paths]
            lines[f"{set_name}/{name}"] = [*paths, pair.white, *times]
    return json.dumps(lines, indent=1) + "\n"


def truth_of(pair):
    """The truth of a pair, at the size of its mask; ends the program where the mask is none."""
    try:
        return decode_truth(pair.mask.read_bytes(), MAX_PIXELS, pair.white)
    except InputError as error:
        sys.exit(f"gather.py: {pair.mask}: {error}")


def order_of(pair, truth):
    """The `edge_order` of a pair; masks may have another size than their photos."""
    photo = cv2.imread(str(pair.photo))
    if photo is None:
        sys.exit(f"gather.py: {pair.photo}: OpenCV cannot read it")
    return edge_order(cv2.resize(photo, truth.shape[::-1], interpolation=cv2.INTER_AREA)[..., ::-1], truth)


def warn(set_name, pairs, orders):
    """Say so if the masks of a set seem to mean the opposite."""
    if is_inverted(orders):
        other = "blurred" if pairs[0].white == "sharp" else "sharp"
        doubt = f"{set_name}: edges are stronger where the masks say out of focus; is white {other} in them"
        sys.stderr.write(f"gather.py: {doubt} (TRUTH={other}; NAME.mask.png: always white = sharp)?\n")


def gather(photo_sets, work):
    """Link the photos, write their truth, and their names for blur-score and make."""
    lines = [f"SETS := {' '.join(photo_sets)}"]
    for set_name, pairs_by_name in photo_sets.items():
        photos, truths = work / "photos" / set_name, work / "truth" / set_name
        photos.mkdir(parents=True)
        truths.mkdir(parents=True)
        orders = []
        for name, pair in pairs_by_name.items():
            (photos / name).symlink_to(os.path.abspath(pair.photo))
            truth = truth_of(pair)
            cv2.imwrite(str(truths / f"{name}.mask.png"), truth)
            orders.append(order_of(pair, truth))
        warn(set_name, list(pairs_by_name.values()), orders)
        paths = [f"{set_name}/{name}" for name in pairs_by_name]
        (work / f"{set_name}.lst").write_text("".join(f"{path}\0" for path in paths))
        lines.append(f"PHOTOS.{set_name} := {' '.join(paths)}")
    (work / "set.mk").write_text("\n".join(lines) + "\n")


def arguments():
    """The command line."""
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("most", type=int, nargs="?", default=1_000_000)
    parser.add_argument("--truth-is", choices=("sharp", "blurred"), default="blurred")
    parser.add_argument("--mask-suffix")
    return parser.parse_args()


def main():
    args = arguments()
    data, work = args.data, args.work
    if not data.is_dir():
        sys.exit(f"gather.py: there is no folder {data}")
    photo_sets, gathered = sets(data, args.most, args.truth_is, args.mask_suffix), work / "gathered.json"
    if not photo_sets:
        sys.exit(f"gather.py: {data} holds neither image/ and gt/ nor NAME.mask.png beside photos")
    if gathered.exists() and gathered.read_text() == record(photo_sets):
        return
    shutil.rmtree(work, ignore_errors=True)
    gather(photo_sets, work)
    gathered.write_text(record(photo_sets))


if __name__ == "__main__":
    main()
