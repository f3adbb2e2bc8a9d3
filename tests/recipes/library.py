"""The photos that the recipes are tried on, with their known blur."""

import os

WALL, SHARP, SOFT = None, 0, 3  # a photo without edges, or the sigma of its blur in pixels
LIBRARY = {  # name: blur
    "photos/a sharp one.jpg": SHARP,
    "photos/wall.jpg": WALL,
    'photos/day 1/it\'s "sharp" & more.jpg': SHARP,
    'photos/day 1/it\'s "soft" & more.jpg': SOFT,
    "photos/day 1/half a pixel.JPG": 0.6,
    "photos/day 1/one pixel.jpg": 1,
    "photos/day 2/ $HOME; '\t*.jpg": SHARP,
    "photos/day 2/  ${soft}\\n `'\t?.jpg": SOFT,
    "photos/day 2/-n \udcff\udc80.jpg": SOFT,  # bytes that are no text
    "photos/two\nlines.jpg": SOFT,
    "photos/x\n0.1000\tphotos/a sharp one.jpg": SOFT,  # its second line reads like the score of another photo
}
LISTED = [name for name in LIBRARY if "\n" not in name]
OF_TWO_LINES = [name for name in LIBRARY if "\n" in name]  # all soft
BLURRED = [name for name in LISTED if LIBRARY[name] in (1, SOFT)]
SERIES = {  # name: (second it was taken at, blur)
    "photos/a 1.jpg": (0, SOFT),
    "photos/day 2/it's\t2.jpg": (2, SHARP),
    "photos/a 3.jpg": (4, 1),
    "photos/b wall.jpg": (11, WALL),
    "photos/b.jpg": (10, SHARP),
    "photos/alone.jpg": (60, SOFT),
    "photos/timeless.jpg": (None, SOFT),
}
OTHERS = ["photos/a 1.jpg", "photos/a 1.CR2", "photos/a 1.jpg.xmp", "photos/a 3.jpg"]  # not the wall: who knows


def scored(lines):
    """The paths in the lines that blur-score prints."""
    return [os.fsdecode(line).split("\t", 1)[1] for line in lines.splitlines()]


def moved(before, gone, folder):
    """{name: bytes} after the photos of `gone` went below a folder, and nothing else changed."""
    return {f"{folder}/{name}" if name in gone else name: data for name, data in before.items()}
