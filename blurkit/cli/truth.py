"""The part of blur-score that compares maps with masks made by hand: --truth."""

from blurkit.cli import companions
from blurkit.errors import InputError, UsageError, check_sizes

FIGURES = ("auc", "f_max", "f_exact", "f_adaptive", "f_blurred", "mae", "accuracy", "precision", "recall")
CURVES = ("precision", "recall", "accuracy", "precision_at_recall")  # at 256 thresholds; the last at 101 recalls
UNTOLD = ("is_grey_picture", "nearly_known")  # what `comparison` adds for `remarks` alone
LIKE_MAPS = (b"\x89PNG", b"II*\0", b"MM\0*")  # how files begin that may hold maps: PNG and TIFF


def describe(parser):
    """The options."""
    group = parser.add_argument_group("truth")
    group.add_argument(
        "--truth",
        metavar="MASKS",
        help="compare with the masks NAME.mask.png or NAME.png (.jpg, .bmp, .tif) in the folder MASKS, "
        "or with the one file MASKS",
    )
    companions.describe_masks(group)
    group.add_argument(
        "--resize-maps",
        action="store_true",
        help="bring maps to the size of their masks, where it is another",
    )
    group.add_argument(
        "--curves",
        action="store_true",
        help="with --json: precision, recall and accuracy of every map at 256 thresholds as well, "
        "and its precision at 101 recalls",
    )


def check(args, region_is_default):
    """Raise a UsageError for options that need --truth and lack it, or do not go with it."""
    needing = (("truth-is", args.truth_is), ("mask-suffix", args.mask_suffix), ("resize-maps", args.resize_maps))
    for option, is_given in needing:
        if is_given and not args.truth:
            raise UsageError(f"--{option} goes with --truth")
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
        Of `evaluate.compare`; ``is_grey_picture``: True for a photo that may be a map; and ``nearly_known``.
    """
    from blurkit.evaluate import compare, nearly_known
    from blurkit.io.photo import decode_photo

    is_grey_picture = False
    mask = companions.mask_of(item, args.truth, args)  # before the work: a missing one costs nothing
    if sharpness is None:
        photo = decode_photo(data, args.max_pixels, args.raw_develop)
        is_grey_picture = data.startswith(LIKE_MAPS) and bool((photo == photo[..., :1]).all())
        sharpness = model().sharpness_map(photo)
    doubts = {"is_grey_picture": is_grey_picture, "nearly_known": nearly_known(mask)}
    return {**compare(fitted(sharpness, mask, args), mask), **doubts}


def fitted(sharpness, mask, args):
    """A map at the size of its mask; an InputError if it has another one and shall not be resized."""
    if args.resize_maps:
        from blurkit.ops.resize import resize_to

        return resize_to(sharpness, mask.shape)
    try:
        check_sizes("map", sharpness.shape, "mask", mask.shape)
    except InputError as error:
        raise InputError(f"{error}; --resize-maps brings maps to the size of their masks") from error
    return sharpness


def curves(result):
    """The curves of one comparison, as lists for JSON."""
    return {name: result[name].tolist() for name in CURVES}


def remarks(results, args):
    """What makes one doubt that masks and maps are what they are taken for: lines for people."""
    from blurkit.evaluate import is_inverted

    aucs = [result["auc"] for result in results]
    if all(result["is_grey_picture"] for result in results):
        yield f"all {len(results)} photos are grey pictures in PNG or TIFF; if they are maps, add --maps"
    elif is_inverted(aucs):
        known = [value for value in aucs if value == value]
        found = f"the mean auc of {len(known)} photos is {sum(known) / len(known):.3f}"
        yield f"{found}: {companions.opposite(args)}. In maps 1 is in focus"
    if nearly := companions.not_quite([result["nearly_known"] for result in results]):
        yield nearly
    if all(value != value for value in aucs):
        yield "no mask has pixels of both kinds, in focus and out of focus: there are mae and accuracy alone"


def figures(results):
    """The figures over all photos, a dict."""
    from blurkit.evaluate import best_f, summary

    numbers = {**summary(results), "f_exact": best_f(results)}
    return {"path": None, **{name: numbers[name] for name in FIGURES}, "photos": len(results)}
