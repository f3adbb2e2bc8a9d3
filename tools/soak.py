"""What blurkit does left alone over night: huge photos, thousands of files, kills, interrupts, long streams. Writes RESULTS/soak.md.

usage: soak.py --results DIR [--files N] [--megapixels N] [--only STUDY]...

All photos are made from the pictures of scikit-image.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
from archive import DAMAGED_EVERY, SIDE, contents, cut_short, files_in, growth, library, mosaic, resident, start

from blurkit.io.npy import encode_npy

sys.path.append(str(Path(__file__).resolve().parents[1] / "bench"))
import measure  # noqa: E402

KILLS, INTERRUPTS = 50, 10
MAPS = 10_000  # in one stream
STRIP = 20_000  # pixels
LARGE = {
    "joint": 12,
    "zeng": 12,
    "park": 10,
}  # most memory, in units of the decoded photo, 3 bytes a pixel; park: 3 GB at 100 megapixels


# ---- studies: (label, figures) for every row --------------------------------


def huge(args, scratch):
    """A photo of many megapixels through every command: most memory, in GB and in units of the decoded photo."""
    width = round((args.megapixels * 1e6 * 1.5) ** 0.5)
    photo, height = scratch / "huge.jpg", round(args.megapixels * 1e6 / width)
    cv2.imwrite(str(photo), mosaic(width, height), [cv2.IMWRITE_JPEG_QUALITY, 92])
    cv2.imwrite(
        str(scratch / "huge.mask.png"),
        np.repeat(np.uint8([[255] * (width // 2) + [0] * (width - width // 2)]), height, axis=0),
    )
    for label, words in commands_on(photo, scratch):
        began = time.perf_counter()
        used = measure.peak(*words)
        most = LARGE["park" if "park" in label else "joint"]
        times = used * 1e9 / (3 * width * height)
        yield (
            label,
            {"seconds": time.perf_counter() - began, "peak GB": used, "x": times, f"within {most} x": times <= most},
        )


def commands_on(photo, scratch):
    """Every command on one photo, by what it is called in the table."""
    raw, whole, out = (scratch / name for name in ("raw.npy", "whole.npy", "out.npy"))
    for method in LARGE:
        do = ["--method", method]
        yield f"blur-map, {method}", ["blur-map", *do, "-o", whole, photo]
        yield f"blur-map --raw, {method}", ["blur-map", *do, "--raw", "-o", raw, photo]
        yield f"blur-refine, {method}", ["blur-refine", *do, "--guide", photo, "-o", out, raw]
        yield f"blur-map --working-size 0, {method}", ["blur-map", *do, "--working-size", 0, "-o", out, photo]
        yield f"blur-score, {method}", ["blur-score", *do, photo]
        if method != "park":  # its points are those of blur-map, and take minutes
            yield f"blur-score --working-size 0, {method}", ["blur-score", *do, "--working-size", 0, photo]
    yield "blur-map --sigma, park", ["blur-map", "--method", "park", "--sigma", "-o", out, photo]
    yield "blur-map --raw --sigma, park", ["blur-map", "--method", "park", "--raw", "--sigma", "-o", out, photo]
    for rule in ("0.5", "otsu"):
        yield f"blur-mask -t {rule}", ["blur-mask", "-t", rule, "-o", scratch / "mask.png", whole]
    yield "blur-mask --cut", ["blur-mask", "--cut", photo, "-o", scratch / "cut.png", whole]
    yield "blur-score of a map", ["blur-score", whole]
    yield "blur-score --truth", ["blur-score", "--truth", scratch / "huge.mask.png", whole]
    for method in ("joint", "zeng"):
        yield f"blur-patches, {method}", ["blur-patches", "--method", method, "-o", scratch / "patches.npy", photo]
    yield (
        "blur-patches, park",
        ["blur-patches", "--method", "park", "--copies", 2, "-o", scratch / "patches.npy", photo],
    )


def strips(args, scratch):
    """Photos one pixel high or wide, through every method: maps of their shape."""
    row = np.random.default_rng(0).integers(0, 256, (1, STRIP, 3), dtype=np.uint8)
    for photo in (row, row.swapaxes(0, 1)):
        cv2.imwrite(str(scratch / "strip.png"), photo)
        for method in LARGE:
            for size in (1536, 0):
                data = measure.command(
                    "blur-map", "--method", method, "--working-size", size, "-f", "pfm", scratch / "strip.png"
                )
                shape = tuple(map(int, data.split(b"\n")[1].split()))[::-1]
                yield (
                    f"{photo.shape[1]} x {photo.shape[0]}, {method}, working size {size}",
                    {"a map of its shape": shape == photo.shape[:2]},
                )


def long_map(args, scratch):
    """blur-map -r -o OUT/ over a library with one damaged photo in a hundred."""
    bad = library(scratch / "library", args.files)
    outs, told = {}, []
    for label, more in (("-j 1", []), ("-j 2", ["-j", 2])):
        out, began, samples = scratch / label, time.perf_counter(), []
        with start(
            "blur-map", "-q", *more, "-r", "-o", f"{out}/", scratch / "library", stderr=subprocess.PIPE
        ) as process:
            while process.poll() is None:
                samples.append((len(files_in(out)), resident(process)))
                time.sleep(0.1)
            told = process.stderr.read().decode().splitlines()
        outs[label] = contents(out)
        yield (
            f"blur-map {label}",
            {
                "seconds": time.perf_counter() - began,
                "maps": len(outs[label]),
                "status 2": process.returncode == 2,
                "all good ones done": len(outs[label]) == args.files - len(bad),
                "bad ones named once": sorted(line.split(": ")[1] for line in told) == sorted(map(str, bad)),
                **growth(samples, args.files - len(bad)),
            },
        )
    yield "-j 2 against -j 1", {"same bytes": outs["-j 1"] == outs["-j 2"]}
    yield from resumed(scratch, outs["-j 1"], told)


def resumed(scratch, before, told):
    """blur-map --resume, where nothing is missing but the bad ones, and where every tenth map is."""
    out = scratch / "-j 1"
    for label, lost in (("--resume, nothing missing", []), ("--resume, a tenth missing", sorted(before)[::10])):
        for number, name in enumerate(lost):
            os.truncate(out / name, 1000) if number % 2 else (out / name).unlink()
        began = time.perf_counter()
        done = subprocess.run(
            ["blur-map", "-q", "--resume", "-r", "-o", f"{out}/", scratch / "library"], capture_output=True
        )
        yield (
            label,
            {
                "seconds": time.perf_counter() - began,
                "status 2": done.returncode == 2,
                "the same bad ones": done.stderr.decode().splitlines() == told,
                "same bytes": contents(out) == before,
            },
        )


def long_score(args, scratch):
    """blur-score -r over the same library."""
    bad, scores = library(scratch / "library", args.files), {}
    for label, more in (("-j 1", []), ("-j 2", ["-j", 2])):
        began, samples, lines = time.perf_counter(), [], []
        with (
            open(scratch / "told", "wb") as errors,
            start(
                "blur-score", "-q", *more, "-r", scratch / "library", stdout=subprocess.PIPE, stderr=errors
            ) as process,
        ):
            for line in process.stdout:
                lines.append(line)
                if len(lines) % 10 == 0:
                    samples.append((len(lines), resident(process)))
        scores[label] = b"".join(lines)
        told = (scratch / "told").read_text().splitlines()
        yield (
            f"blur-score {label}",
            {
                "seconds": time.perf_counter() - began,
                "scores": len(lines),
                "status 2": process.returncode == 2,
                "all good ones done": len(lines) == args.files - len(bad),
                "bad ones named once": sorted(line.split(": ")[1] for line in told) == sorted(map(str, bad)),
                **growth(samples, len(lines)),
            },
        )
    yield "-j 2 against -j 1", {"same bytes": scores["-j 1"] == scores["-j 2"]}


def kills(args, scratch):
    """kill -9 at random moments, each time taken up again by --resume: no file cut short under a final name, and in the end the same bytes."""
    rng, source = random.Random(0), mosaic(2400, 1800)
    for number in range(24):
        np.save(scratch / f"{number:02}.npy", np.float32(np.roll(source[..., 1], 50 * number, axis=0)) / 255)
        cv2.imwrite(str(scratch / f"{number:02}.jpg"), np.roll(source, 50 * number, axis=0))
    for label, words in (
        ("blur-map -j 2", ["blur-map", "-q", "-j", 2, *sorted(scratch.glob("*.jpg"))]),
        ("blur-mask", ["blur-mask", "-q", "-f", "npy", *sorted(scratch.glob("*.npy"))]),
    ):
        began = time.perf_counter()
        measure.command(*words, "-o", f"{scratch}/whole {label}/")
        took, out, broken, halves = time.perf_counter() - began, scratch / label, 0, 0
        for _ in range(KILLS // 2):
            with start(*words, "--resume", "-o", f"{out}/") as process:
                time.sleep(rng.uniform(0, took / 4))
                ended = process.poll() is not None
                process.kill()
            found = cut_short(out)
            broken, halves = broken + found[0], halves + (found[1] > 0)
            if ended:  # all was done: begin again
                for name in files_in(out):
                    os.unlink(name)
        measure.command(*words, "--resume", "-o", f"{out}/")
        same = contents(out) == contents(scratch / f"whole {label}")
        yield (
            label,
            {
                "kills": KILLS // 2,
                "killed while writing": halves,
                "cut short": broken,
                "none cut short": broken == 0,
                "same bytes, nothing else": same,
            },
        )


def interrupts(args, scratch):
    """Ctrl-C at random moments of blur-map -j 2, where a photo of 12 megapixels takes seconds."""
    rng, waits, statuses, broken, parts = random.Random(0), [], [], 0, 0
    for number in range(8):
        cv2.imwrite(str(scratch / f"{number}.jpg"), mosaic(4000, 3000))
    out, words = scratch / "out", ["blur-map", "-q", "-j", 2, "--working-size", 0, *sorted(scratch.glob("*.jpg"))]
    for _ in range(INTERRUPTS):
        with start(*words, "-o", f"{out}/", stderr=subprocess.PIPE) as process:
            time.sleep(rng.uniform(0.3, 6))
            process.send_signal(signal.SIGINT)
            began = time.perf_counter()
            silent = process.communicate()[1] == b""
            waits.append(time.perf_counter() - began)
            statuses.append(process.returncode == -signal.SIGINT and silent)
        found = cut_short(out)
        broken, parts = broken + found[0], parts + found[1]
    yield (
        "Ctrl-C",
        {
            "times": INTERRUPTS,
            "130, silent": all(statuses),
            "seconds at most": max(waits),
            "within 1 s": max(waits) <= 1,
            "nothing half": not broken + parts,
        },
    )


def streams(args, scratch):
    """Many small maps in one stream, and a reader that is slow, and one that leaves."""
    one = b"".join(map(bytes, encode_npy(np.random.default_rng(0).random((48, 64), dtype=np.float32))))
    for words in (["blur-mask", "-f", "npy"], ["blur-score"]):
        with start(*words, stdin=subprocess.PIPE, stdout=open(scratch / "out", "wb")) as process:
            samples = []
            for number in range(MAPS):
                process.stdin.write(one)
                if number % 50 == 0:
                    samples.append((number, resident(process)))
            process.stdin.close()
        told = (scratch / "out").read_bytes()
        count = told.count(b"\x93NUMPY") if words[0] == "blur-mask" else told.count(b"\n")
        yield (
            f"{words[0]}, {MAPS} maps in one stream",
            {"results": count, "all": count == MAPS, **growth(samples, MAPS)},
        )
    with start("blur-mask", "-f", "npy", stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        for _ in range(3):
            for begin in range(0, len(one), 1500):
                process.stdin.write(one[begin : begin + 1500])
                process.stdin.flush()
                time.sleep(0.1)
        yield "a writer of 15 kB a second", {"maps": 3, "all": process.communicate()[0].count(b"\x93NUMPY") == 3}
    cv2.imwrite(str(scratch / "photo.jpg"), mosaic(750, 500))
    with start("blur-map", *[scratch / "photo.jpg"] * 100, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.read(1000)
        process.stdout.close()
        yield (
            "a reader that leaves",
            {"silent": process.stderr.read() == b"", "SIGPIPE": process.wait() == -signal.SIGPIPE},
        )


STUDIES = (huge, strips, long_map, long_score, kills, interrupts, streams)


def misses(results):
    """How many rows say MISSED."""
    return sum(bool(measure.missed(label, found, {})) for rows in results.values() for label, found in rows)


def page(results, args):
    """All rows as one page."""
    text = [
        "# Soak",
        f"Libraries have {args.files} photos of {SIDE[0]}x{SIDE[1]}, one in {DAMAGED_EVERY} damaged; the huge photo has {args.megapixels} megapixels.",
        f"Rows that miss what is promised: {misses(results)}.",
        "",
    ]
    for name, rows in results.items():
        text += [
            f"## {name}",
            globals()[name].__doc__,
            "",
            "    " + "\n    ".join(measure.line(label, found, {}) for label, found in rows),
            "",
        ]
    return "\n".join(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", type=Path, required=True)
    parser.add_argument("--files", type=int, default=5000)
    parser.add_argument("--megapixels", type=int, default=100)
    parser.add_argument("--only", choices=[f.__name__ for f in STUDIES], action="append")
    args = parser.parse_args()
    results = {}
    for study in STUDIES:
        if args.only and study.__name__ not in args.only:
            continue
        results[study.__name__] = []
        print(f"## {study.__name__}: {study.__doc__}", flush=True)
        with tempfile.TemporaryDirectory() as scratch:
            for label, found in study(args, Path(scratch)):
                results[study.__name__].append((label, found))
                print(measure.line(label, found, {}), flush=True)
    args.results.mkdir(parents=True, exist_ok=True)
    (args.results / "soak.md").write_text(page(results, args))
    return int(misses(results) > 0)


if __name__ == "__main__":
    sys.exit(main())
