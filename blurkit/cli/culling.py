"""The choice among the photos that blur-score has scored."""

import re

from blurkit.cli import inputs, output, types
from blurkit.cli.guard import Guard, read_by
from blurkit.errors import InputError, UsageError


def describe(parser):
    """The options."""
    group = parser.add_argument_group("choice")
    group.add_argument("--sort", action="store_true", help="the sharpest first, once all are scored")
    group.add_argument("--top", metavar="N", type=types.positive, help="only the N sharpest; --sort is implied")
    group.add_argument(
        "--keep-best", action="store_true", help="only the sharpest of each group, see --group and --burst"
    )
    group.add_argument(
        "--group",
        metavar="REGEX",
        help="photos whose paths match alike, in the brackets of REGEX if it has any, are one group",
    )
    group.add_argument(
        "--burst",
        metavar="SECONDS",
        type=types.seconds,
        help="photos of one camera within SECONDS of the one before are one group, by EXIF",
    )
    group.add_argument(
        "--fail-below", metavar="T", type=types.number, help="exit with 1 if any score that is written lies below T"
    )
    group.add_argument(
        "--calibrate",
        nargs=2,
        metavar=("GOOD", "BAD"),
        help="only tell which score splits the photos of two folders best",
    )


def check(args):
    """Options that need or exclude each other."""
    ways = [name for name, value in (("--group", args.group), ("--burst", args.burst)) if value is not None]
    if args.keep_best and len(ways) != 1:
        raise UsageError("--keep-best needs either --group REGEX or --burst SECONDS")
    if ways and not args.keep_best:
        raise UsageError(f"{ways[0]} goes with --keep-best")
    choosing = [
        name for name, value in (("--sort", args.sort), ("--top", args.top), ("--keep-best", args.keep_best)) if value
    ]
    if args.fail_below is not None:
        choosing.append("--fail-below")
    if args.truth and (choosing or args.calibrate):
        raise UsageError(f"{(choosing or ['--calibrate'])[0]} is about scores; it does not go with --truth")
    if args.calibrate and args.mask:
        raise UsageError("--mask goes with photos that are named; it does not go with --calibrate")
    if args.calibrate and (choosing or args.files or args.files0_from or args.null):
        raise UsageError("--calibrate takes its two folders and nothing else to score or to choose")
    if args.group is not None:
        try:
            re.compile(args.group)
        except (re.error, OverflowError, RecursionError) as error:
            raise UsageError(f"--group {args.group}: not a regular expression: {error}") from error


def waits(args):
    """True if nothing can be written before all photos are scored."""
    return bool(args.sort or args.top or args.keep_best)


def chosen(scored, args, console):
    """Those of the (input, result) pairs to write, in the order of writing."""
    from blurkit.culling import best_of_groups, order

    if args.keep_best:
        scores = [result["score"] for _, result in scored]
        scored = [scored[i] for i in best_of_groups(scores, groups(scored, args, console))]
    if args.sort or args.top:
        scores = [result["score"] for _, result in scored]
        scored = [scored[i] for i in order(scores)]
    return scored[: args.top]


def groups(scored, args, console):
    """The group of each photo, as a value that its members share; None for a photo without a group."""
    if args.burst is None:
        return [key(item.label, args.group) for item, _ in scored]
    from blurkit.culling import bursts

    captures = [result["taken"] for _, result in scored]
    timeless = sum(time is None and camera is not None for time, camera in captures)
    if timeless:
        console.say(f"{timeless} of {len(captures)} photos do not say when they were taken; each is kept")
    return bursts([time for time, _ in captures], [camera for _, camera in captures], args.burst)


def taken(data):
    """The time and the camera by the EXIF of the photo in some bytes."""
    from blurkit.io.exif import capture

    return capture(data)


def key(path, pattern):
    """The groups of a match in a path, or all of the match if the pattern has no groups; None without a match."""
    match = re.search(pattern, path)
    return match and (match.groups() or match.group())


def calibrate(args, scored):
    """Score both folders, and write the best threshold with its errors."""
    from blurkit.culling import threshold

    photos = [inputs.below(folder, outputs=args.maps) for folder in args.calibrate]
    for folder, items in zip(args.calibrate, photos, strict=True):
        if not items:
            raise InputError(f"{folder}: {inputs.NONE_BELOW}")
    Guard("text").protect(read_by(args, sum(photos, [])))
    scores = [[result["score"] for _, result in scored(items)] for items in photos]
    try:
        figures = dict(zip(("threshold", "good_below", "bad_above"), threshold(*scores), strict=True))
    except ValueError as error:
        raise InputError(f"{' or '.join(args.calibrate)}: {error}") from error
    if args.json:
        output.line(output.as_json(figures))
        return
    for name, value in figures.items():
        output.line(f"{value:.4f}\t{name}")
