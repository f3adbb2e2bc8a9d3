"""Boxes of detectors: MegaDetector and COCO JSON, YOLO text; and those of ``exiftool -json``, by what a file holds."""

import json

from blurkit.errors import InputError
from blurkit.io.boxes import Table, corner_box, finite, middle_box, one_box, shown, text_of
from blurkit.io.regions import regions

MOST_BYTES = 100 << 20
"""Files of boxes of more bytes are refused; MegaDetector writes so many for some 200,000 photos."""
MOST_BOXES = 10_000
"""In a photo; detectors tell a few hundred at most."""
KINDS = "JSON of MegaDetector, COCO or exiftool -json, nor YOLO text"


def read_boxes(data, names=()):
    """All boxes in the bytes of a file.

    Parameters
    ----------
    data : bytes
    names : sequence of str, optional
        Of the classes of YOLO text.

    Returns
    -------
    Table

    Raises
    ------
    InputError
        It is none of the formats. An error in one box stands in its place in the table.
    """
    if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] not in (b"{", b"["):
        return Table({"": yolo(data, names)}, "none")
    try:
        content = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InputError(f"is no JSON: {error}") from error
    if isinstance(content, dict) and isinstance(content.get("images"), list):
        images = content["images"]
        if isinstance(content.get("annotations"), list):
            return coco(images, content["annotations"], content.get("categories"))
        if "detection_categories" in content or any(isinstance(one, dict) and "detections" in one for one in images):
            return megadetector(images, content.get("detection_categories"))
    if isinstance(content, list) and all(isinstance(one, dict) for one in content):
        if content and all("SourceFile" in one for one in content):
            return exiftool(content)
        if all("image_id" in one for one in content):
            return coco_results(content)
    raise InputError(f"is neither {KINDS}")


def named(value):
    """The name of a photo in JSON; None if there is none."""
    return value if isinstance(value, str) and value and "\0" not in value else None


def megadetector(images, categories):
    """The boxes of MegaDetector: left, top, width and height in shares of the photo, upright."""
    categories = categories if isinstance(categories, dict) else {}
    boxes: dict = {}
    errors = []
    for number, image in enumerate(images, 1):
        name = named(image.get("file")) if isinstance(image, dict) else None
        if name is None:
            errors.append(f"image {number} has no file")
            continue
        found = boxes.setdefault(name, [])
        if image.get("failure"):
            found.append(InputError(f"the detector failed: {shown(image['failure'])}"))
        detections = image.get("detections")
        for one in detections if isinstance(detections, list) else []:
            found.append(one_box(detection, one, categories))
    return Table(boxes, errors=tuple(errors))


def detection(one, categories):
    """The `Box` of a detection of MegaDetector."""
    if not isinstance(one, dict):
        raise InputError(f"{shown(one)} is no detection")
    category = text_of(one.get("category"))
    label = text_of(categories.get(category)) or category
    return corner_box(one.get("bbox"), True, label=label, confidence=confidence(one.get("conf")))


def confidence(value):
    """A confidence, or None where there is none."""
    return None if value is None else finite(value, "its confidence")


def coco(images, annotations, categories):
    """The boxes of a COCO data set: left, top, width and height in pixels of a picture whose size is told."""
    boxes: dict = {}
    errors, photos = [], {}
    for number, image in enumerate(images, 1):
        name = named(image.get("file_name")) if isinstance(image, dict) else None
        if name is None or not isinstance(image.get("id"), int | str):
            errors.append(f"image {number} has no file_name or no id")
            continue
        photos[image["id"]] = name, image
        boxes[name] = []
    labels = labels_of(categories)
    for number, one in enumerate(annotations, 1):
        identity = one.get("image_id") if isinstance(one, dict) else None
        if not isinstance(identity, int | str) or identity not in photos:
            errors.append(f"annotation {number} is of no image that is listed")
            continue
        name, image = photos[identity]
        boxes[name].append(one_box(annotation, one, labels, image))
    return Table(boxes, errors=tuple(errors))


def labels_of(categories):
    """{id: name} of the categories of COCO."""
    listed = [one for one in categories if isinstance(one, dict)] if isinstance(categories, list) else []
    return {one["id"]: text_of(one.get("name")) for one in listed if isinstance(one.get("id"), int | str)}


def annotation(one, labels, image):
    """The `Box` of an annotation, or of a result, of COCO; `image` has the size of its picture, if it is told."""
    category = one.get("category_id")
    label = labels.get(category) if isinstance(category, int | str) else None
    frame = None
    if image.get("width") is not None and image.get("height") is not None:
        frame = finite(image["width"], "width of its image"), finite(image["height"], "height of its image")
        if min(frame) <= 0:
            raise InputError(f"lies in an image of {frame[0]:g}x{frame[1]:g} pixels")
    return corner_box(
        one.get("bbox"), False, label=label or text_of(category), confidence=confidence(one.get("score")), frame=frame
    )


def coco_results(results):
    """The boxes of a list of results of COCO, which has no photos without boxes, and often their numbers alone."""
    boxes: dict = {}
    errors = []
    has_names = bool(results) and all(named(one.get("file_name")) for one in results)
    for number, one in enumerate(results, 1):
        identity = one["file_name"] if has_names else one["image_id"]
        if isinstance(identity, bool) or not isinstance(identity, int | str) or identity == "":
            errors.append(f"result {number} has no image_id")
            continue
        boxes.setdefault(str(identity), []).append(one_box(annotation, one, {}, {}))
    return Table(boxes, "path" if has_names else "number", is_whole=False, errors=tuple(errors))


def exiftool(records):
    """The boxes of exiftool -json."""
    boxes: dict = {}
    for record in records:
        name = named(record["SourceFile"])
        if name is None:
            raise InputError(f"{shown(record['SourceFile'])} is no SourceFile")
        boxes[name] = regions(record)
    return Table(boxes)


def yolo(data, names=()):
    """The boxes of YOLO text: in each line class, middle x and y, width and height in shares, maybe a confidence."""
    try:
        lines = data.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise InputError(f"is neither {KINDS}") from error
    rows = [(number, line.split()) for number, line in enumerate(lines, 1) if line.strip()]
    if any(not words[0].isdecimal() for _, words in rows):
        raise InputError(f"is neither {KINDS}")
    return [one_box(row, number, words, names) for number, words in rows]


def row(number, words, names):
    """The `Box` of a line of YOLO text."""
    if len(words) not in (5, 6):
        wanted = "class, x, y, width, height, and maybe a confidence"
        raise InputError(f"line {number} of YOLO text has {len(words)} numbers; wanted are {wanted}")
    category = words[0]
    label = names[int(category)] if len(category) < 10 and int(category) < len(names) else category
    return middle_box(words[1:5], True, label=label, confidence=confidence(words[5] if len(words) == 6 else None))
