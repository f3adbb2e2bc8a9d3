"""Photos as blurkit decodes them beside Pillow and ImageMagick: decoders.py [--all] DIR...

Every picture below the folders is read upright by all three. A line tells what differs: the size, a mean absolute
difference of more than `APART` of 255, or that one reads what another refuses. Exit status 1 if there is any.
"""

import argparse
import importlib.util
import io
import os
import shutil
import subprocess
import sys
import warnings

import numpy as np
from PIL import Image, ImageOps

from blurkit.errors import InputError
from blurkit.io.photo import PICTURE_SUFFIXES, RAW_SUFFIXES, decode_photo

APART = 1.5  # of 255; decoders of one format round differently, and colours of CMYK and of codecs are a matter of taste
MOST_SECONDS = 60


def by_blurkit(path, data):
    """(H, W, 3) of 0 to 255, or words."""
    try:
        return levels(decode_photo(data))
    except InputError as error:
        return f"refused: {error}"


def by_pillow(path, data):
    try:
        with Image.open(io.BytesIO(data)) as picture:
            turned = ImageOps.exif_transpose(picture)
            deep = turned.mode.startswith("I")
            return levels(
                np.asarray(turned).clip(0, 65535).astype(np.uint16) if deep else np.asarray(turned.convert("RGB"))
            )
    except Exception as error:  # whatever a decoder raises on a damaged file is its answer
        return f"refused: {str(error)[:80]}"


def by_imagemagick(path, data):
    command = [
        "convert",
        f"{path}[0]",
        "-auto-orient",
        "-alpha",
        "off",
        "-colorspace",
        "sRGB",
        "-type",
        "TrueColor",
        "-depth",
        "16",
        "ppm:-",
    ]
    try:
        done = subprocess.run(command, capture_output=True, timeout=MOST_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return f"refused: took over {MOST_SECONDS} s"
    if done.returncode or not done.stdout:
        return f"refused: {done.stderr.decode(errors='replace').strip()[:80]}"
    return levels(decode_photo(done.stdout))


def levels(array):
    """Any photo as (H, W, 3) float32 of 0 to 255."""
    array = array if array.ndim == 3 else np.repeat(array[..., None], 3, axis=2)
    return array.astype(np.float32) / (257 if array.dtype == np.uint16 else 1)


def differ(one, other):
    """How two answers differ, in words; empty where they do not."""
    if isinstance(one, str) or isinstance(other, str):
        return "" if isinstance(one, str) and isinstance(other, str) else f"{told(one)} against {told(other)}"
    if one.shape != other.shape:
        return f"{told(one)} against {told(other)}"
    apart = float(np.abs(one - other).mean())
    return f"apart by {apart:.1f}: {told(one)} against {told(other)}" if apart > APART else ""


def told(answer):
    return answer if isinstance(answer, str) else f"{answer.shape[1]}x{answer.shape[0]} of mean {answer.mean():.1f}"


def pictures(folders):
    """Paths of all pictures below some folders."""
    for folder in folders:
        for here, _, names in sorted(os.walk(folder)):
            yield from (
                os.path.join(here, n) for n in sorted(names) if n.lower().endswith(PICTURE_SUFFIXES + RAW_SUFFIXES)
            )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", metavar="DIR")
    parser.add_argument("--all", action="store_true", help="tell also what agrees")
    args = parser.parse_args()
    others = {"Pillow": by_pillow} | ({"ImageMagick": by_imagemagick} if shutil.which("convert") else {})
    warnings.simplefilter("ignore")
    if importlib.util.find_spec("pillow_heif"):
        importlib.import_module("pillow_heif").register_heif_opener()
    count, apart = 0, dict.fromkeys(others, 0)
    for path in pictures(args.folders):
        with open(path, "rb") as file:
            data = file.read()
        ours, count = by_blurkit(path, data), count + 1
        if args.all:
            print(f"{path}\tblurkit\t{told(ours)}")
        for name, decode in others.items():
            words = differ(ours, decode(path, data))
            if words:
                apart[name] += 1
                print(f"{path}\t{name}\t{words}", flush=True)
    print(f"{count} pictures; {', '.join(f'{n} unlike {name}' for name, n in apart.items())}")
    sys.exit(int(any(apart.values())))


if __name__ == "__main__":
    main()
