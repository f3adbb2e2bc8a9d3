"""blur-patches and blur-train as commands, by way of zeng: from photos to weights to a map."""

import io
import json
import os
import resource
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest

from blurkit.cli import train
from blurkit.io.weights import read_weights
from blurkit.methods.zeng import method as zeng_method
from blurkit.methods.zeng import patches

ZENG = ("--method", "zeng")


def textured(seed):
    rng = np.random.default_rng(seed)
    photo = np.full((150, 200, 3), 128, np.uint8)
    for _ in range(500):
        cv2.circle(
            photo,
            (int(rng.integers(200)), int(rng.integers(150))),
            int(rng.integers(2, 9)),
            rng.integers(0, 256, 3).tolist(),
            -1,
        )
    return photo


@pytest.fixture(scope="module")
def masked(tmp_path_factory):
    """Twelve photos, left half sharp, and masks: NAME.mask.png beside them, masks/NAME.png with white = blurred."""
    folder = tmp_path_factory.mktemp("masked")
    (folder / "masks").mkdir()
    for number in range(12):
        photo = textured(number)
        photo[:, 100:] = cv2.GaussianBlur(photo, (0, 0), 2)[:, 100:]
        truth = np.zeros(photo.shape[:2], np.uint8)
        truth[:, :100] = 255
        cv2.imwrite(str(folder / f"p{number}.png"), photo)
        cv2.imwrite(str(folder / f"p{number}.mask.png"), truth)
        cv2.imwrite(str(folder / "masks" / f"p{number}.png"), 255 - truth)
    return folder


@pytest.fixture(scope="module")
def segmented(tmp_path_factory):
    """Three sharp photos and their segmentations into a grid."""
    folder = tmp_path_factory.mktemp("segmented")
    for number in range(3):
        cv2.imwrite(str(folder / f"s{number}.png"), textured(100 + number))
        regions = (np.arange(150)[:, None] // 40 * 5 + np.arange(200) // 40).astype(np.uint8)
        cv2.imwrite(str(folder / f"s{number}.seg.png"), regions)
    return folder


def names(folder):
    return sorted(p for p in folder.iterdir() if p.suffix == ".png" and "." not in p.stem)


def patch_set(done):
    assert (done.status, done.stderr) == (0, b"")
    return np.load(io.BytesIO(done.stdout), allow_pickle=False)


def test_patches_are_one_array_with_labels_that_follow_the_mask(run, masked):
    records = patch_set(run("blur-patches", *ZENG, *names(masked)))
    assert records.dtype == patches.RECORD and set(records["photo"]) == {f"p{n}.png".encode() for n in range(12)}
    left = records["col"] < 100 - patches.SIZE // 2
    right = records["col"] > 100 + patches.SIZE // 2
    assert left.any() and (records["label"][left] == 1).all() and right.any() and (records["label"][right] == 0).all()
    first = records[0]
    photo = cv2.imread(str(masked / first["photo"].decode()))[..., ::-1]
    half = patches.SIZE // 2
    padded = np.pad(photo, ((half, half), (half, half), (0, 0)), mode="reflect")
    assert (first["patch"] == padded[first["row"] :, first["col"] :][: patches.SIZE, : patches.SIZE]).all()


def test_either_polarity_of_the_masks_gives_the_same_patches(run, masked):
    beside = run("blur-patches", *ZENG, *names(masked))
    folder = run("blur-patches", *ZENG, "--masks", masked / "masks", "--truth-is", "blurred", *names(masked))
    assert patch_set(beside).tobytes() == patch_set(folder).tobytes()
    wrong = run("blur-patches", *ZENG, "--masks", masked / "masks", "--truth-is", "sharp", *names(masked))
    assert wrong.stderr == (
        b"blur-patches: edges are stronger where the masks say out of focus: "
        b"the masks seem to mean the opposite; try --truth-is blurred\n"
    )
    turned = patch_set(wrong._replace(stderr=b""))
    assert (patch_set(beside)["label"] == 1).sum() == (turned["label"] == 0).sum()


def test_polarity_has_no_default_for_plain_masks(run, masked):
    done = run("blur-patches", *ZENG, "--masks", masked / "masks", *names(masked))
    assert done.status == 2 and b"--truth-is" in done.stderr and not done.stdout


def test_the_seed_decides_and_jobs_do_not(run, segmented):
    one, two, parallel, other = (
        run("blur-patches", *ZENG, "--compose", "--copies", 4, *extra, *names(segmented)).stdout
        for extra in (["--seed", 1], ["--seed", 1], ["--seed", 1, "-j", 3], ["--seed", 2])
    )
    assert one == two == parallel != other


def test_compositions_know_their_blur_and_degraded_ones_do_not(run, segmented):
    records = patch_set(run("blur-patches", *ZENG, "--compose", *names(segmented)))
    assert set(records["copy"]) == set(range(8))
    pristine = records["copy"] % 4 != 3
    assert np.isfinite(records["sigma"][pristine]).all() and np.isnan(records["sigma"][~pristine]).all()
    assert (records["sigma"][pristine & (records["label"] == 1)] == 0).all()
    blurred = records["sigma"][pristine & (records["label"] == 0)]
    assert len(blurred) and blurred.min() > 0.6 and blurred.max() < 6.5


def test_copies_of_drawn_masks_keep_their_truth(run, masked):
    records = patch_set(run("blur-patches", *ZENG, "--copies", 2, *names(masked)[:2]))
    assert set(records["copy"]) == {0, 1, 2} and np.isnan(records["sigma"]).all()
    assert {0, 1} <= set(records["label"][records["copy"] == 2])


@pytest.mark.parametrize("jobs", [1, 3])
def test_patches_stand_in_the_order_of_the_photos_and_of_their_copies(run, masked, jobs):
    photos = names(masked)[::-2]
    records = patch_set(run("blur-patches", *ZENG, "--copies", 2, "-j", jobs, *photos))
    order = list(zip(records["number"].tolist(), records["copy"].tolist(), strict=True))
    assert order == sorted(order) and set(order) == {
        (number, copy) for number in range(len(photos)) for copy in range(3)
    }
    assert all(
        set(records["photo"][records["number"] == number]) == {photo.name.encode()}
        for number, photo in enumerate(photos)
    )


def test_a_photo_without_mask_is_named_and_the_others_are_used(run, masked, tmp_path):
    stray = tmp_path / "stray.png"
    cv2.imwrite(str(stray), textured(1))
    done = run("blur-patches", *ZENG, stray, names(masked)[0])
    assert done.status == 2 and done.stderr.startswith(b"blur-patches: " + str(stray).encode() + b": no mask")
    assert set(np.load(io.BytesIO(done.stdout))["photo"]) == {b"p0.png"}


def test_a_mask_of_another_size_is_refused_with_both_sizes(run, masked, tmp_path):
    cv2.imwrite(str(tmp_path / "a.png"), textured(1))
    cv2.imwrite(str(tmp_path / "a.mask.png"), np.zeros((20, 30), np.uint8))
    done = run("blur-patches", *ZENG, tmp_path / "a.png")
    assert done.status == 2 and b"photo is 200x150, its mask is 30x20" in done.stderr


@pytest.fixture(scope="module")
def trained(run, masked):
    pytest.importorskip("torch")
    records = run("blur-patches", *ZENG, "--per-photo", 120, *names(masked)).stdout
    done = run("blur-train", *ZENG, "--epochs", 3, "--min-accuracy", "0", "-q", stdin=records)
    assert (done.status, done.stderr) == (0, b"")
    return records, done.stdout


def test_training_twice_gives_the_same_bytes_on_stdout_and_in_a_file(run, trained, tmp_path):
    records, weights = trained
    (tmp_path / "set.npy").write_bytes(records)
    done = run(
        "blur-train", *ZENG, "--epochs", 3, "--min-accuracy", "0", "-q", tmp_path / "set.npy", "-o", tmp_path / "w.npz"
    )
    assert done.status == 0 and (tmp_path / "w.npz").read_bytes() == weights
    assert not [p for p in tmp_path.iterdir() if ".part" in p.name]


def test_the_header_says_what_the_weights_were_made_from(trained):
    records, weights = trained
    arrays, header = read_weights(weights, "zeng", zeng_method.SHAPES)
    count = len(np.load(io.BytesIO(records)))
    assert header["patches"] == count and header["photos"] == 12 and header["method"] == "zeng"
    assert header["command"] == "blur-train --method zeng --epochs 3 --seed 0"
    assert 0 <= header["measured"]["accuracy"] <= 1
    assert {"blurkit", "numpy", "torch", "python"} == set(header["versions"])
    (made_by,) = header["patches_made_by"]
    assert made_by.startswith("blur-patches --method zeng --seed 0 --per-photo 120 --copies 0 (photos: 12; blurkit ")
    assert header["versions"]["numpy"] == np.__version__ and made_by.endswith(f", NumPy {np.__version__})")
    assert json.loads(str(np.load(io.BytesIO(weights), allow_pickle=False)["header"])) == header


def test_the_new_weights_make_another_map_than_the_shipped_ones(run, trained, masked, tmp_path):
    (tmp_path / "w.npz").write_bytes(trained[1])
    done = run("blur-map", *ZENG, "--weights", tmp_path / "w.npz", names(masked)[3])
    sharpness = np.load(io.BytesIO(done.stdout))
    shipped = np.load(io.BytesIO(run("blur-map", *ZENG, names(masked)[3]).stdout))
    assert sharpness.shape == shipped.shape and (sharpness != shipped).any()


def test_weights_below_the_asked_accuracy_are_not_written(run, trained, tmp_path):
    done = run(
        "blur-train", *ZENG, "--epochs", 1, "--min-accuracy", "1", "-q", "-o", tmp_path / "w.npz", stdin=trained[0]
    )
    assert done.status == 2 and b"no weights written" in done.stderr and done.stderr.count(b"\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_sets_joined_in_one_stream_count_as_one(run, trained):
    records, _ = trained
    done = run("blur-train", *ZENG, "--epochs", 1, "--min-accuracy", "0", stdin=records + records)
    assert (
        done.status == 0
        and b"zeng: on photos kept out of training\n" in done.stderr
        and b"calibration accuracy" in done.stderr
    )
    assert read_weights(done.stdout, "zeng", zeng_method.SHAPES)[1]["patches"] == 2 * len(np.load(io.BytesIO(records)))


def test_a_named_pipe_is_read_once_and_standard_input_refused_for_want_of_a_name(run, tmp_path):
    photo = cv2.imencode(".png", textured(0))[1]
    (tmp_path / "photo.png").write_bytes(photo)
    (tmp_path / "piped").mkdir()
    os.mkfifo(tmp_path / "piped" / "photo.png")
    words = ["blur-patches", "--method", "park", "--copies", 2]
    with ThreadPoolExecutor(1) as beside:
        beside.submit((tmp_path / "piped" / "photo.png").write_bytes, photo)
        piped = run(*words, tmp_path / "piped" / "photo.png")
    assert piped.status == 0 and piped == run(*words, tmp_path / "photo.png")
    done = run(*words, "-", stdin=photo.tobytes())
    assert done.status == 2 and done.stderr.count(b"\n") == 1 and b"name the photos" in done.stderr


def test_a_temporary_file_without_room_is_told_and_nothing_written(run, tmp_path):
    cv2.imwrite(str(tmp_path / "photo.png"), textured(0))
    words = ("blur-patches", "--method", "park", "--copies", 2, tmp_path / "photo.png")
    done = run(*words, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)))
    assert (done.status, done.stdout, done.stderr) == (2, b"", b"blur-patches: temporary file: File too large\n")
    assert run(*words).status == 0


def test_photos_without_a_segmentation_are_composed_when_asked_and_refused_when_not(run, tmp_path):
    photo = np.random.default_rng(0).integers(0, 256, (96, 128, 3), dtype=np.uint8)
    cv2.imwrite(str(tmp_path / "scene.png"), cv2.GaussianBlur(photo, (0, 0), 2))
    words = ["blur-patches", "--method", "joint", "--compose", "--copies", 3, tmp_path / "scene.png"]
    done = run(*words, "--auto-segments")
    assert (done.status, done.stderr) == (0, b"")
    records = np.load(io.BytesIO(done.stdout))
    assert len(records) == 3 and done == run(*words, "--auto-segments")
    refused = run(*words)
    assert refused.status == 2 and b"scene.seg.png" in refused.stderr
    for extra in (["--segments", tmp_path], ["--masks", tmp_path]):
        assert run(*words, "--auto-segments", *extra).status == 2


@pytest.mark.parametrize(
    ("value", "accuracy", "complaint"), [(np.nan, 1.0, "hold NaN"), (0.0, np.nan, "accuracy on unseen photos is nan")]
)
def test_weights_that_are_not_finite_are_not_written(monkeypatch, tmp_path, capsys, value, accuracy, complaint):
    made = {name: np.full(shape, value, np.float32) for name, shape in zeng_method.SHAPES.items()}
    monkeypatch.setattr("blurkit.train.train_weights", lambda *_: (made, {"accuracy": accuracy}))
    np.save(tmp_path / "set.npy", np.zeros(3, patches.RECORD))
    assert train.main([*ZENG, "-q", str(tmp_path / "set.npy"), "-o", str(tmp_path / "weights.npz")]) == 2
    assert complaint in capsys.readouterr().err and not (tmp_path / "weights.npz").exists()
