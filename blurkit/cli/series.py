"""The choice of blur-score among pictures of a series: the best of each window, spread ones, no outliers.

What is chosen is a generator of (input, result) pairs, as what it is chosen from. Windows and outliers are told as
soon as their neighbours are there; only a few pairs wait.
"""

import math
from collections import deque
from fractions import Fraction
from itertools import groupby

from blurkit.cli import types
from blurkit.cli.shots import units
from blurkit.defaults import SCORE_SIDE
from blurkit.errors import UsageError

WHOLE = ("bracket", "stack", "panorama")  # sets of which no photo is better than the others
NEIGHBOURS = 12  # pictures before and after one with which its blur is compared
NO_TIME = "needs the time of each picture: --fps, or a Y4M, which names its rate"


def describe(group):
    """The options."""
    group.add_argument("--window", metavar="N", type=types.positive, help="N pictures of a series in turn are a group")
    group.add_argument(
        "--every", metavar="SECONDS", type=types.duration, help="pictures of a series within SECONDS are a group"
    )
    group.add_argument(
        "--count",
        metavar="N",
        type=types.positive,
        help="only N pictures, spread evenly: the best of each Nth part",
    )
    group.add_argument(
        "--gap", metavar="SECONDS", type=types.duration, help="with --count: two of them are at least SECONDS apart"
    )
    group.add_argument(
        "--outliers",
        metavar="K",
        type=types.number,
        help="leave out pictures blurred by more than K deviations against their neighbours in the series",
    )


def check(args):
    """Options that need or exclude each other."""
    if args.gap is not None and args.count is None:
        raise UsageError("--gap needs --count")


def source(pair):
    """What holds the series of a pair: its file, None for pictures that are alone in theirs."""
    item, _ = pair
    return None if item.frame is None else ("of", item.path)


def place(item):
    """The number of a picture in its series, from 1."""
    return item.frame or item.order


def time(item, option):
    """The seconds of a picture from the start of its series; a UsageError for the option that needs it."""
    if item.time is None:
        raise UsageError(f"{item.label}: {option} {NO_TIME}")
    return item.time


def window(item, args):
    """The number of the group of a picture, from 1."""
    if args.window:
        return (place(item) - 1) // args.window + 1
    return int(time(item, "--every") // args.every) + 1


def windows(pairs, args):
    """The pairs of each window, with group, rank and best in their results, as soon as it is over.

    With --keep-best those that are not the best may come without their bytes.
    """
    waiting: list = []
    before = None
    for item, result in pairs:
        now = source((item, result)), window(item, args)
        if now != before:
            yield from judged(waiting)
            waiting, before = [], now
        result["group"] = now[1]
        add(waiting, item, result, args.keep_best)
        if args.window and place(item) % args.window == 0:
            yield from judged(waiting)
            waiting = []
    yield from judged(waiting)


def add(waiting, item, result, is_best_wanted):
    """Add a pair to those of a window; if only the best is wanted, the bytes of the others are let go."""
    if is_best_wanted and waiting and item.data is not None:
        at = next((n for n, (other, _) in enumerate(waiting) if other.data is not None), None)
        if at is not None and order_of(fair_score(waiting[at][1])) >= order_of(fair_score(result)):
            item = item._replace(data=None)
        elif at is not None:
            waiting[at] = waiting[at][0]._replace(data=None), waiting[at][1]
    waiting.append((item, result))


def order_of(score):
    """A value that is higher for the better one of two scores."""
    return -math.inf if math.isnan(score) else score


def fair_score(result):
    """The score by which a photo stands in its group: that of its blur as a share of the photo.

    A small copy of a photo has a higher score than the photo, since its blur is fewer pixels, and shows less.
    """
    if "working_size" not in result:
        return result["score"]  # a map
    return 1 / (1 + result["sigma"] * SCORE_SIDE / result["working_size"])


def judged(pairs):
    """The pairs of any number of groups with their ranks; the best of each, and sets to keep whole, are `best`.

    The files of a shot share the rank of its best one.
    """
    from blurkit.culling import order, ranks

    keys = [(unit, result["group"]) for unit, (_, result) in zip(units(item for item, _ in pairs), pairs, strict=True)]
    scores = [fair_score(result) for _, result in pairs]
    best = {keys[i]: i for i in reversed(order(scores))}
    leaders = sorted(best.values())
    places = ranks([scores[i] for i in leaders], [keys[i][1] for i in leaders])
    place_of = {keys[i]: place for i, place in zip(leaders, places, strict=True)}
    for key, (item, result) in zip(keys, pairs, strict=True):
        result |= {"rank": place_of[key], "best": place_of[key] == 1 or result.get("set") in WHOLE}
        yield item, result


def spread(pairs, args, console):
    """The pairs of `--count`, a list."""
    from blurkit.culling import spread as spread_of

    pairs = list(pairs)
    is_one = len({source(pair) for pair in pairs}) <= 1
    if args.gap is not None and not is_one:
        raise UsageError("--gap goes with one series; there are several")
    has_times = is_one and all(item.time is not None for item, _ in pairs)
    if args.gap is not None and not has_times:
        raise UsageError(f"--gap {NO_TIME}")
    places = [item.time if has_times else Fraction(number) for number, (item, _) in enumerate(pairs)]
    scores = [result["score"] for _, result in pairs]
    chosen = spread_of(scores, [float(place) for place in places], args.count, float(args.gap or 0))
    if 0 < len(chosen) < args.count:
        why = "there are no more" if len(chosen) == len(pairs) else f"no more are {float(args.gap or 0):g} s apart"
        console.say(f"{len(chosen)} of {args.count} pictures: {why}")
    return [pairs[i] for i in chosen]


def steady(pairs, args, console):
    """The pairs without those that are blurred against their neighbours."""
    left_out = 0
    for _, series in groupby(pairs, key=source):
        around: deque = deque(maxlen=2 * NEIGHBOURS + 1)
        waiting: deque = deque()
        for pair in series:
            around.append(sigma(pair))
            waiting.append(pair)
            if len(waiting) > NEIGHBOURS:
                left_out += yield from unless_outlier(waiting.popleft(), around, args)
        while waiting:
            pair = waiting.popleft()
            if len(around) > NEIGHBOURS + 1 + len(waiting):
                around.popleft()
            left_out += yield from unless_outlier(pair, around, args)
    console.detail(f"{left_out} pictures left out, blurred against their neighbours")


def unless_outlier(pair, around, args):
    """Yield a pair, and return 0; or return 1 if it is an outlier."""
    from blurkit.culling import is_outlier

    if is_outlier(sigma(pair), around, args.outliers):
        return 1
    yield pair
    return 0


def sigma(pair):
    """The logarithm of the blur of a pair."""
    return math.log(pair[1]["sigma"])
