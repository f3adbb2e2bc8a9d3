"""blur-score: photos or maps in, one number per photo out; or, with --truth, how right they are."""

import os
from contextlib import nullcontext

from blurkit.cli import culling, inputs, options, output, parallel, progress
from blurkit.cli.guard import Guard, is_special, read_by
from blurkit.cli.run import run
from blurkit.cli.wholefile import STDOUT, WholeFile
from blurkit.defaults import SCORE_SIDE
from blurkit.errors import InputError, UsageError, check_sizes

SHARPEST = "best:10%"
SPARE = (
    4  # times the working size that a JPEG is decoded at, at least: decoders reduce less well, and the score would tell
)
NAMES = ("auc", "f_max", "f_adaptive", "f_blurred", "mae", "accuracy", "precision", "recall")


def describe(parser):
    parser.usage = "blur-score [OPTION]... [FILE]..."
    parser.description = (
        "One line per photo: score, tab, path; bigger = sharper, from 0 to 1. The score is 1 / (1 + blur), blur in pixels "
        "of the working size, in the sharpest tenth of what can be judged: a sharp subject before a soft background "
        "scores as sharp, a blank wall as nan. With --truth: how well maps agree with masks made by hand."
    )
    parser.examples = (
        ("blur-score --top 20 *.jpg", "the twenty sharpest"),
        ("blur-score -r --report look.html photos/", "a line for every photo of a tree, and a page to look through"),
    )
    group = options.files(parser, "photos, or maps: NPY (any number in one stream), PFM", recursive=True)
    group.add_argument("--maps", action="store_true", help="PNG and TIFF inputs are maps, not photos")
    group.add_argument(
        "--max-size",
        metavar="N",
        type=options.positive,
        help="measure no photo at more than N pixels, and decode JPEGs no larger than needed",
    )
    method = options.method(parser, side=SCORE_SIDE)
    options.weights(method)
    where = parser.add_argument_group("region")
    where.add_argument(
        "--region",
        type=options.region,
        default=SHARPEST,
        help="best:N%%, all, or mask: what of the photo counts (default best:10%%)",
    )
    text = "judge the photo where this picture or map is over one half only; once per photo, - = standard input, NPY may hold many"
    where.add_argument("--mask", metavar="FILE", action="append", default=[], help=text)
    describe_truth(parser)
    group = parser.add_argument_group("output")
    group.add_argument("--json", action="store_true", help="JSON Lines instead of text")
    text = "write a page of all photos as well, sorted by score, with what is in focus marked; - = to standard output, in place of the lines"
    group.add_argument("--report", metavar="HTML", help=text)
    group.add_argument(
        "--force",
        action="store_true",
        help="let the page replace a file that is no page of blurkit; never a photo that is read",
    )
    culling.describe(parser)
    options.workers(parser)


def describe_truth(parser):
    group = parser.add_argument_group("truth")
    text = (
        "compare with the masks NAME.mask.png or NAME.png (.jpg, .bmp) in the folder MASKS, or with the one file MASKS"
    )
    group.add_argument("--truth", dest="masks", metavar="MASKS", help=text)
    group.add_argument(
        "--truth-is", choices=("sharp", "blurred"), help="what white means in the masks (in NAME.mask.png: sharp)"
    )
    group.add_argument(
        "--curves",
        action="store_true",
        help="with --json: precision, recall and accuracy of every map at 256 thresholds as well",
    )


def work_on(args, console):
    check(args)
    if args.calibrate:
        return culling.calibrate(args, lambda items: scored(items, args, console))
    items, told, below = inputs.from_args(args, console), [], False
    with opened_page(items, args) as page:  # where it cannot be written is told before the work
        results = scored(items, args, console)
        for item, result in culling.chosen(list(results), args, console) if culling.waits(args) else results:
            if args.report != "-":
                tell(item.label, result, args)
            below |= args.fail_below is not None and result["score"] < args.fail_below
            if args.report or args.masks:  # else nothing is kept, and memory stays flat
                told.append(result)
        if page:
            page.write(report(told, args))
    if args.masks and told:
        tell_summary(told, args)
    return console.status or int(below)


def check(args):
    """Options that exclude each other."""
    if args.truth_is and not args.masks:
        raise UsageError("--truth-is goes with --truth")
    if args.curves and not (args.masks and args.json):
        raise UsageError("--curves goes with --truth and --json")
    if args.max_size and args.masks:
        raise UsageError("a reduced photo does not fit its mask; --max-size does not go with --truth")
    if args.masks and (args.mask or args.region != options.region(SHARPEST)):
        raise UsageError("--region and --mask are about scores; they do not go with --truth")
    if args.as_published and not args.masks:
        raise UsageError("the papers have no score; --as-published goes with --truth")
    if args.region is None and not args.mask:
        raise UsageError("--region mask needs --mask FILE")
    check_report(args)
    culling.check(args)


def check_report(args):
    """The name of a page is that of a page: a photo named by mistake is neither replaced nor left out."""
    if not args.report:
        if args.force:
            raise UsageError("--force is about the page of --report")
        return
    if args.masks or args.calibrate:
        raise UsageError("--report is about scores; it goes neither with --truth nor with --calibrate")
    if args.report == "-":
        if args.json:
            raise UsageError("--report - writes the page to standard output; --json does not go with it")
        if os.isatty(STDOUT) and not args.force:
            raise UsageError("will not write a page to a terminal; use --report FILE.html, a pipe, or --force")
    elif not args.report.lower().endswith(".html") and not is_special(args.report):
        raise UsageError(
            f"--report {args.report}: the name of a page ends in .html; the page's name comes first, then the photos"
        )


def opened_page(items, args):
    """The file of --report, nothing without; neither it nor standard output may lead to an input."""
    guard = Guard("html", args.force)
    guard.protect(read_by(args, items))
    if not args.report:
        return nullcontext()
    return WholeFile("/dev/stdout" if args.report == "-" else args.report, guard)


def scored(items, args, console):
    """(input, what there is to say of it) for every photo and map that could be read, in order."""
    options.prepare(args)
    model = Lazy(lambda: options.load_model(args))
    bar, count = progress.start(len(items), args, "photo"), 0
    for (item, *_), result, error in parallel.in_order(
        lambda t: one(t[0], t[1], t[2], args, model), tasks(items, args, console), args.jobs
    ):
        if error:
            console.bad(item.label, error)
        else:
            count += 1
            yield item, result
        bar.update()
    bar.close()
    console.detail(f"{count} of {len(items)} inputs scored")


def tasks(items, args, console):
    """(input, map or None, mask or None): every map of a stream, and anything else as it is.

    A photo uses up its mask even where either cannot be read, so that the others keep theirs.
    """
    masks = all_masks(items, args)
    for item in items:
        try:
            mask = next_mask(masks, item) if args.mask else None
            item = inputs.seekable(item)
            if inputs.holds_arrays(item):
                for _, found in inputs.maps(item, args.max_pixels, raw=not args.masks):
                    yield item, found, None
            else:
                yield item, None, mask
        except InputError as error:
            console.bad(item.label, error)
    if next(masks, None):
        raise UsageError("there are more masks than photos; give --mask once per photo")


def all_masks(items, args):
    """(mask, None) for every mask of every --mask, in order, as a map, or (None, error)."""
    if "-" in args.mask and (args.null or args.files0_from == "-" or any(item.path is None for item in items)):
        raise UsageError("standard input cannot be both the mask and a photo or a list")
    for path in args.mask:
        source = inputs.Input(None if path == "-" else path, path)
        try:
            for _, found in inputs.maps(source, args.max_pixels):
                yield found, None
        except InputError as error:
            yield None, InputError(f"its mask {source.label}: {error}")


def next_mask(masks, item):
    """The next mask, which is that of an input."""
    mask, error = next(masks, (None, None))
    if error:
        raise error
    if mask is None:
        raise UsageError(f"{item.label}: no mask is left for it; give --mask once per photo")
    return mask


def one(item, found, mask, args, model):
    """What there is to say of one map, or of the photo in an input."""
    from blurkit.io.maps import PFM_MAGIC, decode_map

    data = None if found is not None else item.read()
    if data is not None and (args.maps or data.startswith(PFM_MAGIC)):
        found = decode_map(data, args.max_pixels)
    if args.masks:
        return comparison(item, data, found, args, model)
    if found is not None:
        for option, given in about_photos(args):
            if given:
                raise InputError(f"--{option} goes with photos, and this is a map")
        from blurkit.score import map_score

        return {"score": map_score(found)}
    return photo_score(item, data, mask, args, model)


def about_photos(args):
    """Options that mean nothing for a map, and whether each is given."""
    return (
        ("report", args.report),
        ("mask", args.mask),
        ("region", args.region != options.region(SHARPEST)),
        ("max-size", args.max_size),
    )


def photo_score(item, data, mask, args, model):
    """The score of the photo in some bytes, and what it rests on."""
    from blurkit.io.photo import decode_photo
    from blurkit.methods import info

    side = working_size(args)
    if args.max_size:
        photo = decode_photo(
            data, args.max_pixels, args.raw_develop, SPARE * side, not info(args.method).blur_needs_colour
        )
    else:
        photo = decode_photo(data, args.max_pixels, args.raw_develop)
    if mask is not None and not args.max_size:
        check_sizes("photo", photo.shape, "its mask", mask.shape)
    share = 1.0 if args.region is None else args.region
    measured, blur = model().measure_blur(photo, working_size=side)
    found = model().score_of(measured, blur, share=share, region=None if mask is None else mask > 0.5)._asdict()
    if args.report:
        from blurkit.report import THUMBNAIL_SIDE, overlay, thumbnail
        from blurkit.score import in_focus

        picture = (
            measured if measured.ndim == 3 else decode_photo(data, args.max_pixels, args.raw_develop, THUMBNAIL_SIDE)
        )  # a page has colours
        found |= {"shown": {"path": item.label, "thumbnail": thumbnail(picture), "overlay": overlay(in_focus(blur))}}
    return found


def working_size(args):
    """Longest side at which photos are measured, pixels; 0 = their own."""
    return min((n for n in (args.working_size, args.max_size) if n), default=0)


def report(results, args):
    """The page of all photos, in pieces."""
    from blurkit.report import page

    rows = [{**result, **result["shown"]} for result in results]
    side = working_size(args)
    facts = {"photos": str(len(rows)), "working size": f"{side} pixels" if side else "that of each photo"}
    if rows:
        facts["weights"] = rows[0]["weights"]
    return page(rows, "Sharpness of photos", args.method, facts)


def comparison(item, data, found, args, model):
    """How well a map, or the map of a photo, agrees with its truth."""
    from blurkit.evaluate import compare
    from blurkit.io.photo import decode_photo

    if found is None:
        photo = decode_photo(data, args.max_pixels, args.raw_develop)
        found = model().sharpness_map(photo)
    known = inputs.truth(item, args)
    check_sizes("map", found.shape, "mask", known.shape)
    return compare(found, known)


class Lazy:
    """A value made when it is first asked for."""

    def __init__(self, make):
        self.make, self.made = make, None

    def __call__(self):
        if self.made is None:
            self.made = self.make()
        return self.made


def tell(path, result, args):
    """One record."""
    numbers = {name: value for name, value in result.items() if isinstance(value, int | float | str)}
    if args.curves:
        numbers |= {name: result[name].tolist() for name in ("precision", "recall", "accuracy")}
    if args.json:
        output.line(output.as_json({"path": path, **numbers}))
    elif not args.masks:
        output.line(f"{numbers['score']:.4f}\t{path}")


def tell_summary(compared, args):
    """The figures over all photos."""
    from blurkit.evaluate import summary

    figures = summary(compared)
    if args.json:
        output.line(output.as_json({"path": None, "photos": len(compared), **figures}))
        return
    for name in NAMES:
        output.line(f"{figures[name]:.4f}\t{name}")
    output.line(f"{len(compared)}\tphotos")


def main(argv=None):
    return run("blur-score", describe, work_on, argv)
