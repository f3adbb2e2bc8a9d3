"""How many photos a second blur-score reads, against decoding them alone."""

import subprocess
import sys
import time

import measure
import numpy as np
import photos
from scoring import write_jpeg

from blurkit.defaults import SCORE_SIDE
from blurkit.methods import METHODS

LARGE = {12: (4000, 3000), 24: (6000, 4000)}  # megapixels: pixels of mosaics of sixteen photos, with a camera's detail
COUNTS = {12: (60, 4), 24: (20, 2)}  # photos of each, and how often each is named: a start weighs little in a folder
SLOW = 20  # photos for park
PROCESSES = 4  # photos for a process each
DECODE = """import sys, PIL.Image
side = int(sys.argv[1])
for name in sys.argv[2:]:
    picture = PIL.Image.open(name)
    if side:
        picture.draft("RGB", (side, side * 3 // 4))
    picture.load()"""
LAPLACIAN = "import sys, cv2; print(cv2.Laplacian(cv2.imread(sys.argv[1], 0), cv2.CV_64F).var(), sys.argv[1])"
QUALITY = 92  # of JPEGs, libjpeg's scale


def throughput(data, scratch, results):
    """Large JPEGs per second by plain blur-score -j 2, against decoding them alone at the size needed, in two processes
    of Pillow; with --detail, which decodes them whole, against plain; and against a process of cv2 per photo."""
    for megapixels, (count, times) in COUNTS.items():
        names = mosaics(data, scratch, megapixels, count)
        yield from rates(f"{megapixels} megapixels", names, times, METHODS if megapixels == 12 else ("joint",))
        for name in names:
            name.unlink()


def rates(label, names, times, methods):
    """Rows of some photos, each named so many times, by some methods."""
    several = names * times
    rate = decoding(several, SCORE_SIDE)
    yield f"{label}: decoding alone at the size needed", {"photos a second": rate}
    yield f"{label}: decoding alone, full size", {"photos a second": decoding(names, 0)}
    loop = process_each(names[:PROCESSES])
    yield f"{label}: a process of cv2.Laplacian per photo", {"photos a second": loop}
    plain = {}
    for method in methods:
        some = names[:SLOW] if method == "park" else several  # half a second each
        plain[method] = scored(some, "--method", method)
        compared = {"x decoding": plain[method] / rate, "x loop": plain[method] / loop}
        yield f"{label}: blur-score, {method}", {"photos a second": plain[method], **compared}
    detail = scored(several, "--detail")
    compared = {"x decoding": detail / rate, "x plain": detail / plain["joint"]}
    yield f"{label}: blur-score, joint, --detail", {"photos a second": detail, **compared}


def mosaics(data, folder, megapixels, count):
    """Large JPEGs of random sharp photos."""
    rng, sharp = np.random.default_rng(0), photos.sharp(data)
    names = [folder / f"{megapixels}-{number}.jpg" for number in range(count)]
    for name in names:
        chosen = [sharp[i] for i in rng.integers(0, len(sharp), 16)]
        write_jpeg(name, measure.mosaic(chosen, LARGE[megapixels], 4), QUALITY)
    return names


def decoding(names, side):
    """Photos a second that two processes decode, reduced to about `side` pixels as JPEG allows; 0 = at full size."""
    decode = [sys.executable, "-c", DECODE, side]
    return len(names) / side_by_side([*decode, *names[::2]], [*decode, *names[1::2]])


def process_each(names):
    """Photos a second that a loop measures by the variance of the Laplacian, with a process for each."""
    return len(names) / sum(measure.seconds(sys.executable, "-c", LAPLACIAN, name, repeats=1) for name in names)


def scored(names, *options):
    """Photos a second by blur-score with two jobs."""
    return len(names) / measure.seconds("blur-score", "-q", *options, "-j", 2, *names, repeats=2)


def side_by_side(*commands):
    """Seconds until all of some commands are done."""
    start = time.perf_counter()
    processes = [subprocess.Popen([str(word) for word in words]) for words in commands]
    for process in processes:
        process.wait()
    return time.perf_counter() - start
