"""The choice among the photos that blur-score has scored."""

import math
import re
from contextlib import closing

from blurkit.cli import bursts, inputs, series, types
from blurkit.cli.guard import Guard, read_by
from blurkit.errors import InputError, UsageError

CHOOSING = (  # options that are about scores
    *("sort", "top", "bottom", "reverse", "below", "above", "fail_below", "count", "outliers", "save"),
    *("keep_best", "all_but_best", "stars"),
)


def describe(parser):
    """The options."""
    group = parser.add_argument_group("choice")
    describe_scores(group)
    describe_groups(group)
    group.add_argument(
        "--save",
        metavar="DIR",
        help="write the pictures that are told into a folder, as they came; frames of Y4M as PNG",
    )
    group.add_argument(
        "--fail-below", metavar="T", type=types.share, help="exit with 1 if any score that is written lies below T"
    )
    group.add_argument(
        "--calibrate",
        nargs=2,
        metavar=("GOOD", "BAD"),
        help="only tell which score splits the photos of two folders best",
    )


def describe_scores(group):
    """The options that choose and order by score."""
    group.add_argument("--sort", action="store_true", help="the sharpest first, once all are scored")
    group.add_argument("--top", metavar="N", type=types.positive, help="only the N sharpest; --sort is implied")
    group.add_argument(
        "--bottom", metavar="N", type=types.positive, help="only the N least sharp, the least sharp of all first"
    )
    group.add_argument(
        "--reverse", action="store_true", help="the other way round than --sort, which is implied, --top or --bottom"
    )
    group.add_argument(
        "--below", metavar="T", type=types.share, help="only photos whose score lies below T, and only their paths"
    )
    group.add_argument(
        "--above", metavar="T", type=types.share, help="only photos whose score is at least T, and only their paths"
    )


def describe_groups(group):
    """The options that choose in groups and series."""
    group.add_argument(
        "--keep-best", action="store_true", help="only the sharpest of each group, see the five options that follow"
    )
    group.add_argument(
        "--all-but-best",
        action="store_true",
        help="only the others of each group, which --keep-best leaves out, and only their paths",
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
    group.add_argument("--similar", action="store_true", help="photos that look alike are one group, whenever taken")
    series.describe(group)


def check(args):
    """Options that need or exclude each other."""
    series.check(args)
    others = given(args, "top", "bottom", "keep_best", "all_but_best")
    if args.count is not None and others:
        raise UsageError(f"--count chooses by itself; {others[0]} does not go with it")
    named = ways(args)
    of_groups = given(args, "keep_best", "all_but_best")
    if len(of_groups) > 1:
        raise UsageError("--keep-best and --all-but-best do not go together; run twice")
    if len(named) > 1:
        raise UsageError(f"{named[0]} and {named[1]} do not go together: a photo is in one group")
    if of_groups and not named:
        wanted_ways = "--group REGEX, --burst SECONDS, --similar, --window N and --every SECONDS"
        raise UsageError(f"{of_groups[0]} needs one of {wanted_ways}")
    if named and not (of_groups or args.json or args.csv or args.report):
        raise UsageError(
            f"{named[0]} needs --keep-best or --all-but-best, or --json, --csv or --report, which have group and best"
        )
    check_range(args)
    choosing = given(args, *CHOOSING) + named
    if args.truth and (choosing or args.calibrate):
        raise UsageError(f"{(choosing or ['--calibrate'])[0]} is about scores; it does not go with --truth")
    if args.calibrate and args.mask:
        raise UsageError("--mask goes with photos that are named; it does not go with --calibrate")
    if args.calibrate and not args.stars and (choosing or args.files or args.files0_from or args.null):
        raise UsageError("--calibrate takes its two folders and nothing else to score or to choose, but with --stars")
    if args.group is not None:
        try:
            re.compile(args.group)
        except (re.error, OverflowError, RecursionError) as error:
            raise UsageError(f"--group {args.group}: not a regular expression: {error}") from error


def check_range(args):
    """Raise a UsageError for a choice that nothing or all can meet."""
    if args.top and args.bottom:
        raise UsageError("--top and --bottom do not go together; run twice")
    if args.below is not None and args.above is not None and args.below <= args.above:
        raise UsageError(f"no score is at least {args.above:g} and below {args.below:g}; --above takes the lower one")
    if args.below == 0:
        raise UsageError("no score lies below 0")


def given(args, *names):
    """Those of some options that are given, as they are written."""
    return [f"--{name.replace('_', '-')}" for name in names if wanted(getattr(args, name))]


def ways(args):
    """Those of the options that make groups that are given."""
    return given(args, "group", "burst", "similar", "window", "every")


def looks(args):
    """True if photos are compared by what they show, and told in what `set` they are."""
    return args.burst is not None or args.similar


def wanted(value):
    """True for the value of an option that is given; 0 is one."""
    return value is not None and value is not False


def waits(args):
    """True if nothing can be written before all photos are scored."""
    return bool(given(args, "sort", "top", "bottom", "reverse", "group", "burst", "similar", "count"))


def chosen(scored, args, console):
    """Those of the (input, result) pairs to write, in the order of writing: a generator, or a list if it `waits`."""
    if args.outliers is not None:
        scored = series.steady(scored, args, console)
    if args.window or args.every:
        scored = series.windows(scored, args)
    elif args.group is not None or looks(args):
        scored = list(scored)
        for (_, result), group in zip(scored, groups(scored, args, console), strict=True):
            result["group"] = group
        scored = series.judged(scored)
    if given(args, "keep_best", "all_but_best"):
        scored = of_their_groups(scored, args)
    if given(args, "below", "above"):
        scored = within(scored, args)
    if args.count:
        scored = series.spread(scored, args, console)
    if given(args, "sort", "top", "bottom", "reverse"):
        scored = ordered(scored, is_rising=bool(args.bottom))[: args.top or args.bottom]
        if args.reverse:
            scored = ordered(scored, is_rising=not args.bottom)
    return list(scored) if waits(args) else scored


def of_their_groups(scored, args):
    """Those of some pairs that are the best of their groups, or with --all-but-best the others; of these never NaN."""
    if args.keep_best:
        return (pair for pair in scored if pair[1]["best"])
    return (pair for pair in scored if not pair[1]["best"] and not math.isnan(pair[1]["score"]))


def within(scored, args):
    """Those of some pairs whose score is at least that of --above, and lies below that of --below; never NaN."""
    low = 0.0 if args.above is None else args.above
    high = math.inf if args.below is None else args.below
    return (pair for pair in scored if low <= pair[1]["score"] < high)


def ordered(scored, is_rising):
    """Pairs from the sharpest to the least sharp, or the other way; those without a score last: list."""
    from blurkit.culling import order

    scored = list(scored)
    return [scored[i] for i in order([result["score"] for _, result in scored], is_rising)]


def groups(scored, args, console):
    """The group of each photo, as a value that its members share; None for a photo without a group."""
    if not looks(args):
        return [key(item.label, args.group) for item, _ in scored]
    return bursts.groups(scored, args, console)


def key(path, pattern):
    """The groups of a match in a path, or all of the match if the pattern has no groups; None without a match."""
    match = re.search(pattern, path)
    return match and (match.groups() or match.group())


def calibrate(args, scored):
    """Score both folders: the best threshold with its errors, a dict."""
    from blurkit.culling import threshold

    photos = [inputs.below(folder, outputs=args.maps) for folder in args.calibrate]
    for folder, items in zip(args.calibrate, photos, strict=True):
        if not items:
            raise InputError(f"{folder}: {inputs.NONE_BELOW}")
    Guard("text").protect(read_by(args, sum(photos, [])))
    scores = []
    for items in photos:
        with closing(scored(items)) as results:
            scores.append([result["score"] for _, result in results])
    try:
        return dict(zip(("threshold", "good_below", "bad_above"), threshold(*scores), strict=True))
    except ValueError as error:
        raise InputError(f"{' or '.join(args.calibrate)}: {error}") from error
