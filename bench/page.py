"""The page of `make bench`: RESULTS/results.md, results.json, curves as SVG and strips as PNG, from what bench/Makefile left in WORK."""

import argparse
import json
from pathlib import Path

import cv2
import figures
import numpy as np
from gather import evenly

from blurkit import __version__
from blurkit.evaluate import THRESHOLDS, f_measure, summary

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
STRIPS = 4  # photos of a set
WORST = 8  # the same
PROTOCOLS = """\
Every figure is from `blur-score --truth` over maps of `blur-map` or, for others, of a program of the same interface. Pixels
whose truth is neither in focus nor out of focus are left out. In brackets: 95 % intervals by bootstrap over the photos.

- **AUC**: area under the ROC curve of a photo's pixels, mean over photos.
- **max F**: precision and recall averaged over photos at each of 256 thresholds, positive = sharp, F with beta^2 = .3, its maximum.
- **F at 1.5 x mean**: each map cut at 1.5 x its mean, positive = sharp, beta^2 = .3, mean over photos.
- **F blurred**: each map cut at .5, positive = blurred, beta^2 = .3, mean over photos. Calling everything blurred scores well here.
- **MAE**: mean absolute difference of map and truth (1 = in focus), mean over photos.
- **accuracy**: share of pixels told rightly, at the one threshold best for all photos together. Under *Thresholds*: of the masks
  that `blur-mask` makes by each of its rules; alpha = .3 is the tau of the park paper, 1.5 x mean is usual for zeng.
- **time**: a whole process on one photo of 640x457, in units of the bare import of NumPy, OpenCV and Pillow.
"""


def lines_of(path):
    """What blur-score said of each photo, as ``agreement.compare`` gives it."""
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    return [
        {k: np.array(v, float) if isinstance(v, list) else np.nan if v is None else v for k, v in row.items()}
        for row in rows
        if row["path"]
    ]


def interval(rows):
    """{figure: (value, low, high)}, photos drawn with replacement."""
    rng, whole = np.random.default_rng(0), summary(rows)
    drawn = [summary([rows[i] for i in rng.integers(0, len(rows), len(rows))]) for _ in range(RESAMPLES)]
    return {name: [whole[name], *np.nanpercentile([d[name] for d in drawn], INTERVAL)] for name in FIGURES}


def masks_of(path):
    """Figures of masks: as their photos' mean precision and recall have it."""
    (whole,) = (row for row in map(json.loads, path.read_text().splitlines()) if not row["path"])
    return {
        "F": float(f_measure(whole["precision"], whole["recall"])),
        "F blurred": whole["f_blurred"],
        "accuracy": whole["accuracy"],
    }


def mean_curves(rows):
    """Precision and recall over the thresholds, means over photos."""
    return [np.nanmean([r[name] for r in rows if not np.isnan(r["auc"])], axis=0) for name in ("precision", "recall")]


def table(head, rows):
    """Rows of cells as Markdown."""
    return "\n".join("| " + " | ".join(map(str, row)) + " |" for row in [head, ["---"] * len(head), *rows]) + "\n"


def number(value):
    return "" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)


def accuracy_part(name, found, times, results):
    """Table and curves of one set."""
    rows = [
        [row, *("{:.3f} ({:.3f}-{:.3f})".format(*f[k]) for k in FIGURES), timed(times.get(row))]
        for row, (f, _) in found.items()
    ]
    curves = {row: c for row, (_, c) in found.items()}
    figures.lines(
        results / f"precision-recall-{name}.svg",
        {r: (c[1], c[0]) for r, c in curves.items()},
        f"{name}: precision over recall",
        "recall",
    )
    places = np.arange(THRESHOLDS) / THRESHOLDS
    figures.lines(
        results / f"f-{name}.svg",
        {r: (places, f_measure(*c)) for r, c in curves.items()},
        f"{name}: F (beta^2 = .3) over threshold",
        "threshold",
    )
    pictures = "".join(f"![{what} of {name}]({what}-{name}.svg)\n" for what in ("precision-recall", "f"))
    return table(["map", *FIGURES.values(), "time"], rows) + "\n" + pictures


def timed(row):
    return f"{row['blur-map']:.1f}" if row else ""


def strips(kind, name, stems, work, methods, results):
    """KIND-NAME.png: photo, truth, map and mask of every method, a row for each of some photos of a set; the line that shows it."""
    rows = []
    for stem in stems:
        photo = cv2.imread(str(work / "photos" / name / stem))[..., ::-1]
        rows.append([photo, cv2.imread(str(work / "truth" / name / f"{stem}.mask.png"), cv2.IMREAD_GRAYSCALE)])
        for method in methods:
            rows[-1].append(np.uint8(255 * np.load(work / "maps" / method / name / f"{stem}.npy")))
            rows[-1].append(
                cv2.imread(str(work / "masks" / method / "fixed" / name / f"{stem}.png"), cv2.IMREAD_GRAYSCALE)
            )
    figures.montage(results / f"{kind}-{name}.png", rows)
    return f"Photo, truth, then map and mask of {', '.join(methods)}.\n\n![{kind} of {name}]({kind}-{name}.png)\n"


def pictures(name, told, work, methods, results):
    """Photos chosen evenly, and those that the first method tells worst."""
    stems = sorted(p.name for p in (work / "photos" / name).iterdir())
    errors = {Path(row["path"]).stem: row["mae"] for row in told[methods[0]]}
    worst = sorted(stems, key=errors.__getitem__, reverse=True)[:WORST]
    parts = [f"### Pictures\n\n{strips('strips', name, evenly(stems, STRIPS), work, methods, results)}"]
    parts.append(
        f"### Where {methods[0]} fails\n\nThe photos of its largest MAE; `man 7 blurkit` says what to do about such.\n"
    )
    parts.append(table(["photo", "MAE"], [[stem, number(errors[stem])] for stem in worst]))
    parts.append(strips("failures", name, worst, work, methods, results))
    return "\n".join(parts)


def studies(work):
    """What the longer benchmarks found, a table for each study, and their pictures."""
    parts = {}
    for path, title in (
        ("score", "Scores"),
        ("zeng", "Learned kernels against others (zeng)"),
        ("paper", "Features (park)"),
    ):
        if (work / f"{path}.json").exists():
            parts[title] = json.loads((work / f"{path}.json").read_text())
    text = ""
    for title, found in parts.items():
        text += f"\n## {title}\n"
        for study, rows in found.items():
            names = list(dict.fromkeys(n for row in rows.values() for n in row))
            text += f"\n{study.replace('_', ' ')}\n\n" + table(
                ["", *names], [[label, *(number(row.get(n)) for n in names)] for label, row in rows.items()]
            )
    pictures = sorted(p.name for kind in ("*.svg", "*.png") for p in work.glob(kind))
    return parts, text + "".join(f"\n![{p}](work/{p})\n" for p in pictures)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("work", "results"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    for name in ("made-by", "data", "rows", "parts", "masked", "rules"):
        parser.add_argument(f"--{name}", required=True)
    args = parser.parse_args()
    rows, parts, masked, rules = (getattr(args, name).split() for name in ("rows", "parts", "masked", "rules"))
    methods = [m for m in masked if "-as-published" not in m]
    speed = json.loads((args.work / "speed.json").read_text())
    text = [f"# blurkit {__version__} on {args.data}\n\nMade by `{args.made_by}`.\n\n## Protocols\n\n{PROTOCOLS}"]
    result = {"version": __version__, "data": args.data, "sets": {}, "speed": speed}
    for scores in sorted((args.work / "truth").iterdir()):
        name = scores.name
        told = {row: lines_of(args.work / "scores" / row / f"{name}.jsonl") for row in (*rows, *parts)}
        found = {row: (interval(lines), mean_curves(lines)) for row, lines in told.items()}
        cut = {
            row: {rule: masks_of(args.work / "masks" / row / rule / f"{name}.jsonl") for rule in rules}
            for row in masked
        }
        count = len(next(iter(told.values())))
        result["sets"][name] = {
            "photos": count,
            "maps": {row: f for row, (f, _) in found.items()},
            "curves": {row: {"precision": p.tolist(), "recall": r.tolist()} for row, (_, (p, r)) in found.items()},
            "masks": cut,
        }
        whole = {row: found[row] for row in rows}
        text.append(
            f"## {name}: {count} photos\n\n### Maps\n\n{accuracy_part(name, whole, speed['times'], args.results)}"
        )
        names = [f"{rule}: {figure}" for rule in RULES.values() for figure in ("F", "F blurred", "accuracy")]
        text.append(
            f"### Thresholds\n\n{table(['masks', *names], [[row, *(number(v) for rule in rules for v in cut[row][rule].values())] for row in masked])}"
        )
        refined = [*parts, *(r for r in rows if any(p.startswith(f"{r}-raw") for p in parts))]
        lines = [[row, *(number(found[row][0][k][0]) for k in FIGURES)] for row in sorted(refined, key=order)]
        text.append(
            f"### Refinement\n\nraw: without it; after N: the paper's tanh N times.\n\n{table(['map', *FIGURES.values()], lines)}"
        )
        text.append(pictures(name, told, args.work, methods, args.results))
    times = [[row, *(f"{took[s]:.2f}" if s in took else "" for s in STEPS)] for row, took in speed["times"].items()]
    bare = f"In units of the bare import of NumPy, OpenCV and Pillow, {speed['import, seconds']:.3f} s here; a photo of 640x457.\n\n"
    text.append(f"## Time\n\n{bare}{table(['', *STEPS], times)}")
    result["studies"], more = studies(args.work)
    (args.results / "results.json").write_text(json.dumps(result, indent=1) + "\n")
    (args.results / "results.md").write_text("\n".join(text) + more)


def order(row):
    """Rows of the refinement: a method's own together, in the order of its steps."""
    method = row.replace("-as-published", "").split("-")[0]
    step = 0 if row.endswith("-raw") else int(row.rsplit("-", 1)[1]) if "-after-" in row else 1000
    return method, row.startswith("zeng-a"), step


if __name__ == "__main__":
    main()
