"""--boxes: a record for each box that a detector or exiftool tells, of the right photo and the right place in it."""

import csv
import io
import json

import cv2
import numpy as np
import pytest
from PIL import Image

ORIENTATION = 0x0112
STORED = {1: None, 3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}
SHARP, SOFT = (0.1, 0.2, 0.3, 0.6), (0.6, 0.2, 0.3, 0.6)  # left, top, width, height of things, in shares of the photo


@pytest.fixture(scope="module")
def photo(discs):
    """(240, 480, 3): sharp in its left half, blurred by 3 pixels in the right one."""
    sharp = discs(np.random.default_rng(4), 240, 480)
    soft = cv2.GaussianBlur(sharp, (0, 0), 3)
    soft[:, :240] = sharp[:, :240]
    return soft


@pytest.fixture
def folder(photo, tmp_path):
    """A folder with the photo as a.jpg, and once more below sub/."""
    (tmp_path / "sub").mkdir()
    for name in ("a.jpg", "sub/b.jpg"):
        Image.fromarray(photo).save(tmp_path / name, quality=95)
    return tmp_path


def megadetector(*entries):
    """JSON of MegaDetector: of each (file, boxes)."""
    images = [
        {"file": name, "detections": [{"category": "1", "conf": conf, "bbox": box} for conf, box in boxes]}
        for name, boxes in entries
    ]
    return json.dumps({"images": images, "detection_categories": {"1": "animal"}}).encode()


BOTH = [(0.9, SHARP), (0.5, SOFT)]


@pytest.fixture
def told(run, folder):
    """told(boxes, option, ...): the records of --boxes - in the folder, and what was said."""

    def told(boxes, *options, status=0):
        done = run("blur-score", "--json", "--boxes", "-", *options, cwd=folder, stdin=boxes)
        assert done.status == status, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()], done.stderr.decode()

    return told


def test_each_box_has_a_record_a_row_and_a_line(run, folder, told):
    boxes = megadetector(("a.jpg", BOTH), ("sub/b.jpg", BOTH[1:]))
    records, said = told(boxes, "a.jpg", "sub/b.jpg")
    assert said == "" and [record["path"] for record in records] == ["a.jpg", "a.jpg", "sub/b.jpg"]
    assert [record["box"] for record in records] == [[48, 48, 144, 144], [288, 48, 144, 144], [288, 48, 144, 144]]
    assert [(record["label"], record["confidence"]) for record in records[:2]] == [("animal", 0.9), ("animal", 0.5)]
    sharp, soft, other = (record["score"] for record in records)
    assert sharp > soft + 0.2 and soft == other
    assert {"sigma", "sigma_photo", "kind", "motion", "coverage", "weights"} <= set(records[0])
    (folder / "boxes.json").write_bytes(boxes)
    table = run("blur-score", "--csv", "--boxes", "boxes.json", "a.jpg", "sub/b.jpg", cwd=folder).stdout.decode()
    rows = list(csv.DictReader(io.StringIO(table)))
    assert [json.loads(row["box"]) for row in rows] == [record["box"] for record in records]
    assert [float(row["score"]) for row in rows] == [record["score"] for record in records]
    text = run("blur-score", "-j", 2, "--sort", "--boxes", "boxes.json", "a.jpg", "sub/b.jpg", cwd=folder).stdout
    assert text.decode().splitlines()[0] == f"{sharp:.4f}\ta.jpg\t48,48,144,144\tanimal"
    paths = run("blur-score", "-z", "--below", 0.9, "--boxes", "boxes.json", "a.jpg", "sub/b.jpg", cwd=folder).stdout
    assert paths == b"a.jpg\0sub/b.jpg\0"  # each once
    assert run("blur-score", "--fail-below", 0.5, "--boxes", "boxes.json", "a.jpg", cwd=folder).status == 1


def test_the_score_of_a_box_is_that_of_python(told, photo, folder):
    import blurkit

    records, _ = told(megadetector(("a.jpg", BOTH)), "a.jpg")
    scores = blurkit.score_photo(blurkit.read_photo(folder / "a.jpg"), boxes=[record["box"] for record in records])
    for record, score in zip(records, scores, strict=True):  # the command decodes grey alone
        assert record["score"] == pytest.approx(score.score, abs=0.01)


@pytest.mark.parametrize("turn", STORED)
def test_a_turned_photo_has_its_boxes_where_they_were_told(told, run, photo, folder, shell, turn):
    """Detectors see photos upright; exiftool tells regions of the stored picture: both tell the same two things."""
    upright = Image.fromarray(photo)
    stored = upright if STORED[turn] is None else upright.transpose(STORED[turn])
    tags = Image.Exif()
    tags[ORIENTATION] = turn
    stored.save(folder / "turned.jpg", quality=95, exif=tags)
    corners = [turned_box(box, turn) for box in (SHARP, SOFT)]
    regions = ",".join(
        f"{{Area={{X={x + w / 2},Y={y + h / 2},W={w},H={h},Unit=normalized}},Name={name},Type=Face}}"
        for (x, y, w, h), name in zip(corners, ("Ann", "Bo"), strict=True)
    )
    size = f"AppliedToDimensions={{W={stored.width},H={stored.height},Unit=pixel}}"
    shell(f"exiftool -q -overwrite_original '-RegionInfo={{{size},RegionList=[{regions}]}}' turned.jpg")
    by_detector, _ = told(megadetector(("turned.jpg", BOTH)), "turned.jpg")
    for how in ("-struct", "", "-G -struct -XMP:all"):
        by_tags, said = told(shell(f"exiftool -json {how} turned.jpg"), "turned.jpg")
        assert said == "" and [record["label"] for record in by_tags] == ["Ann", "Bo"]
        assert [record["box"] for record in by_tags] == [record["box"] for record in by_detector]
        assert [record["score"] for record in by_tags] == [record["score"] for record in by_detector]
    assert by_tags[0]["score"] > by_tags[1]["score"] + 0.2


def turned_box(box, turn):
    """Where a box of the photo upright lies in the stored picture: a second route, by the corners of NumPy's turns."""
    left, top, width, height = box
    return {
        1: box,
        3: (1 - left - width, 1 - top - height, width, height),
        6: (top, 1 - left - width, height, width),
        8: (1 - top - height, left, height, width),
    }[turn]


def test_the_point_of_exif_is_written_and_read_by_exiftool(told, shell, folder):
    shell("exiftool -q -overwrite_original '-SubjectArea=120 120 100 80' a.jpg")
    ((record,), said) = told(shell("exiftool -json -SubjectArea a.jpg"), "a.jpg")
    assert record["box"] == [70, 80, 100, 80] and record["label"] == "subject" and said == ""


def test_yolo_text_is_of_the_one_photo_or_a_folder(told, run, folder):
    left, top, width, height = SHARP
    line = f"1 {left + width / 2} {top + height / 2} {width} {height}"
    ((record,), _) = told(f"{line} 0.75\n".encode(), "a.jpg")
    assert record["box"] == [48, 48, 144, 144] and record["label"] == "1" and record["confidence"] == 0.75
    (folder / "labels" / "sub").mkdir(parents=True)
    (folder / "labels" / "sub" / "b.txt").write_text(line)
    (folder / "labels" / "c.txt").write_text(line)
    (folder / "classes.txt").write_text("cat\ndog\n")
    done = run("blur-score", "--json", "--boxes", "labels", "a.jpg", "sub/b.jpg", cwd=folder)
    (record,) = map(json.loads, done.stdout.splitlines())
    assert done.status == 0 and (record["path"], record["label"]) == ("sub/b.jpg", "dog")
    assert done.stderr.decode().splitlines() == [
        "blur-score: labels: has boxes of 1 photo not named here: c",
        "blur-score: a.jpg: no box",
    ]
    two = run("blur-score", "--boxes", "labels/c.txt", "a.jpg", "sub/b.jpg", cwd=folder)
    assert two.status == 2 and b"does not say of which photo it is" in two.stderr
    (folder / "labels" / "sub" / "b.txt").write_bytes(b"\xff\xfe")
    done = run("blur-score", "--boxes", "labels", "sub/b.jpg", cwd=folder)
    assert done.status == 2 and b"its boxes labels/sub/b.txt: is neither" in done.stderr


def test_numbers_of_coco_results_are_stems(told, folder):
    (folder / "a.jpg").rename(folder / "000042.jpg")
    ((record,), _) = told(json.dumps([{"image_id": 42, "bbox": [48, 48, 144, 144]}]).encode(), "000042.jpg")
    assert record["box"] == [48, 48, 144, 144] and record["label"] is None


def test_what_is_wrong_with_a_box_is_told_and_the_others_are_judged(told):
    odd = [(1, SHARP), (1, (1.2, 0, 0.3, 0.3)), (1, (0.5, 0.5, 100, 100)), (1, (0.2, 0.2, 0.02, 0.02))]
    odd += [(1, (0, -0.5, 0.4, 1)), (0.1, SOFT)]
    records, said = told(megadetector(("a.jpg", odd)), "--confidence", 0.2, "a.jpg", status=2)
    assert [record["score"] is None for record in records] == [False, True, False]
    assert [line.removeprefix("blur-score: a.jpg: ") for line in said.splitlines()] == [
        "box 2: 576,0,144,72 lies outside of the photo, which is 480x240 pixels",
        "box 3: [0.5, 0.5, 100, 100] look like pixels, where shares of the photo from 0 to 1 are wanted",
        "box 4: no score: it is 10x5 pixels, too small to be measured",
        "box 5: reaches beyond the photo; what lies within is judged",
    ]
    records, said = told(megadetector(("a.jpg", odd[-3:])), "-q", "a.jpg")
    assert len(records) == 3 and said == ""


@pytest.mark.parametrize(
    ("names", "photos", "said"),
    [
        (["/elsewhere/a.jpg"], ["a.jpg"], []),  # the photo's path is the end of the detector's
        (["b.jpg"], ["sub/b.jpg"], []),
        (["a.jpg", "x/y.jpg", "x/z.jpg"], ["a.jpg"], ["has boxes of 2 photos not named here: x/y.jpg, x/z.jpg"]),
        (["other/b.jpg"], ["sub/b.jpg"], ["sub/b.jpg: standard input does not name it", "has boxes of 1 photo"]),
        (["x/a.jpg", "y/a.jpg"], ["a.jpg"], ["boxes are told of x/a.jpg, y/a.jpg; which", "has boxes of 2"]),
        (["sub/a.jpg"], ["a.jpg", "sub/a.jpg"], ["a.jpg: boxes are told of one sub/a.jpg, which is the name"]),
        (["a.jpg"], ["a.jpg", "sub/a.jpg"], ["one a.jpg, which is the name of several photos here"]),
    ],
)  # fmt: skip
def test_photos_are_found_by_the_ends_of_their_paths(told, folder, names, photos, said):
    (folder / "sub" / "a.jpg").write_bytes((folder / "a.jpg").read_bytes())
    boxes = megadetector(*((name, BOTH[:1]) for name in names))
    is_error = any("has boxes" not in line for line in said)
    records, complaints = told(boxes, *photos, status=2 if is_error else 0)
    assert len(records) == (len(photos) - 1 if is_error else 1)
    for line in said:
        assert line in complaints
    assert bool(complaints) == bool(said)


def test_many_photos_without_a_place_in_the_boxes_are_told_of_in_one_line(told, folder):
    data = (folder / "a.jpg").read_bytes()
    others = [f"{number}.jpg" for number in range(11)]
    for name in others:
        (folder / name).write_bytes(data)
    records, said = told(megadetector(("a.jpg", BOTH[:1])), "a.jpg", *others, status=2)
    assert [record["path"] for record in records] == ["a.jpg"]
    assert said == "blur-score: standard input: does not name 11 of the photos: 0.jpg, 1.jpg, 10.jpg, ...\n"
    _, said = told(megadetector(("a.jpg", BOTH[:1])), "a.jpg", *others[:10], status=2)
    assert said.count("standard input does not name it") == said.count("\n") == 10


@pytest.mark.parametrize(
    ("boxes", "words"),
    [
        (b"[" * 1_000_000, "standard input: is no JSON"),
        (b"nothing", "is neither JSON of MegaDetector, COCO or exiftool -json, nor YOLO text"),
        (b'{"images": [{}], "detection_categories": {}}' + b" " * (100 << 20), "has more than 104857600 bytes"),
    ],
    ids=["deep", "text", "huge"],
)
def test_what_holds_no_boxes_is_one_line(told, boxes, words):
    _, said = told(boxes, "a.jpg", status=2)
    assert words in said and said.count("\n") == 1


@pytest.mark.parametrize(
    "options",
    [
        *(["--mask", "m.png"], ["--detail"], ["--truth", "m"], ["--report", "r.html"], ["--stars", "lightroom"]),
        *(["--keep-best", "--burst", 1], ["--count", 3], ["--save", "d"], ["--working-size", 99], ["--max-size", 9]),
        *(["--region", "worst:5%"], ["--maps"], ["--outliers", 3], ["--group", "x", "--json"]),
    ],
)
def test_what_does_not_go_with_boxes_is_refused(run, folder, options):
    done = run("blur-score", "--boxes", "b.json", *options, "a.jpg", cwd=folder)
    assert done.status == 2 and b"--boxes" in done.stderr and done.stdout == b""


def test_misuse_is_told(run, folder):
    for words, arguments in (
        ("--confidence is about boxes; it needs --boxes", ["--confidence", 0.5, "a.jpg"]),
        ("standard input cannot be both the boxes and a photo or a list", ["--boxes", "-"]),
        ("standard input cannot be both the boxes and a photo or a list", ["--boxes", "-", "-0"]),
        ("--boxes missing.json: No such file", ["--boxes", "missing.json", "a.jpg"]),
        ("--boxes sub: this folder holds no NAME.txt", ["--boxes", "sub", "a.jpg"]),
    ):
        done = run("blur-score", *arguments, cwd=folder)
        assert done.status == 2 and words in done.stderr.decode(), done.stderr
    np.save(folder / "map.npy", np.zeros((8, 8), np.float32))
    done = run("blur-score", "--boxes", "-", "map.npy", cwd=folder, stdin=b"")
    assert done.status == 2 and b"--boxes goes with photos, and this is a map" in done.stderr


def test_boxes_are_never_written_over(shell, folder):
    (folder / "b.json").write_bytes(megadetector(("a.jpg", BOTH)))
    before = (folder / "b.json").read_bytes()
    shell("blur-score --boxes b.json a.jpg >> b.json", status=2)
    assert (folder / "b.json").read_bytes() == before
