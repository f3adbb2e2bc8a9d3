"""What bench/study_score.py draws and measures by itself: shake of a known path, regions, crops, measures of others."""

import importlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from skimage.measure import blur_effect

from blurkit.io.exif import capture
from blurkit.training.shake import kernel_of

LENGTHS, ANGLES = (6, 15, 40), (0, 30, 90, 135)  # pixels, degrees


@pytest.fixture
def part(root, monkeypatch):
    """part("kernels"): a module of bench/."""
    monkeypatch.syspath_prepend(root / "bench")
    return importlib.import_module


def moments(kernel, angle):
    """Standard deviation of a kernel along an angle (degrees, counter-clockwise as seen) and across it, pixels."""
    middle = kernel.shape[0] // 2
    down, right = np.mgrid[-middle : middle + 1, -middle : middle + 1]
    cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    along, across = right * cos - down * sin, right * sin + down * cos
    return [float(np.sqrt((kernel * axis**2).sum() - (kernel * axis).sum() ** 2)) for axis in (along, across)]


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("angle", ANGLES)
def test_a_straight_kernel_is_as_wide_as_its_length_says_along_its_angle_only(part, length, angle):
    kernels = part("kernels")
    kernel = kernel_of(kernels.path("straight", length, angle, np.random.default_rng(0)))
    along, across = moments(kernel, angle)
    assert along == pytest.approx(length / np.sqrt(12), rel=0.03) and across < 0.45
    assert kernel.sum() == pytest.approx(1) and kernel.shape[0] % 2 == 1


@pytest.mark.parametrize("kind", ["straight", "bent", "trembling"])
def test_a_path_has_its_length_and_its_middle_and_its_kernel_holds_all_of_it(part, kind):
    kernels = part("kernels")
    points = kernels.path(kind, 20, 30, np.random.default_rng(5))
    apart = np.linalg.norm(points[:, None] - points, axis=2).max()
    steps = np.linalg.norm(np.diff(points, axis=0), axis=1)
    assert points.mean(axis=0) == pytest.approx([0, 0], abs=1e-9)
    if kind == "trembling":
        assert apart == pytest.approx(20) and (steps < 1e-9).sum() >= kernels.PAUSE[0] * kernels.POINTS / 2
    else:
        assert steps.sum() == pytest.approx(20, rel=0.01) and (apart < 19.5) == (kind == "bent")
    kernel = kernel_of(points)
    assert kernel.sum() == pytest.approx(1) and (kernel >= 0).all()
    assert not kernel[0].any() and not kernel[-1].any() and not kernel[:, 0].any() and not kernel[:, -1].any()


def test_an_edge_along_the_shake_stays_sharp_and_one_across_does_not(part):
    kernels = part("kernels")
    rows, columns = np.mgrid[:80, :80]
    rising = ((columns + rows > 80) * 255).astype(np.uint8)  # its edge runs up to the right: 45 degrees
    photo = np.repeat(rising[..., None], 3, axis=2)
    steepest = {}
    for angle in (45, 135):
        points = kernels.path("straight", 20, angle, np.random.default_rng(0))
        steepest[angle] = np.diff(kernels.shaken(photo, points).astype(int)[40, :, 0]).max()
    assert steepest[45] > 100 and steepest[135] < 20


def test_the_two_of_a_pair_are_one_burst_and_pairs_are_not(part):
    shake = part("shake")
    photo = np.zeros((8, 8, 3), np.uint8)
    shaken, soft, other = (
        capture(shake.with_time(photo, seconds))[0] for seconds in (shake.GAP, shake.GAP + shake.BURST, 2 * shake.GAP)
    )
    assert soft - shaken == pytest.approx(shake.BURST) and other - soft > 2 * shake.BURST


def test_a_tile_is_the_middle_of_a_photo_in_the_shape_of_its_cell(part, tmp_path):
    rows, columns = np.mgrid[:60, :120]
    cv2.imwrite(str(tmp_path / "wide.png"), np.stack([columns, rows, rows * 0], axis=2).astype(np.uint8))
    same = part("shake").tile(tmp_path / "wide.png", (80, 60))
    assert same.shape == (60, 80, 3) and same[0, 0].tolist() == [20, 0, 0] and same[-1, -1].tolist() == [99, 59, 0]
    assert part("shake").tile(tmp_path / "wide.png", (160, 120)).shape == (120, 160, 3)


def test_white_in_a_mask_is_the_blurred_region_and_a_mask_of_another_size_is_brought_to_the_photo(part, tmp_path):
    mask = np.zeros((20, 40), np.uint8)
    mask[:, 30:] = 255
    cv2.imwrite(str(tmp_path / "photo.png"), np.zeros((40, 80, 3), np.uint8))
    cv2.imwrite(str(tmp_path / "mask.png"), mask)
    sharp, blurred = part("regions").regions_of((tmp_path / "photo.png", tmp_path / "mask.png"))
    assert blurred.shape == (40, 80) and blurred[:, 60:].all() and not blurred[:, :60].any()
    assert (sharp == ~blurred).all()


def test_the_largest_rectangle_is_that_of_a_search_through_all(part):
    rng = np.random.default_rng(0)
    for _ in range(20):
        region = cv2.blur(rng.random((12, 14)), (3, 3)) > 0.35
        found = part("regions").largest_rectangle(region, 3)
        corners = [
            (top, bottom, left, right)
            for top in range(12)
            for bottom in range(top + 3, 13)
            for left in range(14)
            for right in range(left + 3, 15)
            if region[top:bottom, left:right].all()
        ]
        sizes = [(bottom - top) * (right - left) for top, bottom, left, right in corners]
        if found is None:
            assert not corners
        else:
            assert found in corners and sizes[corners.index(found)] == max(sizes)


def test_blur_effect_over_the_whole_inside_is_that_of_scikit_image(part, scene):
    grey = cv2.cvtColor(scene, cv2.COLOR_BGR2GRAY).astype(np.float32)
    inside = np.zeros(grey.shape, bool)
    inside[2:-1, 2:-1] = True  # the part scikit-image sums over
    assert part("scoring").blur_effect_of(grey, inside) == pytest.approx(blur_effect(grey), abs=1e-5)
    left, right = inside.copy(), inside.copy()
    left[:, 60:], right[:, :60] = False, False
    sharp, soft = part("scoring").measures(grey, left), part("scoring").measures(grey, right)
    assert all(sharp[name] > soft[name] for name in sharp)


def test_the_share_of_pairs_in_order_counts_equal_ones_by_half_and_leaves_nan_out(part):
    assert part("scoring").area([2, 3, np.nan], [1, 2, np.nan]) == pytest.approx(3.5 / 4)


def test_a_field_that_no_record_has_is_missing_and_one_that_is_null_is_nan(part):
    scoring = part("scoring")
    assert scoring.numbers([{"score": 1}], "angle") is None and scoring.rate(None) == scoring.MISSING
    assert np.isnan(scoring.numbers([{"angle": None}, {"angle": 3}], "angle")).tolist() == [True, False]


def test_around_a_photo_nothing_of_it_is_lost_and_the_share_that_is_added_is_said(part, scene):
    borders = part("borders")
    for kind, _, picture, share in borders.variants(scene, 0, np.random.default_rng(0)):
        if kind.startswith(("bar", "frame", "padding")):
            rows, columns = picture.shape[0] - 90, picture.shape[1] - 120
            assert share == pytest.approx(1 - scene.size / picture.size) and rows + columns > 0
            starts = [(top, left) for top in (0, rows // 2, rows) for left in (0, columns // 2, columns)]
            assert any((picture[t : t + 90, left : left + 120] == scene).all() for t, left in starts), kind
        else:
            assert picture.shape == scene.shape and (picture != scene).any()


def test_a_figure_that_does_not_exist_misses_what_it_must_show(part):
    measure = part("measure")
    row = {"told rightly": "n/a", "share": 0.9}
    assert measure.missed("row", row, {"row": {"told rightly": (0.5, 1), "share": (0.5, 1)}}) == ["told rightly"]


@pytest.mark.parametrize("is_there", [True, False])
def test_angle_and_length_are_judged_where_blur_score_writes_them(part, monkeypatch, tmp_path, is_there):
    shake = part("shake")
    straight = [  # true length and angle, told length and angle, and whether each is right
        (20, 3, 15, 179, True, True),
        (20, 90, 13, 60, False, False),
        (12, 45, 15, 31, True, True),
        (6, 0, 40, 90, None, None),  # too short to count
    ]
    copies, found = [], {}
    for number, (length, angle, told_length, told_angle, _, _) in enumerate(straight):
        paths = [tmp_path / f"{number}-{name}" for name in ("shaken", "soft", "softer")]
        copies.append(shake.Copy(*paths, 640, False, 0, "straight", length, angle))
        told = {"motion": told_length, "angle": told_angle} if is_there else {}
        found |= {paths[0]: {"score": 0.3, **told}, paths[1]: {"score": 0.6}, paths[2]: {"score": 0.2}}
    monkeypatch.setattr(shake, "copies_of", lambda data, folder: copies)
    monkeypatch.setattr(shake, "records", lambda names: [found[name] for name in names])
    monkeypatch.setattr(shake, "kept", lambda copies: np.full(len(copies), True))
    row = dict(shake.shake(None, None, None))["shake: all"]
    assert (row["copies"], row["below sigma 0.8"], row["below 1.2"], row["soft one kept"]) == (4, 1, 0, 1)
    assert row["angle"] == row["length"] == (pytest.approx(2 / 3) if is_there else "n/a")


def test_kinds_are_counted_and_told_rightly_in_both_halves(part, monkeypatch):
    regions = part("regions")
    told = {  # of the sharp and of the blurred regions
        "motion": (["sharp", "sharp"], ["motion", "defocus"]),
        "cuhk": (["unsure", "motion"], ["defocus", None]),
    }
    records = {name: tuple([{"kind": kind} for kind in side] for side in sides) for name, sides in told.items()}
    monkeypatch.setattr(regions.photos, "is_cuhk", lambda folder: True)
    monkeypatch.setattr(regions.photos, "masked", lambda folder: [(folder.name, 0), (folder.name, 1)])
    monkeypatch.setattr(regions, "both", tuple)
    monkeypatch.setattr(regions, "measured", lambda pairs, method: records[pairs[0][0]])
    rows = dict(regions.kinds(Path("data"), None, None))
    assert rows["sharp regions"] == {"sharp": 2, "defocus": 0, "motion": 1, "unsure": 1, "none": 0}
    assert rows["defocused regions"] == {"sharp": 0, "defocus": 1, "motion": 0, "unsure": 0, "none": 1}
    whole = rows["moving and defocused regions, all"]
    assert whole == {"told rightly": 0.5, "of those told to be either": pytest.approx(2 / 3), "regions": 4}
    assert rows["moving and defocused regions, even photos"]["told rightly"] == 1
    assert rows["moving and defocused regions, odd photos"]["told rightly"] == 0
