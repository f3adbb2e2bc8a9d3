"""The front door of joint: kinds of blur, and two parts that have weights of their own."""

import numpy as np
import pytest

import blurkit
from blurkit import weights
from blurkit.io.weights import read_weights, unpack, write_weights
from blurkit.methods import METHODS, PARTS, get
from tests.files import npy


@pytest.fixture(scope="module")
def joint():
    return blurkit.load(device="cpu")


# ---- kinds -----------------------------------------------------------------------


@pytest.mark.parametrize("threshold", [0.5, 0.8])
def test_kinds_are_those_of_the_command_and_follow_the_map(run, photos, joint, threshold):
    photo = blurkit.read_photo(photos / "photo.png")
    kinds = joint.kind_map(photo, threshold=threshold)
    assert kinds.dtype == np.uint8 and kinds.shape == photo.shape[:2] and set(np.unique(kinds)) <= {0, 1, 2}
    assert ((kinds == 0) == (joint.sharpness_map(photo) >= threshold)).all()
    if threshold == 0.5:
        assert npy(kinds) == run("blur-map", "--kind", "--device", "cpu", photos / "photo.png").stdout
        assert np.array_equal(blurkit.kind_map(photo), kinds)


@pytest.mark.parametrize("method", [name for name in METHODS if name != "joint"])
def test_kinds_need_a_method_that_tells_them_apart(scene, method):
    for ask in (blurkit.load(method, device="cpu").kind_map, lambda photo: blurkit.kind_map(photo, method=method)):
        with pytest.raises(ValueError, match=f"method {method} does not tell kinds of blur apart; method joint does"):
            ask(scene)


# ---- parts, which have weights of their own ------------------------------------------


@pytest.fixture
def apart(root, tmp_path):
    """apart(name, ...): a folder of copies of these weights."""

    def apart(*names):
        for name in names:
            (tmp_path / f"{name}.npz").write_bytes((root / "share" / "weights" / f"{name}.npz").read_bytes())
        return tmp_path

    return apart


def test_each_part_reads_its_own_weights_when_it_is_needed_and_no_others(monkeypatch, scene, joint, apart):
    monkeypatch.setenv("BLURKIT_WEIGHTS", str(apart("joint-score")))
    alone = blurkit.load(device="cpu")
    assert alone.score(scene) == joint.score(scene) and alone.weights_of("score") == joint.weights_of("score")
    with pytest.raises(blurkit.WeightsError, match=r"no weights at .*joint\.npz \(from BLURKIT_WEIGHTS\)"):
        alone.sharpness_map(scene)
    (apart("joint") / "joint-score.npz").unlink()
    alone = blurkit.load(device="cpu")
    assert np.array_equal(alone.sharpness_map(scene), joint.sharpness_map(scene))
    with pytest.raises(blurkit.WeightsError, match=r"no weights at .*joint-score\.npz"):
        alone.score(scene)
    for part, name in (("map", "joint"), ("score", "joint-score")):
        assert joint.weights_of(part) in str(np.load(apart(name) / f"{name}.npz")["header"])
    assert joint.weights_of() == joint.weights_of("map") != joint.weights_of("score")


@pytest.mark.parametrize("name, own", [("joint", "map"), ("joint-score", "score")])
def test_a_file_is_used_for_the_part_it_holds_and_the_other_part_is_that_which_ships(root, scene, joint, name, own):
    other = next(part for part in PARTS if part != own)
    data = (root / "share" / "weights" / f"{name}.npz").read_bytes()
    arrays, _ = read_weights(data, "joint", get("joint", own).SHAPES, own)
    last = "context" if own == "map" else "edge3.bias"  # the last weights of a network are two biases
    arrays[last][-2:] += np.float32(0.75)
    mine = blurkit.load(weights=write_weights(arrays, {"method": "joint", "part": own}), device="cpu")
    assert mine.weights_of(own) != joint.weights_of(own) and mine.weights_of(other) == joint.weights_of(other)
    assert np.array_equal(mine.raw_map(scene).value, joint.raw_map(scene).value) == (own == "score")
    assert (mine.score(scene).sigma == joint.score(scene).sigma) == (own == "map")


def test_one_file_in_the_environment_is_used_for_its_part(monkeypatch, scene, joint, apart):
    monkeypatch.setenv("BLURKIT_WEIGHTS", str(apart("joint-score") / "joint-score.npz"))
    model = blurkit.load(device="cpu")
    assert model.score(scene) == joint.score(scene)
    assert np.array_equal(model.sharpness_map(scene), joint.sharpness_map(scene))


def test_a_file_of_the_score_is_read_alone_until_a_map_is_asked_for(root, scene, joint, monkeypatch):
    read = []
    whole = weights.read_bytes
    monkeypatch.setattr(weights, "read_bytes", lambda path, *more: read.append(path) or whole(path, *more))
    mine = blurkit.load(weights=root / "share" / "weights" / "joint-score.npz", device="cpu")
    assert mine.score(scene) == joint.score(scene) and not read
    assert np.array_equal(mine.sharpness_map(scene), joint.sharpness_map(scene))
    assert [path.name for path in read] == ["joint.npz"]


def test_weights_for_a_part_that_a_method_does_not_have_are_refused(tmp_path, monkeypatch, root):
    arrays, header = unpack((root / "share" / "weights" / "zeng.npz").read_bytes())
    path = tmp_path / "zeng.npz"
    path.write_bytes(write_weights(arrays, {"method": "zeng", "part": "score"}))
    refused = "zeng.npz: weights are for the score of method zeng, not for its map"
    for part in PARTS:
        with pytest.raises(blurkit.WeightsError, match=refused) as raised:
            blurkit.load("zeng", weights=path)
        assert type(raised.value) is blurkit.WeightsError
        monkeypatch.setenv("BLURKIT_WEIGHTS", str(path))
        with pytest.raises(blurkit.WeightsError, match=refused):
            blurkit.load("zeng").weights_of(part)
