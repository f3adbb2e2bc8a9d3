"""blur-score: photos or maps in, one number per photo out; or, with --truth, how right they are."""

from contextlib import closing

from blurkit.cli import (
    boxes,
    cache,
    culling,
    inputs,
    judge,
    options,
    parallel,
    progress,
    records,
    report,
    save,
    shots,
    stars,
    truth,
    types,
)
from blurkit.cli.guard import Guard, read_by
from blurkit.cli.run import run
from blurkit.cli.tasks import tasks
from blurkit.defaults import SCORE_SIDE
from blurkit.errors import UsageError


def describe(parser):
    parser.usage = "blur-score [OPTION]... [FILE]..."
    parser.description = (
        "One line per photo: score, tab, path; bigger = sharper, from 0 to 1. "
        "The score is 1 / (1 + blur), blur in pixels of the working size, in the worst direction, where the photo is "
        "sharpest: a shaken photo scores as blurred, a sharp subject before a soft background "
        "scores as sharp, a blank wall as nan. With --truth: how well maps agree with masks made by hand."
    )
    parser.examples = (
        ("blur-score --top 20 *.jpg", "the twenty sharpest"),
        ("blur-score -r --report look.html photos/", "a line for every photo of a tree, and a page to look through"),
    )
    group = options.files(parser, "photos, or maps: NPY (any number in one stream), PFM", recursive=True)
    group.add_argument("--maps", action="store_true", help="PNG and TIFF inputs are maps, not photos")
    group.add_argument(
        "--fps",
        metavar="RATE",
        type=types.rate,
        help="pictures of a stream are so many a second, such as 25 or 30000/1001 (default: as a Y4M says)",
    )
    group.add_argument(
        "--max-size",
        metavar="N",
        type=types.positive,
        help="lower the working size to N pixels; a mask may then have another size than the photo",
    )
    group.add_argument(
        "--detail",
        action="store_true",
        help="measure tiles of the photo's own pixels where it is sharpest, to tell nearly equal photos apart",
    )
    method = options.method(parser, side=SCORE_SIDE)
    options.weights(method)
    describe_region(parser.add_argument_group("region"))
    truth.describe(parser)
    describe_output(parser.add_argument_group("output"))
    culling.describe(parser)
    options.workers(parser)
    cache.describe(parser)


def describe_region(group):
    """The options that say what of a photo counts."""
    group.add_argument(
        "--region",
        type=types.region,
        default=types.SHARPEST,
        help="best:N%%, worst:N%%, all, or mask: what of the photo counts (default best:20%%)",
    )
    group.add_argument(
        "--mask",
        metavar="FILE",
        action="append",
        default=[],
        help="judge the photo where this picture or map is over one half only; once per photo, - = standard input, "
        "NPY may hold many",
    )
    boxes.describe(group)


def describe_output(group):
    """The options that say what is written."""
    records.describe(group)
    group.add_argument(
        "--report",
        metavar="HTML",
        help="write a page of all photos as well, softest first, to choose from; a folder (with a slash at the end) "
        "= with its pictures beside it, for thousands; - = to standard output, in place of the lines",
    )
    group.add_argument(
        "--force",
        action="store_true",
        help="let the page replace a file that is no page of blurkit; never a photo that is read",
    )


def work_on(args, console):
    check(args)
    if args.prune:
        return cache.prune(args)
    if args.calibrate:
        figures = culling.calibrate(args, lambda items: scored(items, args, console))
        if not args.stars:
            records.write_figures(figures, args)
            return console.status
        args.star_scores = stars.around(figures["threshold"])
        console.say(f"stars 2 to 5 begin at {', '.join(f'{score:.4f}' for score in args.star_scores)}")
    items = found(args, console)
    if args.boxes:
        args.places = boxes.Places(items, args, console)
        items = args.places.named
    known = items if isinstance(items, list) else []
    saver = save.opened(known, args, console)
    kept, is_below, write = [], False, records.writer(args, console)  # kept is nothing without --truth: memory is flat
    with (
        report.opened(known, args, console) as page,  # a page that cannot be written is reported before the work
        closing(scored(items, args, console)) as scores,  # whatever ends the run, --cache keeps what was measured
    ):
        results = culling.chosen(page.seen(scores), args, console)
        if saver:
            results = saver.again(results) if culling.waits(args) else saver(results)
        for item, result in results:
            write(item, result)
            if args.fail_below is not None and result["score"] < args.fail_below:
                is_below = True
            page.told(item, result)
            if args.truth:
                kept.append(result)
        page.finish(judge.working_size(args))
    if args.truth and kept:
        for remark in truth.remarks(kept, args):
            console.say(remark)
        records.write_figures(truth.figures(kept), args, write)
    return console.status or int(is_below)


def found(args, console):
    """The inputs: a list; or a generator of those of a list of names that may grow while the first are scored."""
    is_listed = args.null or args.files0_from
    if not is_listed or culling.waits(args) or args.report or args.truth or args.mask or args.boxes:
        items = inputs.from_args(args, console)
        return list(shots.once(items, console)) if args.siblings else items
    items = spared(inputs.as_they_come(args, console), args)
    return shots.once(items, console) if args.siblings else items


def spared(items, args):
    """Inputs as they come; a UsageError if standard output would be added to one."""
    guard = Guard("text")
    for item in items:
        guard.protect(read_by(args, [item]))
        yield item


def check(args):
    """Raise a UsageError for options that exclude each other."""
    truth.check(args, args.region == types.region(types.SHARPEST))
    if args.region.needs_mask and not args.mask:
        raise UsageError("--region mask needs --mask FILE")
    check_detail(args)
    boxes.check(args)
    report.check(args)
    culling.check(args)
    records.check(args)
    cache.check(args)


def check_detail(args):
    """Raise a UsageError for options that do not go with --detail, which measures photos at their own size."""
    others = (("max-size", args.max_size), ("truth", args.truth), ("maps", args.maps))
    for option, is_given in others:
        if args.detail and is_given:
            raise UsageError(f"--detail measures photos at their own size; --{option} does not go with it")
    if args.detail and args.region.softest:
        raise UsageError("--detail looks where the photo is sharpest; --region worst:N% does not go with it")


def scored(items, args, console):
    """(input, result) of every photo and map that can be read, in order; the result is a dict, see `one`."""
    options.prepare(args)
    model = Lazy(lambda: options.load_model(args))
    total = len(items) if isinstance(items, list) else None
    bar, count, failed = progress.start(total, args, "photo"), 0, 0
    with cache.Store(args, model, judge.working_size(args), console) as store:
        scoring = tasks(items, args, console, store)
        for task, result, error in parallel.in_order(
            lambda task: task.kept or judge.one(task, args, model), scoring, args.jobs
        ):
            item = task.item
            if error:
                failed += 1
                console.bad(item.label, error)
            else:
                count += 1
                store.put(task, result)
                kept = item if args.save and not culling.waits(args) else item._replace(data=None)
                for part in boxes.told(item, result, args, console) if args.boxes else [result]:
                    reason = part.pop("no_score", None)
                    if reason and not args.quiet:
                        console.say(f"{item.label}: no score: {reason}")
                    yield kept, part
            bar.update((item.frame or 1) == 1)
        bar.close()
    console.detail(f"{count} scored of {count + failed if total is None else total} inputs")


class Lazy:
    """A value that is made at the first call."""

    def __init__(self, make):
        self.make, self.made = make, None

    def __call__(self):
        if self.made is None:
            self.made = self.make()
        return self.made


def main(argv=None):
    return run("blur-score", describe, work_on, argv)
