"""The recipes on videos, run by bash as the page prints them, with ffmpeg."""

import cv2
import numpy as np
import pytest

FRAMES, RATE = 40, 20  # of the clip: two seconds
SHARPEST = {3, 17, 26, 31}  # frames, from 1; one in every half second


@pytest.fixture
def clip(need, discs, shell, tmp_path):
    """clip.mp4: a camera moves over a scene; every half second one frame is sharp."""
    need("ffmpeg")
    scene = discs(np.random.default_rng(6), 200, 400)
    (tmp_path / "clip").mkdir()
    for number in range(1, FRAMES + 1):
        view = scene[20:164, 3 * number : 3 * number + 192]
        blur = 0.3 if number in SHARPEST else 1.5 + number % 3
        cv2.imwrite(str(tmp_path / f"clip/{number:03}.png"), cv2.GaussianBlur(view, (0, 0), blur))
    shell(f"ffmpeg -v error -framerate {RATE} -i clip/%03d.png -c:v mpeg4 -q:v 2 clip.mp4")
    return tmp_path


def numbers(folder, suffix):
    """The numbers in the names of the files of a folder."""
    return {int(path.name.removesuffix(suffix).rpartition("-")[2]) for path in folder.iterdir()}


def test_the_sharpest_frame_of_every_half_second_is_kept_with_its_mask(recipes, shell, clip):
    keep, _ = recipes["Sharp frames of a video"]
    shell(keep)
    assert numbers(clip / "frames", ".png") == numbers(clip / "masks", ".png.png") == SHARPEST
    told = [line.split("\t")[1] for line in (clip / "frames.txt").read_text().splitlines()]
    assert told == [f"-:{number}" for number in sorted(SHARPEST)]
    for path in (clip / "frames").iterdir():
        mask = cv2.imread(str(clip / "masks" / f"{path.name}.png"), cv2.IMREAD_UNCHANGED)
        assert mask.shape == cv2.imread(str(path)).shape[:2] == (144, 192)


def test_frames_of_a_certain_number_are_spread_over_the_video(recipes, shell, clip):
    _, count = recipes["Sharp frames of a video"]
    shell(count.replace("200", "4"))
    assert numbers(clip / "frames", ".jpg") == SHARPEST and len((clip / "frames.txt").read_text().splitlines()) == 4


def test_a_timelapse_loses_its_shaken_photos_alone(recipes, shell, need, discs, tmp_path):
    need("ffmpeg")
    scene, shaken = discs(np.random.default_rng(6), 96, 144), {5, 6, 20}
    (tmp_path / "timelapse").mkdir()
    for number in range(30):
        photo = cv2.GaussianBlur(scene, (0, 0), 0.8 + number / 60)
        if number in shaken:
            photo = cv2.blur(photo, (9, 1))
        cv2.imwrite(str(tmp_path / f"timelapse/{number:02}.jpg"), photo)
    (lapse,) = recipes["A timelapse without its shaken photos"]
    shell(lapse)
    kept = {int(path.stem) for path in (tmp_path / "steady").iterdir()}
    assert kept == set(range(30)) - shaken
    count = "ffprobe -v error -count_frames -show_entries stream=nb_read_frames -of csv=p=0 timelapse.mp4"
    assert int(shell(count)) == len(kept)


def test_a_camera_is_told_frame_by_frame(recipes, shell, need):
    need("ffmpeg")
    (live,) = recipes["A number while you focus"]
    camera = "-f v4l2 -i /dev/video0"
    assert camera in live
    told = shell(live.replace(camera, "-f lavfi -i testsrc2=s=160x120:d=2")).decode().splitlines()
    assert [line.split("\t")[1] for line in told] == [f"-:{n + 1}" for n in range(10)]
