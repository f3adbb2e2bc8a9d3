"""Look-alikes: copies of photos that were moved, exposed or edited, and different photos that are taken for alike."""

import cv2
import numpy as np

from blurkit import sets, similar
from blurkit.cli.inputs import is_photo

FOLDERS = ("sharp", "cuhk/image", "motion/image", "szu/image", "scenes")
EVERY = 12  # so many photos apart are those that copies are made of
MOVED = (0.02, 0.05, 0.1)  # shares of height and width
NOISE, QUALITY = 10, 30  # 8-bit steps; libjpeg's scale
GAMMA = 2.2


def copies(photo, rng):
    """{what differs: (photo, its copy)}, (H, W, 3) uint8 each."""
    height, width = photo.shape[:2]
    values = photo.astype(np.float32)

    def moved(share):
        down, right = int(share * height), int(share * width)
        return photo[down:, right:], photo[: height - down, : width - right]

    noisy = eight_bits(values + rng.normal(0, NOISE, photo.shape))
    edge = int(0.05 * height), int(0.05 * width)
    changed = {
        "cropped by 5 % at each side": photo[edge[0] : height - edge[0], edge[1] : width - edge[1]],
        "a stop lighter": eight_bits(values * 2 ** (1 / GAMMA)),
        "two stops darker": eight_bits(values * 2 ** (-2 / GAMMA)),
        "more contrast": eight_bits(1.5 * (values - 128) + 128),
        "160 pixels wide": cv2.resize(photo, (160, 160 * height // width), interpolation=cv2.INTER_AREA),
        "blurred by 4 pixels": cv2.GaussianBlur(photo, (0, 0), 4),
        "noise and JPEG": cv2.imdecode(cv2.imencode(".jpg", noisy, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1], 1),
    }
    return {f"moved by {share:.0%}": moved(share) for share in MOVED} | {
        name: (photo, copy) for name, copy in changed.items()
    }


def eight_bits(values):
    """Values as uint8."""
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def print_of(photo):
    """The fingerprint of a photo, (H, W, 3)."""
    return similar.fingerprint(sets.look(photo).thumbnail)


def alike(data, scratch, results):
    """Copies that are grouped with their photo, and pairs of different photos that are near."""
    paths = [path for folder in FOLDERS for path in sorted((data / folder).glob("*")) if is_photo(path.name)]
    rng, found, prints = np.random.default_rng(4), {}, []
    for number, path in enumerate(paths):
        photo = cv2.imread(str(path))
        prints.append(print_of(photo))
        if number % EVERY == 0:
            for name, pair in copies(photo, rng).items():
                first, second = similar.groups([print_of(one) for one in pair])
                found.setdefault(name, []).append(first == second is not None)
    for name, flags in found.items():
        yield name, {"grouped": float(np.mean(flags)), "photos": len(flags)}
    shown = np.stack([one for one in prints if one is not None])
    yield (
        "different photos",
        {
            "photos": len(paths),
            "near pairs": sum(map(len, similar.neighbours(shown))),
            "groups": len(paths) - len(set(similar.groups(prints)) - {None}),
        },
    )
