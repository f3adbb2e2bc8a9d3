"""What is not the photo drawn around it and over it: bars, frames, padding, cut-outs, text, logos, hot pixels."""

from functools import partial
from itertools import product

import cv2
import numpy as np
from scoring import EACH, MISSING, forty, numbers, rate, records, write_jpeg

BLURS = (0, 1.5, 3)  # pixels; sigma of the Gaussian that photos are blurred with
SIZES = (1, 2, 8, 30, 80)  # pixels; of bars and frames
COLOURS = {  # BGR
    "black": (0, 0, 0),
    "white": (255, 255, 255),
    "grey": (128, 128, 128),
    "blue": (140, 60, 20),
    "orange": (30, 140, 240),
}
PLACES = {"top": (1, 0, 0, 0), "bottom": (0, 1, 0, 0), "both": (1, 1, 0, 0), "left": (0, 0, 1, 0)}
ALL_AROUND = (1, 1, 1, 1)
WITHIN_BORDER, WITHIN_OVERLAY = 0.03, 0.1  # of the score; by how much it may change
WITHIN_CROP = 0.02  # of the picture; how far off the share that is left out may be
HOT = 100  # pixels
FONT, SMOOTH = cv2.FONT_HERSHEY_SIMPLEX, cv2.LINE_AA


def around(photo, margins, colour):
    """A photo, (h, w, 3), with margins of a colour: (top, bottom, left, right) in pixels."""
    return cv2.copyMakeBorder(photo, *margins, cv2.BORDER_CONSTANT, value=colour)


def square(photo, colour):
    """A photo padded to a square."""
    height, width = photo.shape[:2]
    down, across = max(0, width - height), max(0, height - width)
    return around(photo, (down // 2, down - down // 2, across // 2, across - across // 2), colour)


def ellipse(shape):
    """What a cut-out keeps: (h, w) bool."""
    height, width = shape[:2]
    drawn = cv2.ellipse(
        np.zeros((height, width), np.uint8),
        (width // 2, height // 2),
        (width * 2 // 5, height * 2 // 5),
        0,
        0,
        360,
        1,
        -1,
    )
    return drawn == 1


def cut_out(photo, colour):
    """A photo inside an ellipse, a colour outside."""
    return np.where(ellipse(photo.shape)[..., None], photo, np.uint8(colour))


def text(photo, words, at, size=0.6, colour=(255, 255, 255)):
    """A photo with words whose baseline begins at (x, y)."""
    return cv2.putText(photo.copy(), words, at, FONT, size, colour, max(1, round(size * 2)), SMOOTH)


def date_stamp(photo, rng):
    height, width = photo.shape[:2]
    return text(photo, "12 05 2024", (width - 130, height - 14), colour=(30, 140, 240))


def four_corners(photo, rng):
    height, width = photo.shape[:2]
    for at in ((8, 22), (width - 90, 22), (8, height - 10), (width - 90, height - 10)):
        photo = text(photo, "REC 0:12", at)
    return photo


def across(photo):
    """A photo with large white words across its middle."""
    height, width = photo.shape[:2]
    return text(photo, "SAMPLE SAMPLE", (width // 12, height // 2), width / 330)


def watermark(photo, rng):
    return cv2.addWeighted(across(photo), 0.5, photo, 0.5, 0)


def logo(photo, rng):
    height, width = photo.shape[:2]
    marked = cv2.circle(photo.copy(), (width - 45, height - 45), 32, (40, 40, 210), -1, SMOOTH)
    return text(
        cv2.circle(marked, (width - 45, height - 45), 24, (255, 255, 255), 3, SMOOTH),
        "b",
        (width - 53, height - 37),
        0.9,
    )


def status_bar(photo, rng):
    marked = photo.copy()
    marked[:28] = 245
    return text(marked, "12:36   LTE  87%", (10, 20), colour=(0, 0, 0))


def hot_pixels(photo, rng):
    marked = photo.copy()
    marked[rng.integers(0, photo.shape[0], HOT), rng.integers(0, photo.shape[1], HOT)] = 255
    return marked


OVERLAYS = (date_stamp, four_corners, watermark, logo, status_bar, hot_pixels)


def variants(photo, number, rng):
    """(kind, colour, the photo with something that is not it, the share that is not it or None) of one photo.

    Colours take turns, so that five photos have a bar of each size and place in each colour.
    """
    turns = ((name, COLOURS[name]) for name in np.roll(list(COLOURS), number).tolist() * 10)
    height, width = photo.shape[:2]

    def added(picture):
        return 1 - height * width / (picture.shape[0] * picture.shape[1])

    for size, margins in product(SIZES, PLACES.values()):
        name, colour = next(turns)
        picture = around(photo, [size * side for side in margins], colour)
        yield f"bar, {size} px", name, picture, added(picture)
    for size in SIZES:
        name, colour = next(turns)
        picture = around(photo, [size * side for side in ALL_AROUND], colour)
        yield f"frame, {size} px", name, picture, added(picture)
    for name in ("black", "white"):
        if height != width:
            picture = square(photo, COLOURS[name])
            yield "padding to a square", name, picture, added(picture)
        yield "cut-out", name, cut_out(photo, COLOURS[name]), float(1 - ellipse(photo.shape).mean())
    for draw in OVERLAYS:
        yield draw.__name__.replace("_", " "), "", draw(photo, rng), None


def drawn(data, folder):
    """All pictures as JPEGs: (paths, a row of facts each, {path: mask of the part that is cut out})."""
    paths, facts, masks = [], [], {}
    for number, name in enumerate(forty(data)[:: 2 * EACH // 20]):
        for blur in BLURS:
            photo, rng = cv2.imread(str(name)), np.random.default_rng([number, int(blur)])
            photo = cv2.GaussianBlur(photo, (0, 0), blur) if blur else photo
            plain = len(paths)
            for kind, colour, picture, share in [("plain", "", photo, 0.0), *variants(photo, number, rng)]:
                paths.append(folder / f"{number:02}-{blur}-{len(paths) - plain:02}.jpg")
                write_jpeg(paths[-1], picture)
                facts.append((kind, colour, blur, plain, share))
            masks[paths[plain]] = folder / f"{number:02}-{blur}.png"
            cv2.imwrite(str(masks[paths[plain]]), ellipse(photo.shape).astype(np.uint8) * 255)
    return paths, facts, masks


def changes(values, before):
    """By how much scores differ from others, infinite where only one of both is NaN: (n,) float."""
    change = np.abs(values - before)
    change[np.isnan(values) & np.isnan(before)] = 0
    return np.nan_to_num(change, nan=np.inf)


def borders(data, scratch, results):
    """Twenty photos, as they are and blurred by 1.5 and 3 pixels, with what is not the photo, against them without."""
    paths, facts, masks = drawn(data, scratch)
    found = records(paths)
    score, cropped = numbers(found, "score"), numbers(found, "cropped")
    kind, colour, blur, plain, share = (np.array(column) for column in zip(*facts, strict=True))
    share = share.astype(float)
    change = changes(score, score[plain])
    missed = None if cropped is None else np.abs(np.nan_to_num(cropped) - share) <= WITHIN_CROP
    overlays = [draw.__name__.replace("_", " ") for draw in OVERLAYS]
    figures = partial(share_within, blur=blur)
    around_it = ~np.isin(kind, [*overlays, "plain"])
    yield "plain", {"pictures": int((kind == "plain").sum()), "nothing left out": left_out(missed, kind == "plain")}
    for name in dict.fromkeys(kind[around_it].tolist()):
        yield name, {**figures(change, kind == name, WITHIN_BORDER), "left out": left_out(missed, kind == name)}
    yield "cut-out, against --mask", against_mask(masks, score, kind, plain, paths, figures)
    for name in COLOURS:
        yield f"all in {name}", figures(change, around_it & (colour == name), WITHIN_BORDER)
    yield "all borders", figures(change, around_it, WITHIN_BORDER)
    for name in overlays:
        yield name, figures(change, kind == name, WITHIN_OVERLAY)
    yield "all overlays", figures(change, np.isin(kind, overlays), WITHIN_OVERLAY)


def share_within(change, part, most, blur):
    """Shares of some pictures whose score changes by at most `most`, of all and by blur, and the largest change."""
    shares = {f"sigma {sigma}": rate(change[part & (blur == sigma)] <= most) for sigma in BLURS}
    largest = change[part & np.isfinite(change)].max(initial=0)
    figures = {"pictures": int(part.sum()), f"within {most}": rate(change[part] <= most), **shares}
    return {**figures, "largest": float(largest), "only one judged": rate(np.isinf(change[part]))}


def left_out(right, part):
    """Share of some pictures of which the right share is left out."""
    return MISSING if right is None else rate(right[part])


def against_mask(masks, score, kind, plain, paths, figures):
    """Scores of cut-outs against those of the photos with the ellipse as --mask."""
    options = [word for mask in masks.values() for word in ("--mask", mask)]
    inside = dict(zip(masks, numbers(records(masks, *options), "score"), strict=True))
    before = np.array([inside[paths[i]] for i in plain])
    return figures(changes(score, before), kind == "cut-out", WITHIN_BORDER)
