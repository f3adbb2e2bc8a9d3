"""Seconds of each command on a photo of 640x457, as a process: speed.py PHOTO OUT.json [--hifst PYTHON] [--quick]

All times are in units of `python -c "import numpy, cv2, PIL.Image"`, so that they carry over to another machine.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

import measure
from measure import IMPORT, command, seconds

from blurkit.methods import METHODS, info

HERE = Path(__file__).resolve().parent
MORE = 8  # photos in one run, for what one more takes
ROWS = {  # name: options
    **{method: ["--method", method] for method in METHODS},
    **{
        f"{method}-as-published": ["--method", method, "--as-published"]
        for method in METHODS
        if info(method).is_published
    },
}
SLOW = "park-as-published"  # ten seconds a photo


def stages(name, options, small, scratch):
    """Seconds of every step of one method, and of all steps at once."""
    repeats = 1 if name == SLOW else 5
    raw, whole = scratch / f"{name}-raw.npy", scratch / f"{name}.npy"
    command("blur-map", *options, "--raw", small, "-o", raw)
    times = {
        "blur-map --raw": seconds("blur-map", *options, "--raw", small, repeats=repeats),
        "blur-refine": seconds("blur-refine", *options, "--guide", small, raw, repeats=repeats),
        "blur-map": seconds("blur-map", *options, small, "-o", whole, repeats=repeats),
        "blur-mask": seconds("blur-mask", whole, repeats=5),
    }
    if name == SLOW:
        return times
    if "--as-published" not in options:
        times["blur-score"] = seconds("blur-score", *options, small, repeats=repeats)
    several = seconds("blur-map", *options, *[small] * MORE, repeats=3)
    times["blur-map, one more photo"] = (several - times["blur-map"]) / (MORE - 1)
    return times


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
    rows = {name: options for name, options in ROWS.items() if not (args.quick and name == SLOW)}
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        small = scratch / "small.jpg"
        measure.small_photo(args.photo, small)
        bare = seconds(*IMPORT)
        spent = {name: stages(name, options, small, scratch) for name, options in rows.items()}
        spent |= peers(small, scratch, args.hifst)
        spent["blur-map --help"] = {"blur-map": seconds("blur-map", "--help")}
    times = {name: {step: took / bare for step, took in row.items()} for name, row in spent.items()}
    args.out.write_text(json.dumps({"import, seconds": bare, "times": times}, indent=1) + "\n")


if __name__ == "__main__":
    main()
