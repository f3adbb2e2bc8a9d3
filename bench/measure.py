"""What the benchmarks share: commands run as processes, the sets that are scored, the record of a study."""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
import photos
from resume import Part

from blurkit.training.degrade import add_noise

IMPORT = [sys.executable, "-c", "import numpy, cv2, PIL.Image"]
FIGURES = ("auc", "f_max", "mae", "f_blurred")
NOISE = 5.0  # 8-bit steps
DECODE = """import sys, time, PIL.Image
begin = time.perf_counter()
PIL.Image.open(sys.argv[1]).load()
print(time.perf_counter() - begin)"""
PEAK = """import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6)"""


def command(*words, data=None):
    """Output of a command; stops the benchmark where it fails."""
    return subprocess.run([str(word) for word in words], input=data, stdout=subprocess.PIPE, check=True).stdout


def maps(method, names, folder, *extra):
    """Maps of photos, as NPY files in a folder."""
    command("blur-map", "--method", method, *extra, "-q", "-j", 2, "-o", f"{folder}/", *names)


def scored(folder, masks, *extra):
    """The figures of blur-score --truth for a folder of maps."""
    lines = command("blur-score", "--truth", masks, *extra, "--json", *sorted(Path(folder).glob("*.npy"))).splitlines()
    return {name: value for name, value in json.loads(lines[-1]).items() if name in FIGURES}


def sets(data):
    """Name, photos, masks and polarity of the sets that are scored: two, and two more where DATA has them."""
    yield "cuhk val (60)", photos.validation(data), (data / "cuhk" / "gt", "--truth-is", "blurred")
    yield "labelled (48)", photos.labelled(data), (data / "labelled",)
    for name, count in (("motion", 40), ("szu", 60)):
        if kept := photos.kept_back(data / name):
            yield f"{name} val ({count})", kept, (data / name / "gt", "--truth-is", "blurred")


def accuracy(method, data, scratch, variants):
    """Figures of a method on all sets; `variants`: (label, options of blur-map)."""
    for name, names, masks in sets(data):
        for label, extra in variants:
            folder = scratch / f"{name}-{label}"
            maps(method, names, folder, *extra)
            yield f"{name}, {label}", scored(folder, *masks)


def noise(method, data, scratch, most):
    """Figures on val photos as they are and with Gaussian noise of sigma 5/255; max F may fall by `most`."""
    rng = np.random.default_rng(0)
    folder = scratch / "noisy"
    folder.mkdir()
    for path in photos.validation(data):
        cv2.imwrite(str(folder / f"{path.stem}.png"), add_noise(cv2.imread(str(path)), NOISE, rng))
    f_max = []
    for label, names in (("clean", photos.validation(data)), (f"noise {NOISE:g}/255", sorted(folder.glob("*.png")))):
        maps(method, names, scratch / f"maps-{label[:5]}")
        figures = scored(scratch / f"maps-{label[:5]}", data / "cuhk" / "gt", "--truth-is", "blurred")
        f_max.append(figures["f_max"])
        yield label, figures
    fall = f_max[0] - f_max[1]
    yield "max F falls by", {"f_max": fall, f"within {most:g}": fall <= most}


def identity(method, data):
    """The same bytes by different ways, ten photos."""
    ten = photos.validation(data)[:10]
    guides = [word for path in ten for word in ("--guide", path)]
    do, refine = ("blur-map", "--method", method), ("blur-refine", "--method", method)
    whole = command(*do, *ten)
    raw = command(*do, "--raw", *ten)
    yield (
        "blur-map = blur-map --raw | blur-refine --guide, ten photos in one stream",
        {"same": whole == command(*refine, *guides, data=raw)},
    )
    yield "one stream = ten runs", {"same": whole == b"".join(command(*do, p) for p in ten)}
    single = [command(*refine, "--guide", p, data=command(*do, "--raw", p)) for p in ten]
    yield "ten pipes = one stream", {"same": whole == b"".join(single)}


def seconds(*words, repeats=7):
    """Least wall time of a command over some runs."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        subprocess.run([str(word) for word in words], stdout=subprocess.DEVNULL, check=True)
        times.append(time.perf_counter() - start)
    return min(times)


def decoding(path):
    """Least time Pillow takes to decode a photo, over some runs, without its start."""
    return min(float(command(sys.executable, "-c", DECODE, path)) for _ in range(7))


def small_photo(source, path):
    """Write a photo at the size that times are taken on, 640x457, to `path`; return it, BGR."""
    photo = cv2.resize(cv2.imread(str(source)), (640, 457), interpolation=cv2.INTER_AREA)
    cv2.imwrite(str(path), photo)
    return photo


def mosaic(names, size, side):
    """Photos at an equal size, `side` in a row and `side` in a column, as one photo of (width, height), BGR."""
    width, height = size
    cell = width // side, height // side
    return tiled([cv2.resize(cv2.imread(str(name)), cell, interpolation=cv2.INTER_AREA) for name in names], side)


def tiled(tiles, side):
    """Photos of one size, `side` in a row and `side` in a column, as one photo."""
    return np.vstack([np.hstack(tiles[first : first + side]) for first in range(0, side * side, side)])


def blurred_maps(method, names, sigma, scratch):
    """Maps of photos blurred everywhere by sigma pixels, in the order of their names."""
    folder, made = scratch / f"sigma-{sigma}", scratch / f"maps-{sigma}"
    folder.mkdir()
    for path in names:
        photo = cv2.imread(str(path))
        cv2.imwrite(str(folder / f"{path.stem}.png"), cv2.GaussianBlur(photo, (0, 0), sigma) if sigma else photo)
    maps(method, sorted(folder.glob("*.png")), made)
    return [np.load(path) for path in sorted(made.glob("*.npy"))]


def peak(*words):
    """Peak memory of a command, GB."""
    return float(command(sys.executable, "-c", PEAK, *words))


def missed(label, figures, required):
    """The names of a row's figures that miss; `required`: {label: {name: (least, most)}}; no figure may be False."""
    bounds = required.get(label, {})
    outside = [name for name, limits in bounds.items() if not is_within(figures[name], *limits)]
    return outside + [name for name, value in figures.items() if value is False]


def is_within(value, least, most):
    """True for a number between two others; a figure that does not exist is text."""
    return not isinstance(value, str) and least <= value <= most


def line(label, figures, required):
    """A row of a study, as text."""
    parts = [f"{name} {value:{'.4g' if isinstance(value, float) else ''}}" for name, value in figures.items()]
    names = missed(label, figures, required)
    return f"{label:60s} " + "  ".join(parts) + (f"  MISSED: {', '.join(names)}" if names else "")


def eager(study, args, _):
    """(label, figures) of a study that measures its rows one after the other."""
    with tempfile.TemporaryDirectory() as scratch:
        yield from study(args.data, Path(scratch), args.results)


def by_rows(study, args, part):
    """(label, figures) of a study that gives a list of (label, function); rows of a run that was stopped are kept."""
    rows = study(args.data, part.folder, args.results)
    for number, (label, measure) in enumerate(rows, 1):
        begin = time.perf_counter()
        figures, is_new = part.row(study.__name__, label, measure)
        took = f"{time.perf_counter() - begin:.0f} s" if is_new else "kept"
        print(f"{study.__name__} {number} of {len(rows)} ({took})", file=sys.stderr, flush=True)
        yield label, figures


def arguments(doc, studies, needs, quick):
    """The command line."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--results", type=Path, required=True)
    parser.add_argument("--only", choices=[f.__name__ for f in studies], action="append")
    if quick:
        parser.add_argument("--quick", action="store_true", help="fewer photos and passes, in minutes")
    args = parser.parse_args()
    if not (args.data / needs).exists():
        parser.error(f"there is no {args.data / needs}; give the folder with DATA=DIR")
    return args


def main(name, doc, studies, required, needs="cuhk/val.txt", quick=None):
    """Run studies and keep their rows in RESULTS/NAME.txt and .json; 1 if a row misses what it must show, else 0.

    With `quick`, the same studies made smaller, studies give their rows as a list of (label, function), a run that was
    stopped goes on, and --quick takes the smaller ones, into NAME-quick.
    """
    args = arguments(doc, studies, needs, quick)
    if quick and args.quick:
        name, studies = f"{name}-quick", quick
    args.results.mkdir(parents=True, exist_ok=True)
    part = Part(args.results / f"{name}.part", args.data) if quick else None
    record = args.results / f"{name}.json"
    results = json.loads(record.read_text()) if args.only and record.exists() else {}
    for study in studies:
        if args.only and study.__name__ not in args.only:
            continue
        print(f"## {study.__name__}: {study.__doc__}", flush=True)
        results[study.__name__] = {}
        for label, figures in (by_rows if quick else eager)(study, args, part):
            results[study.__name__][label] = figures
            print(line(label, figures, required), flush=True)
        if not quick:
            record.write_text(json.dumps(results, indent=1) + "\n")
    record.write_text(json.dumps(results, indent=1) + "\n")
    if part:
        part.finish()
    text = []
    for study, rows in results.items():
        lines = [line(label, figures, required) for label, figures in rows.items()]
        text.append("\n".join([f"## {study}", *lines]))
    (args.results / f"{name}.txt").write_text("\n\n".join(text) + "\n")
    return int(any("  MISSED: " in part for part in text))
