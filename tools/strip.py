"""Pictures of one size side by side: strip.py PICTURE... OUT.jpg"""

import sys

from PIL import Image

WIDTH = 1200  # pixels of the strip; README is about 900 wide
GAP = 6  # pixels between the pictures
QUALITY = 85  # of 100; keeps the strip below 150 kB
PAPER = (255, 255, 255)  # behind what is transparent


def strip(pictures):
    """Pictures of one size, in a row."""
    side = (WIDTH - GAP * (len(pictures) - 1)) // len(pictures)
    height = round(pictures[0].height * side / pictures[0].width)
    row = Image.new("RGB", (WIDTH, height), PAPER)
    for number, picture in enumerate(pictures):
        small = picture.convert("RGBA").resize((side, height), Image.Resampling.LANCZOS)
        row.paste(small, (number * (side + GAP), 0), small)
    return row


if __name__ == "__main__":
    *names, out = sys.argv[1:]
    strip([Image.open(name) for name in names]).save(out, quality=QUALITY, optimize=True)
