"""How many photos a second blur-score reads, against decoding them alone."""

import subprocess
import sys
import time
from functools import partial

import cv2
import measure
import numpy as np
import photos
from measure import command

from blurkit.methods import METHODS

LARGE = {12: (4000, 3000), 24: (6000, 4000)}  # megapixels: pixels of mosaics of sixteen photos, with a camera's detail
COUNT, TIMES = 60, 4  # photos of 12 megapixels, and how often each is named: a start weighs little in a large folder
SLOW = 20  # photos for park
COUNT_24, TIMES_24 = 20, 2
SIZE = 1600  # pixels; --max-size
DECODE = """import sys, PIL.Image
side = int(sys.argv[1])
for name in sys.argv[2:]:
    picture = PIL.Image.open(name)
    if side:
        picture.draft("RGB", (side, side * 3 // 4))
    picture.load()"""
LAPLACIAN = "import sys, cv2; print(cv2.Laplacian(cv2.imread(sys.argv[1], 0), cv2.CV_64F).var(), sys.argv[1])"
write_jpeg = partial(cv2.imwrite, params=[cv2.IMWRITE_JPEG_QUALITY, 92])


def throughput(data, scratch, results):
    """Large JPEGs per second, against decoding alone at the size needed and against a process per photo."""
    names = mosaics(data, scratch, 12, COUNT)
    laplacian = [sys.executable, "-c", LAPLACIAN]
    loop = len(names[:4]) / sum(measure.seconds(*laplacian, name, repeats=1) for name in names[:4])
    yield "a process of cv2.Laplacian per photo", {"photos a second": loop}
    reduced, whole = names * TIMES, names * (TIMES // 2)
    rate = decoding(reduced, SIZE)
    yield "decoding alone, two processes", {"photos a second": rate}
    for method in METHODS:
        some = names[:SLOW] if method == "park" else reduced  # half a second each
        yield f"blur-score, {method}", scored(some, rate, loop, "--method", method, "--max-size", SIZE)
    yield from others("12 megapixels", whole, reduced, rate)
    for name in names:
        name.unlink()
    names = mosaics(data, scratch, 24, COUNT_24)
    rate = decoding(names * TIMES_24, SIZE)
    yield "24 megapixels: decoding alone, two processes", {"photos a second": rate}
    yield "24 megapixels: blur-score, joint", scored(names * TIMES_24, rate, None, "--max-size", SIZE)
    yield from others("24 megapixels", names * TIMES_24, names * TIMES_24, rate)


def others(label, whole, reduced, rate):
    """Rows of decoding at full size, of blur-score without --max-size, and of --detail if there is that option."""
    full = decoding(whole, 0)
    yield f"{label}: decoding alone, full size", {"photos a second": full}
    yield f"{label}: blur-score, joint, without options", scored(whole, full, None)
    if b"--detail" in command("blur-score", "--help"):
        yield f"{label}: blur-score, joint, --detail", scored(whole, full, None, "--detail")
        small = scored(reduced, rate, None, "--detail", "--max-size", SIZE)
        yield f"{label}: blur-score, joint, --detail --max-size {SIZE}", small


def mosaics(data, folder, megapixels, count):
    """Large JPEGs of random sharp photos."""
    rng, sharp = np.random.default_rng(0), photos.sharp(data)
    names = [folder / f"{megapixels}-{number}.jpg" for number in range(count)]
    for name in names:
        chosen = [sharp[i] for i in rng.integers(0, len(sharp), 16)]
        write_jpeg(str(name), measure.mosaic(chosen, LARGE[megapixels], 4))
    return names


def decoding(names, side):
    """Photos a second that two processes decode, reduced to about `side` pixels as JPEG allows; 0 = at full size."""
    decode = [sys.executable, "-c", DECODE, side]
    return len(names) / side_by_side([*decode, *names[::2]], [*decode, *names[1::2]])


def scored(names, rate, loop, *options):
    """Photos a second by blur-score with two jobs, times those of decoding and of a process per photo."""
    speed = len(names) / measure.seconds("blur-score", "-q", *options, "-j", 2, *names, repeats=2)
    figures = {"photos a second": speed, "x decoding": speed / rate}
    return {**figures, "x loop": speed / loop} if loop else figures


def side_by_side(*commands):
    """Seconds until all of some commands are done."""
    start = time.perf_counter()
    processes = [subprocess.Popen([str(word) for word in words]) for words in commands]
    for process in processes:
        process.wait()
    return time.perf_counter() - start
