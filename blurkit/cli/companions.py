"""The files that belong to a photo: its mask and its segmentation, found by its name."""

import os

from blurkit.cli.inputs import Input, stem_of
from blurkit.errors import InputError, UsageError

SHARP_IS_WHITE = ".mask.png"  # in masks of this suffix white means in focus
PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff")  # of masks, in lower or upper case
MASKS = (SHARP_IS_WHITE, *PICTURES)  # suffixes of the mask of a photo, in the order of the search
SEGMENTS = (".seg.png",)
TRUTH_IS = "; all but NAME.mask.png need --truth-is, which says what white means"
MOST_NEARLY = 0.005  # share of the pixels of masks; more of those that are not quite black or white are told of


def describe_masks(group):
    """The options that say how masks are named, and what they mean."""
    group.add_argument(
        "--truth-is", choices=("sharp", "blurred"), help="what white means in the masks (in NAME.mask.png: sharp)"
    )
    group.add_argument(
        "--mask-suffix",
        metavar="SUFFIX",
        help="masks are named NAMESUFFIX, as in NAME_gt.png for --mask-suffix _gt.png",
    )


def paths_beside(item, folder, suffixes):
    """Where the file that belongs to a photo may be: NAME + one of `suffixes`, in `folder` or beside the photo."""
    folder = folder or os.path.dirname(item.path)
    name = stem_of(os.path.basename(item.path))
    return [os.path.join(folder, name + suffix) for suffix in suffixes]


def path_beside(item, folder, suffixes):
    """The first of `paths_beside` that exists and is not the photo itself, its suffix perhaps in capitals, or None."""
    for path in paths_beside(item, folder, suffixes):
        stem, suffix = os.path.splitext(path)
        for spelled in (path, stem + suffix.upper()):
            if os.path.isfile(spelled) and not (os.path.exists(item.path) and os.path.samefile(spelled, item.path)):
                return spelled
    return None


def beside(item, folder, suffixes, what, advice=""):
    """The bytes of the file that belongs to a photo, and its path; the error where there is none ends in `advice`."""
    if item.path is None or item.frame:
        whose = "standard input" if item.path is None else "one picture of several"
        raise InputError(f"{whose} has no name by which to find its {what}")
    path = path_beside(item, folder, suffixes)
    if path is None:
        places = ", ".join([paths_beside(item, folder, suffixes)[0], *suffixes[1:-1]])
        last = f" or {suffixes[-1]}" if len(suffixes) > 1 else ""
        raise InputError(f"no {what}: there is no {places}{last}{advice}")
    try:
        return Input(path, "").read(), path
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def mask_of(item, masks, args):
    """The mask drawn by hand for a photo or map: 255 in focus, 0 out of focus, other values unknown.

    `masks` is one file for all photos, a folder of masks, or None: they lie beside the photos.
    """
    from blurkit.io.maps import decode_truth

    if masks and os.path.isfile(masks):
        data, path = Input(masks, "").read(), masks
    else:
        suffixes = (args.mask_suffix,) if args.mask_suffix else MASKS
        data, path = beside(item, masks, suffixes, "mask", "" if args.truth_is else TRUTH_IS)
    white = "sharp" if path.endswith(SHARP_IS_WHITE) else args.truth_is
    if not white:
        raise UsageError("say what white means in the masks: --truth-is sharp or --truth-is blurred (CUHK: blurred)")
    try:
        return decode_truth(data, args.max_pixels, white)
    except InputError as error:
        raise InputError(f"its mask: {error}") from error


def not_quite(shares):
    """Words for masks whose black and white are not quite so, by `evaluate.nearly_known` of each; None if few are."""
    share = sum(shares) / max(len(shares), 1)
    if share <= MOST_NEARLY:
        return None
    return (
        f"{share:.1%} of the pixels of the masks are nearly black or white and do not count, as only 0 and 255 do; "
        "masks saved as JPEG, or made smaller, are like that"
    )


def opposite(args):
    """Words for masks that seem to mean the opposite of what they are taken for, with the way out."""
    other = "sharp" if args.truth_is == "blurred" else "blurred"
    named = "" if args.truth_is else ", which goes with other names than NAME.mask.png"
    return f"the masks seem to mean the opposite; try --truth-is {other}{named}"


def segments_of(item, folder, args):
    """The segmentation that belongs to a photo: region numbers, (H, W) int64."""
    from blurkit.io.maps import decode_segments

    data, _ = beside(item, folder, SEGMENTS, "segmentation")
    try:
        return decode_segments(data, args.max_pixels)
    except InputError as error:
        raise InputError(f"its segmentation: {error}") from error
