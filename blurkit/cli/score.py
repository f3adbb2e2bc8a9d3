"""blur-score: photos or maps in, one number per photo out; or, with --truth, how right they are."""

from blurkit.cli import inputs, keep, options, output, run, work
from blurkit.errors import InputError, UsageError, check_sizes

NAMES = ("auc", "f_max", "f_adaptive", "f_blurred", "mae", "accuracy", "precision", "recall")


def describe(parser):
    parser.usage = "blur-score [OPTION]... [FILE]..."
    parser.description = (
        "One line per photo: score, tab, path; bigger = sharper, from 0 to 1. The score is that of the sharpest\n"
        "tenth of the raw map, so a sharp subject before a soft background scores as sharp.\n"
        "With --truth: how well maps agree with masks made by hand."
    )
    group = options.files(parser, "photos, or maps: NPY (any number in one stream), PFM", recursive=True)
    group.add_argument("--maps", action="store_true", help="PNG and TIFF inputs are maps, not photos")
    group.add_argument("--max-size", metavar="N", type=options.positive, help="reduce photos to a longer side of N pixels; a JPEG is decoded so at once")
    method = options.method(parser)
    options.weights(method)
    truth = parser.add_argument_group("truth")
    text = "compare with the masks NAME.mask.png or NAME.png (.jpg, .bmp) in the folder MASKS, or with the one file MASKS"
    truth.add_argument("--truth", dest="masks", metavar="MASKS", help=text)
    truth.add_argument("--truth-is", choices=("sharp", "blurred"), help="what white means in the masks (in NAME.mask.png: sharp)")
    parser.add_argument_group("output").add_argument("--json", action="store_true", help="JSON Lines instead of text")
    keep.describe(parser)
    options.workers(parser)


def work_on(args, console):
    check(args)
    if args.calibrate:
        return keep.calibrate(args, lambda items: scored(items, args, console))
    items, told = inputs.from_args(args), []
    for item, result in scored(items, args, console):
        if not keep.waits(args):
            tell(item.label, result, args)
        told.append((item, result))
    console.detail(f"{len(told)} of {len(items)} inputs scored")
    if keep.waits(args):
        told = keep.chosen(told, args)
        for item, result in told:
            tell(item.label, result, args)
    if args.masks and told:
        tell_summary([result for _, result in told], args)
    failed = args.fail_below is not None and any(result["score"] < args.fail_below for _, result in told)
    return console.status or int(failed)


def check(args):
    """Options that exclude each other."""
    if args.truth_is and not args.masks:
        raise UsageError("--truth-is goes with --truth")
    if args.max_size and args.masks:
        raise UsageError("a reduced photo does not fit its mask; --max-size does not go with --truth")
    keep.check(args)


def scored(items, args, console):
    """(input, what there is to say of it) for every photo and map that could be read, in order."""
    options.set_threads(args)
    weights = Lazy(lambda: options.load_weights(args)[0])
    bar = output.progress(len(items), args, "photo")
    for (item, _), result, error in work.in_order(lambda t: one(*t, args, weights), tasks(items, args, console), args.jobs):
        if error:
            console.bad(item.label, error)
        else:
            yield item, result
        bar.update()
    bar.close()


def tasks(items, args, console):
    """(input, map) for every map of a stream, (input, None) for anything else."""
    for item in items:
        try:
            item = inputs.seekable(item)
            if inputs.holds_arrays(item):
                for _, found in inputs.maps(item, args.max_pixels, raw=not args.masks):
                    yield item, found
            else:
                yield item, None
        except InputError as error:
            console.bad(item.label, error)


def one(item, found, args, weights):
    """What there is to say of one map, or of the photo in an input."""
    from blurkit.agreement import compare
    from blurkit.score import sharpness

    if found is None:
        found = map_of(item, args, weights)
    if not args.masks:
        return {"score": sharpness(found)}
    known = inputs.truth(item, args)
    check_sizes("map", found.shape, "mask", known.shape)
    return compare(found, known)


def map_of(item, args, weights):
    """The map in a picture file, or the map of the photo in it."""
    from blurkit.image import PFM_MAGIC, decode_map, decode_photo
    from blurkit.map import sharpness_map

    data = item.read()
    if args.maps or data.startswith(PFM_MAGIC):
        return decode_map(data, args.max_pixels)
    photo = decode_photo(data, args.max_pixels, args.max_size)
    return sharpness_map(photo, weights(), args.method, not args.masks, args.as_published, args.device, args.working_size)


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
    numbers = {name: value for name, value in result.items() if isinstance(value, float)}
    if args.json:
        output.line(output.as_json({"path": path, **numbers}))
    elif not args.masks:
        output.line(f"{numbers['score']:.4f}\t{path}")


def tell_summary(compared, args):
    """The figures over all photos."""
    from blurkit.agreement import summary

    figures = summary(compared)
    if args.json:
        output.line(output.as_json({"path": None, "photos": len(compared), **figures}))
        return
    for name in NAMES:
        output.line(f"{figures[name]:.4f}\t{name}")
    output.line(f"{len(compared)}\tphotos")


def main(argv=None):
    return run("blur-score", describe, work_on, argv)
