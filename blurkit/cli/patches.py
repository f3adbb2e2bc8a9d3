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
    options.part(parser)
    describe_truth(parser.add_argument_group("truth"))
    describe_patches(parser.add_argument_group("patches"))
    options.output(parser, FORMS, "npy")
    options.workers(parser)


def describe_truth(group):
    """The options that say where masks or segmentations come from."""
    group.add_argument(
        "--masks",
        metavar="DIR",
        help="folder of the masks NAME.mask.png or NAME.png (.jpg, .bmp, .tif) (default: beside the photo)",
    )
    companions.describe_masks(group)
    group.add_argument(
        "--kind",
        choices=("defocus", "motion"),
        help="joint: what blurs the photos, so that it learns to tell kinds; with --compose: what shall blur them",
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
    from blurkit.io.patchset import encode_origin
    from blurkit.patches import usual_count

    check(args)
    items = inputs.from_args(args, console)
    args.per_photo = args.per_photo or usual_count(
        args.method, len(items) * (args.copies + (args.source == "masks")), args.part
    )
    if any(item.path is None for item in items):
        raise UsageError("name the photos: patches bear the names of theirs, so standard input will not do")
    with output.Output(args, console, FORMS, "npy") as out:
        if out.folder:
            raise UsageError("a patch set is one file: name it with -o FILE")
        out.spare(items, args)
        options.prepare(args)
        with tempfile.TemporaryFile() as records:
            count, used = cut_all(items, args, console, records)
            if not count:
                raise InputError("no patches: none of the photos could be used")
            records.seek(0)
            out.write(None, [encode_npy_header((count,), methods.get(args.method, args.part).patch_record())])
            out.append(iter(lambda: records.read(AT_ONCE), b""))
            out.append(encode_origin(origin(args, used)))


def check(args):
    """Raise a UsageError for options that exclude each other; fill in `args.source` and the default of --copies."""
    from blurkit import methods

    of_masks = args.masks or args.truth_is or args.mask_suffix
    if args.compose and of_masks:
        raise UsageError("--compose makes its own masks; --masks, --mask-suffix and --truth-is do not go with it")
    if (args.segments or args.auto_segments) and not args.compose:
        raise UsageError("--segments and --auto-segments go with --compose")
    if args.segments and args.auto_segments:
        raise UsageError("--auto-segments looks for no files; --segments does not go with it")
    options.check_part(args)
    if args.kind and args.part == "score":
        raise UsageError("a score learns no kinds of blur; --kind does not go with --for score")
    if args.kind and not methods.info(args.method).learns_kinds:
        able = methods.those_with("learns_kinds")
        raise UsageError(f"method {args.method} does not learn kinds of blur; --kind goes with {able}")
    learns_from = methods.info(args.method).learns_from
    if learns_from == "sharp photos" and (of_masks or args.compose):
        other = "--compose does" if args.compose else "--masks, --mask-suffix and --truth-is do"
        raise UsageError(f"method {args.method} learns from sharp photos alone; {other} not go with it")
    args.source = "compositions" if args.compose else learns_from
    if args.copies is None:
        args.copies = COPIES[args.source]
    if args.source != "masks" and not args.copies:
        who = f"method {args.method}" if args.source == "sharp photos" else "--compose"
        raise UsageError(f"{who} needs at least one copy")


def cut_all(items, args, console, file):
    """Write the patches of all photos into a file, in the order of the photos; returns how many patches and photos.

    A photo that cannot be used is reported and left out.
    """
    from blurkit.evaluate import is_inverted
    from blurkit.io.npy import as_bytes

    count, orders, nearly = 0, [], []
    bar = progress.start(len(items), args, "photo")
    photos = enumerate(pictures.every(items, args, console))
    for (_, item), result, error in parallel.in_order(lambda photo: cut(photo, args), photos, args.jobs):
        if error:
            console.bad(item.label, error)
        else:
            records, order, not_quite = result
            write_all(file.fileno(), map(as_bytes, records), "temporary file")
            count += sum(map(len, records))
            orders.append(order)
            nearly.append(not_quite)
        bar.update((item.frame or 1) == 1)
    bar.close()
    console.detail(f"{count} patches of {len(orders)} photos")
    if is_inverted(orders):
        console.say(f"edges are stronger where the masks say out of focus: {companions.opposite(args)}")
    if said := companions.not_quite(nearly):
        console.say(said)
    return count, len(orders)


def origin(args, used):
    """How a patch set was made, for the weights that are learned from it; without the names of folders."""
    import shlex

    import numpy as np

    from blurkit import __version__

    words = [f"blur-patches --method {args.method} --seed {args.seed} --per-photo {args.per_photo}"]
    words += ["--for score"] * (args.part == "score") + [f"--kind {args.kind}"] * bool(args.kind)
    words += [f"--copies {args.copies}", *["--compose"] * args.compose, *["--auto-segments"] * args.auto_segments]
    words += [f"--truth-is {args.truth_is}"] * bool(args.truth_is)
    words += [f"--mask-suffix {shlex.quote(args.mask_suffix)}"] if args.mask_suffix else []
    return f"{' '.join(words)} (photos: {used}; blurkit {__version__}, NumPy {np.__version__})"


def cut(numbered, args):
    """The records of all pictures made from one photo, and what its mask is like.

    Parameters
    ----------
    numbered : tuple
        Number of the photo, and its input.
    args : namespace

    Returns
    -------
    records : list of ndarray
    order : float
        Of `edge_order`; NaN without a mask.
    nearly : float
        Of `nearly_known`; 0 without a mask.
    """
    import os

    from blurkit import patches
    from blurkit.evaluate import edge_order, nearly_known

    number, item = numbered
    name = os.fsencode(os.path.basename(item.path))
    photo = inputs.photo(item, args)
    whole = companion_of(item, photo, args)
    records, order, nearly = [], float("nan"), nearly_known(whole) if args.source == "masks" else 0.0
    for copy, (picture, companion, sigma) in enumerate(copies(number, photo, whole, args)):
        points = patches.centres(picture, companion, copy, args.per_photo, args.method, args.seed, number, args.part)
        records.append(patches.cut(picture, companion, points, args.method, name, number, copy, sigma, args.part))
        if args.source == "masks" and copy == 0:
            order = edge_order(picture, patches.unnamed(companion))
    if not any(map(len, records)):
        raise InputError("no place to cut a patch at: too small, or without edges")
    return records, order, nearly


def copies(number, photo, companion, args):
    """All pictures made from one photo, the same in every run: (picture, its mask or segmentation, sigma)."""
    from blurkit.patches import picture

    for copy in range(args.copies + (args.source == "masks")):
        yield picture(photo, companion, copy, args.source, args.method, args.seed, number, args.kind, args.part)


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
