"""Options, named and explained once for all commands."""

import argparse
import math
import os
import sys

from blurkit.cli.parser import Parser
from blurkit.defaults import MAX_PIXELS, WORKING_SIDE
from blurkit.errors import UsageError
from blurkit.methods import DEFAULT, METHODS

KEPT = 31 << 20  # bytes; larger arrays are always returned
MOST_NATURAL = 65535  # largest number of a copy in a patch set
MOST_THREADS = 1024
DEVICES = ("auto", "cpu", "cuda")
PALETTES = ("viridis", "turbo", "magma", "inferno", "cividis")


def parse(command, describe, argv, version):
    """The arguments of a command; exits on ``--help``, ``--version`` and wrong usage."""
    parser = build(command, describe, version)
    words = sys.argv[1:] if argv is None else list(argv)
    end = (
        words.index("--") if "--" in words else len(words)
    )  # parse_known_intermixed_args takes what follows for options
    parser.words = words[:end]
    args, unknown = parser.parse_known_intermixed_args(parser.words)
    if unknown:
        from blurkit.cli import hints

        parser.error(hints.unknown(parser, unknown))
    args.files += words[end + 1 :]
    args.parser = parser
    return args


def build(command, describe, version):
    """The parser of a command."""
    parser = Parser(command)
    describe(parser)
    group = parser.add_argument_group("general")
    group.add_argument("-q", "--quiet", action="store_true", help="say nothing but errors; no progress bar")
    group.add_argument("-v", "--verbose", action="store_true", help="say more")
    group.add_argument("--debug", action="store_true", help="show where an error comes from")
    group.add_argument(
        "--version", action="version", version=f"{command} (blurkit) {version}", help="show the version and exit"
    )
    group.add_argument("-h", "--help", action="help", help="show this help and exit")
    return parser


def check(args):
    """What argparse cannot check; fills in what environment variables say."""
    for action in args.parser._actions:
        if action.option_strings and getattr(args, action.dest, None) == "":
            raise UsageError(f"{action.option_strings[-1]} has an empty value")
    if hasattr(args, "working_size"):
        if args.working_size is not None and args.as_published:
            raise UsageError("--as-published measures at the photo's own size; --working-size does not go with it")
        check_published(args)
        if args.working_size is None:
            args.working_size = WORKING_SIDE if getattr(args, "masks", None) else args.default_side
    if hasattr(args, "device"):
        args.device = args.device or os.environ.get("BLURKIT_DEVICE") or "auto"
        check_device(args.device)
    if hasattr(args, "threads"):
        args.threads = args.threads or threads_of_environment()
        if hasattr(args, "jobs"):  # NumPy reads it when it is imported; small products are slower on more threads
            os.environ.setdefault("OPENBLAS_NUM_THREADS", str(args.threads or 1))


def check_published(args):
    """Raise a UsageError where there is nothing to be --as-published."""
    if not args.as_published:
        return
    from blurkit.methods import info, those_with

    if not info(args.method).is_published:
        raise UsageError(
            f"method {args.method} has no paper; --as-published goes with --method {those_with('is_published')}"
        )


def check_device(device):
    """Raise a UsageError unless a device name could be meant."""
    if device not in (*DEVICES, "torch-cpu") and not is_numbered(device):
        from blurkit.cli.hints import did_you_mean

        raise UsageError(
            f"unknown device {device!r}; there are auto, cpu, cuda and cuda:N{did_you_mean(device, DEVICES)}"
        )


def threads_of_environment():
    """$BLURKIT_THREADS as a number, None where it is not set."""
    threads = os.environ.get("BLURKIT_THREADS")
    try:
        return thread_count(threads) if threads else None
    except argparse.ArgumentTypeError as error:
        raise UsageError(f"BLURKIT_THREADS: {error}") from error


def is_numbered(device):
    """True for ``cuda:N``."""
    return device.startswith("cuda:") and device[5:].isdecimal()


def positive(text):
    """A whole number above zero, as argparse and the environment give it."""
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above zero")
    return number


def thread_count(text):
    """A whole number from 1 to 1024; libraries end the process where they cannot have as many as they are told."""
    number = positive(text)
    if number > MOST_THREADS:
        raise argparse.ArgumentTypeError(f"{text!r} is more than {MOST_THREADS}")
    return number


def natural(text):
    """A whole number from 0 to 65535, as seeds and counts of copies are."""
    number = 0 if text == "0" else positive(text)
    if number > MOST_NATURAL:
        raise argparse.ArgumentTypeError(f"{text!r} is more than {MOST_NATURAL}")
    return number


def share(text):
    """A number in [0, 1]."""
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 to 1")
    return number


def region(text):
    """The share of what can be judged that ``best:N%`` or ``all`` names; None for ``mask``."""
    if text in ("all", "mask"):
        return {"all": 1.0, "mask": None}[text]
    try:
        found = float(text.removeprefix("best:").removesuffix("%")) / 100
    except ValueError:
        found = math.nan
    if not (text.startswith("best:") and text.endswith("%") and 0 < found <= 1):
        from blurkit.cli.hints import did_you_mean

        meant = did_you_mean(text, ("all", "mask"))
        raise argparse.ArgumentTypeError(f"{text!r} is not best:N% (N up to 100), all or mask{meant}")
    return found


def number(text):
    """A finite number."""
    try:
        found = float(text)
    except ValueError:
        found = math.nan
    if not math.isfinite(found):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number")
    return found


def seconds(text):
    """A number not below 0."""
    found = number(text)
    if found < 0:
        raise argparse.ArgumentTypeError(f"{text!r} is below 0")
    return found


def files(parser, what, recursive=False, stdin=True, pixels=True):
    """FILE arguments and lists of files."""
    parser.set_defaults(takes=what.partition(":")[0].partition(",")[0])
    group = parser.add_argument_group("input")
    group.add_argument(
        "files", metavar="FILE", nargs="*", help=f"{what}; none or - reads standard input" if stdin else what
    )
    lists = group.add_mutually_exclusive_group()
    lists.add_argument(
        "--files0-from", metavar="F", help="read file names, each ended by a NUL byte, from F (- = standard input)"
    )
    lists.add_argument("-0", dest="null", action="store_true", help="the same as --files0-from=-")
    if recursive:
        group.add_argument("-r", "--recursive", action="store_true", help="take all photos below folders")
    if pixels:
        text = f"refuse larger photos and maps (default {MAX_PIXELS})"
        group.add_argument("--max-pixels", metavar="N", type=positive, default=MAX_PIXELS, help=text)
        group.add_argument(
            "--raw-develop", action="store_true", help="develop RAW files, instead of taking the preview in them"
        )
    return group


def method(parser, working_size=True, side=WORKING_SIDE):
    """Which method, which weights, how; `side` is the default working size."""
    group = parser.add_argument_group("method")
    group.add_argument(
        "--method", choices=sorted(METHODS), default=DEFAULT, help=f"how sharpness is measured (default {DEFAULT})"
    )
    if working_size:
        parser.set_defaults(default_side=side)
        group.add_argument(
            "--as-published",
            action="store_true",
            help="the method as its paper has it, without what blurkit adds (zeng, park)",
        )
        group.add_argument(
            "--working-size",
            metavar="N",
            type=natural,
            help=f"measure photos with a longer side at N pixels; 0 = never reduce (default {side})",
        )
    return group


def sigma(group):
    group.add_argument(
        "--sigma", action="store_true", help="write blur as sigma in pixels of the photo, instead of sharpness (park)"
    )


def weights(group):
    group.add_argument(
        "--weights", metavar="FILE", help="weights to use (default: those that came with blurkit, or $BLURKIT_WEIGHTS)"
    )
    group.add_argument(
        "--device",
        metavar="DEV",
        help="auto, cpu, cuda or cuda:N (default $BLURKIT_DEVICE or auto: a GPU if there is one)",
    )


def workers(parser):
    group = parser.add_argument_group("speed")
    group.add_argument(
        "-j", "--jobs", metavar="N", type=thread_count, default=1, help="work on N photos at a time (default 1)"
    )
    group.add_argument(
        "--threads",
        metavar="N",
        type=thread_count,
        help="threads per photo (default $BLURKIT_THREADS, or what suits each step)",
    )


def output(parser, forms, default, what=None):
    """-o and -f; what goes out is written in one place, ``cli.output``."""
    group = parser.add_argument_group("output")
    folder = f", or folder (existing, or with a slash at the end) for one {what} per input" if what else ""
    group.add_argument("-o", "--output", metavar="OUT", help=f"file{folder} (default, or -: standard output)")
    group.add_argument(
        "-f", "--format", choices=forms, help=f"file format (default: by the suffix of OUT, else {default})"
    )
    group.add_argument(
        "--force",
        action="store_true",
        help="replace a file that blurkit did not write (never an input); write binary data to a terminal",
    )
    if what:
        group.add_argument(
            "--resume", action="store_true", help=f"make no {what} that is in the folder already, and whole"
        )
    return group


def needs_input(args):
    """Usage and exit 2 where standard input would be read from a terminal."""
    if (args.null or not (args.files or args.files0_from)) and sys.stdin is not None and sys.stdin.isatty():
        args.parser.print_usage(sys.stderr)
        raise UsageError("name a file, or pipe something in")


def prepare(args):
    """Bound OpenCV's threads, as with -j the photos share the cores; and keep memory that is freed."""
    import cv2
    import numpy as np

    # glibc returns large arrays to the system until it has seen one so large freed, and pages fresh from
    # there cost more than the arithmetic on them: a quarter of the time of a small photo.
    np.empty(KEPT, np.uint8)
    if args.threads:
        cv2.setNumThreads(args.threads)
    elif getattr(args, "jobs", 1) > 1:
        cv2.setNumThreads(1)


def load_model(args):
    """The method, with its weights, as the options and the environment say."""
    from blurkit import api

    side = None if args.as_published else args.working_size
    return api.load(
        args.method, weights=args.weights, device=args.device, as_published=args.as_published, working_size=side
    )
