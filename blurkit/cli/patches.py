"""blur-patches: photos and masks in, a patch set out.

The header says how many patches follow, so they are kept in a temporary file until
all are cut. Only one photo is held at a time.
"""

from blurkit.cli import inputs, options, output, parallel, progress
from blurkit.cli.run import run
from blurkit.cli.wholefile import write_all
from blurkit.errors import InputError, UsageError, check_sizes

FORMS = ("npy",)
AT_ONCE = 1 << 20  # bytes copied from the temporary file
COPIES = {"masks": 0, "compositions": 8, "sharp photos": 40}  # default of --copies


def describe(parser):
    parser.usage = "blur-patches [OPTION]... PHOTO..."
    parser.description = "Cut labelled patches for blur-train out of photos: an NPY array of records."
    parser.examples = (
        (
            "blur-patches --masks gt --truth-is blurred -o set.npy image/*.jpg",
            "patches out of photos with masks drawn by hand",
        ),
        ("blur-patches --method park -o set.npy sharp/*.jpg", "patches out of sharp photos, blurred on purpose"),
    )
    options.files(parser, "photos", recursive=True, stdin=False)
    options.method(parser, working_size=False)
    truth = parser.add_argument_group("truth")
    truth.add_argument(
        "--masks",
        metavar="DIR",
        help="folder of the masks NAME.mask.png or NAME.png (.jpg, .bmp) (default: beside the photo)",
    )
    truth.add_argument(
        "--truth-is", choices=("sharp", "blurred"), help="what white means in the masks (in NAME.mask.png: sharp)"
    )
    truth.add_argument(
        "--compose",
        action="store_true",
        help="make partly blurred photos with exact masks out of sharp photos and segmentations",
    )
    truth.add_argument(
        "--segments",
        metavar="DIR",
        help="with --compose: folder of the segmentations NAME.seg.png (default: beside the photo)",
    )
    truth.add_argument(
        "--auto-segments",
        action="store_true",
        help="with --compose: find the regions in the photo itself, where nobody drew any",
    )
    group = parser.add_argument_group("patches")
    group.add_argument(
        "--per-photo",
        metavar="N",
        type=options.positive,
        default=80,
        help="about N patches per picture, joint: at most N tiles (default 80)",
    )
    group.add_argument(
        "--copies",
        metavar="N",
        type=options.natural,
        help=f"N copies of each photo, resized, noised and compressed at random, besides itself (default {COPIES['masks']}); "
        f"with --compose: N compositions, every fourth so degraded (default {COPIES['compositions']}); "
        f"park: N copies, reduced, blurred, noised and compressed at random (default {COPIES['sharp photos']})",
    )
    group.add_argument(
        "--seed", metavar="N", type=options.natural, default=0, help="seed of all that is random (default 0)"
    )
    options.output(parser, FORMS, "npy")
    options.workers(parser)


def work_on(args, console):
    import tempfile

    from blurkit import methods
    from blurkit.io.npy import encode_npy_header

    check(args)
    items = inputs.from_args(args, console)
    if any(item.path is None for item in items):
        raise UsageError("name the photos: patches bear the names of theirs, so standard input will not do")
    with output.Output(args, console, FORMS, "npy") as out:
        if out.folder:
            raise UsageError("a patch set is one file: name it with -o FILE")
        out.spare(items, args)
        options.prepare(args)
        with tempfile.TemporaryFile() as kept:
            count = cut_all(items, args, console, kept)
            if not count:
                raise InputError("no patches: none of the photos could be used")
            kept.seek(0)
            out.write(None, [encode_npy_header((count,), methods.get(args.method).patch_record())])
            out.append(iter(lambda: kept.read(AT_ONCE), b""))


def check(args):
    """Options that exclude each other, and a default that depends on another option."""
    from blurkit import methods

    if args.compose and (args.masks or args.truth_is):
        raise UsageError("--compose makes its own masks; --masks and --truth-is do not go with it")
    if (args.segments or args.auto_segments) and not args.compose:
        raise UsageError("--segments and --auto-segments go with --compose")
    if args.segments and args.auto_segments:
        raise UsageError("--auto-segments looks for no files; --segments does not go with it")
    learns_from = methods.info(args.method).learns_from
    if learns_from == "sharp photos" and (args.masks or args.truth_is or args.compose):
        other = "--compose does" if args.compose else "--masks and --truth-is do"
        raise UsageError(f"method {args.method} learns from sharp photos alone; {other} not go with it")
    args.source = "compositions" if args.compose else learns_from
    if args.copies is None:
        args.copies = COPIES[args.source]
    if args.source != "masks" and not args.copies:
        raise UsageError(
            f"method {args.method} needs at least one copy"
            if args.source == "sharp photos"
            else "--compose needs at least one copy"
        )


def cut_all(items, args, console, kept):
    """Write the patches of all photos that can be used into a file, in order; how many."""
    from blurkit.io.npy import as_bytes

    count = used = 0
    bar = progress.start(len(items), args, "photo")
    for (_, item), records, error in parallel.in_order(lambda i: cut(i, args), enumerate(items), args.jobs):
        if error:
            console.bad(item.label, error)
        else:
            write_all(kept.fileno(), map(as_bytes, records), "temporary file")
            count, used = count + sum(map(len, records)), used + 1
        bar.update()
    bar.close()
    console.detail(f"{count} patches of {used} photos")
    return count


def cut(wanted, args):
    """The records of all pictures of one photo, a list of arrays."""
    import os

    from blurkit.patches import centres, cut

    number, item = wanted
    name, found = os.fsencode(os.path.basename(item.path)), []
    for copy, (picture, second, sigma) in enumerate(pictures(wanted, args)):
        at = centres(picture, second, copy, args.per_photo, args.method, args.seed, number)
        found.append(cut(picture, second, at, args.method, name, number, copy, sigma))
    if not any(map(len, found)):
        raise InputError("no place to cut a patch at: too small, or without edges")
    return found


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
        from blurkit.training.compose import regions

        return regions(photo)
    second = segments(item, args) if args.compose else inputs.truth(item, args)
    check_sizes("photo", photo.shape, "its segmentation" if args.compose else "its mask", second.shape)
    return second


def segments(item, args):
    """The segmentation that belongs to a photo."""
    from blurkit.io.maps import decode_segments

    data, _ = inputs.beside(item, args.segments, inputs.SEGMENTS, "segmentation")
    try:
        return decode_segments(data, args.max_pixels)
    except InputError as error:
        raise InputError(f"its segmentation: {error}") from error


def main(argv=None):
    return run("blur-patches", describe, work_on, argv)
