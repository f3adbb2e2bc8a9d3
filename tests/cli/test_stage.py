"""blur-map --stage: what it writes, in which formats, and what does not go with it."""

import io

import cv2
import numpy as np
import pytest

import blurkit
from tests.files import arrays


def picture(data):
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)


@pytest.mark.parametrize(
    ("method", "stage"),
    [
        ("zeng", "L1"),
        ("zeng", "B_50"),
        ("park", "features"),
        ("park", "guide"),
        ("joint", "evidence"),
        ("joint", "logits"),
    ],
)
def test_a_stage_is_that_of_the_library(run, photos, scene, method, stage):
    done = run("blur-map", "--method", method, "--stage", stage, "--device", "cpu", photos / "photo.png")
    assert (done.status, done.stderr) == (0, b"")
    expected = blurkit.load(method, device="cpu", as_published=method != "joint").stage(scene, stage)
    given = np.load(io.BytesIO(done.stdout))
    assert given.dtype == expected.dtype and given.shape == expected.shape
    for name in given.dtype.names or [...]:  # the command has one thread for matrix products, and sums in its order
        assert given[name] == pytest.approx(expected[name], abs=1e-5)


def test_stages_of_several_photos_are_one_stream(run, photos, three):
    words = ("blur-map", "--method", "zeng", "--stage", "L")
    assert run(*words, "-j", 2, *three).stdout == b"".join(run(*words, photo).stdout for photo in three)


@pytest.mark.parametrize("method", blurkit.list_methods())
def test_the_list_says_name_shape_and_what_it_is(run, method):
    done = run("blur-map", "--method", method, "--stage", "list")
    lines = [line.split("\t") for line in done.stdout.decode().splitlines()]
    assert (done.status, done.stderr) == (0, b"")
    assert {name: f"{shape}: {about}" for name, shape, about in lines} == blurkit.list_stages(method)


def test_the_list_goes_to_standard_output_alone(run, tmp_path):
    done = run("blur-map", "--stage", "list", "-o", tmp_path / "list")
    assert done.status == 2 and not (tmp_path / "list").exists()
    assert done.stderr == b"blur-map: --stage list writes lines to standard output; -o and -f do not go with it\n"


def test_what_lies_in_a_known_range_is_a_png_on_that_scale(run, photos, scene):
    for method, stage, white in (("zeng", "B_10", 0.357), ("park", "edges", 2), ("park", "full", 2)):
        done = run("blur-map", "--method", method, "--stage", stage, "-f", "png", photos / "photo.png")
        expected = blurkit.stage(scene, stage, method=method) / white
        assert picture(done.stdout).dtype == np.uint16
        assert np.abs(picture(done.stdout) / 65535 - expected.clip(0, 1)).max() < 1e-5


def test_what_has_no_known_range_is_a_png_from_its_least_to_its_largest_value(run, photos, scene):
    words = ("blur-map", "--stage", "logits", "-f", "png", photos / "photo.png")
    assert run(*words).stderr == (
        b"blur-map: stage logits has no fixed scale for a PNG: add --stretch, or -f npy, tiff or pfm\n"
    )
    values = blurkit.stage(scene, "logits")
    expected = (values - values.min()) / (values.max() - values.min())
    assert np.abs(picture(run(*words, "--stretch").stdout) / 65535 - expected).max() < 1e-4
    assert picture(run(*words, "--stretch", "--palette", "turbo").stdout).shape == (*values.shape, 3)


def test_tiff_and_pfm_hold_any_value(run, photos, tmp_path, scene):
    for suffix in ("tiff", "pfm"):
        run("blur-map", "--method", "zeng", "--stage", "L1", "-o", tmp_path / f"l1.{suffix}", photos / "photo.png")
        read = cv2.imread(str(tmp_path / f"l1.{suffix}"), cv2.IMREAD_UNCHANGED)
        assert np.array_equal(read, blurkit.stage(scene, "L1", method="zeng"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--stage logit", "method joint has no stage logit; did you mean logits?; --stage list says which"),
        ("--method zeng --stage nothing", "method zeng has no stage nothing; --stage list says which"),
        ("--stage evidence -f png", "stage evidence has 31 planes, and PNG holds one plane: add -f npy"),
        ("--method park --stage features -f tiff", "stage features is a table of points, and TIFF holds one plane: "),
        ("--method park --stage sparse --sigma", "--sigma is about maps, and does not go with --stage"),
        ("--stage logits --raw", "--raw is about maps, and does not go with --stage"),
        ("--stage logits --overlay -f png", "--overlay is about maps, and does not go with --stage"),
        ("--stage logits --stretch", "--stretch, --colormap and --palette are for PNG, not NPY; add -f png"),
        (
            "--method zeng --stage L --working-size 99",
            "--stage of zeng measures at the photo's own size; --working-size",
        ),
        ("--stage list", "--stage list takes no photos"),
        ("--stage logits --as-published", "method joint has no paper; --as-published goes with --method zeng or park"),
    ],
)
def test_what_does_not_go_together_says_so_before_any_work(run, photos, words, said):
    done = run("blur-map", *words.split(), photos / "photo.png")
    assert done.status == 2 and done.stdout == b"" and done.stderr.decode().startswith(f"blur-map: {said}")


def test_as_published_changes_nothing_where_the_stages_are_the_papers(run, photos):
    words = ("blur-map", "--method", "zeng", "--stage", "L", photos / "photo.png")
    assert run(*words).stdout == run(*words, "--as-published").stdout


def test_a_stage_replaces_its_like_and_nothing_else(run, photos, tmp_path):
    for method, stage in (("zeng", "L"), ("park", "features"), ("park", "posteriors"), ("park", "full")):
        words = (
            "blur-map",
            "--method",
            method,
            "--stage",
            stage,
            "-o",
            tmp_path / f"{stage}.npy",
            photos / "photo.png",
        )
        assert run(*words).status == 0 and run(*words).status == 0
    np.save(tmp_path / "mine.npy", np.full((4, 5), -1, np.float32))
    done = run("blur-map", "--method", "zeng", "--stage", "L", "-o", tmp_path / "mine.npy", photos / "photo.png")
    assert done.status == 2 and b"exists, and is not known to be NPY of blurkit" in done.stderr
    assert np.load(tmp_path / "mine.npy").min() == -1


def test_the_tables_of_a_stage_are_no_maps(run, photos):
    table = run("blur-map", "--method", "park", "--stage", "posteriors", photos / "photo.png").stdout
    done = run("blur-mask", stdin=table)
    assert done.status == 2 and b"internal" not in done.stderr and b"map" in done.stderr
    assert arrays(table)[0].dtype.names == ("row", "col", "strong", "posterior")
