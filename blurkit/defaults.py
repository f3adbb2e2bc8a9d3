"""Default values and limits that several parts share, among them those stated in the help of the commands.

This module does not import NumPy, so that ``--help`` stays instant.
"""

MAX_PIXELS = 250_000_000
"""Photos and maps of more pixels are refused by default (a photo of that size takes about 750 MB decoded)."""

MOST_BYTES = 2 << 30
"""Files of photos and maps, and pictures of a stream, of more bytes are refused."""

WORKING_SIDE = 1536
"""Pixels; photos whose longer side exceeds this are reduced to it before maps are measured, by default.

At pixel level photos from cameras are softer than the web-sized photos the weights are learned on (demosaicing,
denoising). The limit also bounds time and memory.
"""

LEAST_SIGMA = 0.35
"""Pixels; the blur that lens, sensor and sampling leave in a photo in focus.

It is part of every sigma that the ``blur`` of a method gives.
"""

SHARPEST_SHARE = 0.2
"""Share of the cells that can be judged whose blur makes the score of a photo: the sharpest ones.

A soft background then does not lower the score, and text across a soft photo hardly raises it.
"""

SCORE_SIDE = 1024
"""Pixels; the same as `WORKING_SIDE` for scores, so that photos of all cameras are judged at one size."""

PARTS = ("map", "score")
"""What a method measures; the score has weights of its own if it has a ``SCORE_INFO`` and a stage ``scoring``."""

DEVICES = ("auto", "cpu", "cuda")
"""Where the arithmetic may run; ``cuda:N`` besides, and ``torch-cpu`` for comparisons."""
LOG_COLUMNS = ("step", "loss", "accuracy", "phase")  # of the table of a training


def is_device(name: str) -> bool:
    """True for the name of a device, whether or not there is such a device."""
    number = name.removeprefix("cuda:")
    return name in (*DEVICES, "torch-cpu") or number != name and number.isdecimal()
