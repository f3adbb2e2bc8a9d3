"""blur-map: methods, sizes and raw maps by option, and what each format of a map holds."""

import cv2
import numpy as np
import pytest

import blurkit
from blurkit.methods import METHODS
from tests.files import arrays


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("size", [0, 60])
def test_method_and_working_size_are_those_of_the_library(run, photos, scene, method, size):
    done = run("blur-map", "--method", method, "--working-size", size, "--device", "cpu", photos / "photo.png")
    model = blurkit.load(method, working_size=size, device="cpu")
    assert np.array_equal(arrays(done.stdout)[0], model.sharpness_map(scene))


def test_weights_of_ones_own_are_used_and_named(run, root, photos, tmp_path):
    path = tmp_path / "mine.npz"
    path.write_bytes((root / "share/weights/joint.npz").read_bytes())
    done = run("blur-map", "-v", "--weights", path, photos / "photo.png")
    assert done.stdout == run("blur-map", photos / "photo.png").stdout
    assert done.stderr.startswith(b"blur-map: method joint, weights ")
    path.write_bytes((root / "share/weights/zeng.npz").read_bytes())
    done = run("blur-map", "--weights", path, photos / "photo.png")
    assert done.status == 2 and done.stderr.endswith(b"mine.npz: weights are for method zeng, not joint\n")


def test_several_photos_are_one_stream_in_their_order_whatever_the_jobs(run, three):
    alone = [run("blur-map", photo).stdout for photo in three]
    for jobs in (1, 3):
        assert run("blur-map", "-j", jobs, *three).stdout == b"".join(alone)


def test_colours_are_for_eyes_and_cannot_be_read_back(run, photos):
    done = run("blur-map", "-f", "png", "--palette", "magma", photos / "photo.png")
    picture = cv2.imdecode(np.frombuffer(done.stdout, np.uint8), cv2.IMREAD_UNCHANGED)
    assert picture.shape == (90, 120, 3) and len(np.unique(picture.reshape(-1, 3), axis=0)) > 20
    refused = run("blur-mask", stdin=done.stdout)
    assert refused.status == 2 and b"is a colour picture, not a map" in refused.stderr


@pytest.mark.parametrize(
    "words, complaint",
    [
        (["--stretch"], b"for PNG, not NPY; add -f png"),
        (["--sigma"], b"method joint does not measure blur in pixels; --sigma goes with --method park"),
        (["--method", "park", "--sigma", "-f", "png"], b"add -f npy, tiff or pfm"),
        (["--method", "park", "--raw", "-f", "tiff"], b"2 planes, which only NPY holds"),
    ],
)
def test_options_that_do_not_go_together_are_refused_before_any_work(run, photos, words, complaint):
    done = run("blur-map", *words, photos / "photo.png")
    assert done.status == 2 and not done.stdout and complaint in done.stderr
