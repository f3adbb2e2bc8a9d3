"""Ratings as arguments for exiftool, which writes them where other programs look for them: blur-score --stars."""

import math
import os
import re

from blurkit.cli import inputs, shots, types
from blurkit.errors import InputError, UsageError

PROGRAMS = ("lightroom", "darktable")
BORDERS = (0.4, 0.5, 0.6, 0.74)  # scores; each that a photo reaches is one more star
THIRD = 1  # index of the border where three stars begin
REJECTED = -1  # XMP Rating of what is to go
WRITTEN_INTO = (".dng",)  # RAW files that hold their ratings themselves
TOKEN = re.compile(r"%[-+]?\d*[.:]?\d*[lu]?[dDfFeEtgso]")  # what exiftool puts parts of a name in place of
ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}  # of #[CSTR]
UNRATED = ("-XMP:Rating-=", "-XMP:Rating-=0")  # write the rating only where there is none, or 0
OF_PHOTO = "-XMP:Rating<${Rating;$_ or $_=undef}"  # a rating that stands in the photo itself, unless it is 0


def describe(forms, group):
    """The options; `forms` are those of which one is taken."""
    forms.add_argument(
        "--stars", choices=PROGRAMS, help="ratings as arguments for exiftool -@ -, where this program looks for them"
    )
    group.add_argument(
        "--star-scores",
        metavar="SCORES",
        type=types.rising,
        help=f"the scores where 2, 3, 4 and 5 stars begin (default {','.join(f'{score:g}' for score in BORDERS)})",
    )
    group.add_argument("--reject", metavar="T", type=types.share, help="below T mark as rejected, rating -1")
    group.add_argument("--replace-stars", action="store_true", help="replace ratings that are there")


def check(args):
    """Raise a UsageError for options that need --stars and lack it, or do not go with it."""
    for option, is_given in (
        ("--star-scores", args.star_scores),
        ("--reject", args.reject is not None),
        ("--replace-stars", args.replace_stars),
    ):
        if is_given and not args.stars:
            raise UsageError(f"{option} needs --stars")
    if args.stars and args.star_scores and args.calibrate:
        raise UsageError("--calibrate finds the scores of stars; --star-scores does not go with it")


def around(threshold):
    """Scores where 2 to 5 stars begin, so that three begin at a threshold; the blur of all changes in proportion."""
    factor = (1 / threshold - 1) / (1 / BORDERS[THIRD] - 1)
    return tuple(1 / (1 + factor * (1 / border - 1)) for border in BORDERS)


class Stars:
    """The arguments that rate the photo of an (input, result) pair; none for a photo without a score."""

    def __init__(self, args, console):
        self.args, self.console = args, console
        self.siblings = shots.Siblings(console)

    def __call__(self, item, result):
        """Lines of arguments, each with its end."""
        if item.path is None or item.frame is not None:
            self.console.bad(item.label, InputError("is no file of its own, which could have --stars"))
            return ""
        if math.isnan(result["score"]):
            return ""
        paths = [path for path in self.siblings(item) if inputs.is_photo(path)] if self.args.siblings else [item.path]
        return "".join(self.rated(path, self.rating(result["score"])) for path in paths)

    def rating(self, score):
        """The stars of a score, 1 to 5, or `REJECTED`."""
        if self.args.reject is not None and score < self.args.reject:
            return REJECTED
        return 1 + sum(score >= border for border in self.args.star_scores or BORDERS)

    def rated(self, photo, rating):
        """The arguments that rate one file; an error is told."""
        target, source = place(photo, self.args.stars)
        words = ["-q", "-q"]
        try:
            if self.args.replace_stars:
                words.append(f"-XMP:Rating={rating}")
            elif os.path.lexists(target):
                words += ["-if", "not $IFD0:Rating"] if target == photo else []
                words += [*UNRATED, f"-XMP:Rating={rating}"]
            else:
                words += [f"-XMP:Rating={rating}", "-tagsFromFile", source or listed(photo, TOKEN), OF_PHOTO]
            words.append(listed(target))
        except InputError as error:
            self.console.bad(photo, error)
            return ""
        return "\n".join([*words, "-execute", ""])


def place(photo, program):
    """Where a program looks for the rating of a photo, and how exiftool names the photo from there; None: by its path.

    Lightroom, Bridge and Capture One read NAME.xmp beside a RAW file, and other photos themselves; darktable, digiKam
    and immich read NAME.EXT.xmp.
    """
    stem, suffix = os.path.splitext(photo)
    is_plain = "\n" not in photo
    if program == "darktable":
        return f"{photo}.xmp", "%d%f" if is_plain else None
    if inputs.is_raw(photo) and suffix.lower() not in WRITTEN_INTO:
        return f"{stem}.xmp", f"%d%f{suffix}" if is_plain else None
    return photo, None


def listed(path, forbidden=None):
    """A path as one line of a list of arguments; an InputError if exiftool cannot take it so.

    A line loses blanks at its start, comments and options begin with # and -, so relative paths begin with ./. Line
    breaks need the form #[CSTR], in which exiftool puts a backslash before $ and @.
    """
    path = path if os.path.isabs(path) else os.path.join(os.curdir, path)
    is_odd = "\n" in path or path.endswith("\r")
    if is_odd and ("$" in path or "@" in path or forbidden and forbidden.search(path)):
        raise InputError("a name with a line break and $, @ or % cannot be handed to exiftool; rename it")
    if not is_odd:
        return path
    return "#[CSTR]" + "".join(ESCAPES.get(letter, letter) for letter in path)
