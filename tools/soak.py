"""blurkit left alone over night: huge photos, thousands of files, kills, long streams. Writes RESULTS/soak.md.

usage: soak.py --results DIR [--files N] [--megapixels N] [--only STUDY]...

All photos are made from the pictures of scikit-image.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from archive import DAMAGED_EVERY, SIDE, measure
from soak_libraries import long_map, long_score
from soak_photos import huge, strips
from soak_stops import interrupts, kills, streams

STUDIES = {study.__name__: study for study in (huge, strips, long_map, long_score, kills, interrupts, streams)}


def misses(results):
    """How many rows say MISSED."""
    rows = [row for rows in results.values() for row in rows]
    return sum(bool(measure.missed(label, figures, {})) for label, figures in rows)


def page(results, args):
    """All rows as one page."""
    width, height = SIDE
    text = [
        "# Soak",
        f"Libraries have {args.files} photos of {width}x{height}, one in {DAMAGED_EVERY} damaged; "
        f"the huge photo has {args.megapixels} megapixels.",
        f"Rows that miss what is promised: {misses(results)}.",
        "",
    ]
    for name, rows in results.items():
        lines = [measure.line(label, figures, {}) for label, figures in rows]
        text += [f"## {name}", STUDIES[name].__doc__, "", "    " + "\n    ".join(lines), ""]
    return "\n".join(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", type=Path, required=True)
    parser.add_argument("--files", type=int, default=5000)
    parser.add_argument("--megapixels", type=int, default=100)
    parser.add_argument("--only", choices=STUDIES, action="append")
    args = parser.parse_args()
    results = {}
    for name, study in STUDIES.items():
        if args.only and name not in args.only:
            continue
        results[name] = []
        print(f"## {name}: {study.__doc__}", flush=True)
        with tempfile.TemporaryDirectory() as scratch:
            for label, figures in study(args, Path(scratch)):
                results[name].append((label, figures))
                print(measure.line(label, figures, {}), flush=True)
    args.results.mkdir(parents=True, exist_ok=True)
    (args.results / "soak.md").write_text(page(results, args))
    return int(misses(results) > 0)


if __name__ == "__main__":
    sys.exit(main())
