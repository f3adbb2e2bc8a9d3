"""blur-score --truth: masks under any name and of any size, and a word for each kind of wrong truth and wrong input."""

import json

import cv2
import numpy as np
import pytest

from tests.files import one_line

LEFT = np.zeros((20, 30), np.uint8)
LEFT[:, :15] = 255


@pytest.fixture
def maps(tmp_path):
    """Two maps that are right: a.npy and b.npy, in focus on the left."""
    for name, low in (("a", 0.1), ("b", 0.3)):
        sharpness = np.random.default_rng(1).uniform(0, low, LEFT.shape) + (LEFT > 0) * 0.5
        np.save(tmp_path / f"{name}.npy", sharpness.astype(np.float32))
    return [tmp_path / "a.npy", tmp_path / "b.npy"]


def draw(folder, ending, mask, names=("a", "b")):
    """Masks NAME + ending in a folder."""
    folder.mkdir(exist_ok=True)
    for name in names:
        done, data = cv2.imencode("." + ending.rpartition(".")[2].lower(), mask)
        assert done
        (folder / f"{name}{ending}").write_bytes(data)
    return folder


def auc(done):
    return float(dict(reversed(line.split("\t")) for line in done.stdout.decode().splitlines())["auc"])


# ---- names and sizes ----------------------------------------------------------


@pytest.mark.parametrize("ending", [".png", ".bmp", ".BMP", ".tif", ".TIFF", ".PNG"])
def test_masks_are_found_by_any_usual_suffix(run, maps, tmp_path, ending):
    folder = draw(tmp_path / "gt", ending, 255 - LEFT)
    done = run("blur-score", "--truth", folder, "--truth-is", "blurred", *maps)
    assert (done.status, done.stderr, auc(done)) == (0, b"", 1)


def test_masks_are_found_by_a_suffix_of_their_own(run, maps, tmp_path):
    folder = draw(draw(tmp_path / "gt", ".png", 255 - LEFT), "_gt.png", LEFT)
    done = run("blur-score", "--truth", folder, "--truth-is", "sharp", "--mask-suffix", "_gt.png", *maps)
    assert (done.status, done.stderr, auc(done)) == (0, b"", 1)
    done = run("blur-score", "--truth", folder, "--truth-is", "sharp", "--mask-suffix", "_no.png", maps[0])
    assert one_line("blur-score", done) == b"blur-score: %s: no mask: there is no %s\n" % (
        bytes(maps[0]),
        bytes(folder / "a_no.png"),
    )
    done = run("blur-score", "--truth", tmp_path, "--truth-is", "sharp", maps[0])
    assert one_line("blur-score", done).endswith(b"a.mask.png, .png, .jpg, .jpeg, .bmp, .tif or .tiff\n")


def test_maps_of_another_size_are_an_error_with_its_way_out(run, maps, tmp_path):
    folder = draw(tmp_path / "gt", ".mask.png", cv2.resize(LEFT, (60, 40), interpolation=cv2.INTER_NEAREST))
    done = run("blur-score", "--truth", folder, *maps)
    assert done.status == 2 and done.stderr.count(b"--resize-maps brings maps to the size of their masks\n") == 2
    done = run("blur-score", "--truth", folder, "--resize-maps", *maps)
    assert (done.status, done.stderr) == (0, b"") and auc(done) > 0.99


@pytest.mark.parametrize("words", [["--mask-suffix", "_gt.png"], ["--resize-maps"], ["--truth-is", "sharp"]])
def test_what_is_about_truth_needs_it(run, maps, words):
    done = run("blur-score", *words, *maps)
    assert one_line("blur-score", done).endswith(words[0].encode() + b" goes with --truth\n")


# ---- wrong truth -----------------------------------------------------------------


def test_masks_of_the_wrong_sense_are_told_with_the_way_out(run, maps, tmp_path):
    folder = draw(tmp_path / "gt", ".png", 255 - LEFT)
    done = run("blur-score", "--truth", folder, "--truth-is", "sharp", *maps)
    assert (done.status, auc(done)) == (0, 0)
    assert done.stderr == (
        b"blur-score: the mean auc of 2 photos is 0.000: the masks seem to mean the opposite; "
        b"try --truth-is blurred. In maps 1 is in focus\n"
    )
    named = draw(tmp_path / "named", ".mask.png", 255 - LEFT)
    done = run("blur-score", "--truth", named, *maps)
    assert done.stderr.count(b"\n") == 1 and b"which goes with other names than NAME.mask.png" in done.stderr


@pytest.mark.parametrize("white", ["sharp", "blurred"])
@pytest.mark.parametrize(
    ("mask", "words"),
    [
        (np.uint8(LEFT > 0), b"its largest value is 1: black and white must be 0 and 255; multiply all by 255"),
        (np.uint8(LEFT > 0) * 2, b"its largest value is 2: black and white must be 0 and 255"),
        (LEFT.astype(np.uint16), b"its largest value is 255: black and white must be 0 and 65535; multiply all by 257"),
    ],
)
def test_masks_that_number_kinds_are_refused(run, maps, tmp_path, mask, words, white):
    folder = draw(tmp_path / "gt", ".png", mask, ["a"])
    done = run("blur-score", "--truth", folder, "--truth-is", white, maps[0])
    assert one_line("blur-score", done) == b"blur-score: %s: its mask: %s\n" % (bytes(maps[0]), words)
    assert done.stdout == b""


def test_training_refuses_them_too(run, masked, tmp_path):
    folder = draw(tmp_path / "gt", ".png", np.uint8(np.arange(200) < 100)[None].repeat(150, 0), ["p0"])
    words = ("--method", "zeng", "--masks", folder, "--truth-is", "sharp")
    done = run("blur-patches", *words, masked / "p0.png")
    assert done.status == 2 and b"its mask: its largest value is 1: black and white must be 0 and 255" in done.stderr


def test_masks_that_are_not_quite_black_or_white_are_told(run, maps, masked, tmp_path):
    said = b"50.0% of the pixels of the masks are nearly black or white and do not count, as only 0 and 255 do"
    for number, (white, words) in enumerate(((254, said), (255, None), (128, None))):
        folder = draw(tmp_path / f"gt{number}", ".png", np.where(LEFT > 0, white, 0).astype(np.uint8))
        done = run("blur-score", "--truth", folder, "--truth-is", "sharp", *maps)
        assert done.status == 0 and (b"nearly black" in done.stderr) == bool(words) and (words or b"") in done.stderr
    mask = np.repeat(np.uint8([[254] * 100 + [0] * 100]), 150, axis=0)
    folder = draw(tmp_path / "masks", ".png", mask, ["p0"])
    for method in (["zeng"], ["joint", "--kind", "motion"]):  # a kind names what is not quite black unknown
        words = ("--method", *method, "--masks", folder, "--truth-is", "sharp")
        assert said in run("blur-patches", *words, masked / "p0.png").stderr


def test_masks_of_one_kind_alone_are_told(run, maps, tmp_path):
    folder = draw(tmp_path / "gt", ".mask.png", np.zeros_like(LEFT))
    done = run("blur-score", "--truth", folder, *maps)
    assert done.status == 0 and b"nan\tauc\n" in done.stdout
    assert done.stderr == (
        b"blur-score: no mask has pixels of both kinds, in focus and out of focus: there are mae and accuracy alone\n"
    )


# ---- maps taken for photos -------------------------------------------------------


@pytest.mark.parametrize("form", ["png", "tiff"])
def test_a_map_of_ours_is_no_photo(run, photos, tmp_path, form):
    assert run("blur-map", "-o", tmp_path / f"map.{form}", photos / "photo.png").status == 0
    done = run("blur-score", tmp_path / f"map.{form}")
    assert one_line("blur-score", done).endswith(b": is a map or a mask that blurkit wrote, no photo: add --maps\n")
    assert run("blur-score", "--maps", tmp_path / f"map.{form}").status == 0


def test_a_cut_out_and_a_photo_whose_pixels_are_grey_are_photos(run, photos, tmp_path):
    assert run("blur-mask", "--photos", "-o", tmp_path / "m.png", photos / "photo.png").status == 0
    done = run("blur-map", photos / "photo.png")
    done = run("blur-mask", "--cut", photos / "photo.png", "-o", tmp_path / "cut.png", stdin=done.stdout)
    assert done.status == 0
    done = run("blur-score", tmp_path / "cut.png", photos / "grey.png")
    assert (done.status, done.stderr, done.stdout.count(b"\n")) == (0, b"", 2)
    assert b"add --maps" in one_line("blur-score", run("blur-score", tmp_path / "m.png"))


def test_grey_pictures_compared_with_masks_may_be_maps_of_others(run, maps, tmp_path):
    folder = draw(tmp_path / "gt", ".mask.png", LEFT)
    for path in maps:
        cv2.imwrite(str(path.with_suffix(".png")), np.uint8(255 * np.load(path)))
    pictures = [path.with_suffix(".png") for path in maps]
    told = b"blur-score: all 2 photos are grey pictures in PNG or TIFF; if they are maps, add --maps\n"
    assert run("blur-score", "--truth", folder, *pictures).stderr == told
    done = run("blur-score", "--truth", folder, "--maps", *pictures)
    assert (done.status, done.stderr, auc(done)) == (0, b"", 1)
    colour = tmp_path / "b.jpg"
    cv2.imwrite(str(colour), np.random.default_rng(0).integers(0, 255, (20, 30, 3), np.uint8))
    assert told[:20] not in run("blur-score", "--truth", folder, pictures[0], colour).stderr


# ---- one map in two formats --------------------------------------------------------


def test_a_map_in_16_bits_has_the_auc_of_its_floats(run, tmp_path):
    rng = np.random.default_rng(2)
    truth = np.where(rng.random((120, 160)) < 0.4, np.uint8(255), np.uint8(0))
    sharpness = np.clip(0.4 + 0.3 * (truth > 0) + 0.3 * rng.standard_normal(truth.shape), 0, 1).astype(np.float32)
    cv2.imwrite(str(tmp_path / "m.mask.png"), truth)
    np.save(tmp_path / "m.npy", sharpness)
    cv2.imwrite(str(tmp_path / "m.png"), np.rint(sharpness * 65535).astype(np.uint16))
    found = []
    for name in ("m.npy", "m.png"):
        done = run("blur-score", "--truth", tmp_path, "--maps", "--json", tmp_path / name)
        found.append(json.loads(done.stdout.splitlines()[-1]))
    for figure in ("auc", "f_exact", "f_max", "mae"):
        assert found[0][figure] == pytest.approx(found[1][figure], abs=1e-4), figure
