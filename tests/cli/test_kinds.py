"""blur-map --kind: which blur, as numbers and in colours."""

import cv2
import numpy as np
import pytest

import blurkit
from blurkit.io.encode import KIND_COLOURS
from tests.files import arrays


@pytest.fixture(scope="module")
def kinds(photos):
    """Of the scene, from Python."""
    return blurkit.load(device="cpu").kind_map(blurkit.read_photo(photos / "photo.png"))


def shown(done):
    assert (done.status, done.stderr) == (0, b"")
    return cv2.imdecode(np.frombuffer(done.stdout, np.uint8), cv2.IMREAD_UNCHANGED)


def test_kinds_are_numbers_in_npy_and_in_png(run, photos, kinds):
    done = run("blur-map", "--kind", photos / "photo.png")
    (numbers,) = arrays(done.stdout)
    assert done.status == 0 and numbers.dtype == np.uint8 and np.array_equal(numbers, kinds)
    assert np.array_equal(shown(run("blur-map", "--kind", "-f", "png", photos / "photo.png")), kinds)


def test_kinds_in_colours_are_for_eyes_alone_and_over_the_photo(run, photos, scene, kinds):
    words = ("blur-map", "--kind", "-f", "png")
    colours = shown(run(*words, "--colormap", photos / "photo.png"))
    assert np.array_equal(colours, KIND_COLOURS[kinds])
    assert len({tuple(colour) for colour in KIND_COLOURS.tolist()}) == 3
    over = shown(run(*words, "--overlay", "--strength", "0.3", photos / "photo.png"))
    assert np.abs(over - (0.3 * colours + 0.7 * scene[..., ::-1])).max() <= 0.51


def test_several_photos_stream_through_in_order_whatever_the_jobs(run, three):
    alone = [run("blur-map", "--kind", photo).stdout for photo in three]
    for jobs in (1, 3):
        assert run("blur-map", "--kind", "-j", jobs, *three).stdout == b"".join(alone)


def test_kinds_in_a_folder_are_files_of_blurkit_that_it_may_replace(run, photos, kinds, tmp_path):
    words = ("blur-map", "--kind", "-f", "png", "-o", tmp_path / "kinds/", photos / "photo.png")
    (tmp_path / "kinds").mkdir()
    for _ in range(2):
        assert run(*words)[::2] == (0, b"")
    (file,) = (tmp_path / "kinds").iterdir()
    assert np.array_equal(cv2.imread(str(file), cv2.IMREAD_UNCHANGED), kinds)


@pytest.mark.parametrize(
    "words, complaint",
    [
        (["--method", "zeng"], b"method zeng does not tell kinds of blur apart; --kind goes with --method joint"),
        (["--method", "park"], b"method park does not tell kinds of blur apart; --kind goes with --method joint"),
        (["-f", "tiff"], b"add -f npy or png"),
        (["-f", "pfm"], b"add -f npy or png"),
        (["--raw"], b"--raw does not go with it"),
        (["-f", "png", "--stretch"], b"--stretch does not go with it"),
        (["-f", "png", "--palette", "magma"], b"three colours of its own"),
        (["--colormap"], b"for PNG, not NPY"),
        (["--as-published"], b"joint has no paper"),
    ],
    ids=lambda part: " ".join(part) if isinstance(part, list) else None,
)
def test_options_that_do_not_go_with_kinds_are_refused_before_any_work(run, photos, tmp_path, words, complaint):
    done = run("blur-map", "--kind", *words, tmp_path / "missing.jpg")
    assert done.status == 2 and not done.stdout and complaint in done.stderr and b"missing.jpg" not in done.stderr
