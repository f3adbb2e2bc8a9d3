"""Photos that belong together, and what they are: those of one camera in turn (--burst), or look-alikes (--similar)."""

from collections import Counter
from typing import NamedTuple

from blurkit.cli import inputs, shots
from blurkit.cli.series import WHOLE

ALIKE = "alike"  # of photos that look alike, and are no set to keep whole


class Taken(NamedTuple):
    """When, by which camera and how a photo was taken, by its EXIF."""

    time: float | None
    camera: tuple[str, str, str]
    exposure: tuple[float | None, float | None, bool]

    @classmethod
    def of(cls, data):
        """Those of the photo in some bytes."""
        from blurkit.io.exif import capture, exposure

        time, camera = capture(data)
        return cls(time, camera, exposure(data))


def groups(scored, args, console):
    """The number of the group of each (input, result) pair, from 1, None for one alone; results get their `set`."""
    leaders = leading([item for item, _ in scored])
    results = [result for _, result in scored]
    numbers = alike(results, set(leaders)) if args.similar else in_turn(results, set(leaders), args.burst, console)
    numbers = [None if numbers[i] is None else numbers[i] + 1 for i in leaders]
    members: dict = {}  # {number of a burst, or the index of a photo without one: indices}
    for i, number in enumerate(numbers):
        members.setdefault(("alone", leaders[i]) if number is None else number, []).append(i)
    several: list = []  # numbers of those of more than one photo
    for number, indices in members.items():
        kind = kind_of([results[i] for i in sorted({leaders[i] for i in indices})], len(indices))
        for i in indices:
            results[i]["set"] = ALIKE if args.similar and kind == "burst" else kind
        if kind is not None and isinstance(number, int):
            several.append(number)
    if not args.quiet:
        tell(scored, console)
    new = {number: place for place, number in enumerate(sorted(several), 1)}
    return [new.get(number) for number in numbers]


def in_turn(results, leaders, gap, console):
    """The number of the burst of each result, from 0; None without a time. `leaders` are the indices of photos."""
    from blurkit.culling import bursts

    takes = [result["taken"] for result in results]
    timeless = sum(takes[i].time is None for i in leaders)
    if timeless:
        console.say(f"{timeless} of {len(leaders)} photos do not say when they were taken; each is kept")
    return bursts([take.time for take in takes], [take.camera for take in takes], gap)


def alike(results, leaders):
    """The number of the look-alikes of each result, from 0; None for a map, and for a photo like no other."""
    from blurkit.similar import groups

    found = groups([result.get("fingerprint") if i in leaders else None for i, result in enumerate(results)])
    counts = Counter(found)
    several = [first for first in sorted(set(found) - {None}) if counts[first] > 1]
    number_of = {first: number for number, first in enumerate(several)}
    return [number_of.get(first) for first in found]


def leading(items):
    """For each of some inputs the index of the one that speaks for its shot: the first picture, or else the first."""
    first: dict = {}
    units = shots.units(items)
    for i, unit in enumerate(units):
        if unit not in first or inputs.is_raw(items[first[unit]].label) and not inputs.is_raw(items[i].label):
            first[unit] = i
    return [first[unit] for unit in units]


def kind_of(results, count):
    """What the photos of a group are, by the results of one file of each, of `count` files; None for one file alone."""
    from blurkit import sets

    if len(results) == 1:
        return "pair" if count > 1 else None
    if not all("look" in result for result in results):
        return "burst"  # maps show no scene
    results = sorted(results, key=lambda result: (result["taken"].time is None, result["taken"].time))
    return sets.kind([result["look"] for result in results], [sets.Exposure(*r["taken"].exposure) for r in results])


def tell(scored, console):
    """Say how many photos are kept as parts of sets, and which the first of them is."""
    first: dict = {}
    for item, result in scored:
        if result["set"] in WHOLE:
            first.setdefault(result["set"], item.label)
    counts = Counter(result["set"] for _, result in scored)
    if first:
        parts = (f"{counts[kind]} of a {kind}, from {first[kind]} on" for kind in sorted(first))
        console.say(f"kept whole: {'; '.join(parts)}")
