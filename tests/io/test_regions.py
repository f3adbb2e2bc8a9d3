"""Regions and points of the autofocus as exiftool -json tells them."""

import pytest

from blurkit.errors import InputError
from blurkit.io.boxes import Box
from tests.files import places, table

FACE = {"Area": {"X": 0.5, "Y": 0.25, "W": 0.2, "H": 0.1, "Unit": "normalized"}, "Name": "Ann", "Type": "Face"}


@pytest.mark.parametrize("prefix", ["", "XMP:", "XMP-mwg-rs:"])
def test_regions_of_people_with_and_without_struct(prefix):
    info = {"AppliedToDimensions": {"W": 400, "H": 200, "Unit": "pixel"}, "RegionList": [FACE, FACE]}
    with_struct = table([{"SourceFile": "a.jpg", f"{prefix}RegionInfo": info}])
    flat = {
        "RegionAppliedToDimensionsW": 400,
        "RegionAppliedToDimensionsH": 200,
        "RegionAreaUnit": ["normalized"] * 2,
        "RegionAreaX": [0.5] * 2,
        "RegionAreaY": [0.25] * 2,
        "RegionAreaW": [0.2] * 2,
        "RegionAreaH": [0.1] * 2,
        "RegionName": ["Ann", "Ann"],
        "RegionType": ["Face", "Face"],
    }
    without = table([{"SourceFile": "a.jpg", **{prefix + name: value for name, value in flat.items()}}])
    assert places(with_struct) == places(without) == [((160, 40, 80, 20), "Ann", None)] * 2
    alone = {name: value[0] if isinstance(value, list) else value for name, value in flat.items()}
    assert places(table([{"SourceFile": "a.jpg", **alone}])) == [((160, 40, 80, 20), "Ann", None)]
    nameless = {**flat, "RegionName": "Ann"}  # of which of the two it is the name is not told
    assert [label for _, label, _ in places(table([{"SourceFile": "a.jpg", **nameless}]))] == ["Face"] * 2


def test_regions_of_microsoft_count_where_there_are_no_others():
    rectangle = {"Rectangle": "0.1, 0.5, 0.2, 0.25", "PersonDisplayName": "Bo"}
    with_struct = {"RegionInfoMP": {"Regions": [rectangle]}}
    flat = {"RegionRectangle": "0.1, 0.5, 0.2, 0.25", "RegionPersonDisplayName": "Bo"}
    for tags in (with_struct, flat):
        assert places(table([{"SourceFile": "a.jpg", **tags}])) == [((40, 100, 80, 50), "Bo", None)]
    both = {**with_struct, "RegionInfo": {"RegionList": [FACE]}}
    assert [label for _, label, _ in places(table([{"SourceFile": "a.jpg", **both}]))] == ["Ann"]


def test_a_point_or_circle_is_told():
    circle = {"Area": {"X": 0.5, "Y": 0.5, "D": 0.1, "Unit": "normalized"}, "Type": "Focus"}
    told = table([{"SourceFile": "a.jpg", "RegionInfo": {"RegionList": [circle, FACE]}}])
    assert str(told.boxes["a.jpg"][0]) == "is a point or a circle; only rectangles are measured"
    assert isinstance(told.boxes["a.jpg"][1], Box)


CAMERAS = {
    "Canon EOS: y upwards": (
        {
            "Model": "Canon EOS R6",
            "AFImageWidth": 4000,
            "AFImageHeight": 2000,
            "AFPointsInFocus": "0,2",
            "AFAreaXPositions": "-1000 0 1000",
            "AFAreaYPositions": "500 0 -500",
            "AFAreaWidths": "100 100 200",
            "AFAreaHeights": "100 100 100",
        },
        [(95, 45, 10, 10), (290, 145, 20, 10)],
    ),
    "Canon PowerShot: y downwards": (
        {
            "Model": "Canon PowerShot G9",
            "AFImageWidth": 4000,
            "AFImageHeight": 2000,
            "AFPointsInFocus": 0,
            "AFAreaXPositions": -1000,
            "AFAreaYPositions": 500,
            "AFAreaWidth": 100,
            "AFAreaHeight": 100,
        },
        [(95, 145, 10, 10)],
    ),
    "Nikon": (
        {
            "AFImageWidth": 4000,
            "AFImageHeight": 2000,
            "AFAreaXPosition": 1000,
            "AFAreaYPosition": 1500,
            "AFAreaWidth": 400,
            "AFAreaHeight": 200,
        },
        [(80, 140, 40, 20)],
    ),
    "Sony": ({"FocusLocation": "4000 2000 1000 1500", "FocusFrameSize": "400x200"}, [(80, 140, 40, 20)]),
    "Sony, point": ({"FocusLocation": "4000 2000 1000 1500", "FocusFrameSize": "n/a"}, [(80, 130, 40, 40)]),
    "Sony, panorama": ({"FocusLocation": "0 0 0 0"}, []),
    "Panasonic": ({"AFPointPosition": "0.25 0.75"}, [(80, 130, 40, 40)]),
    "Panasonic, none": ({"AFPointPosition": "none"}, []),
    "Fujifilm": ({"FocusPixel": "100 150"}, [(80, 130, 40, 40)]),
    "Olympus": ({"AFAreas": "Center (51,102)-(102,153), (0,0)-(51,51)"}, [(80, 80, 80, 40), (0, 0, 80, 40)]),
    "EXIF, point": ({"SubjectArea": "100 150"}, [(80, 130, 40, 40)]),
    "EXIF, circle": ({"SubjectArea": "100 150 20"}, [(90, 140, 20, 20)]),
    "EXIF, rectangle": (
        {"SubjectArea": "1000 1500 400 200", "ExifImageWidth": 4000, "ExifImageHeight": 2000},
        [(80, 140, 40, 20)],
    ),
}


@pytest.mark.parametrize("camera", CAMERAS)
def test_points_of_the_autofocus(camera):
    tags, wanted = CAMERAS[camera]
    told = table([{"SourceFile": "a.jpg", **{f"MakerNotes:{name}": value for name, value in tags.items()}}])
    assert [place for place, *_ in places(told)] == wanted
    assert {label for _, label, _ in places(told)} <= {"AF", "subject"}


@pytest.mark.parametrize(
    ("tags", "words"),
    [
        ({**CAMERAS["Canon EOS: y upwards"][0], "Model": None}, "depends on the camera: exiftool -json -Model"),
        ({**CAMERAS["Canon EOS: y upwards"][0], "AFPointsInFocus": 7}, "AF point 7 is not among the 3"),
        ({**CAMERAS["Canon EOS: y upwards"][0], "AFAreaYPositions": "1 2"}, "lack positions or sizes"),
        ({"FocusPixel": "1"}, "not the two numbers of a point"),
        ({"FocusLocation": "1 2 3"}, "not four numbers"),
        ({"SubjectArea": "1 2 3 4 5"}, "not two to four numbers"),
        ({"AFPointPosition": "x y"}, "AFPointPosition is 'x', which is no number"),
        ({"RegionAreaX": 0.5, "RegionAreaY": 0.5, "RegionAreaW": 0.1}, "exiftool -struct tells them apart"),
    ],
)
def test_damaged_points_are_told(tags, words):
    (error,) = table([{"SourceFile": "a.jpg", **tags}]).boxes["a.jpg"]
    assert isinstance(error, InputError) and words in str(error)
