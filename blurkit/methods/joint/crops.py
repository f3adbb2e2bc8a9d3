"""Stage 13: crops of tiles as the networks learn from them: at random places, mirrored, their light changed (torch)."""

import cv2
import numpy as np
import torch

from blurkit.methods.joint import network, patches
from blurkit.methods.joint.inputs import PLANES, UNCHANGED
from blurkit.training.loop import evenly

CROPS = ((96, 192), (96, 224), (112, 224), (112, 256))  # cells of the crop of one step, and pixels of its photo
CONTRAST = 0.3  # log; deviation of random changes of contrast, so that no photo is recognised by its own
STATISTICS_NOISE = 0.3  # deviations; noise on the statistics of a photo, so that none is recognised by them
NORMALISING_TILES = 500  # at most; they give the mean and the scale of the evidence
CHANGED_LIGHT, LIGHT, GAINS = 0.5, 25.0, (0.7, 1.3)  # share of the photos whose light is changed: offset in 8-bit steps
TINTED, TINTS, GREY = 0.2, (0.85, 1.15), 0.1  # share of the photos that are tinted, by which gains; that are made grey


def input_scaling(records, tiles):
    """Mean and deviation of every plane and of every statistic over some tiles, as named in ``layers.SHAPES``."""
    chosen = evenly(tiles, NORMALISING_TILES)
    planes = patches.decoded(np.stack([records["evidence"][i][:, ::4, ::4] for i in chosen]))
    statistics = records["whole"][chosen]
    scaling = {
        "mean": planes.mean(axis=(0, 2, 3)),
        "scale": planes.std(axis=(0, 2, 3)),
        "whole_mean": statistics.mean(axis=0),
        "whole_scale": statistics.std(axis=0),
    }
    return {name: np.float32(value + 1e-6 * name.endswith("scale")) for name, value in scaling.items()}


def crops(records, indices, rng, scaling):
    """Crops of some tiles, all from one place and mirrored together.

    Returns
    -------
    planes, halved : tensor, (b, 31, c, c) and (b, 31, c / 2, c / 2)
        The contrast of each tile is changed at random, with deviation `CONTRAST`.
    statistics : tensor, (b, 3, 1, 1)
        With noise of deviation `STATISTICS_NOISE`.
    photo : tensor, (b, 3, s, s)
        Its light changed at random.
    share, moving : tensor, (b, c, c)
        Of pixels in focus, in [0, 1], above 1 where unknown; 1 where blur is motion, above 1 where unknown.
    quarter_turns : int
        By which the network that does not see the photo is to turn its inputs.
    """
    side, pixels = CROPS[rng.integers(len(CROPS))]
    row, column = 4 * rng.integers((patches.TILE - side) // 4 + 1, size=2)  # cells; the photo has 9 pixels for 4 cells
    mirrored, quarter_turns = rng.integers(2), int(rng.integers(4))
    chosen = [records[i] for i in np.sort(indices)]

    def cropped(name, scale, last=2):
        first, end = (slice(int(scale * place), int(scale * (place + side))) for place in (row, column))
        ellipsis = (Ellipsis, first, end) + (slice(None),) * (last - 2)
        stacked = np.stack([record[name][ellipsis] for record in chosen])
        return np.flip(stacked, -last + 1) if mirrored else stacked

    planes, halved = (
        network.normalised_planes(patches.decoded(cropped(name, scale)), scaling)
        for name, scale in (("evidence", 1), ("halved", 0.5))
    )
    contrast = contrasts(len(chosen), rng) / scaling["scale"]
    statistics = np.stack([record["whole"] for record in chosen])
    statistics = network.normalised(statistics, scaling["whole_mean"], scaling["whole_scale"])
    statistics = statistics + rng.normal(0, STATISTICS_NOISE, statistics.shape)
    photo = np.stack([relit(resized(pixel, pixels), rng) for pixel in cropped("pixels", 9 / 4, 3)])
    return (
        as_input(planes + contrast[..., None, None]),
        as_input(halved + contrast[..., None, None]),
        as_input(statistics[..., None, None]),
        as_input(network.normalised_photo(photo)),
        torch.from_numpy(np.float32(cropped("share", 1)) / np.float32(patches.SHARE)),
        torch.from_numpy(np.float32(cropped("moving", 1))),
        quarter_turns,
    )


def as_input(array):
    """An array (b, c, h, w) as a float32 tensor, laid out as torch computes it fastest."""
    channels_last = np.ascontiguousarray(np.moveaxis(array, 1, -1), np.float32)
    return torch.from_numpy(channels_last).permute(0, 3, 1, 2)  # by torch it would take the threads of the step


def resized(photo, side):
    """A square photo, (h, h, 3) uint8, with another side: float32."""
    interpolation = cv2.INTER_AREA if side < len(photo) else cv2.INTER_LINEAR
    return cv2.resize(np.ascontiguousarray(photo), (side, side), interpolation=interpolation).astype(np.float32)


def relit(photo, rng):
    """A photo, (h, w, 3) float32 in [0, 255], whose contrast, light and colours are changed at random."""
    if rng.random() >= CHANGED_LIGHT:
        return photo
    photo = (photo - 128) * rng.uniform(*GAINS) + 128 + rng.uniform(-LIGHT, LIGHT)
    draw = rng.random()
    if draw < TINTED:
        photo = photo * rng.uniform(*TINTS, 3).astype(np.float32)
    elif draw < TINTED + GREY:
        photo = np.repeat(photo.mean(axis=2, keepdims=True), 3, axis=2)
    return photo.clip(0, 255)


def contrasts(count, rng):
    """What a random change of contrast adds to every plane of each of `count` tiles: (count, 31) float32."""
    shifts = np.repeat(rng.normal(0, CONTRAST, (count, 1)), PLANES, axis=1)
    shifts[:, UNCHANGED] = 0
    return shifts.astype(np.float32)
