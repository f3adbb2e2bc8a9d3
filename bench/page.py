"""The page of `make bench`, from what bench/Makefile left in WORK.

Writes RESULTS/results.md, results.json, curves as SVG and strips as PNG.
"""

import argparse
import json
from collections import namedtuple
from pathlib import Path

import cv2
import figures
import numpy as np
from gather import evenly

from blurkit import __version__
from blurkit.evaluate import THRESHOLDS, f_measure, summary
from blurkit.methods import DEFAULT, METHODS

RESAMPLES = 1000
INTERVAL = (2.5, 97.5)  # percentiles
FIGURES = {
    "auc": "AUC",
    "f_max": "max F",
    "f_adaptive": "F at 1.5 x mean",
    "f_blurred": "F blurred",
    "mae": "MAE",
    "accuracy": "accuracy",
}
RULES = {"fixed": "above .5", "otsu": "Otsu", "mean": "1.5 x mean", "alpha": "alpha = .3"}
STEPS = ("blur-map --raw", "blur-refine", "blur-map", "blur-map, one more photo", "blur-mask", "blur-score")
STRIPS, WORST = 4, 8  # photos of a set in its strips, and among its failures
ALL_STEPS = 1000  # more than any row names
STUDIES = {  # file of a study: its title on the page
    "score": "Scores",
    "zeng": "Learned kernels against others (zeng)",
    "paper": "Features (park)",
}
PROTOCOLS = """\
Every figure is from `blur-score --truth` over maps of `blur-map` or, for others, of a program of the same
interface. Pixels whose truth is neither in focus nor out of focus are left out. In brackets: 95 % intervals by
bootstrap over the photos.

- **AUC**: area under the ROC curve of a photo's pixels, mean over photos.
- **max F**: precision and recall averaged over photos at each of 256 thresholds, positive = sharp, F with beta^2 = .3,
  its maximum.
- **F at 1.5 x mean**: each map cut at 1.5 x its mean, positive = sharp, beta^2 = .3, mean over photos.
- **F blurred**: each map cut at .5, positive = blurred, beta^2 = .3, mean over photos. Calling everything blurred
  scores well here.
- **MAE**: mean absolute difference of map and truth (1 = in focus), mean over photos.
- **accuracy**: share of pixels classified correctly, at the one threshold best for all photos together. Under
  *Thresholds*: of the masks that `blur-mask` makes by each of its rules; alpha = .3 is the tau of the park paper,
  1.5 x mean is usual for zeng.
- **time**: a whole process on one photo of 640x457, in units of the bare import of NumPy, OpenCV and Pillow.
"""

Curves = namedtuple("Curves", "precision recall")  # over the thresholds, means over photos
Set = namedtuple("Set", "name photos records intervals curves masks")
Set.__doc__ = """What was measured on one set.

`photos`: how many; `records`: {row: records of its photos}; `intervals`: {row: {figure: (value, low, high)}};
`curves`: {row: `Curves`}; `masks`: {row: {rule: {figure: value}}}.
"""


# ---- figures -------------------------------------------------------------------


def records_of(path):
    """The figures of blur-score for each photo, as `evaluate.compare` gives them; missing ones are NaN."""
    records = [json.loads(line) for line in path.read_text().splitlines()]
    return [{name: number_of(value) for name, value in record.items()} for record in records if record["path"]]


def number_of(value):
    """A value of JSON as NumPy has it."""
    if isinstance(value, list):
        return np.array(value, float)
    return np.nan if value is None else value


def interval(records):
    """{figure: (value, low, high)}, photos drawn with replacement."""
    rng, whole = np.random.default_rng(0), summary(records)
    drawn = []
    for _ in range(RESAMPLES):
        chosen = rng.integers(0, len(records), len(records))
        drawn.append(summary([records[i] for i in chosen]))
    return {name: [whole[name], *np.nanpercentile([d[name] for d in drawn], INTERVAL)] for name in FIGURES}


def masks_of(path):
    """The figures of masks; F is that of their mean precision and recall."""
    (whole,) = (record for record in map(json.loads, path.read_text().splitlines()) if not record["path"])
    return {
        "F": float(f_measure(whole["precision"], whole["recall"])),
        "F blurred": whole["f_blurred"],
        "accuracy": whole["accuracy"],
    }


def mean_curves(records):
    """Precision and recall over the thresholds, means over photos: `Curves`."""
    scored = [record for record in records if not np.isnan(record["auc"])]
    return Curves(*(np.nanmean([record[name] for record in scored], axis=0) for name in Curves._fields))


def measured(name, args):
    """The `Set` of a name."""
    scores, masks = args.work / "scores", args.work / "masks"
    records = {row: records_of(scores / row / f"{name}.jsonl") for row in (*args.rows, *args.parts)}
    return Set(
        name,
        len(next(iter(records.values()))),
        records,
        {row: interval(of_row) for row, of_row in records.items()},
        {row: mean_curves(of_row) for row, of_row in records.items()},
        {row: {rule: masks_of(masks / row / rule / f"{name}.jsonl") for rule in args.rules} for row in args.masked},
    )


def as_json(results):
    """A `Set` as results.json has it."""
    curves = {row: {name: curve.tolist() for name, curve in of._asdict().items()} for row, of in results.curves.items()}
    return {"photos": results.photos, "maps": results.intervals, "curves": curves, "masks": results.masks}


# ---- parts of the page -----------------------------------------------------------


def table(head, rows):
    """Rows of cells as Markdown."""
    lines = ["| " + " | ".join(map(str, row)) + " |" for row in [head, ["---"] * len(head), *rows]]
    return "\n".join(lines) + "\n"


def number(value):
    """A value as a cell: three decimals of a float, nothing for None."""
    if value is None:
        return ""
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def accuracy_part(results, rows, times, folder):
    """Table and curves of one set."""
    name, cells = results.name, []
    for row in rows:
        figures_of_row = ["{:.3f} ({:.3f}-{:.3f})".format(*results.intervals[row][figure]) for figure in FIGURES]
        cells.append([row, *figures_of_row, f"{times[row]['blur-map']:.1f}" if row in times else ""])
    curves = {row: results.curves[row] for row in rows}
    title = f"{name}: precision over recall"
    over_recall = {row: (curve.recall, curve.precision) for row, curve in curves.items()}
    figures.lines(folder / f"precision-recall-{name}.svg", over_recall, title, "recall")
    thresholds = np.arange(THRESHOLDS) / THRESHOLDS
    f_curves = {row: (thresholds, f_measure(*curve)) for row, curve in curves.items()}
    figures.lines(folder / f"f-{name}.svg", f_curves, f"{name}: F (beta^2 = .3) over threshold", "threshold")
    pictures = "".join(f"![{kind} of {name}]({kind}-{name}.svg)\n" for kind in ("precision-recall", "f"))
    return table(["map", *FIGURES.values(), "time"], cells) + "\n" + pictures


def thresholds_part(results, masked, rules):
    """Table of the masks of one set."""
    names = [f"{rule}: {figure}" for rule in RULES.values() for figure in ("F", "F blurred", "accuracy")]
    cells = [[row, *(number(value) for rule in rules for value in results.masks[row][rule].values())] for row in masked]
    return f"### Thresholds\n\n{table(['masks', *names], cells)}"


def refinement_part(results, rows, parts):
    """Table of the maps of one set before, amid and after refinement."""
    refined = [row for row in rows if any(part.startswith(f"{row}-raw") for part in parts)]
    lines = []
    for row in sorted([*parts, *refined], key=order):
        lines.append([row, *(number(results.intervals[row][figure][0]) for figure in FIGURES)])
    legend = "raw: without it; after N: B_N of the paper, below .36, whose MAE and F blurred (cut at .5) say nothing."
    return f"### Refinement\n\n{legend}\n\n{table(['map', *FIGURES.values()], lines)}"


def order(row):
    """The sort key of a row of the refinement: a method's own together, in the order of its steps."""
    method = row.replace("-as-published", "").split("-")[0]
    return method, "-as-published" in row or "-after-" in row, steps_of(row)


def steps_of(row):
    """The steps of refinement a row has had; a row that names none has had all."""
    if row.endswith("-raw"):
        return 0
    return int(row.rsplit("-", 1)[1]) if "-after-" in row else ALL_STEPS


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
    figures.montage(args.results / f"{kind}-{name}.png", rows)
    legend = f"Photo, truth, then map and mask of {', '.join(args.methods)}."
    return f"{legend}\n\n![{kind} of {name}]({kind}-{name}.png)\n"


def pictures_part(results, args):
    """Photos chosen evenly, and those with the largest errors of the first method."""
    name, first = results.name, args.methods[0]
    stems = sorted(path.name for path in (args.work / "photos" / name).iterdir())
    errors = {Path(record["path"]).stem: record["mae"] for record in results.records[first]}
    worst = sorted(stems, key=errors.__getitem__, reverse=True)[:WORST]
    about = "The photos of its largest MAE; `man 7 blurkit` says what to do about such."
    return "\n".join(
        [
            f"### Pictures\n\n{strips('strips', name, evenly(stems, STRIPS), args)}",
            f"### Where {first} fails\n\n{about}\n",
            table(["photo", "MAE"], [[stem, number(errors[stem])] for stem in worst]),
            strips("failures", name, worst, args),
        ]
    )


def set_part(results, times, args):
    """All about one set."""
    maps = accuracy_part(results, args.rows, times, args.results)
    return [
        f"## {results.name}: {results.photos} photos\n\n### Maps\n\n{maps}",
        thresholds_part(results, args.masked, args.rules),
        refinement_part(results, args.rows, args.parts),
        pictures_part(results, args),
    ]


def time_part(speed):
    """Table of the times of all commands."""
    lines = []
    for row, times in speed["times"].items():
        lines.append([row, *(f"{times[step]:.2f}" if step in times else "" for step in STEPS)])
    bare = f"In units of the bare import of NumPy, OpenCV and Pillow, {speed['import, seconds']:.3f} s here; "
    return f"## Time\n\n{bare}a photo of 640x457.\n\n{table(['', *STEPS], lines)}"


def studies_part(work):
    """({title: results} of the longer benchmarks, a table for each of their studies and their pictures)."""
    paths = {title: work / f"{name}.json" for name, title in STUDIES.items()}
    results = {title: json.loads(path.read_text()) for title, path in paths.items() if path.exists()}
    text = ""
    for title, studies in results.items():
        text += f"\n## {title}\n"
        for study, rows in studies.items():
            text += f"\n{study.replace('_', ' ')}\n\n{study_table(rows)}"
    pictures = sorted(path.name for kind in ("*.svg", "*.png") for path in work.glob(kind))
    return results, text + "".join(f"\n![{picture}](work/{picture})\n" for picture in pictures)


def study_table(rows):
    """The rows of a study, a column for every figure that any of them has."""
    names = list(dict.fromkeys(name for row in rows.values() for name in row))
    return table(["", *names], [[label, *(number(row.get(name)) for name in names)] for label, row in rows.items()])


# ---- the page ----------------------------------------------------------------------


def arguments():
    """The command line; rows, parts, masked and rules as lists; `methods`: those of blurkit, the default first."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("work", "results"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    for name in ("made-by", "data"):
        parser.add_argument(f"--{name}", required=True)
    for name in ("rows", "parts", "masked", "rules"):
        parser.add_argument(f"--{name}", type=str.split, required=True)
    args = parser.parse_args()
    args.methods = sorted(set(METHODS) & set(args.masked), key=lambda method: (method != DEFAULT, method))
    return args


def main():
    args = arguments()
    speed = json.loads((args.work / "speed.json").read_text())
    text = [f"# blurkit {__version__} on {args.data}\n\nMade by `{args.made_by}`.\n\n## Protocols\n\n{PROTOCOLS}"]
    result = {"version": __version__, "data": args.data, "sets": {}, "speed": speed}
    for folder in sorted((args.work / "truth").iterdir()):
        results = measured(folder.name, args)
        result["sets"][folder.name] = as_json(results)
        text += set_part(results, speed["times"], args)
    text.append(time_part(speed))
    result["studies"], studies = studies_part(args.work)
    (args.results / "results.json").write_text(json.dumps(result, indent=1) + "\n")
    (args.results / "results.md").write_text("\n".join(text) + studies)


if __name__ == "__main__":
    main()
