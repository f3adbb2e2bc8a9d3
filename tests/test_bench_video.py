"""bench/study_video.py on small clips: the blur it draws is the one it states, and its figures are plausible."""

import importlib
import os
import shutil
import sys

import cv2
import numpy as np
import pytest


@pytest.fixture
def study(root, monkeypatch):
    """The module, with clips that take a second."""
    monkeypatch.syspath_prepend(root / "bench")
    path = [root / "bin", os.path.dirname(sys.executable), os.environ["PATH"]]
    monkeypatch.setenv("PATH", os.pathsep.join(map(str, path)))
    study = importlib.import_module("study_video")
    small = {"CLIPS": 1, "SECONDS": 2, "SCENE": (640, 480), "VIEW": (240, 160), "SIDE": 2, "FULL": (320, 240)}
    for name, value in small.items():
        monkeypatch.setattr(study, name, value)
    return study


def test_the_blur_of_a_frame_is_the_one_that_is_stated(study, monkeypatch):
    monkeypatch.setattr(study, "SCENE", (320, 240))
    monkeypatch.setattr(study, "NOISE", 0)
    scene = np.zeros((240, 320, 3), np.float32)
    scene[120, 160] = 1
    scene = cv2.GaussianBlur(scene, (0, 0), 2)
    scene = np.uint8(np.rint(scene / scene.max() * 250))
    sigmas = []
    for frame, sigma in study.frames(scene, np.random.default_rng(3), 30):
        weights = frame[..., 0].astype(float)
        rows, columns = np.nonzero(weights)
        spread = np.linalg.eigvalsh(np.cov(rows, columns, aweights=weights[rows, columns]))[-1]
        assert (spread - 4) ** 0.5 == pytest.approx(sigma, rel=0.15, abs=0.3)
        sigmas.append(sigma)
    assert max(sigmas) > 2 * min(sigmas)


def test_more_tremor_is_more_blur(study, monkeypatch):
    def mean_of(reach):
        monkeypatch.setattr(study, "REACH", reach)
        return np.mean([np.cov(moments.T).trace() for moments in study.path(np.random.default_rng(1), 60)])

    assert mean_of(0.0) < mean_of(3.0) < mean_of(9.0)


@pytest.mark.skipif(not shutil.which("ffmpeg"), reason="ffmpeg is not installed")
def test_the_sections_have_their_figures(study, discs, tmp_path):
    (tmp_path / "sharp").mkdir()
    cv2.imwrite(str(tmp_path / "sharp/one.png"), discs(np.random.default_rng(2), 240, 320))
    rows = dict(study.choice(tmp_path, tmp_path, tmp_path))
    assert set(rows) == {"blur-score", "variance of Laplacian", "Tenengrad", "blurdetect of ffmpeg"}
    assert all(0 <= row["among the two"] <= 1 and -1 <= row["spearman"] <= 1 for row in rows.values())
    assert rows["blur-score"]["spearman"] > 0.5
    rates = dict(study.throughput(tmp_path, tmp_path, tmp_path))
    assert rates["variance of Laplacian, a script"]["x script"] == 1 and len(rates) == 4
    assert all(row["frames a second"] > 0 for row in rates.values())
