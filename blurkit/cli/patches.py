"""blur-patches: photos and masks in, a patch set out.

Two passes: the first finds the places, so that the header can say how many patches
follow; the second cuts. Only one photo is held at a time.
"""

from blurkit.cli import inputs, options, output, run, work
from blurkit.errors import InputError, UsageError, check_sizes

FORMS = ("npy",)
COPIES = {"masks": 0, "compositions": 8, "sharp photos": 40}  # default of --copies
SEGMENTS = (".seg.png",)


def describe(parser):
    parser.usage = "blur-patches [OPTION]... PHOTO..."
    parser.description = "Cut labelled patches for blur-train out of photos: an NPY array of records."
    options.files(parser, "photos", recursive=True, stdin=False)
    options.method(parser, working_size=False)
    truth = parser.add_argument_group("truth")
    truth.add_argument("--masks", metavar="DIR", help="folder of the masks NAME.mask.png or NAME.png (.jpg, .bmp) (default: beside the photo)")
    truth.add_argument("--truth-is", choices=("sharp", "blurred"), help="what white means in the masks (in NAME.mask.png: sharp)")
    truth.add_argument("--compose", action="store_true", help="make partly blurred photos with exact masks out of sharp photos and segmentations")
    truth.add_argument("--segments", metavar="DIR", help="with --compose: folder of the segmentations NAME.seg.png (default: beside the photo)")
    truth.add_argument("--auto-segments", action="store_true", help="with --compose: find the regions in the photo itself, where nobody drew any")
    group = parser.add_argument_group("patches")
    group.add_argument("--per-photo", metavar="N", type=options.positive, default=80, help="about N patches per picture, joint: at most N tiles (default 80)")
    group.add_argument(
        "--copies",
        metavar="N",
        type=options.natural,
        help=f"N copies of each photo, resized, noised and compressed at random, besides itself (default {COPIES['masks']}); "
        f"with --compose: N compositions, every fourth so degraded (default {COPIES['compositions']}); "
        f"park: N copies, reduced, blurred, noised and compressed at random (default {COPIES['sharp photos']})",
    )
    group.add_argument("--seed", metavar="N", type=options.natural, default=0, help="seed of all that is random (default 0)")
    options.output(parser, FORMS, "npy")
    options.workers(parser)


def work_on(args, console):
    from blurkit import methods
    from blurkit.npy import as_bytes, encode_npy_header

    check(args)
    items = inputs.from_args(args, console)
    if any(item.path is None or inputs.waits(item.path) for item in items):
        raise UsageError("name the photos: they are read twice, so standard input and pipes will not do")
    pipeline = methods.pipeline(args.method)
    with output.Output(args, FORMS, "npy") as out:
        if out.folder:
            raise UsageError("a patch set is one file: name it with -o FILE")
        out.spare(items, args)
        options.prepare(args)
        wanted = list(enumerate(items))
        bar = output.progress(2 * len(wanted), args, "photo")  # two passes
        found = survey(wanted, args, console, bar)
        count = sum(len(at) for places in found.values() for at in places)
        if not count:
            raise InputError("no patches: none of the photos could be used")
        console.detail(f"{count} patches of {len(found)} photos")
        out.write(None, [encode_npy_header((count,), pipeline.patch_record())])
        kept = [(number, item) for number, item in wanted if number in found]
        for (_, item), records, error in work.in_order(lambda i: cut(i, found, args), kept, args.jobs):
            if error:  # it was readable a moment ago, and the header has promised its patches
                raise InputError(f"{item.label}: {error}") from error
            out.append([as_bytes(part) for part in records])
            bar.update()
        bar.close()


def check(args):
    """Options that exclude each other, and a default that depends on another option."""
    from blurkit import methods

    if args.compose and (args.masks or args.truth_is):
        raise UsageError("--compose makes its own masks; --masks and --truth-is do not go with it")
    if (args.segments or args.auto_segments) and not args.compose:
        raise UsageError("--segments and --auto-segments go with --compose")
    if args.segments and args.auto_segments:
        raise UsageError("--auto-segments looks for no files; --segments does not go with it")
    learns_from = methods.pipeline(args.method).LEARNS_FROM
    if learns_from == "sharp photos" and (args.masks or args.truth_is or args.compose):
        other = "--compose does" if args.compose else "--masks and --truth-is do"
        raise UsageError(f"method {args.method} learns from sharp photos alone; {other} not go with it")
    args.source = "compositions" if args.compose else learns_from
    if args.copies is None:
        args.copies = COPIES[args.source]
    if args.source != "masks" and not args.copies:
        raise UsageError(f"method {args.method} needs at least one copy" if args.source == "sharp photos" else "--compose needs at least one copy")


def survey(wanted, args, console, bar):
    """First pass: the centres of all pictures of every photo that can be used, by its number."""
    found = {}
    for (number, item), places, error in work.in_order(lambda i: survey_one(i, args), wanted, args.jobs):
        if error:
            console.bad(item.label, error)
        else:
            found[number] = places
        bar.update()
    return found


def survey_one(wanted, args):
    """The centres of all pictures of one photo, a list of arrays."""
    from blurkit.patches import centres

    made = enumerate(pictures(wanted, args))
    found = [centres(picture, second, copy, args.per_photo, args.method, args.seed, wanted[0]) for copy, (picture, second, _) in made]
    if not any(len(at) for at in found):
        raise InputError("no place to cut a patch at: too small, or without edges")
    return found


def cut(wanted, found, args):
    """Second pass: the records of all pictures of a photo, a list of arrays."""
    import os

    from blurkit.patches import cut

    number, item = wanted
    name = os.fsencode(os.path.basename(item.path))
    made = zip(pictures(wanted, args), found[number], strict=True)
    return [cut(picture, second, at, args.method, name, number, copy, sigma) for copy, ((picture, second, sigma), at) in enumerate(made)]


def pictures(wanted, args):
    """All pictures made from one photo, always the same: (picture, what goes with it, sigma)."""
    from blurkit.patches import picture

    number, item = wanted
    photo = inputs.photo(item, args)
    second = companion(item, photo, args)
    for copy in range(args.copies + (args.source == "masks")):
        yield picture(photo, second, copy, args.source, args.method, args.seed, number)


def companion(item, photo, args):
    """The mask or the segmentation that belongs to a photo; None where none is needed."""
    if args.source == "sharp photos":
        return None
    if args.auto_segments:
        from blurkit.compose import regions

        return regions(photo)
    second = segments(item, args) if args.compose else inputs.truth(item, args)
    check_sizes("photo", photo.shape, "its segmentation" if args.compose else "its mask", second.shape)
    return second


def segments(item, args):
    """The segmentation that belongs to a photo."""
    from blurkit.image import decode_segments

    data, _ = inputs.beside(item, args.segments, SEGMENTS, "segmentation")
    try:
        return decode_segments(data, args.max_pixels)
    except InputError as error:
        raise InputError(f"its segmentation: {error}") from error


def main(argv=None):
    return run("blur-patches", describe, work_on, argv)
