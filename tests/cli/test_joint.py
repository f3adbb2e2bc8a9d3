"""The joint method through the commands: from masked photos to weights to maps; no published form."""

import argparse
import io

import cv2
import numpy as np
import pytest

from blurkit import methods
from blurkit import patches as patch_sets
from blurkit.cli import options
from blurkit.errors import UsageError
from blurkit.io.weights import find_weights, read_weights, write_weights
from blurkit.methods import METHODS
from blurkit.methods.joint import method as joint_method
from blurkit.methods.joint import patches
from tests.files import arrays

JOINT = ("--method", "joint")


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """A file of weights drawn at random."""
    rng, weights = np.random.default_rng(5), {}
    for name, shape in joint_method.SHAPES.items():
        reach = np.sqrt(1 / np.prod(shape[1:])) if len(shape) > 1 else 0.1
        weights[name] = rng.normal(0, reach, shape).astype(np.float32)
    for mean, scale in (("mean", "scale"), ("whole_mean", "whole_scale"), ("edge_mean", "edge_scale")):
        weights[mean] -= 3
        weights[scale] = np.ones_like(weights[scale])
    path = tmp_path_factory.mktemp("weights") / "random.npz"
    path.write_bytes(write_weights(weights, {"method": "joint"}))
    return path


@pytest.fixture(scope="module")
def segmented(tmp_path_factory, discs):
    """Three sharp photos and their segmentations into a grid."""
    folder, rng = tmp_path_factory.mktemp("segmented"), np.random.default_rng(2)
    for number in range(3):
        cv2.imwrite(str(folder / f"s{number}.png"), discs(rng, 150, 200))
        regions = (np.arange(150)[:, None] // 40 * 5 + np.arange(200) // 40).astype(np.uint8)
        cv2.imwrite(str(folder / f"s{number}.seg.png"), regions)
    return folder


def names(folder):
    return sorted(p for p in folder.iterdir() if p.suffix == ".png" and "." not in p.stem)


def patch_set(done):
    assert (done.status, done.stderr) == (0, b"")
    return np.load(io.BytesIO(done.stdout), allow_pickle=False)


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
    monkeypatch.setattr(methods, "get", lambda name: pytest.fail(f"{name} was loaded"))
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


def test_tiles_of_masked_photos_know_the_sharp_half(run, masked):
    records = patch_set(run("blur-patches", *JOINT, *names(masked)))
    assert records.dtype == patches.RECORD
    assert records["photo"].tolist() == [path.name.encode() for path in names(masked)]
    assert (records["number"] == np.arange(10)).all() and not records["copy"].any()
    assert (records["share"][:, :37, :25] == patches.SHARE).all() and (records["share"][:, :37, 25:50] == 0).all()
    assert (records["share"][:, :, 50:] == patches.UNKNOWN).all()


def test_either_polarity_of_the_masks_and_any_number_of_jobs_give_the_same_tiles(run, masked):
    beside = run("blur-patches", *JOINT, "--copies", 1, *names(masked))
    folder = run(
        "blur-patches",
        *JOINT,
        "--copies",
        1,
        "--masks",
        masked / "masks",
        "--truth-is",
        "blurred",
        "-j",
        2,
        *names(masked),
    )
    assert beside == folder and set(patch_set(beside)["copy"]) == {0, 1}


def test_a_photo_gives_no_more_tiles_than_asked_for(run, discs, tmp_path):
    photo = discs(np.random.default_rng(3), 340, 700)  # two rows of three
    cv2.imwrite(str(tmp_path / "a.png"), photo)
    cv2.imwrite(str(tmp_path / "a.mask.png"), np.full(photo.shape[:2], 255, np.uint8))
    every, some = (
        patch_set(run("blur-patches", *JOINT, *words, tmp_path / "a.png")) for words in ((), ("--per-photo", 4))
    )
    places = [sorted(zip(records["row"].tolist(), records["col"].tolist(), strict=True)) for records in (every, some)]
    assert len(set(places[0])) == 6 and len(set(places[1])) == len(some) == 4 and set(places[1]) < set(places[0])


def test_compositions_teach_their_truth_but_no_slight_blur(run, segmented):
    words = ("blur-patches", *JOINT, "--compose", "--copies", 12)
    done = run(*words, *names(segmented))
    records = patch_set(done)
    assert len(records) == 36 and done == run(*words, "-j", 2, *names(segmented)) != run(
        *words, "--seed", 1, *names(segmented)
    )
    slight = 0
    for record in records:
        number, copy = int(record["number"]), int(record["copy"])
        photo = cv2.imread(str(segmented / record["photo"].decode()))[..., ::-1]
        regions = cv2.imread(str(segmented / f"s{number}.seg.png"), cv2.IMREAD_UNCHANGED)
        picture, truth, sigma = patch_sets.picture(photo, regions, copy, "compositions", "joint", 0, number)
        rows, columns = picture.shape[0] // 4, picture.shape[1] // 4
        share = record["share"][:rows, :columns]
        sharp = truth[: 4 * rows, : 4 * columns].reshape(rows, 4, columns, 4).mean(axis=(1, 3)) / 255
        if sigma < patches.LEAST_BLUR:
            slight += 1
            assert (
                set(np.unique(share)) <= {int(patches.SHARE), patches.UNKNOWN}
                and (share[sharp == 0] == patches.UNKNOWN).all()
            )
        else:
            assert np.abs(share - patches.SHARE * sharp).max() <= 0.51
    assert 0 < slight < 36


@pytest.fixture(scope="module")
def trained(run, masked):
    pytest.importorskip("torch")
    records = run("blur-patches", *JOINT, "--copies", 1, *names(masked)).stdout
    done = run("blur-train", *JOINT, "--epochs", 2, "--min-accuracy", "0", "-q", stdin=records)
    assert (done.status, done.stderr) == (0, b"")
    return records, done.stdout


def test_training_twice_gives_the_same_bytes_on_stdout_and_in_a_file(run, trained, tmp_path):
    records, made = trained
    (tmp_path / "set.npy").write_bytes(records)
    done = run(
        "blur-train", *JOINT, "--epochs", 2, "--min-accuracy", "0", "-q", tmp_path / "set.npy", "-o", tmp_path / "w.npz"
    )
    assert done.status == 0 and (tmp_path / "w.npz").read_bytes() == made
    assert {path.name for path in tmp_path.iterdir()} == {"set.npy", "w.npz"}


def test_the_header_says_what_the_weights_were_made_from(trained):
    _, header = read_weights(trained[1], "joint", joint_method.SHAPES)
    assert (
        header["patches"] == len(arrays(trained[0])[0]) >= 20 and header["photos"] == 10 and header["method"] == "joint"
    )
    assert header["command"] == "blur-train --method joint --epochs 2 --seed 0"
    assert set(header["measured"]) == {"accuracy", "sigma_error"} and 0 <= header["measured"]["accuracy"] <= 1


def test_the_new_weights_make_maps(run, trained, masked, weights, tmp_path):
    (tmp_path / "w.npz").write_bytes(trained[1])
    new, other = (
        run("blur-map", *JOINT, "--weights", path, names(masked)[3]) for path in (tmp_path / "w.npz", weights)
    )
    (sharpness,) = arrays(new.stdout)
    assert (new.status, new.stderr, sharpness.shape) == (0, b"", (150, 200))
    assert sharpness.min() >= 0 and sharpness.max() <= 1
    assert new.stdout != other.stdout
    named = run("blur-map", *JOINT, names(masked)[3], env={"BLURKIT_WEIGHTS": str(tmp_path / "w.npz")})
    assert named == new


def test_weights_below_the_asked_accuracy_are_not_written(run, trained, tmp_path):
    done = run(
        "blur-train", *JOINT, "--epochs", 1, "--min-accuracy", "1", "-q", "-o", tmp_path / "w.npz", stdin=trained[0]
    )
    assert done.status == 2 and b"no weights written" in done.stderr and done.stderr.count(b"\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_sets_of_another_method_or_too_small_ones_are_refused(run, masked):
    pytest.importorskip("torch")
    zeng = run("blur-patches", "--method", "zeng", "--per-photo", 5, names(masked)[0]).stdout
    few = run("blur-patches", *JOINT, *names(masked)).stdout
    for records, said in ((zeng, b"not a patch set of this method"), (few, b"more photos")):
        done = run("blur-train", *JOINT, "-q", stdin=records)
        assert done.status == 2 and done.stdout == b"" and said in done.stderr and done.stderr.count(b"\n") == 1


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
