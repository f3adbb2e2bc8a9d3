"""The contract: every method fulfils it, and a fourth one needs a package and one line in the registry."""

import inspect
import io
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from blurkit import methods
from blurkit.errors import UsageError
from blurkit.io.weights import write_weights
from blurkit.methods import contract

TOY_INFO = """
from blurkit.methods import MethodInfo

STAGES = ("method",)
INFO = MethodInfo(title="toy: contrast", learns_from="masks", epochs=1, least_accuracy=0.5)
"""
TOY_METHOD = """
import cv2
import numpy as np

SHAPES = {"gain": (1,)}


def patch_record():
    fields = [("value", "f4"), ("sharp", "u1"), ("photo", "S64"), ("number", "u4"), ("copy", "u2")]
    return np.dtype([*fields, ("row", "u4"), ("col", "u4")])


def contrast(photo):
    grey = photo.mean(axis=2).astype(np.float32) / np.iinfo(photo.dtype).max
    return cv2.blur(abs(cv2.Laplacian(grey, cv2.CV_32F)), (9, 9))


def centres(picture, companion, copy, count, rng):
    return np.stack([rng.integers(0, n, count) for n in picture.shape[:2]], axis=1)


def cut(picture, companion, at, sigma):
    records = np.zeros(len(at), patch_record())
    rows, columns = at[:, 0], at[:, 1]
    records["value"], records["sharp"] = contrast(picture)[rows, columns], companion[rows, columns] == 255
    records["row"], records["col"] = rows, columns
    return records


def fit(records, epochs, seed, device, report):
    sharp = records["sharp"] == 1
    middle = np.float32((records["value"][sharp].mean() + records["value"][~sharp].mean()) / 2)
    report("gain", 1, 1, 0.0, 1.0)
    right = (records["value"] > middle) == sharp
    return {"gain": np.array([0.5 / middle], np.float32)}, {"accuracy": float(right.mean())}


def estimate(photo, weights, as_published=False, device="auto", side=0):
    return np.clip(weights["gain"][0] * contrast(photo), 0, 1)


def refine(raw, guide, as_published=False, side=0, sigma=False, steps=None):
    return cv2.blur(raw, (5, 5))


def needs_guide(as_published):
    return False


def blur(photo, weights, device="auto"):
    grey = photo if photo.ndim == 2 else photo.mean(axis=2).astype(photo.dtype)
    pixels = contrast(np.repeat(grey[..., None], 3, 2))
    energy = cv2.resize(pixels, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    return [np.array([[0.1 / (energy + 1e-3), np.full_like(energy, 0.2)]])]
"""
COMMAND = """
import sys

sys.path[:0] = {folders!r}
from blurkit import methods

methods.METHODS["toy"] = "toy"
from blurkit.cli.{command} import main

sys.exit(main())
"""
FACTS = """
import sys
from blurkit import methods

for name in methods.METHODS:
    methods.info(name)
assert "numpy" not in sys.modules
"""


def functions(protocol):
    """{name: parameters} of the functions that a Protocol requires."""
    members = {name: value for name, value in vars(protocol).items() if callable(value) and not name.startswith("_")}
    return {name: list(inspect.signature(value).parameters.values())[1:] for name, value in members.items()}


FOR_MAPS, FOR_SCORES = {"estimate", "refine", "needs_guide"}, {"blur"}
BY_KEYWORDS = {*FOR_MAPS, *FOR_SCORES, "fit", "in_pixels", "estimate_kinds"}


@pytest.mark.parametrize("part", methods.PARTS)
@pytest.mark.parametrize("name", methods.METHODS)
def test_every_method_fulfils_the_contract_with_its_parts(name, part):
    stages, info = methods.get(name, part), methods.info(name, part)
    required = functions(contract.Method)
    if info.learns_from == "sharp photos":
        required |= functions(contract.LearnsFromSharpPhotos)
    if info.measures_sigma:
        required |= functions(contract.MeasuresSigma)
    if info.learns_kinds and part == "map":
        required |= functions(contract.TellsKinds)
    if methods.has_own_score(name):  # each part does its own work
        left_out = FOR_SCORES if part == "map" else FOR_MAPS
        required = {function: parameters for function, parameters in required.items() if function not in left_out}
        assert not any(hasattr(stages, function) for function in left_out)
    for function, parameters in required.items():
        own = list(inspect.signature(getattr(stages, function)).parameters.values())
        if function in BY_KEYWORDS:
            assert [p.name for p in own] == [p.name for p in parameters], function
        assert len(own) == len(parameters), function
    assert stages.SHAPES and all(isinstance(shape, tuple) for shape in stages.SHAPES.values())


def test_a_score_of_its_own_has_its_own_stage_facts_weights_and_records():
    assert [name for name in methods.METHODS if methods.has_own_score(name)] == ["joint"]
    assert methods.PARTS == ("map", "score")
    for name in methods.METHODS:
        parts = [(methods.get(name, p), methods.info(name, p), methods.weights_name(name, p)) for p in methods.PARTS]
        (stages, info, weights), (its_stages, its_info, its_weights) = parts
        assert (stages, info, weights) == (methods.get(name), methods.info(name), methods.weights_name(name))
        assert weights == name and stages.__name__ == f"blurkit.methods.{name}.method"
        if name == "joint":
            assert its_stages.__name__ == "blurkit.methods.joint.scoring" and its_weights == "joint-score"
            assert its_info != info and not set(stages.SHAPES) & set(its_stages.SHAPES)
            assert stages.patch_record() != its_stages.patch_record()
        else:
            assert (its_stages, its_info, its_weights) == (stages, info, weights)


@pytest.mark.parametrize("part", methods.PARTS)
@pytest.mark.parametrize("name", methods.METHODS)
def test_facts_about_a_method_are_read_only_and_plausible(name, part):
    info = methods.info(name, part)
    assert info.title.startswith((f"{name}: ", f"{name}, score: ")) and info.learns_from in ("masks", "sharp photos")
    assert info.epochs > 0 and 0.5 <= info.least_accuracy < 1 and info.raw_planes in (1, 2)
    assert info.working_side > 0 and methods.those_with("learns_kinds") == "joint"
    with pytest.raises(AttributeError):
        info.epochs = 3


def test_facts_need_no_numpy(root):
    assert subprocess.run([sys.executable, "-c", FACTS], cwd=root).returncode == 0


def test_an_unknown_method_is_named_with_those_there_are():
    for load in (methods.get, methods.info):
        with pytest.raises(UsageError, match="unknown method 'laplace'; there are: zeng, park, joint"):
            load("laplace")


# ---- a fourth method ----------------------------------------------------------


@pytest.fixture
def toy(tmp_path, masked_scene):
    """toy(command, argument, ...): run a command with one more method, made of two files; returns its output."""
    (tmp_path / "toy").mkdir()
    (tmp_path / "toy" / "__init__.py").write_text(TOY_INFO)
    (tmp_path / "toy" / "method.py").write_text(TOY_METHOD)
    weights = write_weights({"gain": np.float32([8])}, {"method": "toy"})
    (tmp_path / "toy.npz").write_bytes(weights)

    def toy(command, *words, stdin=b"", root=masked_scene.root):
        code = COMMAND.format(folders=[str(root), str(tmp_path)], command=command)
        argv = [sys.executable, "-c", code, *map(str, words)]
        done = subprocess.run(argv, input=stdin, capture_output=True, cwd=masked_scene.folder)
        assert done.returncode == 0, done.stderr
        return done.stdout

    toy.weights = tmp_path / "toy.npz"
    return toy


@pytest.fixture
def masked_scene(tmp_path, scene, root):
    """A folder with a photo and its mask."""
    folder = tmp_path / "masked"
    folder.mkdir()
    Image.fromarray(scene).save(folder / "photo.png")
    Image.fromarray(np.repeat(np.uint8([[255] * 60 + [0] * 60]), 90, axis=0)).save(folder / "photo.mask.png")
    return type("Scene", (), {"folder": folder, "root": root})


def test_a_fourth_method_is_a_package_and_one_line(toy, scene):
    options = ("--method", "toy", "--weights", toy.weights)
    assert b"toy" in toy("map", "--help")
    data = toy("map", *options, "photo.png")
    sharpness = np.load(io.BytesIO(data))
    assert sharpness.shape == scene.shape[:2] and sharpness[:, :50].mean() > sharpness[:, 70:].mean() + 0.2
    raw = toy("map", *options, "--raw", "photo.png")
    assert toy("refine", "--method", "toy", stdin=raw) == data
    score = toy("score", *options, "photo.png").split(b"\t")[0]
    assert 0 < float(score) < 1


def test_a_fourth_method_is_trained_by_the_same_commands(toy, masked_scene):
    pytest.importorskip("torch")
    records = toy("patches", "--method", "toy", "photo.png")
    (masked_scene.folder / "mine.npz").write_bytes(toy("train", "--method", "toy", stdin=records))
    assert toy("map", "--method", "toy", "--weights", "mine.npz", "photo.png").startswith(b"\x93NUMPY")
