"""The front door: what a notebook needs in a few lines, what it takes, and what it says of what it does not take."""

import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import blurkit
from blurkit import model
from blurkit.errors import BlurkitError
from blurkit.methods import METHODS
from tests.files import arrays, npy


@pytest.fixture(scope="module")
def joint():
    return blurkit.load(device="cpu")


@pytest.fixture(scope="module", params=METHODS)
def any_method(request):
    return blurkit.load(request.param, device="cpu")


# ---- the same as the commands ---------------------------------------------------


def test_a_map_is_that_of_the_command(run, photos, any_method):
    photo = blurkit.read_photo(photos / "photo.png")
    sharp = any_method.sharpness_map(photo)
    done = run("blur-map", "--method", any_method.method, "--device", "cpu", photos / "photo.png")
    assert npy(sharp) == done.stdout and sharp.dtype == np.float32


def test_raw_map_and_refinement_are_those_of_the_command(run, photos, any_method):
    photo = blurkit.read_photo(photos / "photo.png")
    raw = any_method.raw_map(photo)
    done = run("blur-map", "--raw", "--method", any_method.method, "--device", "cpu", photos / "photo.png")
    assert npy(raw.planes()) == done.stdout
    assert (raw.weight is None) == (any_method.info.raw_planes == 1)
    sharp = any_method.sharpness_map(photo)
    [stored] = blurkit.read_maps(io.BytesIO(done.stdout))
    assert np.array_equal(any_method.refine(raw, photo), sharp) and np.array_equal(
        any_method.refine(stored, photo), sharp
    )


def test_the_score_has_the_fields_of_json(run, photos, any_method):
    score = any_method.score(blurkit.read_photo(photos / "photo.png"))
    done = run("blur-score", "--json", "--method", any_method.method, "--device", "cpu", photos / "photo.png")
    record = json.loads(done.stdout)
    del record["path"]
    values = {name: None if value != value else value for name, value in score._asdict().items()}  # NaN is null
    assert values == record and list(record) == list(blurkit.Score._fields)


def test_blur_in_pixels_is_that_of_the_command(run, photos):
    sigma = blurkit.blur_map(blurkit.read_photo(photos / "photo.png"))
    done = run("blur-map", "--method", "park", "--sigma", "--device", "cpu", photos / "photo.png")
    assert npy(sigma) == done.stdout and sigma.max() > 1


@pytest.mark.parametrize(
    "threshold, words", [(0.5, []), (0.3, ["-t", "0.3"]), ("otsu", ["-t", "otsu"]), ("mean", ["-t", "mean"])]
)
@pytest.mark.parametrize("invert", [False, True])
def test_a_mask_is_that_of_the_command(run, photos, threshold, words, invert):
    sharp = blurkit.sharpness_map(blurkit.read_photo(photos / "photo.png"))
    mask = blurkit.focus_mask(sharp, threshold, invert=invert)
    done = run("blur-mask", "-f", "npy", *words, *["--invert"] * invert, stdin=npy(sharp))
    assert mask.dtype == bool and np.array_equal(mask, arrays(done.stdout)[0] == 255)


def test_module_functions_are_the_methods_of_the_default_kept_between_calls(scene, joint):
    assert np.array_equal(blurkit.sharpness_map(scene), joint.sharpness_map(scene))
    assert blurkit.score_photo(scene) == joint.score(scene)
    assert blurkit.api.loaded("joint") is blurkit.api.loaded("joint")
    assert blurkit.list_methods() == ["joint", "park", "zeng"] and set(blurkit.list_methods()) == set(METHODS)


def test_a_mask_and_a_share_restrict_the_score(scene, joint):
    left = np.zeros(scene.shape[:2], bool)
    left[:, :55] = True
    sharp, soft = joint.score(scene, mask=left), joint.score(scene, mask=~left)
    assert sharp.score > soft.score + 0.1 and sharp.coverage > soft.coverage
    assert joint.score(scene, mask=left.astype(np.float32))[:2] == sharp[:2]
    assert joint.score(scene, share=1).score < joint.score(scene).score


# ---- what is a photo -------------------------------------------------------------


def test_every_kind_of_array_that_is_a_photo_gives_the_same_map(scene, joint):
    grey = scene[..., 1]
    alike = {
        "grey": [
            grey,
            grey[..., None],
            np.dstack([grey, grey]),
            np.dstack([grey] * 3),
            np.dstack([grey] * 3 + [grey // 2]),
            grey.tolist(),
        ],
        "colour": [scene, np.dstack([scene, grey]), np.asfortranarray(scene), Image.fromarray(scene)],
    }
    for kind, kinds in alike.items():
        kinds = [np.array(k, np.uint8) if isinstance(k, list) else k for k in kinds]
        maps = [joint.sharpness_map(k) for k in kinds]
        assert all(np.array_equal(m, maps[0]) for m in maps), kind


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_floating_point_from_0_to_1_becomes_16_bits(scene, joint, dtype):
    deep = scene.astype(np.uint16) * 257
    assert np.abs(model.as_photo((scene / 255).astype(dtype)).astype(int) - deep).max() <= (
        40 if dtype == np.float16 else 0
    )
    assert joint.score(scene / 255).score == pytest.approx(joint.score(deep).score, abs=1e-6)


@pytest.mark.parametrize(
    "photo, complaint",
    [
        (np.zeros((4, 5, 6), np.uint8), r"photo has shape \(4, 5, 6\); \(H, W\), \(H, W, 3\) or \(H, W, 4\)"),
        (np.zeros(7, np.uint8), r"photo has shape \(7,\)"),
        (np.zeros((2, 3, 4, 3), np.uint8), r"shape \(2, 3, 4, 3\)"),
        (np.zeros((0, 5, 3), np.uint8), "no pixels"),
        (np.zeros((4, 5), bool), "values of type bool; uint8, uint16"),
        (np.zeros((4, 5), np.int32), "values of type int32"),
        (np.zeros((4, 5), np.uint32), "values of type uint32"),
        (np.zeros((4, 5), complex), "values of type complex128"),
        (np.full((4, 5), "a"), "values of type <U1"),
        (np.full((4, 5), 255.0), r"run from 255 to 255; floating point must lie in \[0, 1\]"),
        (np.full((4, 5), -0.1), "run from -0.1 to -0.1"),
        (np.full((4, 5), np.nan), "run from nan to nan"),
        (None, "values of type object|shape"),
        ("photo.jpg", "is a file, not an array; read it by blurkit.read_photo"),
        (Path("photo.jpg"), "read it by blurkit.read_photo"),
        (b"bytes of a file", "read it by blurkit.read_photo"),
        (["a.jpg", "b.jpg"], "of one photo"),
        ([[1, 2], [3]], "photo is no array"),
    ],
)
def test_what_is_no_photo_is_a_value_error_with_both_numbers(joint, photo, complaint):
    for ask in (joint.sharpness_map, joint.score, joint.raw_map):
        with pytest.raises(ValueError, match=complaint):
            ask(photo)


# ---- what does not go together -----------------------------------------------------


@pytest.mark.parametrize(
    "wanted, complaint",
    [
        ({"method": "laplace"}, "unknown method 'laplace'; there are: zeng, park, joint"),
        ({"method": "joint", "as_published": True}, "joint has no paper; as_published goes with zeng or park"),
        ({"method": "zeng", "as_published": True, "working_size": 500}, "working_size does not go with it"),
        ({"working_size": -3}, "working_size is -3"),
        ({"working_size": 3.5}, "working_size is 3.5"),
        ({"device": "abacus"}, "abacus"),
        ({"weights": "none.npz"}, "none.npz: No such file"),
        ({"weights": b"PK junk"}, "not a weights file"),
    ],
)
def test_what_cannot_be_loaded_is_told(wanted, complaint):
    with pytest.raises(BlurkitError, match=complaint):
        blurkit.load(**wanted)


def test_weights_of_another_method_are_refused_and_ones_own_are_taken(root, scene, joint):
    path = root / "share" / "weights" / "joint.npz"
    with pytest.raises(blurkit.WeightsError, match="weights are for method joint, not zeng"):
        blurkit.load("zeng", weights=path)
    for weights in (path, str(path), path.read_bytes(), io.BytesIO(path.read_bytes())):
        assert np.array_equal(
            blurkit.load(weights=weights, device="cpu").sharpness_map(scene), joint.sharpness_map(scene)
        )


def test_blur_in_pixels_needs_a_method_that_measures_it(scene, joint):
    for ask in (
        joint.blur_map,
        lambda photo: joint.raw_map(photo, sigma=True),
        lambda photo: blurkit.blur_map(photo, method="zeng"),
    ):
        with pytest.raises(ValueError, match="does not measure blur in pixels; method park does"):
            ask(scene)


def test_a_refinement_needs_its_photo_at_its_size(scene, joint):
    raw = joint.raw_map(scene)
    with pytest.raises(ValueError, match="the argument photo is missing"):
        joint.refine(raw)
    with pytest.raises(ValueError, match="120x90.*119x90"):
        joint.refine(raw, scene[:, :-1])
    with pytest.raises(ValueError, match="the argument steps is for a refinement in steps: that of method zeng"):
        joint.refine(raw, scene, steps=3)
    published = blurkit.load("zeng", as_published=True, device="cpu")
    assert published.refine(published.raw_map(scene)).shape == raw.value.shape


def test_shares_masks_and_thresholds_out_of_range_are_told(scene, joint):
    for share in (0, -1, 1.5):
        with pytest.raises(ValueError, match=f"share is {share}"):
            joint.score(scene, share=share)
    with pytest.raises(ValueError, match="photo is 120x90, its mask is 5x4"):
        joint.score(scene, mask=np.ones((4, 5)))
    for threshold in (-0.1, 1.1, "middle"):
        with pytest.raises(ValueError, match="threshold is"):
            blurkit.focus_mask(np.zeros((4, 5)), threshold)


# ---- files -----------------------------------------------------------------------


def test_a_photo_is_read_from_a_path_bytes_or_an_open_file(photos, scene):
    path = photos / "photo.png"
    with open(path, "rb") as file:
        for source in (path, str(path), path.read_bytes(), bytearray(path.read_bytes()), file):
            assert np.array_equal(blurkit.read_photo(source), scene)
    assert blurkit.read_photo(photos / "turned.jpg").shape == scene.shape


def test_what_cannot_be_read_names_the_file_and_the_argument(photos):
    with pytest.raises(blurkit.InputError, match=r"missing.jpg: No such file or directory"):
        blurkit.read_photo(photos / "missing.jpg")
    with pytest.raises(ValueError, match="truncated.jpg: cannot decode JPEG: truncated"):
        blurkit.read_photo(photos / "truncated.jpg")
    with pytest.raises(ValueError, match=r"photo is 120x90 = 10800 pixels; max_pixels allows 100"):
        blurkit.read_photo(photos / "photo.png", max_pixels=100)


@pytest.mark.parametrize(
    "ask, complaint",
    [
        (lambda: blurkit.read_photo(["a.jpg"]), "not list; one file at a time"),
        (lambda: blurkit.read_photo(np.zeros((4, 5))), "not ndarray"),
        (lambda: blurkit.read_photo(io.StringIO("text")), "open as text"),
        (lambda: list(blurkit.read_maps("map.npy")), "from an open binary file, not str"),
        (lambda: list(blurkit.read_maps(io.StringIO("text"))), "sys.stdin.buffer"),
        (lambda: blurkit.write_map("map.npy", np.zeros((4, 5))), "to an open binary file, not str"),
        (lambda: blurkit.write_map(np.zeros((4, 5)), io.BytesIO()), "not ndarray"),
        (lambda: blurkit.write_map(io.StringIO(), np.zeros((4, 5))), "sys.stdout.buffer"),
        (lambda: blurkit.load(weights=3), "not int"),
    ],
)
def test_what_is_no_file_is_told_with_what_is(ask, complaint):
    with pytest.raises(BlurkitError, match=complaint):
        ask()


def test_the_commands_name_the_option_in_place_of_the_argument(run, photos):
    done = run("blur-map", "--max-pixels", 100, photos / "photo.png")
    assert done.stderr.endswith(b"photo is 120x90 = 10800 pixels; --max-pixels allows 100\n")
    done = run("blur-refine", stdin=npy(np.zeros((90, 120), np.float32)))
    assert b"--guide is missing" in done.stderr


def test_the_callers_own_guard_against_giants_stays(photos, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 5000)
    assert blurkit.read_photo(photos / "photo.png").shape == (90, 120, 3)
    assert Image.MAX_IMAGE_PIXELS == 5000


def test_errors_are_those_that_python_programs_expect():
    assert issubclass(blurkit.InputError, ValueError) and issubclass(blurkit.DeviceError, RuntimeError)
    assert all(issubclass(getattr(blurkit, name), BlurkitError) for name in blurkit.__all__ if name.endswith("Error"))


# ---- the door itself ----------------------------------------------------------------


def test_the_door_is_light_and_names_what_is_behind_it(root, bare):
    code = (
        "import sys, blurkit\n"
        "assert set(blurkit.__all__) == set(blurkit.FROM) and set(blurkit.__all__) <= set(dir(blurkit))\n"
        "assert not {'numpy', 'cv2', 'PIL', 'torch'} & set(sys.modules)\n"
        "from blurkit import *\n"
        "assert callable(load) and 'torch' not in sys.modules and 'scipy' not in sys.modules\n"
    )
    assert subprocess.run([sys.executable, "-c", code], env={**bare, "PYTHONPATH": str(root)}).returncode == 0


def test_the_typed_door_is_the_door(root):
    stub = (root / "blurkit" / "__init__.pyi").read_text()
    assert all(f"from blurkit.{module} import {name} as {name}" in stub for name, module in blurkit.FROM.items())
    assert stub.count(" as ") == len(blurkit.FROM) and (root / "blurkit" / "py.typed").is_file()
    assert "py.typed" in (root / "setup.cfg").read_text()
