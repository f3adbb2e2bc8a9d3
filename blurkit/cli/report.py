"""The part of blur-score that writes a page of all photos: --report."""

import hashlib
import os

from blurkit.cli import shots
from blurkit.cli.culling import given
from blurkit.cli.guard import Guard, is_special, read_by
from blurkit.cli.save import Keep, holds
from blurkit.cli.wholefile import PART, STDOUT, WholeFile
from blurkit.errors import UsageError

INDEX = "index.html"  # the page in a folder
PICTURES = "blurkit-pictures"  # the folder of its pictures beside it; -r passes over it
HEAVY = 100 << 20  # bytes of a page that a browser takes long to open
NAME_DIGITS = 24  # of the checksum that names a picture


def check(args):
    """Raise a UsageError unless --report names a page, so that a photo named by mistake is not taken for it."""
    if not args.report:
        if args.force:
            raise UsageError("--force is about the page of --report")
        return
    if args.truth or args.calibrate:
        raise UsageError("--report is about scores; it goes neither with --truth nor with --calibrate")
    if args.report == "-":
        for option in given(args, "json", "csv", "stars"):
            raise UsageError(f"--report - writes the page to standard output; {option} does not go with it")
        if os.isatty(STDOUT) and not args.force:
            raise UsageError("will not write a page to a terminal; use --report FILE.html, a pipe, or --force")
        return
    if not is_folder(args.report) and not args.report.lower().endswith(".html") and not is_special(args.report):
        raise UsageError(
            f"--report {args.report}: the name of a page ends in .html, and that of a folder for one in {os.sep}; "
            "the page's name comes first, then the photos"
        )
    check_place(args.report)


def check_place(path):
    """Raise a UsageError unless the folder of a page is there, and a folder for one is new, empty or one."""
    above = os.path.dirname(os.path.abspath(path))  # abspath takes a slash off the end
    if os.path.lexists(above) and not os.path.isdir(above):
        raise UsageError(f"{above}: is a file, not a folder")
    if not os.path.isdir(above):
        raise UsageError(f"--report {path}: there is no folder {above}; make it: mkdir -p")


def is_folder(path):
    """True if a page and its pictures are to lie in a folder."""
    return path.endswith(os.sep) or os.path.isdir(path)


def opened(items, args, console):
    """The `Page` of a run. Neither it nor standard output may lead to an input."""
    guard = Guard("html", args.force)
    guard.protect(read_by(args, items))
    return Page(args, guard, console)


class Page:
    """Takes the results of photos as they are told, and writes the page at the end; nothing without --report."""

    def __init__(self, args, guard, console):
        self.args, self.guard, self.console = args, guard, console
        self.wanted, self.rows, self.written = bool(args.report), [], 0
        self.path = "/dev/stdout" if args.report == "-" else args.report or ""
        self.folder = self.path if is_folder(self.path) else ""  # of the page and its pictures
        self.keep, self.file, self.siblings = Keep("picture"), None, shots.Siblings(console)
        if self.folder:
            self.path = os.path.join(self.folder, INDEX)
            self.check_folder()

    def check_folder(self):
        """Raise a UsageError if a folder holds anything but a page of ours, or what a run that was stopped has left."""
        there = os.listdir(self.folder) if os.path.isdir(self.folder) else []
        left = {name for name in there if name == PICTURES or name.startswith(f".{INDEX}.") and name.endswith(PART)}
        is_ours = INDEX in there and self.guard.is_ours(self.path)
        if set(there) - left and not is_ours and not self.args.force:
            raise UsageError(
                f"--report {self.folder}: holds other files than a page of blurkit; name a new folder, or --force"
            )

    def __enter__(self):
        if self.wanted:
            self.file = WholeFile(self.path, self.guard).__enter__()
        return self

    def __exit__(self, *error):
        if self.file:
            self.file.__exit__(*error)

    @property
    def takes_groups(self):
        """True if a page shows whole groups, though not all of their photos are told."""
        return self.wanted and (self.args.keep_best or self.args.all_but_best)

    def seen(self, pairs):
        """The same pairs of every photo that is scored."""
        for item, result in pairs:
            if self.takes_groups:
                self.put(item, result)
            yield item, result

    def told(self, item, result):
        """Take the result of a photo that is told."""
        if self.wanted and not self.takes_groups:
            self.put(item, result)

    def put(self, item, result):
        """Keep a result; with a folder its pictures are written now, and only their names kept."""
        shown = result["shown"]
        if shots.key(item) is not None:
            shown["siblings"] = self.siblings(item)[1:]
        for name, data in shown.items():
            if self.folder and isinstance(data, bytes):
                shown[name] = self.beside(data, "jpg" if data.startswith(b"\xff\xd8") else "png")
        self.rows.append(result)

    def beside(self, data, suffix):
        """Write a picture into the folder of pictures; its address on the page."""
        name = f"{hashlib.sha256(data).hexdigest()[:NAME_DIGITS]}.{suffix}"
        path = os.path.join(self.folder, PICTURES, name)
        if not holds(path, data):
            with WholeFile(path, self.keep) as file:
                file.write([data])
        return f"{PICTURES}/{name}"

    def finish(self, side):
        """Write the page; `side` is the working size in pixels, 0 for the photos' own."""
        if self.file is None:
            return
        self.file.write(self.counted(page_of(self.rows, side, self.args, bool(self.folder))))
        if self.written > HEAVY and not (self.folder or self.args.quiet):
            self.console.say(
                f"the page is of {self.written >> 20} MB, which browsers are slow with; "
                f"--report FOLDER{os.sep} keeps the pictures beside it"
            )

    def counted(self, pieces):
        """The same pieces, their bytes counted."""
        for piece in pieces:
            self.written += len(piece)
            yield piece


def pictures(item, data, measured, args, region=None):
    """What the page shows of a photo besides its figures.

    Parameters
    ----------
    item : Input
    data : bytes
        The file of the photo.
    measured : Measured
        Of `Model.measure_blur`.
    args : namespace
    region : ndarray, (H, W), bool, optional
        Part of the photo that is judged.

    Returns
    -------
    dict
        Of ``report.page``'s rows.
    """
    from blurkit import previews
    from blurkit.detail import sharpest_spot
    from blurkit.io.photo import decode_photo
    from blurkit.score import in_focus

    photo = decode_photo(data, args.max_pixels, args.raw_develop)  # all of it: what is scored may be smaller, and grey
    content = measured.content
    detail, box = previews.detail(photo, sharpest_spot(measured, previews.DETAIL_SIDE, region))
    size = previews.thumbnail_size(photo.shape)
    return {
        "path": item.label,
        "is_file": item.path is not None and item.frame is None,
        "series": None if item.frame is None else item.name,
        "thumbnail": previews.thumbnail(photo),
        "overlay": previews.overlay(content.around(in_focus(measured.blur))),
        "hatch": previews.left_out(content),
        "detail": detail,
        "size": size,
        "box": previews.on_thumbnail(box, photo.shape, size),
    }


def page_of(results, side, args, is_beside):
    """The page of all photos, in pieces; `side` is the working size in pixels, 0 for the photos' own."""
    from blurkit.report import THRESHOLD, page

    rows = [{**result, **result["shown"]} for result in results]
    for row in rows:
        if row.get("group") is not None and row["series"] is not None:  # windows are counted in each file
            row["group"] = row["series"], row["group"]
    facts = {"photos": str(len(rows)), "working size": f"{side} pixels" if side else "that of each photo"}
    if rows:
        facts["weights"] = rows[0]["weights"]
    has_groups = any(row.get("group") is not None for row in rows)
    threshold = args.fail_below
    if threshold is not None:
        facts["threshold at the start"] = f"{threshold:g}, of --fail-below"
    elif not has_groups:
        facts["threshold at the start"] = f"{THRESHOLD:g}, a blur of 1 pixel as measured"
    return page(rows, "Sharpness of photos", args.method, facts, threshold, is_beside)
