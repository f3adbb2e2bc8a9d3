"""The joint method through the commands: maps and scores, each by its own weights; no published form."""

import argparse
import io

import cv2
import numpy as np
import pytest

from blurkit import methods
from blurkit.cli import options
from blurkit.errors import UsageError
from blurkit.io.weights import find_weights, write_weights
from blurkit.methods import METHODS
from tests.files import arrays, one_line
from tests.methods.joint.random_tiles import random_networks

JOINT = ("--method", "joint")


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """A file of weights of maps drawn at random."""
    path = tmp_path_factory.mktemp("weights") / "random.npz"
    path.write_bytes(write_weights(random_networks(), {"method": "joint", "part": "map"}))
    return path


@pytest.mark.parametrize("extra", [(), ("--working-size", 64), ("-f", "png")], ids=str)
def test_the_whole_is_raw_and_refine_to_the_byte(run, photos, weights, extra):
    photo = photos / "photo.png"
    measured = [word for word in extra if word not in ("-f", "png")]
    whole = run("blur-map", *JOINT, "--weights", weights, *extra, photo)
    raw = run("blur-map", *JOINT, "--weights", weights, "--raw", *measured, photo)
    assert whole.status == raw.status == 0 and whole.stdout != raw.stdout
    assert run("blur-refine", *JOINT, *extra, "--guide", photo, stdin=raw.stdout) == whole


def test_several_photos_stream_through_in_order(run, photos, weights):
    files = [photos / "photo.png", photos / "grey.png", photos / "deep_rgb.png", photos / "strip.png"]
    words = ("blur-map", *JOINT, "--weights", weights)
    raw = run(*words, "--raw", *files).stdout
    guides = [word for name in files for word in ("--guide", name)]
    whole = run("blur-refine", *JOINT, *guides, stdin=raw)
    assert whole.status == 0 and [array.shape for array in arrays(whole.stdout)] == [(90, 120)] * 3 + [(3, 500)]
    assert whole.stdout == run(*words, *files).stdout == run(*words, "-j", 2, *files).stdout


@pytest.mark.parametrize("command", ["blur-map", "blur-refine", "blur-score"])
def test_as_published_is_refused_in_one_line_before_any_work(run, photos, tmp_path, command):
    out = ["-o", tmp_path / "out"] if command != "blur-score" else []
    for name in (photos / "photo.png", tmp_path / "missing.png"):  # neither is opened
        done = run(command, *JOINT, "--as-published", *out, name, env={"BLURKIT_WEIGHTS": str(tmp_path / "none.npz")})
        assert done.status == 2 and done.stdout == b"" and done.stderr.count(b"\n") == 1
        assert done.stderr.startswith(command.encode()) and b"joint has no paper" in done.stderr
        assert (
            b"zeng" in done.stderr
            and b"park" in done.stderr
            and b"missing" not in done.stderr
            and b"none.npz" not in done.stderr
        )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("published", [False, True])
def test_as_published_needs_a_paper_and_nothing_else_does(method, published):
    args = argparse.Namespace(method=method, as_published=published)
    if not published or methods.info(method).is_published:
        assert options.check_published(args) is None
    else:
        with pytest.raises(
            UsageError, match=f"^method {method} has no paper; --as-published goes with --method zeng or park$"
        ):
            options.check_published(args)


def test_the_methods_told_are_those_that_have_a_paper_at_the_time(monkeypatch):
    for method, published in (("zeng", False), ("joint", True)):
        changed = methods.info(method)._replace(is_published=published)
        monkeypatch.setattr(f"blurkit.methods.{method}.INFO", changed)
    assert options.check_published(argparse.Namespace(method="joint", as_published=True)) is None
    with pytest.raises(UsageError, match="method zeng has no paper; .* --method park or joint$"):
        options.check_published(argparse.Namespace(method="zeng", as_published=True))


def test_what_is_not_asked_for_loads_no_method(monkeypatch):
    monkeypatch.setattr(methods, "get", lambda name, part="map": pytest.fail(f"{name} was loaded"))
    options.check_published(argparse.Namespace(method="joint", as_published=False))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("blur-map", *JOINT, "--sigma"), "does not measure blur in pixels; --sigma goes with --method park\n"),
        (("blur-refine", *JOINT), "refines along the photo: --guide is missing"),
        (("blur-patches", *JOINT, "--compose", "--copies", 0), "at least one copy"),
        (("blur-patches", *JOINT, "--compose", "--masks", "masks"), "do not go with it"),
        (("blur-patches", *JOINT), "--truth-is"),
    ],
    ids=lambda part: None if isinstance(part, tuple) else part,
)
def test_what_does_not_go_together_is_said(run, photos, tmp_path, words, said):
    cv2.imwrite(str(tmp_path / "map.png"), np.full((90, 120), 9, np.uint8))
    done = run(*words, tmp_path / "map.png" if words[0] == "blur-refine" else photos / "photo.png")
    assert done.status == 2 and done.stdout == b"" and said in done.stderr.decode()


@pytest.mark.parametrize("name", ["dot.png", "strip.png", "column.png"])
def test_narrow_photos_get_a_map(run, photos, weights, name):
    done = run("blur-map", *JOINT, "--weights", weights, photos / name)
    (sharpness,) = arrays(done.stdout)
    assert done.status == 0 and sharpness.shape == cv2.imread(str(photos / name)).shape[:2]
    assert sharpness.min() >= 0 and sharpness.max() <= 1


def test_weights_and_maps_of_another_method_are_refused(run, photos, weights):
    for method, path in (("zeng", weights), ("joint", find_weights("zeng"))):
        done = run("blur-map", "--method", method, "--weights", path, photos / "photo.png")
        assert done.status == 2 and done.stdout == b"" and f", not {method}".encode() in done.stderr
    raw = io.BytesIO()
    np.save(raw, np.zeros((2, 90, 120), np.float32))
    done = run("blur-refine", *JOINT, "--guide", photos / "photo.png", stdin=raw.getvalue())
    assert (
        done.status == 2 and done.stdout == b"" and b"raw map has 2 planes; those of method joint have 1" in done.stderr
    )


def test_joint_needs_no_torch_and_no_scipy(run, photos, weights):
    words = (*JOINT, "--weights", weights, photos / "photo.png")
    done = run("blur-map", "--debug", *words, interpreter=("-X", "importtime"), env={"BLURKIT_DEVICE": "cpu"})
    tops = {line.rsplit(b"|", 1)[1].strip().split(b".")[0] for line in done.stderr.splitlines() if b"|" in line}
    assert done.status == 0 and b"cv2" in tops and not tops & {b"torch", b"scipy", b"skimage", b"rich"}


@pytest.mark.parametrize("words", [("blur-map",), ("blur-map", "--raw"), ("blur-score",)], ids=" ".join)
def test_it_is_the_method_where_none_is_named(run, photos, words):
    done = run(*words, photos / "photo.png")
    assert done.status == 0 and done == run(*words, *JOINT, photos / "photo.png")
    assert done.stdout != run(*words, "--method", "zeng", photos / "photo.png").stdout


def test_the_shipped_weights_find_the_sharp_half(run, photos):
    (sharpness,) = arrays(run("blur-map", *JOINT, photos / "photo.png").stdout)
    assert sharpness.dtype == np.float32 and sharpness.shape == (90, 120)
    assert sharpness[:, :50].mean() > sharpness[:, 70:].mean() + 0.5


# ---- parts, which have weights of their own --------------------------------------


@pytest.fixture
def apart(root, tmp_path):
    """apart(name): the environment with a folder that holds these weights alone."""

    def apart(name):
        (tmp_path / f"{name}.npz").write_bytes((root / "share" / "weights" / f"{name}.npz").read_bytes())
        return {"BLURKIT_WEIGHTS": str(tmp_path)}

    return apart


@pytest.mark.parametrize(
    "command, name, other, missing",
    [("blur-score", "joint-score", "blur-map", b"joint.npz"), ("blur-map", "joint", "blur-score", b"joint-score.npz")],
)
def test_a_command_reads_the_weights_of_its_part_and_no_others(run, photos, apart, command, name, other, missing):
    environment = apart(name)
    assert run(command, photos / "photo.png", env=environment) == run(command, photos / "photo.png")
    done = run(other, photos / "photo.png", env=environment)
    assert missing in one_line(other, done) and done.stdout == b"" and done.stderr.count(b"\n") == 1


def test_a_file_of_weights_is_used_for_the_part_it_holds(run, root, photos, weights):
    photo = photos / "photo.png"
    maps, scores = (run(command, photo) for command in ("blur-map", "blur-score"))
    assert run("blur-score", "--weights", weights, photo) == scores  # a file for maps
    assert run("blur-map", "--weights", weights, photo).stdout != maps.stdout
    shipped = root / "share" / "weights" / "joint-score.npz"
    assert run("blur-score", "--weights", shipped, photo) == scores


@pytest.mark.parametrize("part", [b"picture", b"7"])
def test_a_file_for_no_part_that_there_is_is_refused(run, photos, tmp_path, part):
    path = tmp_path / "odd.npz"
    path.write_bytes(write_weights(random_networks(), {"method": "joint", "part": part.decode()}))
    for command in ("blur-map", "blur-score"):
        done = run(command, "--weights", path, photos / "photo.png")
        assert part in one_line(command, done) and done.stdout == b""
