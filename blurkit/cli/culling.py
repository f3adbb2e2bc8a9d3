"""The choice among the photos that blur-score has scored."""

import re

from blurkit.cli import inputs, output, series, types
from blurkit.cli.guard import Guard, read_by
from blurkit.errors import InputError, UsageError


def describe(parser):
    """The options."""
    group = parser.add_argument_group("choice")
    group.add_argument("--sort", action="store_true", help="the sharpest first, once all are scored")
    group.add_argument("--top", metavar="N", type=types.positive, help="only the N sharpest; --sort is implied")
    group.add_argument(
        "--keep-best", action="store_true", help="only the sharpest of each group, see the four options that follow"
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
    series.describe(group)
    group.add_argument(
        "--save",
        metavar="DIR",
        help="write the pictures that are told into a folder, as they came; frames of Y4M as PNG",
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
    ways = given(args, "group", "burst", "window", "every")
    if len(ways) > 1 or args.keep_best and not ways:
        raise UsageError("--keep-best needs one of --group REGEX, --burst SECONDS, --window N and --every SECONDS")
    if ways and not (args.keep_best or args.json):
        raise UsageError(f"{ways[0]} goes with --keep-best, or with --json, which has group, rank and best")
    series.check(args)
    choosing = given(args, "sort", "top", "keep_best", "fail_below", "count", "outliers", "save") + ways
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


def given(args, *names):
    """Those of some options that are given, as they are written."""
    return [f"--{name.replace('_', '-')}" for name in names if wanted(getattr(args, name))]


def wanted(value):
    """True for the value of an option that is given; 0 is one."""
    return value is not None and value is not False


def waits(args):
    """True if nothing can be written before all photos are scored."""
    return bool(given(args, "sort", "top", "group", "burst", "count"))


def chosen(scored, args, console):
    """Those of the (input, result) pairs to write, in the order of writing: a generator, or a list if it `waits`."""
    from blurkit.culling import order

    if args.outliers is not None:
        scored = series.steady(scored, args, console)
    if args.window or args.every:
        scored = series.windows(scored, args, args.keep_best)
    elif args.group is not None or args.burst is not None:
        scored = list(scored)
        for (_, result), group in zip(scored, groups(scored, args, console), strict=True):
            result["group"] = group
        scored = series.judged(scored, args.keep_best)
    if args.count:
        scored = series.spread(scored, args, console)
    if args.sort or args.top:
        scored = list(scored)
        scored = [scored[i] for i in order([result["score"] for _, result in scored])][: args.top]
    return list(scored) if waits(args) else scored


def groups(scored, args, console):
    """The group of each photo, as a value that its members share; None for a photo without a group."""
    if args.burst is None:
        return [key(item.label, args.group) for item, _ in scored]
    from blurkit.culling import bursts

    captures = [result["taken"] for _, result in scored]
    timeless = sum(time is None and camera is not None for time, camera in captures)
    if timeless:
        console.say(f"{timeless} of {len(captures)} photos do not say when they were taken; each is kept")
    numbers = bursts([time for time, _ in captures], [camera for _, camera in captures], args.burst)
    return [None if number is None else number + 1 for number in numbers]


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
