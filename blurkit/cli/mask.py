"""blur-mask: maps or photos in, masks out."""

import argparse
import os

from blurkit.cli import inputs, options, output, pictures, types
from blurkit.cli.run import run
from blurkit.errors import InputError, UsageError, check_sizes
from blurkit.methods import DEFAULT

FORMS = ("png", "npy")
FACTOR = 1.5  # of --threshold mean


def describe(parser):
    parser.usage = "blur-mask [OPTION]... [FILE]..."
    parser.description = "Turn maps into masks: 255 = in focus, 0 = not. With -r or --photos: photos into masks."
    parser.examples = (
        ("blur-map a.jpg | blur-mask > mask.png", "the mask of one photo"),
        ("blur-mask -r --name '{path}.png' --as-stored -o masks/ images/", "a mask for every photo, as COLMAP wants"),
    )
    group = options.files(
        parser, "maps: NPY (any number in one stream), PNG, TIFF or PFM; with -r or --photos photos", recursive=True
    )
    group.add_argument("--photos", action="store_true", help="FILEs are photos, not maps; implied by -r")
    describe_threshold(parser.add_argument_group("threshold"))
    describe_shape(parser.add_argument_group("shape"))
    describe_output(options.output(parser, FORMS, "png", "mask"))
    options.weights(options.method(parser))
    options.workers(parser)


def describe_threshold(group):
    """The options that say what is in focus."""
    rule = group.add_mutually_exclusive_group()
    rule.add_argument(
        "-t",
        "--threshold",
        metavar="T",
        type=threshold,
        default=("fixed", 0.5),
        help="in focus is above T: a number from 0 to 1, 'otsu', or 'mean' (1.5 x mean of the map) (default .5)",
    )
    rule.add_argument(
        "--alpha",
        metavar="A",
        type=types.share,
        help="blurred is above A max + (1 - A) min of the defocus, 1 - map (.3 is usual)",
    )
    group.add_argument(
        "--sigma",
        dest="is_sigma",  # what is written are masks all the same
        action="store_true",
        help="with --alpha: maps hold blur in pixels, from blur-map --sigma (park)",
    )
    group.add_argument("--invert", action="store_true", help="mark what is out of focus")


def describe_shape(group):
    """The options that change a mask."""
    group.add_argument(
        "--grow", metavar="N", type=types.grow, default=0, help="grow what is marked by N pixels; below 0 shrink it"
    )
    group.add_argument(
        "--feather", metavar="N", type=types.feather, help="make its edge a ramp of N pixels (PNG, cut-outs)"
    )


def describe_output(group):
    """The options that say what is written, and how it is named."""
    group.add_argument(
        "--name",
        metavar="PATTERN",
        type=pattern,
        help="names in the folder OUT: {path} is that of the photo, {stem} the same without suffix, "
        "as in '{path}.png' (default '{stem}.png')",
    )
    group.add_argument(
        "--as-stored",
        action="store_true",
        help="masks of photos as their pixels are stored, for programs that do not turn photos by EXIF",
    )
    group.add_argument(
        "--cut",
        metavar="PHOTO",
        action="append",
        default=[],
        help="write PHOTO cut out along the mask, as RGBA PNG; given once per map, in order",
    )
    group.add_argument("--soft", action="store_true", help="with --cut: the map itself is the alpha, not its mask")


def threshold(text):
    """'otsu', 'mean' or a number, as (rule, value)."""
    if text in ("otsu", "mean"):
        return text, FACTOR
    try:
        return "fixed", types.share(text)
    except argparse.ArgumentTypeError:
        from blurkit.cli.hints import did_you_mean

        meant = did_you_mean(text, ("otsu", "mean"))
        raise argparse.ArgumentTypeError(f"{text!r} is neither otsu, mean nor a number from 0 to 1{meant}") from None


def pattern(text):
    """A pattern of names that stay within their folder."""
    rest = text.replace("{path}", "x").replace("{stem}", "x")
    if rest == text or "{" in rest or "}" in rest:
        raise argparse.ArgumentTypeError(f"{text!r} needs {{path}} or {{stem}}, and may have no other brackets")
    if rest.startswith("/") or ".." in rest.split("/"):
        raise argparse.ArgumentTypeError(f"{text!r} leads out of the folder of -o")
    return text


def work_on(args, console):
    args.photos |= args.recursive
    check(args)
    items = inputs.from_args(args, console)
    with output.Output(args, console, FORMS, "png") as out:
        if (args.cut or args.feather) and out.form != "png":
            raise UsageError(f"--{'cut' if args.cut else 'feather'} writes PNG only")
        out.claim(items, args)
        if args.photos:
            of_photos(items, args, out, console)
            return
        maps = pictures.maps_with_photos(items, args.cut, "--cut", args, console, sigma=args.is_sigma)
        for named, sharpness, photo in maps:
            if out.wants(named):
                write_mask(named, sharpness, photo, args, out, console)


def check(args):
    """Raise a UsageError for options that do not go together."""
    if args.is_sigma and args.alpha is None:
        raise UsageError("--sigma goes with --alpha: the other thresholds are on the scale from 0 to 1")
    if args.photos and args.cut:
        raise UsageError("--cut goes with maps: blur-map photo.jpg | blur-mask --cut photo.jpg")
    if args.soft and not args.cut:
        raise UsageError("--soft goes with --cut")
    if args.soft and (args.grow or args.feather or args.alpha is not None or args.threshold != ("fixed", 0.5)):
        raise UsageError("--soft takes the map as it is: no threshold, --grow or --feather goes with it")
    given = {
        "method": args.method != DEFAULT,
        "weights": args.weights,
        "device": args.device != (os.environ.get("BLURKIT_DEVICE") or "auto"),
        "working-size": args.working_size != options.usual_side(args) and not args.as_published,
        "as-published": args.as_published,
        "jobs": args.jobs > 1,
        "threads": args.threads != options.threads_of_environment(),
        "as-stored": args.as_stored,
    }
    wrong = [name for name, value in given.items() if value]
    if wrong and not args.photos:
        raise UsageError(f"--{wrong[0]} is about photos: add --photos, or -r")


def of_photos(items, args, out, console):
    """Write the masks of photos."""
    wanted = pictures.wanted(items, out)
    options.prepare(args)
    model = options.load_model(args)
    for item, (mask, level) in pictures.made(lambda item: mask_of_photo(item, args, model), wanted, out, args, console):
        tell(item, mask, level, args, console)
        out.write(item, encoded(mask, out))


def mask_of_photo(item, args, model):
    """(mask, threshold) of one photo."""
    from blurkit.io.photo import decode_photo, orientation
    from blurkit.io.pixels import as_stored

    data = item.read()
    turn = orientation(data) if args.as_stored else 1
    photo = decode_photo(data, args.max_pixels, args.raw_develop)
    mask, level = mask_of(model.blur_map(photo) if args.is_sigma else model.sharpness_map(photo), args)
    return as_stored(mask, turn), level


def mask_of(sharpness, args):
    """(mask, threshold) of one map; None for the threshold if nobody is told of it.

    With --sigma the map holds blur, so less is sharper, and the threshold is the largest sigma that is in focus.
    """
    from blurkit import mask as masks

    rule, value = args.threshold if args.alpha is None else ("alpha", args.alpha)
    if args.is_sigma:
        sharpness = -sharpness
    mask = masks.focus_mask(sharpness, rule, value, args.invert)
    if args.grow:
        mask = masks.grown(mask, args.grow)
    if args.feather:
        mask = masks.feathered(mask, args.feather)
    return mask, abs(masks.threshold(sharpness, rule, value)) if args.verbose else None


def tell(item, mask, level, args, console):
    """Say, if asked, what is marked, and in any case if nothing is."""
    if level is not None:
        console.detail(f"{item.label}: threshold {level:.4f}, {(mask > 127).mean():.1%} marked")
    if not (mask.any() or args.quiet):
        console.say(f"{item.label}: nothing is marked, the mask is black; -t sets what counts as in focus")


def encoded(mask, out):
    from blurkit.io.encode import encode_mask

    return encode_mask(mask, out.form)


def write_mask(item, sharpness, photo, args, out, console):
    """Write the mask of one map, or its photo cut out."""
    from blurkit.io.encode import encode_cut

    if args.soft:
        mask = 1 - sharpness if args.invert else sharpness
    else:
        mask, level = mask_of(sharpness, args)
        tell(item, mask, level, args, console)
    if photo is None:
        out.write(item, encoded(mask, out))
        return
    try:
        picture = inputs.photo(photo, args)
        check_sizes("map", mask.shape, "photo", picture.shape)
        pieces = encode_cut(picture, mask)
    except (InputError, MemoryError) as error:
        console.bad(photo.label, error)
    else:
        out.write(item, pieces)


def main(argv=None):
    return run("blur-mask", describe, work_on, argv)
