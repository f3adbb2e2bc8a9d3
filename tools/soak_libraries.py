"""Soak tests of thousands of photos, damaged ones among them. A study yields (label, figures) for every row."""

import os
import subprocess
import time

from archive import contents, files_in, growth, library, resident, start

JOBS = {"-j 1": [], "-j 2": ["-j", 2]}  # label: options
POLL = 0.1  # seconds between two looks at a running command
SAMPLE_EVERY = 10  # scores


def names_of(complaints):
    """The paths that complaints are about, sorted."""
    return sorted(line.split(": ")[1] for line in complaints)


def long_map(args, scratch):
    """blur-map -r -o OUT/ over a library with one damaged photo in a hundred."""
    damaged = library(scratch / "library", args.files)
    sound, maps = args.files - len(damaged), {}
    for label, options in JOBS.items():
        words = ["blur-map", "-q", *options, "-r", "-o", f"{scratch / label}/", scratch / "library"]
        begin, samples = time.perf_counter(), []
        with start(*words, stderr=subprocess.PIPE) as process:
            while process.poll() is None:
                samples.append((len(files_in(scratch / label)), resident(process)))
                time.sleep(POLL)
            complaints = process.stderr.read().decode().splitlines()
        maps[label] = contents(scratch / label)
        figures = {
            "seconds": time.perf_counter() - begin,
            "maps": len(maps[label]),
            "status 2": process.returncode == 2,
            "all good ones done": len(maps[label]) == sound,
            "bad ones named once": names_of(complaints) == sorted(map(str, damaged)),
        }
        yield f"blur-map {label}", figures | growth(samples, sound)
    yield "-j 2 against -j 1", {"same bytes": maps["-j 1"] == maps["-j 2"]}
    yield from resumed(scratch, maps["-j 1"], complaints)


def resumed(scratch, maps, complaints):
    """blur-map --resume: with only the damaged photos to do, and with every tenth map missing."""
    out = scratch / "-j 1"
    words = ["blur-map", "-q", "--resume", "-r", "-o", f"{out}/", scratch / "library"]
    for label, lost in (("--resume, nothing missing", []), ("--resume, a tenth missing", sorted(maps)[::10])):
        for number, name in enumerate(lost):
            if number % 2:
                os.truncate(out / name, 1000)
            else:
                (out / name).unlink()
        begin = time.perf_counter()
        done = subprocess.run(words, capture_output=True)
        yield (
            label,
            {
                "seconds": time.perf_counter() - begin,
                "status 2": done.returncode == 2,
                "the same bad ones": done.stderr.decode().splitlines() == complaints,
                "same bytes": contents(out) == maps,
            },
        )


def long_score(args, scratch):
    """blur-score -r over the same library."""
    damaged, scores = library(scratch / "library", args.files), {}
    for label, options in JOBS.items():
        words = ["blur-score", "-q", *options, "-r", scratch / "library"]
        begin, samples, lines = time.perf_counter(), [], []
        with (
            open(scratch / "complaints", "wb") as errors,
            start(*words, stdout=subprocess.PIPE, stderr=errors) as process,
        ):
            for line in process.stdout:
                lines.append(line)
                if len(lines) % SAMPLE_EVERY == 0:
                    samples.append((len(lines), resident(process)))
        scores[label] = b"".join(lines)
        complaints = (scratch / "complaints").read_text().splitlines()
        figures = {
            "seconds": time.perf_counter() - begin,
            "scores": len(lines),
            "status 2": process.returncode == 2,
            "all good ones done": len(lines) == args.files - len(damaged),
            "bad ones named once": names_of(complaints) == sorted(map(str, damaged)),
        }
        yield f"blur-score {label}", figures | growth(samples, len(lines))
    yield "-j 2 against -j 1", {"same bytes": scores["-j 1"] == scores["-j 2"]}
