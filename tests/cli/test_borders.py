"""Bars, frames and ground: left out of scores and maps by the commands, and told by --json."""

import base64
import json
import subprocess
import sys

import cv2
import numpy as np
import pytest

from blurkit.methods import METHODS
from tests.files import arrays, scores


@pytest.mark.parametrize("method", METHODS)
def test_a_map_of_a_framed_photo_is_its_raw_map_refined(run, scene, tmp_path, method):
    framed = np.pad(scene, ((20, 0), (3, 3), (0, 0)), constant_values=255)
    cv2.imwrite(str(tmp_path / "framed.png"), framed)
    cv2.ellipse(framed, (60, 60), (45, 35), 0, 0, 360, (0, 0, 0), 1)
    cv2.imwrite(str(tmp_path / "other.png"), framed)
    for name in ("framed.png", "other.png"):
        raw = run("blur-map", "--method", method, "--raw", tmp_path / name).stdout
        whole = run("blur-map", "--method", method, tmp_path / name).stdout
        assert run("blur-refine", "--method", method, "--guide", tmp_path / name, stdin=raw).stdout == whole
        assert not arrays(whole)[0][:20].any() and arrays(whole)[0][20:].any()


@pytest.mark.parametrize("words", [[], ["--max-size", 200]])
def test_what_is_not_the_photo_is_left_out_and_its_share_told(run, half, tmp_path, words):
    photo = cv2.imread(str(half / "photo.png"))
    framed = np.pad(photo, ((30, 30), (10, 10), (0, 0)), constant_values=255)
    cv2.imwrite(str(tmp_path / "framed.png"), framed)
    within, record = (
        json.loads(run("blur-score", "--json", *words, path).stdout)
        for path in (half / "photo.png", tmp_path / "framed.png")
    )
    assert record.pop("cropped") == pytest.approx(1 - photo.size / framed.size) and within.pop("cropped") == 0
    assert {**record, "path": None} == {**within, "path": None}


def test_a_mask_is_that_of_the_picture_with_its_frame_and_so_is_the_page(run, half, tmp_path):
    framed = np.pad(cv2.imread(str(half / "photo.png")), ((80, 0), (0, 0), (0, 0)))
    cv2.imwrite(str(tmp_path / "framed.png"), framed)
    cv2.imwrite(str(tmp_path / "left.png"), np.pad(cv2.imread(str(half / "left.png"), 0), ((80, 0), (0, 0))))
    (bare,) = scores(run("blur-score", "--mask", half / "left.png", half / "photo.png"))
    words = ["--mask", tmp_path / "left.png", "--report", tmp_path / "out.html"]
    assert scores(run("blur-score", *words, tmp_path / "framed.png")) == [bare]
    page = (tmp_path / "out.html").read_text()
    thumbnail = base64.b64decode(page.split("data:image/jpeg;base64,")[1].split('"')[0])
    overlay = base64.b64decode(page.split("data:image/png;base64,")[1].split('"')[0])
    assert cv2.imdecode(np.frombuffer(thumbnail, np.uint8), cv2.IMREAD_COLOR).shape == framed.shape
    tint = cv2.imdecode(np.frombuffer(overlay, np.uint8), cv2.IMREAD_UNCHANGED)[..., 3]
    assert not tint[: len(tint) // 3].any() and tint[:, : tint.shape[1] // 2].any()


@pytest.mark.parametrize("bar", [12, 28])  # pixels; one and a half and three and a half cells
def test_a_page_shows_a_photo_whose_bar_ends_in_the_middle_of_a_cell(run, discs, tmp_path, bar):
    photo = discs(np.random.default_rng(1), 104, 120)  # thirteen cells
    cv2.imwrite(str(tmp_path / "bar.png"), np.pad(photo, ((bar, 0), (0, 0), (0, 0))))
    cv2.imwrite(str(tmp_path / "photo.png"), photo)
    framed, bare = scores(run("blur-score", "--report", tmp_path / "out.html", *tmp_path.glob("*.png")))
    assert framed == bare and (tmp_path / "out.html").read_text().count("data:image/png;base64,") == 3


@pytest.mark.parametrize("name", ["soft_letterbox.jpg", "soft_white_frame.jpg", "soft_statusbar.jpg"])
def test_bars_frames_and_status_bars_leave_the_score_as_it_is(run, root, shared, tmp_path, name):
    subprocess.run([sys.executable, shared / "cases" / "make.py", tmp_path], check=True)
    soft, framed = scores(run("blur-score", tmp_path / "scene_soft.jpg", tmp_path / name))
    assert framed == pytest.approx(soft, abs=0.03)
