"""The part of blur-score that writes a page of all photos: --report."""

import os
from contextlib import nullcontext

from blurkit.cli.guard import Guard, is_special, read_by
from blurkit.cli.wholefile import STDOUT, WholeFile
from blurkit.errors import UsageError


def check(args):
    """Raise a UsageError unless --report names a page, so that a photo named by mistake is not taken for it."""
    if not args.report:
        if args.force:
            raise UsageError("--force is about the page of --report")
        return
    if args.truth or args.calibrate:
        raise UsageError("--report is about scores; it goes neither with --truth nor with --calibrate")
    if args.report == "-":
        if args.json:
            raise UsageError("--report - writes the page to standard output; --json does not go with it")
        if os.isatty(STDOUT) and not args.force:
            raise UsageError("will not write a page to a terminal; use --report FILE.html, a pipe, or --force")
    elif not args.report.lower().endswith(".html") and not is_special(args.report):
        raise UsageError(
            f"--report {args.report}: the name of a page ends in .html; the page's name comes first, then the photos"
        )


def opened(items, args):
    """The file of --report, a null context without it; neither it nor standard output may lead to an input."""
    guard = Guard("html", args.force)
    guard.protect(read_by(args, items))
    if not args.report:
        return nullcontext()
    return WholeFile("/dev/stdout" if args.report == "-" else args.report, guard)


def pictures(item, data, photo, measured, args):
    """What the page shows of a photo besides its figures: its path, a thumbnail and an overlay.

    Parameters
    ----------
    item : Input
    data : bytes
        The file of the photo.
    photo : ndarray, (H, W, 3) or (H, W), uint8 or uint16
        The photo at any size, (H, W) if it was decoded without its colours.
    measured : Measured
        Of `Model.measure_blur`.
    args : namespace

    Returns
    -------
    dict
        Of ``report.page``'s rows: ``path``, ``thumbnail``, ``overlay``.
    """
    from blurkit.io.photo import decode_photo
    from blurkit.report import THUMBNAIL_SIDE, overlay, thumbnail
    from blurkit.score import in_focus

    picture = measured.picture if measured.content.is_whole else photo  # the smaller one is enough
    if picture.ndim != 3:  # the page shows colours
        picture = decode_photo(data, args.max_pixels, args.raw_develop, THUMBNAIL_SIDE)
    marks = overlay(measured.content.around(in_focus(measured.blur)))
    return {"path": item.label, "thumbnail": thumbnail(picture), "overlay": marks}


def page_of(results, side, args):
    """The page of all photos, in pieces; `side` is the working size in pixels, 0 for the photos' own."""
    from blurkit.report import page

    rows = [{**result, **result["shown"]} for result in results]
    facts = {"photos": str(len(rows)), "working size": f"{side} pixels" if side else "that of each photo"}
    if rows:
        facts["weights"] = rows[0]["weights"]
    return page(rows, "Sharpness of photos", args.method, facts)
