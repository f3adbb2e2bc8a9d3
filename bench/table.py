"""The methods and others side by side: bench/results/table.{md,json}.

usage: table.py --data DATA --results DIR [--hifst PYTHON] [--redo]

Same photos, same scorer (blurkit.agreement, as blur-score --truth), 95 % intervals by bootstrap
over photos; time is that of a whole process on one photo of 640x457, in units of
`python -c "import numpy, cv2, PIL.Image"`. PYTHON has the package blur_detector (HiFST)
installed; without it that row is left out. A row whose maps lie in DIR/maps already is
not made again, unless --redo.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import measure
import numpy as np

from blurkit.agreement import compare, summary

RESAMPLES = 1000
INTERVAL = (2.5, 97.5)  # percentiles
FIGURES = {"auc": "AUC", "f_max": "max F", "mae": "MAE", "f_blurred": "F blurred"}
HERE = Path(__file__).resolve().parent
METHODS = {
    "zeng, as published": ["--method", "zeng", "--as-published"],
    "zeng": ["--method", "zeng"],
    "park, as published": ["--method", "park", "--as-published"],
    "park": ["--method", "park"],
    "joint": ["--method", "joint"],
}


def programs(hifst):
    """{row: command line that takes -o OUT/ PHOTO... and leaves NAME.npy there}"""
    found = {name: ["blur-map", "-q", *words] for name, words in METHODS.items()}
    found["abs Laplacian"] = [sys.executable, HERE / "laplacian.py"]
    if hifst:
        found["HiFST"] = [hifst, HERE / "hifst.py"]
    return found


def compared(names, masks, folder):
    """What ``agreement.compare`` says of every photo's map."""
    return [compare(np.load(folder / f"{path.stem}.npy"), measure.truth_of(path, masks)) for path in names]


def intervals(rows):
    """{figure: (value, low, high)}, photos drawn with replacement."""
    rng = np.random.default_rng(0)
    drawn = [summary([rows[i] for i in rng.integers(0, len(rows), len(rows))]) for _ in range(RESAMPLES)]
    return {name: (summary(rows)[name], *np.percentile([d[name] for d in drawn], INTERVAL)) for name in FIGURES}


def row(words, data, folder, small, redo):
    """Figures of one program on both sets, and its time."""
    found = {}
    for name, names, masks in measure.sets(data):
        out = folder / name
        if redo or not out.is_dir():
            shutil.rmtree(out, ignore_errors=True)
            part = out.with_name(out.name + ".part")
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir(parents=True)
            measure.command(*words, "-o", f"{part}/", *names)
            part.rename(out)
        found[name] = intervals(compared(names, masks, out))
    times = folder / "seconds.json"
    if redo or not times.exists():
        times.write_text(json.dumps(measure.seconds(*words, "-o", f"{folder}/", small, repeats=3)))
    return {**found, "seconds": json.loads(times.read_text())}


def markdown(rows, bare):
    """The table as text."""
    sets = [name for name in next(iter(rows.values())) if name != "seconds"]
    lines = ["| map | " + " | ".join(f"{s}: {text}" for s in sets for text in FIGURES.values()) + f" | time (x {bare:.2f} s) |"]
    lines.append("|" + "---|" * (len(sets) * len(FIGURES) + 2))
    for name, figures in rows.items():
        cells = ["{:.3f} ({:.3f}-{:.3f})".format(*figures[s][figure]) for s in sets for figure in FIGURES]
        lines.append("| " + " | ".join([name, *cells, f"{figures['seconds'] / bare:.1f}"]) + " |")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--results", type=Path, required=True)
    parser.add_argument("--hifst", metavar="PYTHON")
    parser.add_argument("--redo", action="store_true")
    args = parser.parse_args()
    args.results.mkdir(parents=True, exist_ok=True)
    small = args.results / "small.jpg"
    measure.small_photo(args.data, small)
    bare = measure.seconds(*measure.IMPORT)
    rows = {}
    for name, words in programs(args.hifst).items():
        try:
            rows[name] = row(words, args.data, args.results / "maps" / name.replace(", ", "-").replace(" ", "-"), small, args.redo)
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"{name}: left out: {error}", file=sys.stderr)
            continue
        print(name, json.dumps(rows[name]), flush=True)
    (args.results / "table.json").write_text(json.dumps({"import": bare, "rows": rows}, indent=1) + "\n")
    (args.results / "table.md").write_text(markdown(rows, bare))
    os.remove(small)


if __name__ == "__main__":
    main()
