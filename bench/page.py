"""The page of `make bench`, from what bench/Makefile left in WORK.

Writes RESULTS/results.md, results.json, curves as SVG and strips as PNG.
"""

import argparse
import json
from collections import namedtuple
from pathlib import Path

import figures
import numpy as np
import reliability
import strips
from environment import environment

from blurkit import __version__
from blurkit.evaluate import RECALLS, THRESHOLDS, f_measure, summary
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
- **max F, exact**: the same at every value of every map, not at 256 thresholds alone.
- **F at 1.5 x mean**: each map cut at 1.5 x its mean, positive = sharp, beta^2 = .3, mean over photos.
- **F blurred**: each map cut at .5, positive = blurred, beta^2 = .3, mean over photos. Calling everything blurred
  scores well here.
- **MAE**: mean absolute difference of map and truth (1 = in focus), mean over photos.
- **accuracy**: share of pixels classified correctly, at the one threshold best for all photos together. Under
  *Thresholds*: of the masks that `blur-mask` makes by each of its rules; alpha = .3 is the tau of the park paper,
  1.5 x mean is usual for zeng.
- **time**: a whole process on one photo of 640x457, in units of the bare import of NumPy, OpenCV and Pillow.
"""

Curves = namedtuple("Curves", "precision recall precision_at_recall")  # means over photos
Set = namedtuple("Set", "name photos records intervals f_exact curves reliability masks")
Set.__doc__ = """What was measured on one set.

`photos`: how many; `records`: {row: records of its photos}; `intervals`: {row: {figure: (value, low, high)}};
`f_exact`: {row: value}; `curves`: {row: `Curves`}; `reliability`: {row: of `reliability`} of the methods and of their
maps without refinement; `masks`: {row: {rule: {figure: value}}}.
"""


# ---- figures -------------------------------------------------------------------


def records_of(path):
    """The figures of blur-score for each photo, as `evaluate.compare` gives them; missing ones are NaN."""
    records = [json.loads(line) for line in path.read_text().splitlines()]
    return [{name: number_of(value) for name, value in record.items()} for record in records if record["path"]]


def f_exact_of(path):
    """The exact max F that blur-score found over all photos."""
    return number_of(json.loads(path.read_text().splitlines()[-1])["f_exact"])


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
    """Precision and recall over the thresholds, and precision over recall, means over photos: `Curves`."""
    scored = [record for record in records if not np.isnan(record["auc"])]
    return Curves(*(np.nanmean([record[name] for record in scored], axis=0) for name in Curves._fields))


def measured(name, args):
    """The `Set` of a name."""
    scores, masks = args.work / "scores", args.work / "masks"
    paths = {row: scores / row / f"{name}.jsonl" for row in (*args.rows, *args.parts)}
    records = {row: records_of(path) for row, path in paths.items()}
    raw = [f"{method}-raw" for method in args.methods]
    stems = sorted(path.name for path in (args.work / "photos" / name).iterdir())
    return Set(
        name,
        len(next(iter(records.values()))),
        records,
        {row: interval(of_row) for row, of_row in records.items()},
        {row: f_exact_of(path) for row, path in paths.items()},
        {row: mean_curves(of_row) for row, of_row in records.items()},
        {row: reliability.of_row(args.work, row, name, stems) for row in sorted({*args.methods, *raw} & set(records))},
        {row: {rule: masks_of(masks / row / rule / f"{name}.jsonl") for rule in args.rules} for row in args.masked},
    )


def lists(rows):
    """{row: namedtuple of arrays} as {row: {name: list}}."""
    return {row: {name: values.tolist() for name, values in of._asdict().items()} for row, of in rows.items()}


def as_json(results):
    """A `Set` as results.json has it."""
    return {
        "photos": results.photos,
        "maps": results.intervals,
        "f_exact": results.f_exact,
        "curves": lists(results.curves),
        "reliability": lists(results.reliability),
        "masks": results.masks,
    }


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
        figures_of_row.insert(2, number(results.f_exact[row]))
        cells.append([row, *figures_of_row, f"{times[row]['blur-map']:.1f}" if row in times else ""])
    curves = {row: results.curves[row] for row in rows}
    title = f"{name}: precision over recall"
    over_recall = {row: (RECALLS, curve.precision_at_recall) for row, curve in curves.items()}
    figures.lines(folder / f"precision-recall-{name}.svg", over_recall, title, "recall")
    thresholds = np.arange(THRESHOLDS) / THRESHOLDS
    f_curves = {row: (thresholds, f_measure(curve.precision, curve.recall)) for row, curve in curves.items()}
    figures.lines(folder / f"f-{name}.svg", f_curves, f"{name}: F (beta^2 = .3) over threshold", "threshold")
    pictures = "".join(f"![{kind} of {name}]({kind}-{name}.svg)\n" for kind in ("precision-recall", "f"))
    names = list(FIGURES.values())
    names.insert(2, "max F, exact")
    return table(["map", *names, "time"], cells) + "\n" + pictures


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


def set_part(results, times, args):
    """All about one set."""
    maps = accuracy_part(results, args.rows, times, args.results)
    return [
        f"## {results.name}: {results.photos} photos\n\n{reliability.doubt(results.records)}### Maps\n\n{maps}",
        thresholds_part(results, args.masked, args.rules),
        refinement_part(results, args.rows, args.parts),
        reliability.part(results.name, results.reliability, table, args.results),
        strips.part(results, args, table),
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
    made_with = ", ".join(f"{name} {value}" for name, value in environment().items())
    made = f"Made by `{args.made_by}` with {made_with}."
    text = [f"# blurkit {__version__} on {args.data}\n\n{made}\n\n## Protocols\n\n{PROTOCOLS}"]
    result = {"version": __version__, "environment": environment(), "data": args.data, "sets": {}, "speed": speed}
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
