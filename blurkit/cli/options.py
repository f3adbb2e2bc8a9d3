"""Options, named and explained once for all commands."""

import argparse
import os
import sys

from blurkit.cli import types
from blurkit.cli.parser import Parser
from blurkit.defaults import DEVICES, MAX_PIXELS, WORKING_SIDE, is_device
from blurkit.errors import UsageError
from blurkit.methods import DEFAULT, METHODS, PARTS, has_own_score, info, installed, those_with

KEPT = 31 << 20  # bytes; glibc always returns larger arrays to the system
SIDES = f"640 for joint, {WORKING_SIDE} for others"  # in words, as looking them up would make every command start later
PALETTES = ("viridis", "turbo", "magma", "inferno", "cividis")


class Methods(tuple):
    """The names of our methods, as help and completions have them; those of other packages are in it as well."""

    def __contains__(self, name):
        return name in METHODS or name in installed()

    def all(self):
        """Every name."""
        return (*self, *sorted(installed()))


def parse(command, describe, argv, version):
    """The arguments of a command; exits on ``--help``, ``--version`` and wrong usage."""
    parser = build(command, describe, version)
    words = sys.argv[1:] if argv is None else list(argv)
    # parse_known_intermixed_args would take what follows -- for options
    end = words.index("--") if "--" in words else len(words)
    parser.words = parser.with_values_joined(words[:end])
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


def usual_side(args):
    """The working size without --working-size, pixels; 0 = the photo's own."""
    if getattr(args, "detail", False) or getattr(args, "boxes", None):
        return 0
    if args.default_side is None or getattr(args, "truth", None):
        return info(args.method).working_side
    return args.default_side


def check(args):
    """Check what argparse cannot, and fill in defaults and environment variables."""
    for action in args.parser._actions:
        if action.option_strings and getattr(args, action.dest, None) == "":
            raise UsageError(f"{action.option_strings[-1]} has an empty value")
    if hasattr(args, "working_size"):
        if args.working_size is not None and (args.as_published or is_published_stage(args)):
            what = "--as-published" if args.as_published else f"--stage of {args.method}"
            raise UsageError(f"{what} measures at the photo's own size; --working-size does not go with it")
        check_published(args)
        args.as_published = args.as_published or is_published_stage(args)
        if args.working_size is not None and getattr(args, "detail", False):
            raise UsageError("--detail measures photos at their own size; --working-size does not go with it")
        if args.working_size is not None and getattr(args, "boxes", None):
            raise UsageError("--boxes judges parts of photos at their own size; --working-size does not go with it")
        if args.working_size is None:
            args.working_size = usual_side(args)
    if hasattr(args, "device"):
        args.device = args.device or os.environ.get("BLURKIT_DEVICE") or "auto"
        check_device(args.device)
    if hasattr(args, "threads"):
        args.threads = args.threads or threads_of_environment()
        if hasattr(args, "jobs"):
            # OpenBLAS reads it when NumPy is imported; small matrix products are slower on more threads
            os.environ.setdefault("OPENBLAS_NUM_THREADS", str(args.threads or 1))


def is_published_stage(args):
    """True if --stage asks for a stage of a paper."""
    return bool(getattr(args, "stage", None)) and info(args.method).is_published


def check_published(args):
    """Raise a UsageError if --as-published is given for a method that has no paper."""
    if args.as_published and not info(args.method).is_published:
        raise UsageError(
            f"method {args.method} has no paper; --as-published goes with --method {those_with('is_published')}"
        )


def check_device(device):
    """Raise a UsageError unless a text is a device name."""
    if not is_device(device):
        from blurkit.cli.hints import did_you_mean

        raise UsageError(
            f"unknown device {device!r}; there are auto, cpu, cuda and cuda:N{did_you_mean(device, DEVICES)}"
        )


def threads_of_environment():
    """$BLURKIT_THREADS as a number, or None if it is not set."""
    threads = os.environ.get("BLURKIT_THREADS")
    try:
        return types.thread_count(threads) if threads else None
    except argparse.ArgumentTypeError as error:
        raise UsageError(f"BLURKIT_THREADS: {error}") from error


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
        group.add_argument("--max-pixels", metavar="N", type=types.positive, default=MAX_PIXELS, help=text)
        group.add_argument(
            "--raw-develop", action="store_true", help="develop RAW files, instead of taking the preview in them"
        )
        group.add_argument("--pages", action="store_true", help="take every page of a TIFF, instead of the first")
    return group


def method(parser, working_size=True, side=None):
    """Options of the method; `side` is the default working size, pixels; None: that of the method."""
    group = parser.add_argument_group("method")
    group.add_argument(
        "--method",
        choices=Methods(sorted(METHODS)),
        default=DEFAULT,
        help=f"how sharpness is measured (default {DEFAULT})",
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
            type=types.natural,
            help=f"measure photos with a longer side at N pixels; 0 = never reduce (default {side or SIDES})",
        )
    return group


def part(parser):
    """What of the method is to learn."""
    parser.add_argument_group("method").add_argument(
        "--for",
        dest="part",
        choices=PARTS,
        default=PARTS[0],
        help=f"what is to learn: joint has networks for maps and another one for scores (default {PARTS[0]})",
    )


def check_part(args):
    """Raise a UsageError for a part that the method does not have."""
    if args.part == "score" and not has_own_score(args.method):
        raise UsageError(f"method {args.method} takes its score from the weights of its maps; leave --for score out")


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
        "-j", "--jobs", metavar="N", type=types.thread_count, default=1, help="work on N photos at a time (default 1)"
    )
    group.add_argument(
        "--threads",
        metavar="N",
        type=types.thread_count,
        help="threads per photo (default $BLURKIT_THREADS, or what suits each step)",
    )


def output(parser, forms, default, what=None):
    """Options of `cli.output`: -o, -f, --force, and --resume for commands that write one `what` per input."""
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
    """Print the usage and raise a UsageError if standard input would be read from a terminal."""
    if (args.null or not (args.files or args.files0_from)) and sys.stdin is not None and sys.stdin.isatty():
        args.parser.print_usage(sys.stderr)
        raise UsageError("name a file, or pipe something in")


def prepare(args):
    """Limit OpenCV's threads, since with -j the photos share the cores, and make glibc keep freed memory."""
    import cv2
    import numpy as np

    # glibc returns large arrays to the system until it has seen one of this size freed. Fresh pages cost
    # more than the arithmetic on them: a quarter of the time of a small photo.
    np.empty(KEPT, np.uint8)
    if args.threads:
        cv2.setNumThreads(args.threads)
    elif getattr(args, "jobs", 1) > 1:
        cv2.setNumThreads(1)


def load_model(args):
    """The model of the method and the weights that the options and the environment name."""
    from blurkit import api

    side = None if args.as_published else args.working_size
    return api.load(
        args.method, weights=args.weights, device=args.device, as_published=args.as_published, working_size=side
    )
