"""The part of blur-score that judges what lies in boxes, which a detector or exiftool tells: --boxes."""

import math
import os
from collections import namedtuple

from blurkit.cli import inputs, types
from blurkit.cli.culling import given
from blurkit.cli.streams import standard_stream
from blurkit.errors import InputError, UsageError

FIELDS = ("box", "label", "confidence")  # of a record, besides those of a photo
CLASSES = "classes.txt"  # the names of the classes of YOLO, one a line
SUFFIX = ".txt"  # of the boxes of a photo in a folder of YOLO text
MOST_TOLD = 10  # errors of one file that are told one by one
INSIDE = 0.9  # of a box; if less of it lies in the photo, a word is said
OTHERS = (  # options that a record for each box does not go with
    *("mask", "detail", "max_size", "maps", "truth", "report", "stars", "save", "calibrate"),
    *("keep_best", "all_but_best", "group", "burst", "similar", "window", "every", "count", "outliers"),
)

Found = namedtuple("Found", "number result notes")
"""Number of a box in its photo, from 1, its result, a dict or an InputError, and what there is to say about it."""


def describe(group):
    """The options."""
    group.add_argument(
        "--boxes",
        metavar="FILE",
        help="judge what lies in each box that FILE tells, a record for each: JSON of MegaDetector, COCO or exiftool "
        "-json, YOLO text, or a folder of that; - = standard input",
    )
    group.add_argument(
        "--confidence", metavar="T", type=types.share, help="with --boxes: leave out those of a confidence below T"
    )


def check(args):
    """Raise a UsageError for options that do not go with --boxes, or need it."""
    if args.confidence is not None and not args.boxes:
        raise UsageError("--confidence is about boxes; it needs --boxes")
    if not args.boxes:
        return
    for option in given(args, *(name for name in OTHERS if getattr(args, name) != [])):
        raise UsageError(f"--boxes judges parts of photos at their own size; {option} does not go with it")
    if args.region.softest or args.region.needs_mask:
        raise UsageError("--boxes goes with --region best:N% and all")


class Places:
    """Which boxes belong to which photo.

    `named` are the inputs to judge: without the photos that boxes lack, if these are many and told of together.
    """

    def __init__(self, items, args, console):
        self.source, self.label = args.boxes, "standard input" if args.boxes == "-" else args.boxes
        self.found: dict = {}  # {path: list of Box, the path of a text that has them, or an InputError}
        if args.boxes == "-" and (args.null or args.files0_from == "-" or any(item.path is None for item in items)):
            raise UsageError("standard input cannot be both the boxes and a photo or a list")
        self.classes: tuple = ()
        self.named = items
        table = self.folder() if os.path.isdir(args.boxes) else self.file()
        errors = [InputError(error) for error in table.errors]
        for error in errors[:MOST_TOLD]:
            console.bad(self.label, error)
        if len(errors) > MOST_TOLD:
            console.bad(self.label, InputError(f"{len(errors) - MOST_TOLD} more errors of this kind"))
        if table.names == "none":
            self.give_to_the_only_one(items, table)
        else:
            unused, nameless = self.match({item.path for item in items if item.path is not None}, table)
            if len(nameless) > MOST_TOLD:
                console.bad(self.label, InputError(f"does not name {len(nameless)} of the photos: {some(nameless)}"))
                self.named = [item for item in items if item.path not in nameless]
            if unused and not args.quiet:
                photos = f"{len(unused)} photo{'s' * (len(unused) > 1)}"
                console.say(f"{self.label}: has boxes of {photos} not named here: {some(unused)}")

    def file(self):
        """The boxes of a file, or of standard input."""
        from blurkit.io.detections import MOST_BYTES, read_boxes

        is_stdin = self.source == "-"
        source = inputs.Input(None if is_stdin else self.source, "", standard_stream() if is_stdin else None)
        try:
            return read_boxes(source.read(MOST_BYTES), class_names(os.path.dirname(self.source)))
        except InputError as error:
            raise InputError(f"--boxes {self.label}: {error}") from error

    def folder(self):
        """The files of a folder of YOLO text, by the stems of their photos; each is read when its photo is scored."""
        from blurkit.io.boxes import Table

        self.classes = class_names(self.source)
        texts = {}
        for here, folders, names in os.walk(self.source):
            folders.sort()
            for name in names:
                if name.lower().endswith(SUFFIX) and name != CLASSES:
                    path = os.path.join(here, name)
                    texts[os.path.relpath(path, self.source)[: -len(SUFFIX)]] = path
        if not texts:
            raise InputError(f"--boxes {self.label}: this folder holds no NAME{SUFFIX}")
        return Table(texts, "stem", is_whole=False)

    def give_to_the_only_one(self, items, table):
        """Boxes without a name belong to the one photo there is."""
        if len(items) != 1:
            raise UsageError(
                f"--boxes {self.label}: YOLO text does not say of which photo it is; give one photo, or a folder of "
                f"NAME{SUFFIX}"
            )
        self.found[items[0].path] = table.boxes[""]

    def match(self, paths, table):
        """Give boxes to the photos of some paths.

        Returns the names of photos that have boxes and are not among them, and the paths that should have boxes.
        """
        claims = claimed(paths, table)
        nameless = {path for path in paths if claims[path] is None and table.is_whole}
        for path in paths:
            name = claims[path]
            if name is None:
                self.found[path] = InputError(f"{self.label} does not name it") if path in nameless else []
            else:
                self.found[path] = name if isinstance(name, InputError) else table.boxes[name]
        used = {name for name in claims.values() if isinstance(name, str)}
        return [name for name, boxes in table.boxes.items() if boxes and name not in used], nameless

    def of(self, item):
        """The boxes of a photo, a list of Box and of InputError; an InputError if there is no telling."""
        from blurkit.io.detections import MOST_BOXES, MOST_BYTES, yolo

        if item.frame is not None:
            raise InputError("is one picture of several; boxes are told of files")
        boxes = self.found.get(item.path, [])
        if isinstance(boxes, InputError):
            raise boxes
        if isinstance(boxes, str):
            try:
                boxes = yolo(inputs.Input(boxes, "").read(MOST_BYTES), self.classes)
            except InputError as error:
                raise InputError(f"its boxes {boxes}: {error}") from error
        if len(boxes) > MOST_BOXES:
            raise InputError(f"has {len(boxes)} boxes; {MOST_BOXES} are the most that are read")
        return boxes


def class_names(folder):
    """The names of the classes of YOLO text in a folder: those in classes.txt there, or in the folder above."""
    for place in (folder, os.path.join(folder, os.pardir)):
        path = os.path.join(place, CLASSES)
        if os.path.isfile(path):
            try:
                return tuple(inputs.Input(path, "").read(1 << 20).decode("utf-8-sig").splitlines())
            except (InputError, UnicodeDecodeError) as error:
                raise InputError(f"{path}: {error}") from error
    return ()


def some(names):
    """Up to three of some names, as text."""
    return ", ".join(sorted(names)[:3]) + (", ..." if len(names) > 3 else "")


def claimed(paths, table):
    """Which photo of a table each path is: {path: its name there, None, or an InputError}.

    It is one if one of the two paths ends in the other; of several the same path, or that with most folders alike.
    """
    index: dict = {}  # {last part of a name: [(parts, name)]}
    for name in table.boxes:
        parts = parts_of(name)
        index.setdefault(parts[-1], []).append((parts, name))
    result: dict = {}
    claims: dict = {}  # {name: [((equal as a whole, number of equal parts), path)]}
    for path in paths:
        given_parts, whole = parts_of(path, table.names), parts_of(os.path.abspath(path), table.names)
        fitting = [
            ((parts == given_parts, shared(parts, whole)), name)
            for parts, name in index.get(whole[-1], ())
            if ends_in(whole, parts) or ends_in(parts, given_parts)
        ]
        most = max((likeness for likeness, _ in fitting), default=None)
        names = [name for likeness, name in fitting if likeness == most]
        result[path] = names[0] if names else None
        if len(names) > 1:
            result[path] = InputError(f"boxes are told of {some(names)}; which of them is it? name it with its folder")
        elif names:
            claims.setdefault(names[0], []).append((most, path))
    for name, claimants in claims.items():
        most = max(likeness for likeness, _ in claimants)
        is_clear = sum(likeness == most for likeness, _ in claimants) == 1
        for likeness, path in claimants:
            if likeness < most or not is_clear:
                result[path] = InputError(f"boxes are told of one {name}, which is the name of several photos here")
    return result


def parts_of(path, names="path"):
    """The folders of a path and its last part, as a table names photos."""
    *folders, last = os.path.normpath(path).split(os.sep)
    if names != "path":
        last = inputs.stem_of(last)
    if names == "number" and last.isdecimal():
        last = str(int(last)) if len(last) < 20 else last
    return [*folders, last]


def ends_in(parts, others):
    """True if the last of some parts are the others."""
    return parts[-len(others) :] == others


def shared(parts, others):
    """How many parts of two paths are the same, from the last on."""
    equal = (one == other for one, other in zip(reversed(parts), reversed(others), strict=False))
    return next((count for count, is_equal in enumerate(equal) if not is_equal), min(len(parts), len(others)))


def results(item, data, args, model):
    """What lies in each box of the photo in some bytes: list of `Found`."""
    from blurkit import noscore
    from blurkit.arrays import as_box
    from blurkit.io.boxes import placed
    from blurkit.io.photo import stored_orientation
    from blurkit.records import decoded

    boxes = args.places.of(item)
    if not boxes:
        return []
    photo = decoded(data, args.method, 0, args.max_pixels, args.raw_develop, detail=True)
    turn = stored_orientation(data)
    found, wanted = [], []
    for number, box in enumerate(boxes, 1):
        try:
            if isinstance(box, InputError):
                raise box
            if args.confidence is None or box.confidence is None or box.confidence >= args.confidence:
                told = placed(box, photo.shape, turn)
                wanted.append((number, box, told, as_box(told, photo.shape)))
        except InputError as error:
            found.append(Found(number, error, ()))
    measured = model.measure_boxes(photo, [place for *_, place in wanted])
    for (number, box, told, place), boxed in zip(wanted, measured, strict=True):
        score = model.score_of_box(boxed, share=args.region.share)
        notes = []
        if place[2] * place[3] < INSIDE * told[2] * told[3]:
            notes.append("reaches beyond the photo; what lies within is judged")
        if math.isnan(score.score):
            notes.append(f"no score: {noscore.reason_in_box(boxed)}")
        result = {"box": place, "label": box.label, "confidence": box.confidence, **score._asdict()}
        found.append(Found(number, result, notes))
    return sorted(found, key=lambda one: one.number)


def told(item, found, args, console):
    """The results of the boxes of a photo, dicts; errors and what there is to say are told."""
    if not found and not args.quiet:
        console.say(f"{item.label}: no box")
    for number, result, notes in found:
        label = f"{item.label}: box {number}"
        if isinstance(result, InputError):
            console.bad(label, result)
            continue
        for note in () if args.quiet else notes:
            console.say(f"{label}: {note}")
        yield result


def columns(result):
    """What a line of text has behind the path of a photo: tab, left,top,width,height, tab, label."""
    from blurkit.arrays import as_text

    label = "".join(letter if letter.isprintable() else " " for letter in result["label"] or "")
    return f"\t{as_text(result['box'])}\t{label}"
