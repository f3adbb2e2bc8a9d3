"""Soak tests of kills, interrupts and long streams. A study yields (label, figures) for every row."""

import os
import random
import signal
import subprocess
import time

import cv2
import numpy as np
from archive import contents, cut_short, files_in, growth, measure, mosaic, resident, start

from blurkit.io.npy import encode_npy

KILLS, INTERRUPTS = 50, 10
MAPS = 10_000  # in one stream
SAMPLE_EVERY = 50  # maps
NPY = b"\x93NUMPY"  # every NPY begins with it
PIECE = 1500  # bytes that a slow writer writes at once
PAUSE = 0.1  # seconds after each


# ---- kills -------------------------------------------------------------------


def kills(args, scratch):
    """kill -9 at random moments, then --resume: no file cut short under a final name, in the end the same bytes."""
    rng, source = random.Random(0), mosaic(2400, 1800)
    for number in range(24):
        np.save(scratch / f"{number:02}.npy", np.float32(np.roll(source[..., 1], 50 * number, axis=0)) / 255)
        cv2.imwrite(str(scratch / f"{number:02}.jpg"), np.roll(source, 50 * number, axis=0))
    for label, words in (
        ("blur-map -j 2", ["blur-map", "-q", "-j", 2, *sorted(scratch.glob("*.jpg"))]),
        ("blur-mask", ["blur-mask", "-q", "-f", "npy", *sorted(scratch.glob("*.npy"))]),
    ):
        expected, out = scratch / f"whole {label}", scratch / label
        begin = time.perf_counter()
        measure.command(*words, "-o", f"{expected}/")
        broken, writing = killed(words, out, time.perf_counter() - begin, rng)
        measure.command(*words, "--resume", "-o", f"{out}/")
        yield (
            label,
            {
                "kills": KILLS // 2,
                "killed while writing": writing,
                "cut short": broken,
                "none cut short": broken == 0,
                "same bytes, nothing else": contents(out) == contents(expected),
            },
        )


def killed(words, out, seconds, rng):
    """Kill a command, which takes `seconds`, again and again; (files cut short, kills that left a temporary file)."""
    broken = writing = 0
    for _ in range(KILLS // 2):
        with start(*words, "--resume", "-o", f"{out}/") as process:
            time.sleep(rng.uniform(0, seconds / 4))
            ended = process.poll() is not None
            process.kill()
        cut, parts = cut_short(out)
        broken += cut
        writing += parts > 0
        if ended:  # all was done: begin again
            for name in files_in(out):
                os.unlink(name)
    return broken, writing


def interrupts(args, scratch):
    """Ctrl-C at random moments of blur-map -j 2, where a photo of 12 megapixels takes seconds."""
    rng, waits, statuses, incomplete = random.Random(0), [], [], 0
    for number in range(8):
        cv2.imwrite(str(scratch / f"{number}.jpg"), mosaic(4000, 3000))
    out, photos = scratch / "out", sorted(scratch.glob("*.jpg"))
    words = ["blur-map", "-q", "-j", 2, "--working-size", 0, *photos, "-o", f"{out}/"]
    for _ in range(INTERRUPTS):
        with start(*words, stderr=subprocess.PIPE) as process:
            time.sleep(rng.uniform(0.3, 6))
            process.send_signal(signal.SIGINT)
            begin = time.perf_counter()
            silent = process.communicate()[1] == b""
            waits.append(time.perf_counter() - begin)
            statuses.append(process.returncode == -signal.SIGINT and silent)
        incomplete += sum(cut_short(out))
    figures = {
        "times": INTERRUPTS,
        "130, silent": all(statuses),
        "seconds at most": max(waits),
        "within 1 s": max(waits) <= 1,
        "nothing half": not incomplete,
    }
    yield "Ctrl-C", figures


# ---- streams -----------------------------------------------------------------


def streams(args, scratch):
    """Many small maps in one stream, a slow writer, and a reader that leaves."""
    one_map = b"".join(map(bytes, encode_npy(np.random.default_rng(0).random((48, 64), dtype=np.float32))))
    for words, mark in ((["blur-mask", "-f", "npy"], NPY), (["blur-score"], b"\n")):
        samples = long_stream(words, one_map, scratch / "out")
        count = (scratch / "out").read_bytes().count(mark)
        figures = {"results": count, "all": count == MAPS}
        yield f"{words[0]}, {MAPS} maps in one stream", figures | growth(samples, MAPS)
    yield "a writer of 15 kB a second", slow_writer(one_map)
    cv2.imwrite(str(scratch / "photo.jpg"), mosaic(750, 500))
    yield "a reader that leaves", leaving_reader(scratch / "photo.jpg")


def long_stream(words, one_map, out):
    """Feed a command `MAPS` maps; its memory in between: [(maps, MB)]."""
    samples = []
    with open(out, "wb") as file, start(*words, stdin=subprocess.PIPE, stdout=file) as process:
        for number in range(MAPS):
            process.stdin.write(one_map)
            if number % SAMPLE_EVERY == 0:
                samples.append((number, resident(process)))
        process.stdin.close()
    return samples


def slow_writer(one_map):
    """Three maps, in small pieces."""
    with start("blur-mask", "-f", "npy", stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        for _ in range(3):
            for begin in range(0, len(one_map), PIECE):
                process.stdin.write(one_map[begin : begin + PIECE])
                process.stdin.flush()
                time.sleep(PAUSE)
        return {"maps": 3, "all": process.communicate()[0].count(NPY) == 3}


def leaving_reader(photo):
    """A reader that closes the pipe after 1000 bytes of a hundred maps."""
    with start("blur-map", *[photo] * 100, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.read(1000)
        process.stdout.close()
        return {"silent": process.stderr.read() == b"", "SIGPIPE": process.wait() == -signal.SIGPIPE}
