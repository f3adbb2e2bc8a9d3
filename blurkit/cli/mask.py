"""blur-mask: maps in, masks out."""

import argparse

from blurkit.cli import inputs, options, output, pictures, types
from blurkit.cli.run import run
from blurkit.errors import InputError, UsageError, check_sizes

FORMS = ("png", "npy")
FACTOR = 1.5  # of --threshold mean


def describe(parser):
    parser.usage = "blur-mask [OPTION]... [FILE]..."
    parser.description = "Turn maps into masks: 255 = in focus, 0 = not."
    parser.examples = (
        ("blur-map a.jpg | blur-mask > mask.png", "the mask of one photo"),
        ("blur-mask -t otsu -o masks/ maps/*.npy", "a mask for every map, each with a threshold of its own"),
    )
    options.files(parser, "maps: NPY (any number in one stream), PNG, TIFF or PFM")
    group = parser.add_argument_group("threshold")
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
    group.add_argument("--invert", action="store_true", help="mark what is out of focus")
    out = options.output(parser, FORMS, "png", "mask")
    out.add_argument(
        "--cut",
        metavar="PHOTO",
        action="append",
        default=[],
        help="write PHOTO cut out along the mask, as RGBA PNG; given once per map, in order",
    )


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


def work_on(args, console):
    items = inputs.from_args(args, console)
    with output.Output(args, console, FORMS, "png") as out:
        if args.cut and out.form != "png":
            raise UsageError("--cut writes PNG only")
        out.claim(items, args)
        for named, sharpness, photo in pictures.maps_with_photos(items, args.cut, "--cut", args, console):
            if out.wants(named):
                mask_one(named, sharpness, photo, args, out, console)


def mask_one(item, sharpness, photo, args, out, console):
    """Write the mask of one map, or its photo cut out."""
    from blurkit.io.encode import encode_cut, encode_mask
    from blurkit.mask import focus_mask
    from blurkit.mask import threshold as threshold_of

    rule, value = args.threshold if args.alpha is None else ("alpha", args.alpha)
    mask = focus_mask(sharpness, rule, value, args.invert)
    level = threshold_of(sharpness, rule, value)
    console.detail(f"{item.label}: threshold {level:.4f}, {(mask > 0).mean():.1%} marked")
    if photo is None:
        out.write(item, encode_mask(mask, out.form))
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
