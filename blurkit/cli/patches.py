"""blur-patches: photos and masks in, a patch set out.

The header says how many patches follow, so they are kept in a temporary file until
all are cut. Only one photo is held at a time.
"""

from blurkit.cli import companions, inputs, options, output, parallel, pictures, progress, types
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
    describe_truth(parser.add_argument_group("truth"))
    describe_patches(parser.add_argument_group("patches"))
    options.output(parser, FORMS, "npy")
    options.workers(parser)


def describe_truth(group):
    """The options that say where masks or segmentations come from."""
    group.add_argument(
        "--masks",
        metavar="DIR",
        help="folder of the masks NAME.mask.png or NAME.png (.jpg, .bmp) (default: beside the photo)",
    )
    group.add_argument(
        "--truth-is", choices=("sharp", "blurred"), help="what white means in the masks (in NAME.mask.png: sharp)"
    )
    group.add_argument(
        "--compose",
        action="store_true",
        help="make partly blurred photos with exact masks out of sharp photos and segmentations",
    )
    group.add_argument(
        "--segments",
        metavar="DIR",
        help="with --compose: folder of the segmentations NAME.seg.png (default: beside the photo)",
    )
    group.add_argument(
        "--auto-segments",
        action="store_true",
        help="with --compose: find the regions in the photo itself, where nobody drew any",
    )


def describe_patches(group):
    """The options that say how many patches are cut, and out of how many copies."""
    group.add_argument(
        "--per-photo",
        metavar="N",
        type=types.positive,
        help="about N patches per picture, joint: at most N tiles (default 80; zeng: up to 400 of few pictures)",
    )
    group.add_argument(
        "--copies",
        metavar="N",
        type=types.natural,
        help="N copies of each photo, resized, noised and compressed at random, besides itself "
        f"(default {COPIES['masks']}); "
        f"with --compose: N compositions, every fourth so degraded (default {COPIES['compositions']}); "
        f"park: N copies, reduced, blurred, noised and compressed at random (default {COPIES['sharp photos']})",
    )
    group.add_argument(
        "--seed", metavar="N", type=types.natural, default=0, help="seed of all that is random (default 0)"
    )


def work_on(args, console):
    import tempfile

    from blurkit import methods
    from blurkit.io.npy import encode_npy_header
    from blurkit.patches import usual_count

    check(args)
    items = inputs.from_args(args, console)
    args.per_photo = args.per_photo or usual_count(args.method, len(items) * (args.copies + (args.source == "masks")))
    if any(item.path is None for item in items):
        raise UsageError("name the photos: patches bear the names of theirs, so standard input will not do")
    with output.Output(args, console, FORMS, "npy") as out:
        if out.folder:
            raise UsageError("a patch set is one file: name it with -o FILE")
        out.spare(items, args)
        options.prepare(args)
        with tempfile.TemporaryFile() as records:
            count = cut_all(items, args, console, records)
            if not count:
                raise InputError("no patches: none of the photos could be used")
            records.seek(0)
            out.write(None, [encode_npy_header((count,), methods.get(args.method).patch_record())])
            out.append(iter(lambda: records.read(AT_ONCE), b""))


def check(args):
    """Raise a UsageError for options that exclude each other; fill in `args.source` and the default of --copies."""
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
        who = f"method {args.method}" if args.source == "sharp photos" else "--compose"
        raise UsageError(f"{who} needs at least one copy")


def cut_all(items, args, console, file):
    """Write the patches of all photos into a file, in the order of the photos; returns the number of patches.

    A photo that cannot be used is reported and left out.
    """
    from blurkit.io.npy import as_bytes

    count = used = 0
    bar = progress.start(len(items), args, "photo")
    photos = enumerate(pictures.every(items, args, console))
    for (_, item), records, error in parallel.in_order(lambda photo: cut(photo, args), photos, args.jobs):
        if error:
            console.bad(item.label, error)
        else:
            write_all(file.fileno(), map(as_bytes, records), "temporary file")
            count += sum(map(len, records))
            used += 1
        bar.update((item.frame or 1) == 1)
    bar.close()
    console.detail(f"{count} patches of {used} photos")
    return count


def cut(numbered, args):
    """The records of all pictures made from one photo, a list of arrays; `numbered` is (its number, its input)."""
    import os

    from blurkit import patches

    number, item = numbered
    name = os.fsencode(os.path.basename(item.path))
    records = []
    for copy, (picture, companion, sigma) in enumerate(copies(number, item, args)):
        points = patches.centres(picture, companion, copy, args.per_photo, args.method, args.seed, number)
        records.append(patches.cut(picture, companion, points, args.method, name, number, copy, sigma))
    if not any(map(len, records)):
        raise InputError("no place to cut a patch at: too small, or without edges")
    return records


def copies(number, item, args):
    """All pictures made from one photo, the same in every run: (picture, its mask or segmentation, sigma)."""
    from blurkit.patches import picture

    photo = inputs.photo(item, args)
    companion = companion_of(item, photo, args)
    for copy in range(args.copies + (args.source == "masks")):
        yield picture(photo, companion, copy, args.source, args.method, args.seed, number)


def companion_of(item, photo, args):
    """The mask or the segmentation that belongs to a photo, None if the method needs neither."""
    if args.source == "sharp photos":
        return None
    if args.auto_segments:
        from blurkit.training.compose import regions

        return regions(photo)
    if args.compose:
        what, companion = "its segmentation", companions.segments_of(item, args.segments, args)
    else:
        what, companion = "its mask", companions.mask_of(item, args.masks, args)
    check_sizes("photo", photo.shape, what, companion.shape)
    return companion


def main(argv=None):
    return run("blur-patches", describe, work_on, argv)
