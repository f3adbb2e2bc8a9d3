"""Boxes of what ``exiftool -json`` tells: regions that people and programs have marked, and points of the autofocus.

Both lie in the picture as it is stored, by the Metadata Working Group's guidelines, EXIF, and the cameras' own frames.
"""

import re

from blurkit.errors import InputError
from blurkit.io.boxes import Box, corner_box, finite, middle_box, one_box, shown, text_of

FIELDS = ("X", "Y", "W", "H")
OLYMPUS = re.compile(r"\((\d+),(\d+)\)-\((\d+),(\d+)\)")
OLYMPUS_FRAME = 255  # its coordinates go from 0 to this
FRAME = re.compile(r"\s*(\d+)x\s*(\d+)")
NONE_IN_FOCUS = ("(none)", "")


def regions(record):
    """The boxes of the object of one photo, a dict: list of Box, or of the InputError of one that is none."""
    tags = {name.rpartition(":")[2]: value for name, value in record.items() if isinstance(name, str)}
    found: list = []
    for reader in (marked, microsoft, canon, nikon, sony, panasonic, fujifilm, olympus, subject):
        try:
            found += reader(tags)
        except InputError as error:
            found.append(error)
    return found


def many(value):
    """A value, which exiftool writes as a list where there are several, as a list."""
    return value if isinstance(value, list) else [] if value is None else [value]


def numbers(value, what):
    """The numbers of a value: one, several in a text, with commas or blanks, or a list."""
    parts = value.replace(",", " ").split() if isinstance(value, str) else many(value)
    return [finite(part, what) for part in parts]


def size_of(width, height):
    """(width, height) of the picture in which regions lie, None if it is not told."""
    if width is None or height is None:
        return None
    size = finite(width, "its width"), finite(height, "its height")
    if min(size) <= 0:
        raise InputError(f"lies in a picture of {size[0]:g}x{size[1]:g} pixels")
    return size


def marked(tags):
    """Regions of the Metadata Working Group (mwg-rs), with -struct and without."""
    info = tags.get("RegionInfo")
    if isinstance(info, dict):
        within = info.get("AppliedToDimensions")
        within = within if isinstance(within, dict) else {}
        frame = size_of(within.get("W"), within.get("H"))
        listed = [region if isinstance(region, dict) else {} for region in many(info.get("RegionList"))]
        areas = [region["Area"] if isinstance(region.get("Area"), dict) else {} for region in listed]
        rows = [[area.get(field) for field in (*FIELDS, "Unit")] for area in areas]
        words = [(region.get("Name"), region.get("Type")) for region in listed]
    else:
        frame = size_of(tags.get("RegionAppliedToDimensionsW"), tags.get("RegionAppliedToDimensionsH"))
        columns = [many(tags.get(f"RegionArea{field}")) for field in FIELDS]
        count = max(map(len, columns))
        if {len(column) for column in columns} != {count}:
            raise InputError("some of its regions are points or circles; exiftool -struct tells them apart")
        units, names, types = (many(tags.get(f"Region{field}")) for field in ("AreaUnit", "Name", "Type"))
        rows = [list(row) for row in zip(*columns, full(units, count), strict=True)]
        words = list(zip(full(names, count), full(types, count), strict=True))
    return [one_box(region_box, row, word, frame) for row, word in zip(rows, words, strict=True)]


def full(values, count):
    """A list of `count` values; all None if it has another number, as it is unknown which of them belong where."""
    return values if len(values) == count else [None] * count


def region_box(row, words, frame):
    """The `Box` of (x, y, width, height, unit) and (name, type)."""
    *values, unit = row
    if None in values:
        raise InputError("is a point or a circle; only rectangles are measured")
    label = text_of(words[0]) or text_of(words[1])
    return middle_box(values, unit != "pixel", label=label, frame=frame, is_stored=True)


def microsoft(tags):
    """Regions of Microsoft (MP), where there are none of the other kind."""
    if "RegionInfo" in tags or "RegionAreaX" in tags:
        return []
    info = tags.get("RegionInfoMP")
    if isinstance(info, dict):
        listed = [region for region in many(info.get("Regions")) if isinstance(region, dict)]
        pairs = [(region.get("Rectangle"), region.get("PersonDisplayName")) for region in listed]
    else:
        rectangles = many(tags.get("RegionRectangle"))
        pairs = list(zip(rectangles, full(many(tags.get("RegionPersonDisplayName")), len(rectangles)), strict=True))

    def box(rectangle, name):
        sides = numbers(rectangle, "one of its numbers")
        return corner_box(sides, True, label=text_of(name), is_stored=True)

    return [one_box(box, *pair) for pair in pairs]


def canon(tags):
    """Points in focus of Canon: from the middle of the picture, upwards where the camera is an EOS."""
    chosen = tags.get("AFPointsInFocus")
    if "AFAreaXPositions" not in tags or chosen is None or chosen in NONE_IN_FOCUS:
        return []
    if not isinstance(tags.get("Model"), str):
        raise InputError("which way is up in the AF points of Canon depends on the camera: exiftool -json -Model ...")
    up = -1 if "EOS" in tags["Model"] else 1
    frame = size_of(tags.get("AFImageWidth"), tags.get("AFImageHeight"))
    if frame is None:
        raise InputError("AF points need AFImageWidth and AFImageHeight")
    across, down = (numbers(tags.get(f"AFArea{axis}Positions"), "an AF point") for axis in "XY")
    sizes = [numbers(tags.get(f"AFArea{side}s", tags.get(f"AFArea{side}")), "its size") for side in ("Width", "Height")]
    widths, heights = (size * len(across) if len(size) == 1 else size for size in sizes)
    if not len(across) == len(down) == len(widths) == len(heights):
        raise InputError("AF points lack positions or sizes")

    def point(number):
        if not (number.is_integer() and 0 <= number < len(across)):
            raise InputError(f"AF point {number:g} is not among the {len(across)} that have a position")
        i = int(number)
        middle = frame[0] / 2 + across[i], frame[1] / 2 + up * down[i]
        return middle_box((*middle, widths[i], heights[i]), False, label="AF", frame=frame, is_stored=True)

    return [one_box(point, number) for number in numbers(chosen, "an AF point")]


def nikon(tags):
    """The area of the autofocus of Nikon."""
    fields = ("AFAreaXPosition", "AFAreaYPosition", "AFAreaWidth", "AFAreaHeight")
    if not all(field in tags for field in (*fields, "AFImageWidth", "AFImageHeight")):
        return []
    frame = size_of(tags["AFImageWidth"], tags["AFImageHeight"])
    return [middle_box([tags[field] for field in fields], False, label="AF", frame=frame, is_stored=True)]


def sony(tags):
    """The frame of the autofocus of Sony."""
    if "FocusLocation" not in tags:
        return []
    values = numbers(tags["FocusLocation"], "FocusLocation")
    if len(values) != 4:
        raise InputError(f"FocusLocation is {shown(tags['FocusLocation'])}, not four numbers")
    if not any(values):
        return []
    size = FRAME.match(str(tags.get("FocusFrameSize", "")))
    return [spot(values[2:], size and size.groups(), size_of(*values[:2]))]


def panasonic(tags):
    """The point of the autofocus of Panasonic, in shares of the picture."""
    if tags.get("AFPointPosition", "none") == "none":
        return []
    return [spot(numbers(tags["AFPointPosition"], "AFPointPosition"), None, None, in_shares=True)]


def fujifilm(tags):
    """The point of the autofocus of Fujifilm."""
    return [spot(numbers(tags["FocusPixel"], "FocusPixel"), None, None)] if "FocusPixel" in tags else []


def olympus(tags):
    """The areas of the autofocus of Olympus."""
    areas = OLYMPUS.findall(tags["AFAreas"]) if isinstance(tags.get("AFAreas"), str) else []
    corners = [[int(part) / OLYMPUS_FRAME for part in area] for area in areas]
    sides = [(left, top, right - left, bottom - top) for left, top, right, bottom in corners]
    return [one_box(corner_box, one, True, label="AF", is_stored=True) for one in sides]


def subject(tags):
    """SubjectArea of EXIF: a point, a circle by its diameter, or a rectangle."""
    if "SubjectArea" not in tags:
        return []
    middle, size = (values := numbers(tags["SubjectArea"], "SubjectArea"))[:2], values[2:]
    if len(size) > 2:
        raise InputError(f"SubjectArea is {shown(tags['SubjectArea'])}, not two to four numbers")
    frame = size_of(tags.get("ExifImageWidth"), tags.get("ExifImageHeight"))
    return [spot(middle, size if len(size) == 2 else size * 2, frame, label="subject")]


def spot(middle, size, frame, in_shares=False, label="AF"):
    """The `Box` of (x, y) and (width, height) in a frame of (width, height); a point where there is no size."""
    if len(middle) != 2:
        raise InputError(f"{shown(middle)} are not the two numbers of a point")
    if size:
        return middle_box((*middle, *size), in_shares, label=label, frame=frame, is_stored=True)
    x, y = middle
    return Box((x, y, x, y), label, None, frame, in_shares, True)
