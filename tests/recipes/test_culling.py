"""The recipes that sort photos, run by bash as the page prints them: blurry ones, bursts, stars, subjects."""

import json
import shutil
import subprocess

import cv2
import numpy as np
from PIL import Image

from tests.recipes.library import BLURRED, LIBRARY, LISTED, OF_TWO_LINES, OTHERS, SERIES, SHARP, SOFT, moved

BORDERS = (0.4, 0.5, 0.6, 0.74)  # scores; each that a photo reaches is one more star
SEGMENTER = '#!/bin/bash\ncat "masks/$(basename "$1")"\n'


def test_the_blurry_ones_are_moved_and_nothing_is_lost(recipes, shell, library, files, tmp_path):
    score, _, move, _ = recipes["Move the blurry ones"]
    siblings = [BLURRED[1].replace(".jpg", suffix) for suffix in (".CR2", ".xmp", ".jpg.xmp")]
    for name in siblings:
        (tmp_path / name).write_bytes(b"of this shot")
    (tmp_path / "photos/broken.jpg").write_bytes(b"no photo")
    (tmp_path / "blurry/photos/day 1").mkdir(parents=True)
    (tmp_path / "blurry" / BLURRED[0]).write_bytes(b"another photo that has this place")
    before = files("photos", "blurry")
    shell(recipes[""][0])
    shell(score, status=2)  # for the broken one
    assert (tmp_path / "look.html").read_text().count('<li class="tile"') == len(LISTED)
    shell(move)
    assert files("photos", "blurry") == moved(before, [*BLURRED[1:], *OF_TWO_LINES, *siblings], "blurry")


def test_what_was_moved_stays_when_the_folder_above_is_scored_again(recipes, shell, library, files):
    move = recipes["Move the blurry ones"][2].replace(" photos |", " . |")
    for _ in range(2):
        shell(move)
        assert files("photos", "blurry") == moved(library, [*BLURRED, *OF_TWO_LINES], "blurry")


def test_of_one_folder_the_blurry_ones_are_moved_by_xargs(recipes, shell, photo, files, tmp_path):
    *_, move = recipes["Move the blurry ones"]
    blurs = {"photos/-a\n1.jpg": SOFT, 'photos/it\'s "soft".jpg': SOFT, "photos/sharp.jpg": SHARP}
    for name, blur in blurs.items():
        photo(name, blur)
    before = files("photos")
    for _ in range(2):  # the second time there is nothing to move
        shell(move)
        after = {name.replace("blurry/", "photos/"): data for name, data in files("photos", "blurry").items()}
        assert after == before and list(files("photos")) == ["photos/sharp.jpg"]


def test_the_threshold_of_your_own_photos_moves_what_you_call_soft(recipes, shell, photo, library, files):
    score, calibrate, move, _ = recipes["Move the blurry ones"]
    for number in range(4):
        photo(f"sharp/{number}.jpg", SHARP)
        photo(f"soft/{number}.jpg", 0.6)
    threshold = shell(calibrate).decode().split("\t")[0]
    shell(recipes[""][0])
    shell(score)
    shell(move.replace("0.5", threshold))
    assert files("photos", "blurry") == moved(
        library, [*BLURRED, *OF_TWO_LINES, "photos/day 1/half a pixel.JPG"], "blurry"
    )


def test_of_each_burst_the_sharpest_stays_and_nothing_is_lost(recipes, shell, photo, files, tmp_path):
    (keep,) = recipes["Keep the sharpest of each burst"]
    for name, (seconds, blur) in SERIES.items():
        photo(name, blur, seconds)
    for name in ("a 1.CR2", "a 1.jpg.xmp", "b.CR2"):
        (tmp_path / "photos" / name).write_bytes(b"of this shot")
    before = files("photos")
    broken = tmp_path / "photos/broken.jpg"
    broken.write_bytes(b"no photo")
    shell(keep)
    after = moved(before, OTHERS, "others")
    assert files("photos", "others") == {**after, "photos/broken.jpg": b"no photo"}
    broken.unlink()
    shell(keep)
    assert files("photos", "others") == after
    shell(keep.replace(" photos |", " . |"))  # with what was moved before
    assert files("photos", "others") == after


def stars_of(lines):
    """{path: stars} that the recipe gives by the JSON lines of blur-score; photos without a score get none."""
    records = [json.loads(line) for line in lines.splitlines()]
    scores = {record["path"]: record["score"] for record in records if record["score"] is not None}
    return {path: 1 + sum(score >= border for border in BORDERS) for path, score in scores.items()}


def ratings(exiftool, folder, names):
    """ "Rating TAB label" of every file, by exiftool."""
    words = [exiftool, "-T", "-XMP:Rating", "-XMP:Label", *names]
    return subprocess.run(words, cwd=folder, capture_output=True, check=True).stdout.decode().splitlines()


def test_exiftool_writes_stars_once_for_all_and_keeps_what_is_there(
    recipes, shell, program, library, files, need, tmp_path
):
    (exiftool,) = need("exiftool")
    lightroom, darktable, _ = recipes["Stars"]
    program("exiftool", f'#!/bin/bash\necho started >> "$HOME/starts"\nexec {exiftool} "$@"\n')
    rated, labelled = "photos/a sharp one.jpg", "photos/day 1/one pixel.jpg"
    subprocess.run([exiftool, "-q", "-XMP:Rating=2", tmp_path / f"{rated}.xmp"], check=True)
    subprocess.run([exiftool, "-q", "-XMP:Label=Red", tmp_path / f"{labelled}.xmp"], check=True)
    stars = stars_of(shell("blur-score -r --json photos"))
    assert (
        min(stars.values()) == 1
        and max(stars.values()) >= 4
        and sorted(stars) == sorted({*LIBRARY} - {"photos/wall.jpg"})
    )
    plain = {name: f"{number}\t-" for name, number in stars.items()}

    for _ in range(2):  # the second time all have their stars
        shell(darktable)
        beside = dict(zip(stars, ratings(exiftool, tmp_path, [f"{name}.xmp" for name in stars]), strict=True))
        assert beside == plain | {rated: "2\t-", labelled: f"{stars[labelled]}\tRed"}
        after = files("photos")
        assert {name: after[name] for name in library} == library and "photos/wall.jpg.xmp" not in after
        assert [name for name in after if name.endswith("_original")] == [f"{labelled}.xmp_original"]
    assert (tmp_path / "starts").read_text().count("started") == 2

    for _ in range(2):
        shell(lightroom)
        assert dict(zip(stars, ratings(exiftool, tmp_path, stars), strict=True)) == plain
        after = files("photos")
        assert {name: after[f"{name}_original"] for name in stars} == {name: library[name] for name in stars}


def test_stars_begin_at_the_threshold_of_your_own_photos(recipes, shell, photo, need, tmp_path):
    (exiftool,) = need("exiftool")
    *_, calibrated = recipes["Stars"]
    for number in range(4):
        photo(f"sharp/{number}.jpg", SHARP)
        photo(f"soft/{number}.jpg", 0.8)
    blurs = {"photos/good.jpg": SHARP, "photos/soft.jpg": 0.8, "photos/softer.jpg": SOFT}
    for name, blur in blurs.items():
        photo(name, blur)
    shell(calibrated)
    good, soft, softer = (int(line.split("\t")[0]) for line in ratings(exiftool, tmp_path, [f"{n}.xmp" for n in blurs]))
    assert good >= 3 > soft >= 1 and softer == -1


def test_the_mask_of_a_segmenter_limits_the_score_to_the_subject(recipes, shell, program, discs, tmp_path):
    one, many = recipes["Whether the subject is sharp"]
    program("segmenter", SEGMENTER)
    pixels = discs(np.random.default_rng(4), 160, 240)
    pixels[:, 120:] = cv2.GaussianBlur(pixels, None, SOFT)[:, 120:]
    masks = {side: np.zeros((160, 240), np.uint8) for side in ("nothing", "soft", "sharp")}
    masks["sharp"][:, :110] = 255
    masks["soft"][:, 130:] = 255
    for folder in ("masks", "photos"):
        (tmp_path / folder).mkdir()
    Image.fromarray(pixels).save(tmp_path / "photo.jpg", quality=95)
    scores = {}
    for side, mask in masks.items():
        Image.fromarray(mask).save(tmp_path / "masks/photo.jpg", "PNG")
        scores[side] = shell(one).decode().split("\t")[0]
        shutil.copy(tmp_path / "photo.jpg", tmp_path / f"photos/it's {side}.jpg")
        with open(tmp_path / f"masks/it's {side}.jpg", "wb") as file:
            np.save(file, mask)
    assert float(scores["sharp"]) > float(scores["soft"]) + 0.15 and scores["nothing"] == "nan"
    expected = [f"{scores[side]}\tphotos/it's {side}.jpg" for side in ("sharp", "soft", "nothing")]
    assert shell(many).decode().splitlines() == expected
