"""How long each command takes on a photo of 640x457, as a whole process: speed.py PHOTO OUT.json [--hifst PYTHON] [--quick]

All times are in units of `python -c "import numpy, cv2, PIL.Image"`, so that they carry over to another machine.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

import measure
from measure import IMPORT, command, seconds

HERE = Path(__file__).resolve().parent
MORE = 8  # photos in one run, for what one more takes
METHODS = {
    "joint": ["--method", "joint"],
    "zeng": ["--method", "zeng"],
    "park": ["--method", "park"],
    "zeng-as-published": ["--method", "zeng", "--as-published"],
    "park-as-published": ["--method", "park", "--as-published"],
}
SLOW = "park-as-published"  # ten seconds a photo


def stages(name, words, small, scratch):
    """Seconds of every step of one method, and of all steps at once."""
    repeats = 1 if name == SLOW else 5
    raw, whole = scratch / f"{name}-raw.npy", scratch / f"{name}.npy"
    command("blur-map", *words, "--raw", small, "-o", raw)
    found = {
        "blur-map --raw": seconds("blur-map", *words, "--raw", small, repeats=repeats),
        "blur-refine": seconds("blur-refine", *words, "--guide", small, raw, repeats=repeats),
        "blur-map": seconds("blur-map", *words, small, "-o", whole, repeats=repeats),
        "blur-mask": seconds("blur-mask", whole, repeats=5),
    }
    if name == SLOW:
        return found
    if "--as-published" not in words:
        found["blur-score"] = seconds("blur-score", *words, small, repeats=repeats)
    found["blur-map, one more photo"] = (
        seconds("blur-map", *words, *[small] * MORE, repeats=3) - found["blur-map"]
    ) / (MORE - 1)
    return found


def peers(small, scratch, hifst):
    """Seconds of other programs."""
    words = {
        "abs-Laplacian": [sys.executable, HERE / "plain_filters.py", "laplacian"],
        "DoG": [sys.executable, HERE / "plain_filters.py", "dog"],
    }
    if hifst:
        words["HiFST"] = [hifst, HERE / "hifst.py"]
    return {name: {"blur-map": seconds(*line, small, scratch / "peer.npy", repeats=3)} for name, line in words.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photo", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--hifst", metavar="PYTHON")
    parser.add_argument("--quick", action="store_true", help="leave out what is slow")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        small = scratch / "small.jpg"
        measure.small_photo(args.photo, small)
        bare = seconds(*IMPORT)
        rows = {
            name: stages(name, words, small, scratch)
            for name, words in METHODS.items()
            if not (args.quick and name == SLOW)
        }
        rows |= peers(small, scratch, args.hifst)
        times = {name: {step: took / bare for step, took in row.items()} for name, row in rows.items()}
        times["blur-map --help"] = {"blur-map": seconds("blur-map", "--help") / bare}
    args.out.write_text(json.dumps({"import, seconds": bare, "times": times}, indent=1) + "\n")


if __name__ == "__main__":
    main()
