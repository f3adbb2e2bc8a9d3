"""blur-mask: thresholds, what is in focus or not, cut-outs; every rule against the library."""

import io

import cv2
import numpy as np
import pytest

from blurkit.io.encode import encode_map
from blurkit.mask import focus_mask
from tests.files import arrays, joined, listed, npy

MAP = cv2.GaussianBlur(np.random.default_rng(0).random((40, 60), dtype=np.float32), None, 4)
MAP = (MAP - MAP.min()) / np.ptp(MAP)
RULES = {
    (): ("fixed", 0.5),
    ("-t", "0.3"): ("fixed", 0.3),
    ("--threshold=0.9",): ("fixed", 0.9),
    ("-t", "otsu"): ("otsu", None),
    ("-t", "mean"): ("mean", 1.5),
    ("--alpha", "0.3"): ("alpha", 0.3),
}


@pytest.mark.parametrize("invert", [False, True])
@pytest.mark.parametrize("words", RULES, ids=" ".join)
def test_every_rule_is_that_of_the_library(run, words, invert):
    done = run("blur-mask", "-f", "npy", *words, *["--invert"] * invert, stdin=npy(MAP))
    assert done.status == 0
    assert np.array_equal(arrays(done.stdout)[0], focus_mask(MAP, *RULES[words], invert))


def test_a_mask_is_a_png_of_black_and_white_by_default(run):
    mask = cv2.imdecode(np.frombuffer(run("blur-mask", stdin=npy(MAP)).stdout, np.uint8), cv2.IMREAD_UNCHANGED)
    assert mask.dtype == np.uint8 and np.array_equal(mask == 255, MAP > 0.5) and set(np.unique(mask)) == {0, 255}


def test_a_cut_out_has_the_colours_of_the_photo_and_the_mask_as_alpha(run, photos, scene):
    left = np.zeros(scene.shape[:2], np.float32)
    left[:, :60] = 1
    done = run("blur-mask", "--cut", photos / "photo.png", stdin=npy(left))
    cut = cv2.imdecode(np.frombuffer(done.stdout, np.uint8), cv2.IMREAD_UNCHANGED)
    assert np.array_equal(cut[..., 2::-1], scene) and np.array_equal(cut[..., 3], 255 * left)


def test_what_is_marked_is_told_when_asked(run):
    done = run("blur-mask", "-v", "-f", "npy", stdin=npy(MAP))
    assert done.stderr == f"blur-mask: -: threshold 0.5000, {(MAP > 0.5).mean():.1%} marked\n".encode()


@pytest.mark.parametrize(
    ("words", "sharpness"), [((), MAP / 3), (("--invert",), MAP / 3 + 0.6), (("--grow", "-60"), MAP)]
)
def test_a_black_mask_is_told_of_and_is_no_error(run, words, sharpness):
    done = run("blur-mask", "-f", "npy", *words, stdin=npy(sharpness))
    said = b"blur-mask: -: nothing is marked, the mask is black; -t sets what counts as in focus\n"
    assert (done.status, done.stderr) == (0, said) and not arrays(done.stdout)[0].any()
    assert run("blur-mask", "-q", "-f", "npy", *words, stdin=npy(sharpness)).stderr == b""


def test_a_white_mask_is_not_told_of(run):
    done = run("blur-mask", "-f", "npy", stdin=npy(np.ones_like(MAP)))
    assert (done.status, done.stderr) == (0, b"") and arrays(done.stdout)[0].all()


@pytest.mark.parametrize(
    "words", [("-t", "1.5"), ("-t", "nan"), ("--alpha", "2"), ("-t", "0.5", "--alpha", "0.3")], ids=" ".join
)
def test_thresholds_out_of_range_or_two_at_once_are_refused(run, words):
    done = run("blur-mask", *words, stdin=npy(MAP))
    assert done.status == 2 and not done.stdout and len(done.stderr.splitlines()) == 1


def test_maps_of_many_kinds_give_one_mask(run):
    kinds = [MAP.astype(np.float64), np.asfortranarray(MAP), MAP[..., None], np.rint(MAP * 65535).astype(np.uint16)]
    masks = arrays(run("blur-mask", "-f", "npy", stdin=npy(*kinds)).stdout)
    assert len(masks) == len(kinds) and all((mask != masks[0]).sum() <= 1 for mask in masks)
    assert np.load(io.BytesIO(npy(masks[0]))).shape == MAP.shape


def test_maps_that_are_pictures_one_after_the_other_have_a_mask_each(run, tmp_path):
    maps = [np.full((4, 6), value, np.uint8) for value in (0, 255, 90)]
    data = b"".join(cv2.imencode(".png", sharp)[1].tobytes() for sharp in maps)
    done = run("blur-mask", "-f", "npy", stdin=data)
    assert done.status == 0 and [int(mask[0, 0]) for mask in arrays(done.stdout)] == [0, 255, 0]
    done = run("blur-mask", "-q", "-o", f"{tmp_path}/masks/", stdin=data[:-20])
    assert done.status == 2 and listed(tmp_path / "masks") == ["stdin-2.png", "stdin.png"]
    assert done.stderr == b"blur-mask: -: cannot decode PNG: truncated\n"


def test_maps_of_sigma_are_cut_on_their_whole_range(run, tmp_path):
    sigma = np.float32([[0.25, 0.5, 1.0], [2.0, 3.0, 1.075]])  # .3 x 3 + .7 x .25 = 1.075
    words = ("blur-mask", "--sigma", "--alpha", ".3", "-f", "npy")
    mask, inverse = (np.load(io.BytesIO(run(*words, *more, stdin=npy(sigma)).stdout)) for more in ([], ["--invert"]))
    assert mask.tolist() == [[255, 255, 255], [0, 0, 255]] and (mask + inverse == 255).all()
    for form in ("tiff", "pfm"):
        (tmp_path / f"map.{form}").write_bytes(joined(encode_map(sigma, form)))
        assert (np.load(io.BytesIO(run(*words, tmp_path / f"map.{form}").stdout)) == mask).all()
    assert b"threshold 1.0750, 66.7% marked" in run(*words, "-v", stdin=npy(sigma)).stderr


def test_the_mask_of_a_photo_by_sigma_is_that_of_its_map(run, photos):
    park = ("--method", "park", "--as-published", "--sigma")
    sigma = run("blur-map", *park, photos / "photo.png").stdout
    mask = run("blur-mask", "--photos", *park, "--alpha", ".3", photos / "photo.png")
    assert mask.status == 0 and mask.stdout == run("blur-mask", "--sigma", "--alpha", ".3", stdin=sigma).stdout


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--sigma",), b"--sigma goes with --alpha"),
        (("--sigma", "-t", "otsu"), b"--sigma goes with --alpha"),
        (("--sigma", "--alpha", ".3", "--photos", "--method", "zeng"), b"method zeng does not measure blur in pixels"),
        (("--sigma", "--alpha", ".3", "grey.png"), b"grey.png: holds 0 to 1, not blur in pixels"),
        (("--sigma", "--alpha", ".3", "negative.npy"), b"must not be negative"),
    ],
)
def test_sigma_that_is_none_is_refused(run, photos, tmp_path, words, complaint):
    (tmp_path / "grey.png").write_bytes((photos / "grey.png").read_bytes())
    (tmp_path / "negative.npy").write_bytes(npy(np.float32([[-1, 2]])))
    files = [tmp_path / word if word.endswith((".png", ".npy")) else word for word in words]
    photo = [photos / "photo.png"] if "--photos" in words else []
    done = run("blur-mask", *files, *photo, stdin=npy(np.zeros((2, 2), np.float32)))
    assert (done.status, done.stdout) == (2, b"") and complaint in done.stderr and done.stderr.count(b"\n") == 1
