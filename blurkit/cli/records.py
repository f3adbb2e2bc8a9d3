"""What blur-score writes: of each photo a line of text or JSON, a row of a table, or paths; and figures over all."""

from blurkit.cli import boxes, culling, output, shots, stars, truth
from blurkit.cli.culling import given
from blurkit.cli.table import Table
from blurkit.errors import UsageError

OTHERS = ("group", "set", *boxes.FIELDS)  # fields that may be null, or are no single value
TIME_DIGITS = 6  # of seconds behind the point


def describe(group):
    """The options."""
    forms = group.add_mutually_exclusive_group()
    forms.add_argument("--json", action="store_true", help="JSON Lines instead of text")
    forms.add_argument("--csv", action="store_true", help="a table for spreadsheets instead of text, with a header")
    stars.describe(forms, group)
    group.add_argument(
        "-z", dest="ends_in_nul", action="store_true", help="end each line of text, or path, with NUL, not a newline"
    )
    group.add_argument(
        "--siblings",
        action="store_true",
        help="with --below, --above, --all-but-best or --stars: the other files of its shot too; a shot is scored once",
    )


def check(args):
    """Raise a UsageError for options that need or exclude each other."""
    stars.check(args)
    others = given(args, "json", "csv", "truth", "stars", "calibrate") + ["--report -"] * (args.report == "-")
    if args.ends_in_nul and others:
        raise UsageError(f"-z ends lines of text; {others[0]} has none")
    if args.siblings and others and not args.stars:
        raise UsageError(f"--siblings adds paths to paths; {others[0]} has none alone")
    if args.siblings and not (writes_paths(args) or args.stars):
        raise UsageError("--siblings is about paths; it needs --below T, --above T, --all-but-best or --stars")


def writes_paths(args):
    """True if paths are written, without scores."""
    return bool(given(args, "below", "above", "all_but_best")) and not (args.json or args.csv or args.stars)


def writer(args, console):
    """A function that writes the record of an (input, result) pair."""
    if args.report == "-":
        return lambda item, result: None  # the page takes their place
    if args.json:
        return lambda item, result: output.line(output.as_json(fields(item, result, args)))
    if args.csv:
        return Rows(args)
    if args.stars:
        rated = stars.Stars(args, console)
        return lambda item, result: output.line(rated(item, result), end="")
    if args.truth:
        return lambda item, result: None  # the figures over all photos follow
    end = "\0" if args.ends_in_nul else "\n"
    if not writes_paths(args):
        more = boxes.columns if args.boxes else lambda result: ""
        return lambda item, result: output.line(f"{result['score']:.4f}\t{item.label}{more(result)}", end)
    paths = shots.Siblings(console) if args.siblings else lambda item: [item.label]
    return Paths(paths, end) if args.boxes else lambda item, result: write_lines(paths(item), end)


def write_lines(lines, end):
    """Write lines."""
    for line in lines:
        output.line(line, end)


class Paths:
    """Writes the paths of a photo once, however many of its boxes there are."""

    def __init__(self, paths, end):
        self.paths, self.end, self.written = paths, end, set()

    def __call__(self, item, result):
        if item.label not in self.written:
            self.written.add(item.label)
            write_lines(self.paths(item), self.end)


class Rows(Table):
    """A table with a row for each photo."""

    def __init__(self, args):
        super().__init__(columns(args))
        self.args = args

    def __call__(self, item, result):
        self.row(fields(item, result, self.args))


def columns(args):
    """The names of all fields that a record may have, in their order."""
    names = ["path", "frame", "time"]
    if args.truth:
        return names + [*truth.FIGURES, "photos"]
    from blurkit.results import Score

    names += [*boxes.FIELDS] * bool(args.boxes)
    names += Score._fields
    if culling.ways(args):
        names += [*["set"] * culling.looks(args), "group", "rank", "best"]
    return names + ["saved"] * bool(args.save)


def write_figures(figures, args, table=None):
    """Write figures over many photos, a dict: as an object of JSON, a row of a table, or a line for each."""
    if args.json:
        output.line(output.as_json(figures))
    elif args.csv:
        (table or Table(list(figures))).row(figures)
    else:
        for name, value in figures.items():
            if value is not None:
                output.line(f"{value:.4f}\t{name}" if isinstance(value, float) else f"{value}\t{name}")


def fields(item, result, args):
    """The fields of a record, a dict."""
    told = {name: value for name, value in result.items() if name not in truth.UNTOLD}
    numbers = {name: value for name, value in told.items() if name in OTHERS or isinstance(value, int | float | str)}
    if args.curves:
        numbers |= truth.curves(result)
    return {"path": item.name, **place(item), **numbers}


def place(item):
    """Which picture of its stream an input is; nothing if it is alone."""
    time = {"time": None if item.time is None else round(float(item.time), TIME_DIGITS)}
    if item.frame is None:
        return {} if item.time is None else time
    return {"frame": item.frame, **time}
