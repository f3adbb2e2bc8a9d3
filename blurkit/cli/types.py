"""Types of argparse: the text of a value in, the value out; an ArgumentTypeError says what it must be."""

import argparse
import math
import re
from typing import NamedTuple

MOST_NATURAL = 65535  # largest number of a copy in a patch set
MOST_THREADS = 1024
MOST_GROWTH = 500  # pixels; up to it OpenCV tells distances apart exactly
DECIMAL = re.compile(r"\d{1,9}(\.\d{0,9})?|\.\d{1,9}")

SHARPEST = "best:20%"  # --region of a score, by default


class Region(NamedTuple):
    """The part of a photo that its score is taken from."""

    share: float
    """In (0, 1]."""
    softest: bool
    """Of the softest share instead of the sharpest."""
    needs_mask: bool = False
    """All that a mask says, which must be given."""


def positive(text, most=math.inf):
    """A whole number from 1 to `most`, as argparse and the environment give it."""
    try:
        value = int(text)
    except ValueError:
        value = 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above zero")
    if value > most:
        raise argparse.ArgumentTypeError(f"{text!r} is more than {most}")
    return value


def natural(text):
    """A whole number from 0 to 65535, for seeds and counts of copies."""
    return 0 if text == "0" else positive(text, MOST_NATURAL)


def steps(text):
    """'mix', or a whole number of steps above zero."""
    try:
        return text if text == "mix" else positive(text)
    except argparse.ArgumentTypeError as error:
        raise argparse.ArgumentTypeError(f"{error}, nor 'mix'") from error


def thread_count(text):
    """A whole number from 1 to 1024; libraries end the process if they cannot start so many threads."""
    return positive(text, MOST_THREADS)


def grow(text):
    """A whole number from -500 to 500: pixels by which a mask grows."""
    sign = text[:1] == "-"
    value = 0 if text in ("0", "-0") else positive(text[sign:], MOST_GROWTH)
    return -value if sign else value


def feather(text):
    """A whole number from 1 to 500: pixels of a ramp."""
    return positive(text, MOST_GROWTH)


def share(text):
    """A number in [0, 1]."""
    value = as_float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 to 1")
    return value


def rising(text):
    """Four numbers from 0 to 1, each above the one before, as .4,.5,.6,.74: a tuple."""
    values = tuple(as_float(word) for word in text.split(","))
    steps = zip((0.0, *values), (*values, 1.0), strict=True)
    if len(values) != 4 or not all(low < high for low, high in steps):
        raise argparse.ArgumentTypeError(f"{text!r} is not four rising scores between 0 and 1, such as .4,.5,.6,.74")
    return values


def number(text):
    """A finite number."""
    value = as_float(text)
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number")
    return value


def seconds(text):
    """A number not below 0."""
    value = number(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"{text!r} is below 0")
    return value


def rate(text):
    """A Fraction above 0: pictures a second, as 25, 29.97 or 30000/1001."""
    from fractions import Fraction

    words = text.split("/")
    if len(words) > 2 or not all(DECIMAL.fullmatch(word) and float(word) for word in words):
        raise argparse.ArgumentTypeError(f"{text!r} is no rate, such as 25 or 30000/1001")
    return Fraction(words[0]) / Fraction(words[1] if len(words) == 2 else 1)


def duration(text):
    """Seconds above 0, a Fraction."""
    from fractions import Fraction

    if not DECIMAL.fullmatch(text) or not float(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds above 0")
    return Fraction(text)


def region(text):
    """The part of a photo that its score is taken from, see `Region`."""
    if text == "all":
        return Region(1.0, False)
    if text == "mask":
        return Region(1.0, False, needs_mask=True)
    which, _, number = text.partition(":")
    share = as_float(number.removesuffix("%")) / 100
    if not (which in ("best", "worst") and number.endswith("%") and 0 < share <= 1):
        from blurkit.cli.hints import did_you_mean

        meant = did_you_mean(text, ("all", "mask"))
        raise argparse.ArgumentTypeError(f"{text!r} is not best:N% or worst:N% (N up to 100), all or mask{meant}")
    return Region(share, which == "worst")


def as_float(text):
    """The number in a text, NaN if there is none."""
    try:
        return float(text)
    except ValueError:
        return math.nan
