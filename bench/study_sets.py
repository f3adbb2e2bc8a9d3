"""What blur-score --burst and --similar take photos for: made focus stacks, panoramas, bursts and copies; a study.

study_sets.py --data DIR --results DIR [--only SECTION]

stacks      scenes whose segments lie at ten depths, each blurred by its distance from the focus
panoramas   overlapping crops of sharp photos, of uneven height and light
alike       what --similar groups: moved and edited copies of photos, and different photos
bursts      crops of a scene with noise, and with shake, focus that misses, a thing that moves, or all of that
"""

import sys

import cv2
import measure
import numpy as np
import photos
from alike import alike

from blurkit import sets
from blurkit.io.maps import decode_segments

SCENES, SHARP = 5, 5  # every so many photos are taken
DEPTHS = 10
STEP = 0.4  # pixels; sigma of the blur of one depth more from the focus
NOISE = 2.0  # 8-bit steps
LONGEST = 14  # pixels; the strongest shake
MISSED = 2.5  # pixels; sigma of the worst focus
HAND = 6  # pixels; how far a hand moves between frames
LIGHT = (0.97, 1.03)  # how much the light of frames differs
STACKS = ((10, 1.0), (5, 1.0), (3, 1.0), (6, 0.5), (2, 1.0))  # frames, and steps of blur from depth to depth
PANORAMAS = ((2, 0.6), (3, 0.5), (4, 0.4), (6, 0.25))  # frames, and how far each moves on, in shares of its width
WIDTH = 0.4  # of the photo; of a frame of a panorama
TROUBLES = ("none", "shake", "focus", "motion", "all")
COUNTS = (2, 3, 8)  # frames of bursts
UNKNOWN = sets.Exposure(None, None, False)


def shown(photo, rng):
    """What is compared of a photo, (H, W, 3) float, with noise."""
    noisy = photo + rng.normal(0, NOISE, photo.shape)
    return sets.look(np.clip(np.rint(noisy), 0, 255).astype(np.uint8))


def stack(photo, segments, count, slope, rng):
    """A focus stack of a scene, whose segments lie at depths by chance."""
    _, numbers = np.unique(segments, return_inverse=True)
    depths = rng.integers(0, DEPTHS, numbers.max() + 1)[numbers.reshape(segments.shape)]
    blurred = [cv2.GaussianBlur(photo, (0, 0), STEP * slope * step) if step else photo for step in range(DEPTHS)]
    frames = []
    for focus in np.linspace(0, DEPTHS - 1, count):
        steps = np.rint(np.abs(depths - focus)).astype(int)
        frames.append(shown(np.choose(steps[..., None], blurred), rng))
    return frames


def burst(photo, count, trouble, rng):
    """A burst of a scene; `trouble` is one of `TROUBLES`."""
    height, width = photo.shape[:2]
    thing = photo[height // 3 : 2 * height // 3, width // 3 : width // 2].copy()
    frames = []
    for number in range(count):
        frame = photo.copy()
        if trouble in ("motion", "all"):
            down, right = height // 4 + rng.integers(0, height // 8), width // 8 + number * width // (2 * count)
            frame[down : down + len(thing), right : right + thing.shape[1]] = thing
        if trouble in ("shake", "all"):
            frame = cv2.filter2D(frame, -1, streak(rng.uniform(1, LONGEST), rng.uniform(0, np.pi)))
        if trouble in ("focus", "all"):
            frame = cv2.GaussianBlur(frame, (0, 0), rng.uniform(0.1, MISSED))
        down, right = rng.integers(0, HAND, 2)
        crop = frame[down : height - HAND + down, right : width - HAND + right]
        frames.append(shown(crop * rng.uniform(*LIGHT), rng))
    return frames


def streak(length, angle):
    """The kernel of a straight shake, pixels and radians: (n, n) float32."""
    side = LONGEST + 3
    kernel = np.zeros((side, side), np.float32)
    for part in np.linspace(-length / 2, length / 2, 8 * side):
        kernel[round(side // 2 + part * np.sin(angle)), round(side // 2 + part * np.cos(angle))] += 1
    return kernel / kernel.sum()


def panorama(photo, count, step, rng):
    """A panorama within a photo; None if it is not wide enough."""
    height, width = photo.shape[:2]
    view, room = int(WIDTH * width), height // 15
    starts = [int(number * step * view) for number in range(count)]
    if starts[-1] + view > width:
        return None
    downs = rng.integers(0, room, count)
    crops = [photo[d : d + height - room, s : s + view] for d, s in zip(downs, starts, strict=True)]
    return [shown(crop * rng.uniform(0.9, 1.1), rng) for crop in crops]


def shares(series, kind):
    """Of some series the shares that are taken for a kind, and that are kept whole, and their number."""
    kinds = [sets.kind(frames, [UNKNOWN] * len(frames)) for frames in series]
    whole = float(np.mean([one != "burst" for one in kinds]))
    return {kind: float(np.mean([one == kind for one in kinds])), "kept whole": whole, "series": len(kinds)}


def read(path):
    """A photo, (H, W, 3) float32."""
    return cv2.imread(str(path))[..., ::-1].astype(np.float32)


def scenes(data):
    """(photo, segments) of some scenes."""
    for path in sorted((data / "scenes").glob("*.jpg"))[::SCENES]:
        yield read(path), decode_segments(path.with_suffix(".seg.png").read_bytes())


def stacks(data, scratch, results):
    """Focus stacks that are found."""
    rng = np.random.default_rng(1)
    for count, slope in STACKS:
        series = [stack(photo, segments, count, slope, rng) for photo, segments in scenes(data)]
        yield f"stack of {count}, {slope:g}", shares(series, "stack")


def panoramas(data, scratch, results):
    """Panoramas that are found."""
    rng, paths = np.random.default_rng(2), photos.sharp(data)[::SHARP]
    for count, step in PANORAMAS:
        series = [panorama(read(path), count, step, rng) for path in paths]
        yield f"panorama of {count}, {step:g}", shares([frames for frames in series if frames], "panorama")


def bursts(data, scratch, results):
    """Bursts that are taken for bursts."""
    rng = np.random.default_rng(3)
    for trouble in TROUBLES:
        for count in COUNTS:
            series = [burst(photo, count, trouble, rng) for photo, _ in scenes(data)]
            yield f"burst of {count}, {trouble}", shares(series, "burst")


REQUIRED = {
    "moved by 2%": {"grouped": (0.98, 1)},
    "different photos": {"near pairs": (0, 3)},
    "stack of 10, 1": {"stack": (0.85, 1)},
    "stack of 5, 1": {"stack": (0.8, 1)},
    **{f"panorama of {count}, {step:g}": {"panorama": (0.95, 1)} for count, step in PANORAMAS},
    **{f"burst of {count}, {trouble}": {"burst": (0.9, 1)} for count in COUNTS for trouble in ("none", "focus")},
}

if __name__ == "__main__":
    sys.exit(measure.main("sets", __doc__, (stacks, panoramas, bursts, alike), REQUIRED, needs="scenes"))
