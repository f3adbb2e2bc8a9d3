"""The part of blur-score that compares maps with masks made by hand: --truth."""

from blurkit.cli import companions
from blurkit.errors import UsageError, check_sizes

FIGURES = ("auc", "f_max", "f_adaptive", "f_blurred", "mae", "accuracy", "precision", "recall")
CURVES = ("precision", "recall", "accuracy")  # at 256 thresholds


def describe(parser):
    """The options."""
    group = parser.add_argument_group("truth")
    group.add_argument(
        "--truth",
        metavar="MASKS",
        help="compare with the masks NAME.mask.png or NAME.png (.jpg, .bmp) in the folder MASKS, "
        "or with the one file MASKS",
    )
    group.add_argument(
        "--truth-is", choices=("sharp", "blurred"), help="what white means in the masks (in NAME.mask.png: sharp)"
    )
    group.add_argument(
        "--curves",
        action="store_true",
        help="with --json: precision, recall and accuracy of every map at 256 thresholds as well",
    )


def check(args, region_is_default):
    """Raise a UsageError for options that need --truth and lack it, or do not go with it."""
    if args.truth_is and not args.truth:
        raise UsageError("--truth-is goes with --truth")
    if args.curves and not (args.truth and args.json):
        raise UsageError("--curves goes with --truth and --json")
    if args.max_size and args.truth:
        raise UsageError("a reduced photo does not fit its mask; --max-size does not go with --truth")
    if args.truth and (args.mask or not region_is_default):
        raise UsageError("--region and --mask are about scores; they do not go with --truth")
    if args.as_published and not args.truth:
        raise UsageError("the papers have no score; --as-published goes with --truth")


def comparison(item, data, sharpness, args, model):
    """The agreement of a map, or of the map of a photo, with its mask.

    Parameters
    ----------
    item : Input
    data : bytes or None
        The file of the photo; not used for a map.
    sharpness : ndarray, (H, W), float32 in [0, 1], or None
        The map, None for a photo.
    args : namespace
    model : callable
        Gives the model that measures photos.

    Returns
    -------
    dict
        Of `evaluate.compare`.
    """
    from blurkit.evaluate import compare
    from blurkit.io.photo import decode_photo

    if sharpness is None:
        photo = decode_photo(data, args.max_pixels, args.raw_develop)
        sharpness = model().sharpness_map(photo)
    mask = companions.mask_of(item, args.truth, args)
    check_sizes("map", sharpness.shape, "mask", mask.shape)
    return compare(sharpness, mask)


def curves(result):
    """The curves of one comparison, as lists for JSON."""
    return {name: result[name].tolist() for name in CURVES}


def figures(results):
    """The figures over all photos, a dict."""
    from blurkit.evaluate import summary

    numbers = summary(results)
    return {"path": None, **{name: numbers[name] for name in FIGURES}, "photos": len(results)}
