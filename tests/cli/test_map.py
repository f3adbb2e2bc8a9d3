"""blur-map: methods, sizes and raw maps by option, and what each format of a map holds."""

import cv2
import numpy as np
import pytest
from PIL import Image

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


@pytest.mark.parametrize("strength", [0, 0.3, 1])
@pytest.mark.parametrize("words", [[], ["--stretch", "--palette", "magma"]])
def test_an_overlay_is_the_map_in_colours_over_the_photo(run, photos, scene, words, strength):
    done = run("blur-map", "-f", "png", "--overlay", "--strength", strength, *words, photos / "photo.png")
    picture = cv2.imdecode(np.frombuffer(done.stdout, np.uint8), cv2.IMREAD_UNCHANGED)
    colours = run("blur-map", "-f", "png", *(words or ["--colormap"]), photos / "photo.png").stdout
    colours = cv2.imdecode(np.frombuffer(colours, np.uint8), cv2.IMREAD_UNCHANGED).astype(float)
    assert picture.dtype == np.uint8
    assert np.abs(picture - (strength * colours + (1 - strength) * scene[..., ::-1])).max() <= 0.51


def test_an_overlay_of_16_bits_or_turned_by_exif_is_as_viewers_show_it(run, scene, tmp_path):
    cv2.imwrite(str(tmp_path / "deep.png"), scene.astype(np.uint16) * 257)
    shown = run("blur-map", "--overlay", "--strength", "0", "-f", "png", tmp_path / "deep.png").stdout
    assert np.array_equal(cv2.imdecode(np.frombuffer(shown, np.uint8), cv2.IMREAD_UNCHANGED), scene)
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(scene[..., ::-1]).save(tmp_path / "turned.png", exif=exif)
    shown = run("blur-map", "--overlay", "--strength", "0", "-f", "png", tmp_path / "turned.png").stdout
    turned = cv2.imdecode(np.frombuffer(shown, np.uint8), cv2.IMREAD_UNCHANGED)
    assert np.array_equal(turned, cv2.rotate(scene, cv2.ROTATE_90_CLOCKWISE))


@pytest.mark.parametrize(
    "words, complaint",
    [
        (["--stretch"], b"for PNG, not NPY; add -f png"),
        (["--overlay"], b"--overlay is for PNG, not NPY; add -f png"),
        (["--strength", "0.3"], b"--strength goes with --overlay"),
        (["--sigma"], b"method joint does not measure blur in pixels; --sigma goes with --method park"),
        (["--method", "park", "--sigma", "-f", "png"], b"add -f npy, tiff or pfm"),
        (["--method", "park", "--raw", "-f", "tiff"], b"2 planes, which only NPY holds"),
    ],
)
def test_options_that_do_not_go_together_are_refused_before_any_work(run, photos, words, complaint):
    done = run("blur-map", *words, photos / "photo.png")
    assert done.status == 2 and not done.stdout and complaint in done.stderr
