"""Photos as blurkit decodes them beside Pillow and ImageMagick: decoders.py [--all] DIR...

Every picture below the folders is read upright by all three; HEIC by Pillow too where pillow-heif is installed. A line
says what differs: the size, a mean absolute difference of more than `APART` of 255, or that one reads what another
refuses. Exit status 1 if there is any.
"""

import argparse
import importlib
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
TO_PPM = "-auto-orient -alpha off -colorspace sRGB -type TrueColor -depth 16 ppm:-"  # options of ImageMagick
MOST_WORDS = 80  # characters of a refusal


# ---- decoders: (path, bytes) -> pixels as `levels` has them, or a refusal in words -------------


def by_blurkit(path, data):
    try:
        return levels(decode_photo(data))
    except InputError as error:
        return f"refused: {error}"


def by_pillow(path, data):
    try:
        with Image.open(io.BytesIO(data)) as picture:
            upright = ImageOps.exif_transpose(picture)
            if upright.mode.startswith("I"):
                return levels(np.asarray(upright).clip(0, 65535).astype(np.uint16))
            return levels(np.asarray(upright.convert("RGB")))
    except Exception as error:  # whatever a decoder raises on a damaged file is its answer
        return f"refused: {str(error)[:MOST_WORDS]}"


def by_imagemagick(path, data):
    command = ["convert", f"{path}[0]", *TO_PPM.split()]
    try:
        done = subprocess.run(command, capture_output=True, timeout=MOST_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return f"refused: took over {MOST_SECONDS} s"
    if done.returncode or not done.stdout:
        return f"refused: {done.stderr.decode(errors='replace').strip()[:MOST_WORDS]}"
    return levels(decode_photo(done.stdout))


def teach_pillow_heic():
    """Let Pillow open HEIC, where pillow-heif is installed."""
    if importlib.util.find_spec("pillow_heif"):
        importlib.import_module("pillow_heif").register_heif_opener()


def levels(array):
    """Any photo as (H, W, 3) float32 of 0 to 255."""
    array = array if array.ndim == 3 else np.repeat(array[..., None], 3, axis=2)
    return array.astype(np.float32) / (257 if array.dtype == np.uint16 else 1)


# ---- comparison ---------------------------------------------------------------


def description(answer):
    """An answer of a decoder in words."""
    if isinstance(answer, str):
        return answer
    height, width = answer.shape[:2]
    return f"{width}x{height} of mean {answer.mean():.1f}"


def difference(one, other):
    """How two answers differ, in words; empty where they do not."""
    refusals = isinstance(one, str) + isinstance(other, str)
    if refusals == 2:
        return ""
    if refusals == 1 or one.shape != other.shape:
        return f"{description(one)} against {description(other)}"
    apart = float(np.abs(one - other).mean())
    return f"apart by {apart:.1f}: {description(one)} against {description(other)}" if apart > APART else ""


def pictures(folders):
    """Paths of all pictures below some folders."""
    for folder in folders:
        for here, _, names in sorted(os.walk(folder)):
            for name in sorted(names):
                if name.lower().endswith(PICTURE_SUFFIXES + RAW_SUFFIXES):
                    yield os.path.join(here, name)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", metavar="DIR")
    parser.add_argument("--all", action="store_true", help="print also what blurkit reads")
    args = parser.parse_args()
    others = {"Pillow": by_pillow} | ({"ImageMagick": by_imagemagick} if shutil.which("convert") else {})
    warnings.simplefilter("ignore")
    teach_pillow_heic()
    count, unlike = 0, dict.fromkeys(others, 0)
    for path in pictures(args.folders):
        with open(path, "rb") as file:
            data = file.read()
        ours = by_blurkit(path, data)
        count += 1
        if args.all:
            print(f"{path}\tblurkit\t{description(ours)}")
        for name, decode in others.items():
            words = difference(ours, decode(path, data))
            if words:
                unlike[name] += 1
                print(f"{path}\t{name}\t{words}", flush=True)
    print(f"{count} pictures; {', '.join(f'{number} unlike {name}' for name, number in unlike.items())}")
    sys.exit(int(any(unlike.values())))


if __name__ == "__main__":
    main()
