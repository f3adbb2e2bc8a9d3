"""Which frames of a video blur-score takes, and how many it reads a second; a study.

study_video.py --data DIR --results DIR [--only SECTION]

choice      clips of a moving, trembling camera that loses focus at times: the blur of every frame is known
throughput  frames of 1920 x 1080 a second through a pipe
"""

import json
import re
import subprocess
import sys
import time

import cv2
import measure
import numpy as np
import photos
from scipy.stats import spearmanr
from scoring import slopes

from blurkit.io.photo import decode_photo
from blurkit.io.pictures import pictures

CLIPS, SECONDS, RATE = 3, 20, 30  # clips, of so many seconds, of so many frames a second
SCENE, VIEW, SIDE = (2400, 1800), (1280, 720), 4  # pixels of a mosaic of SIDE x SIDE photos, and of a frame
EXPOSURE, PARTS = 0.5, 12  # share of the time of a frame, and moments in it whose pictures are averaged
TREMOR = (2, 5, 8, 11)  # Hz; hands tremble by 2 to 12 (R. N. Stiles, J. Applied Physiology 40, 1976)
REACH = 6.0  # pixels; deviation of the tremor at its worst
DEFOCUS = 3.0  # pixels; sigma at its worst
NOISE = 2.0  # 8-bit steps
WINDOW = 10  # frames
NEAR = 0.1  # pixels; blur that differs by less looks the same
FULL = (1920, 1080)
PICKER = """import sys, cv2, numpy as np
width, height = map(int, sys.argv[1:])
stream = sys.stdin.buffer
stream.readline()
while stream.readline():
    frame = np.frombuffer(stream.read(width * height * 3 // 2), np.uint8, width * height)
    cv2.Laplacian(frame.reshape(height, width), cv2.CV_64F).var()
"""


def path(rng, count):
    """Where the camera looks at every moment of every frame: (count, PARTS, 2) float, pixels."""
    moments = (np.arange(count)[:, None] + EXPOSURE * np.linspace(0, 1, PARTS)) / RATE  # seconds
    room = np.subtract(SCENE, VIEW) / 2 - 3 * REACH
    turns = rng.uniform(0.03, 0.06, 2)  # a second
    pan = room * np.sin(2 * np.pi * turns * moments[..., None] + rng.uniform(0, 6, 2))
    strength = envelope(rng, moments.mean(axis=1))[:, None, None]
    tremor = sum(
        rng.normal(0, REACH / len(TREMOR) ** 0.5, 2)
        * np.sin(2 * np.pi * hertz * moments[..., None] + rng.uniform(0, 6, 2))
        for hertz in rng.uniform(0.8, 1.2, len(TREMOR)) * TREMOR
    )
    return np.divide(SCENE, 2) + pan + strength * tremor


def envelope(rng, seconds):
    """A strength that comes and goes, from 0 to 1."""
    waves = [np.sin(2 * np.pi * hertz * seconds + rng.uniform(0, 6)) for hertz in rng.uniform(0.1, 1.5, 3)]
    return np.clip(0.5 + np.mean(waves, axis=0), 0, 1)


def frames(scene, rng, count):
    """(frame, sigma of its blur in its worst direction) of a clip; frames are (h, w, 3) uint8, BGR."""
    centres, sigmas = path(rng, count), DEFOCUS * envelope(rng, np.arange(count) / RATE) ** 3
    for moments, sigma in zip(centres, sigmas, strict=True):
        mean = np.zeros((*VIEW[::-1], 3), np.float32)
        for x, y in moments:
            shift = np.float32([[1, 0, VIEW[0] / 2 - x], [0, 1, VIEW[1] / 2 - y]])
            mean += cv2.warpAffine(scene, shift, VIEW, flags=cv2.INTER_CUBIC)
        mean = cv2.GaussianBlur(mean / len(moments), (0, 0), sigma) if sigma > 0.1 else mean / len(moments)
        noisy = mean + rng.normal(0, NOISE, mean.shape).astype(np.float32)
        spread = np.linalg.eigvalsh(np.cov(moments.T))[-1] + sigma**2
        yield np.clip(np.rint(noisy), 0, 255).astype(np.uint8), spread**0.5


def made(data, scratch, number):
    """A clip as a file, and the blur of its frames."""
    rng, clip = np.random.default_rng(number), scratch / f"{number}.mp4"
    names = [photos.sharp(data)[i] for i in rng.integers(0, len(photos.sharp(data)), SIDE * SIDE)]
    scene, truth = measure.mosaic(names, SCENE, SIDE), []
    source = ["-f", "rawvideo", "-pix_fmt", "bgr24", "-s", "{}x{}".format(*VIEW), "-r", RATE, "-i", "-"]
    with subprocess.Popen(ffmpeg(*source, "-pix_fmt", "yuv420p", "-crf", 18, clip), stdin=subprocess.PIPE) as coder:
        for frame, sigma in frames(scene, rng, SECONDS * RATE):
            coder.stdin.write(frame.tobytes())
            truth.append(sigma)
    return clip, np.array(truth)


def ffmpeg(*words):
    """A command of ffmpeg."""
    return ["ffmpeg", "-v", "error", "-y", *map(str, words)]


def ours(clip):
    """The scores of the frames."""
    with subprocess.Popen(ffmpeg("-i", clip, "-f", "yuv4mpegpipe", "-"), stdout=subprocess.PIPE) as source:
        lines = subprocess.run(["blur-score", "-j", "2", "--json"], stdin=source.stdout, stdout=subprocess.PIPE).stdout
    return np.array([json.loads(line)["score"] for line in lines.splitlines()], float)


def theirs(clip):
    """{measure: values} of other programs, bigger = sharper."""
    with subprocess.Popen(ffmpeg("-i", clip, "-f", "yuv4mpegpipe", "-"), stdout=subprocess.PIPE) as source:
        planes = (decode_photo(frame.data, luma=True) for frame in pictures(source.stdout))
        found = [slopes(plane.astype(np.float32)) for plane in planes]
    blur = measure.command(*ffmpeg("-i", clip, "-vf", "blurdetect,metadata=print:file=-", "-f", "null", "/dev/null"))
    return {
        **{name: np.array([values[name] for values in found]) for name in found[0]},
        "blurdetect of ffmpeg": -np.array(re.findall(rb"lavfi.blur=(\S+)", blur), float),
    }


def choice(data, scratch, results):
    """Per window of ten frames: is the chosen one among the two least blurred, or is its blur within a tenth of a pixel
    of theirs; and the order of all frames."""
    found: dict = {}
    for number in range(CLIPS):
        clip, truth = made(data, scratch, number)
        for name, values in {"blur-score": ours(clip), **theirs(clip)}.items():
            whole = len(truth) // WINDOW * WINDOW
            best = values[:whole].reshape(-1, WINDOW).argmax(axis=1)
            blur = truth[:whole].reshape(-1, WINDOW)
            more = blur[np.arange(len(best)), best] - np.sort(blur, axis=1)[:, 1]  # than the second least blurred has
            found.setdefault(name, []).append((more, spearmanr(values, -truth).statistic))
    for name, clips in found.items():
        excess, orders = np.concatenate([more for more, _ in clips]), [order for _, order in clips]
        shares = {"among the two": float((excess <= 0).mean()), "or within .1 pixel": float((excess <= NEAR).mean())}
        yield name, {**shares, "most pixels beyond": float(excess.max()), "spearman": float(np.mean(orders))}


def throughput(data, scratch, results):
    """Frames of 1920 x 1080 a second, out of one clip by ffmpeg through a pipe."""
    clip, truth = made(data, scratch, 0)
    width, height = FULL
    large = scratch / "large.mp4"
    measure.command(*ffmpeg("-i", clip, "-vf", f"scale={width}:{height}", "-crf", 18, large))
    readers = {
        "cat": ["cat"],
        "variance of Laplacian, a script": [sys.executable, "-c", PICKER, width, height],
        "blur-score -j 2": ["blur-score", "-j", 2],
        "blur-score -j 2 --max-size 640": ["blur-score", "-j", 2, "--max-size", 640],
    }
    rates = {name: len(truth) / piped(large, words) for name, words in readers.items()}
    for name, rate in rates.items():
        yield name, {"frames a second": rate, "x script": rate / rates["variance of Laplacian, a script"]}


def piped(clip, words):
    """Seconds until a command has read all frames of a clip."""
    start = time.perf_counter()
    with subprocess.Popen(ffmpeg("-i", clip, "-f", "yuv4mpegpipe", "-"), stdout=subprocess.PIPE) as source:
        subprocess.run([str(word) for word in words], stdin=source.stdout, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


REQUIRED = {
    "blur-score": {"among the two": (0.95, 1), "spearman": (0.9, 1)},
    "blur-score -j 2": {"frames a second": (25, 10_000), "x script": (0.5, 100)},
}

if __name__ == "__main__":
    sys.exit(measure.main("video", __doc__, (choice, throughput), REQUIRED, needs="sharp"))
