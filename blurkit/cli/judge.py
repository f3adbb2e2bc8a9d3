"""The part of blur-score that judges one photo or map."""

import math

from blurkit.cli import boxes, bursts, culling, report, truth, types
from blurkit.errors import InputError, check_sizes


def one(task, args, model):
    """The result of one task, a dict: its score, or with --truth the agreement with its mask."""
    from blurkit.io.maps import PFM_MAGIC, decode_map
    from blurkit.io.marks import is_marked_map
    from blurkit.score import map_score

    item, sharpness, mask = task[:3]
    data = item.read() if sharpness is None else None
    if data is not None and (args.maps or data.startswith(PFM_MAGIC)):
        sharpness = decode_map(data, args.max_pixels)
    elif data is not None and is_marked_map(data):
        raise InputError("is a map or a mask that blurkit wrote, no photo: add --maps")
    if args.truth:
        return truth.comparison(item, data, sharpness, args, model)
    if args.boxes and sharpness is None:
        return boxes.results(item, data, args, model())
    if sharpness is None:
        result = photo_score(item, data, mask, args, model)
    else:
        check_map_options(args)
        result = {"score": map_score(sharpness)}
    if culling.looks(args):
        result["taken"] = bursts.Taken.of(data or b"")
    return result


def check_map_options(args):
    """Raise an InputError if an option is given that means nothing for a map."""
    options_of_photos = (
        ("report", args.report),
        ("mask", args.mask),
        ("region", args.region != types.region(types.SHARPEST)),
        ("max-size", args.max_size),
        ("detail", args.detail),
        ("outliers", args.outliers is not None),
        ("save", args.save),
        ("boxes", args.boxes),
    )
    for option, is_given in options_of_photos:
        if is_given:
            raise InputError(f"--{option} goes with photos, and this is a map")


def photo_score(item, data, mask, args, model):
    """The score of the photo in some bytes with its figures, and with --report what the page shows of it."""
    from blurkit import noscore, sets, similar
    from blurkit.io.photo import whole_shape
    from blurkit.records import decoded

    side = working_size(args)
    photo = decoded(data, args.method, side, args.max_pixels, args.raw_develop, args.detail)
    shape = whole_shape(data, photo, args.raw_develop)
    if mask is not None and not args.max_size:
        check_sizes("photo", shape, "its mask", mask.shape)
    region = None if mask is None else mask > 0.5
    if args.detail:
        detail = model().measure_detail(photo, region=region)
        measured, score = detail.overview, model().score_of_detail(detail, share=args.region.share)
    else:
        measured = model().measure_blur(photo, working_size=side, shape=shape)
        score = model().score_of(measured, share=args.region.share, softest=args.region.softest, region=region)
    result = score._asdict()
    if math.isnan(score.score):
        result["no_score"] = noscore.reason(measured, region)
    if culling.looks(args):
        result["look"] = sets.look(measured.picture)
    if args.similar:
        result["fingerprint"] = similar.fingerprint(result["look"].thumbnail)
    if args.report:
        result["shown"] = report.pictures(item, data, measured, args, region)
    return result


def working_size(args):
    """Longest side at which photos are measured, pixels; 0 = their own."""
    sides = [side for side in (args.working_size, args.max_size) if side]
    return min(sides, default=0)
