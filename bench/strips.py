"""The pictures of photos on the page of `make bench`: some of a set, and those of the largest errors."""

from pathlib import Path

import cv2
import figures
import numpy as np
from gather import evenly

STRIPS, WORST = 4, 8  # photos of a set in its strips, and among its failures


def grey(path):
    """A mask or truth."""
    return cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)


def strips(kind, name, stems, args):
    """Write KIND-NAME.png, a row for each photo: photo, truth, map and mask of every method. Return its Markdown."""
    rows = []
    for stem in stems:
        photo = cv2.imread(str(args.work / "photos" / name / stem))[..., ::-1]
        rows.append([photo, grey(args.work / "truth" / name / f"{stem}.mask.png")])
        for method in args.methods:
            rows[-1].append(np.uint8(255 * np.load(args.work / "maps" / method / name / f"{stem}.npy")))
            rows[-1].append(grey(args.work / "masks" / method / "fixed" / name / f"{stem}.png"))
    of_methods = [f"{method}: {what}" for method in args.methods for what in ("map", "mask")]
    figures.montage(args.results / f"{kind}-{name}.png", rows, ["photo", "truth", *of_methods], stems)
    return f"![{kind} of {name}]({kind}-{name}.png)\n"


def part(results, args, table):
    """Photos of a `Set` chosen evenly, and those with the largest errors of the first method, as Markdown."""
    name, first = results.name, args.methods[0]
    stems = sorted(path.name for path in (args.work / "photos" / name).iterdir())
    errors = {Path(record["path"]).stem: record["mae"] for record in results.records[first]}
    worst = sorted(stems, key=errors.__getitem__, reverse=True)[:WORST]
    about = "The photos of its largest MAE; `man 7 blurkit` says what to do about such."
    return "\n".join(
        [
            f"### Pictures\n\n{strips('strips', name, evenly(stems, STRIPS), args)}",
            f"### Where {first} fails\n\n{about}\n",
            table(["photo", "MAE"], [[stem, f"{errors[stem]:.3f}"] for stem in worst]),
            strips("failures", name, worst, args),
        ]
    )
