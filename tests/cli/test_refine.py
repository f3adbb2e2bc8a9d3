"""blur-refine, and blur-mask --cut: which photo goes with which map, and where the steps end."""

import io

import numpy as np
import pytest
from PIL import Image

from tests.files import arrays, listed, npy, one_line


def test_the_alpha_of_a_cut_is_the_mask(run, photos, scene, stream):
    first = npy(arrays(stream)[0])
    cut = run("blur-mask", "--cut", photos / "photo.png", stdin=first)
    mask = run("blur-mask", stdin=first)
    cut_out = np.asarray(Image.open(io.BytesIO(cut.stdout)))
    assert np.array_equal(cut_out[..., 3], np.asarray(Image.open(io.BytesIO(mask.stdout)))) and np.array_equal(
        cut_out[..., :3], scene
    )


def test_a_guide_too_few_or_too_many_is_told(run, photos, stream):
    done = run("blur-refine", *["--guide", photos / "photo.png"] * 2, stdin=stream)
    assert done.status == 2 and b"map 3 has no photo" in done.stderr
    done = run("blur-refine", *["--guide", photos / "photo.png"] * 4, stdin=stream)
    assert done.status == 2 and b"3 maps, but 4 photos" in done.stderr


@pytest.mark.parametrize(("command", "option"), [("blur-refine", "--guide"), ("blur-mask", "--cut")])
def test_a_broken_map_uses_up_its_own_photo_not_the_next_maps(run, photos, tmp_path, command, option):
    (tmp_path / "bad.npy").write_bytes(b"\x93NUMPY rubbish")
    (tmp_path / "good.npy").write_bytes(npy(np.full((90, 120), 0.75, np.float32)))
    (tmp_path / "end.npy").write_bytes(npy(np.full((1, 1), 0.75, np.float32)))
    guides = [option, photos / "grey.png", option, photos / "photo.png", option, photos / "dot.png"]
    done = run(
        command, *guides, tmp_path / "bad.npy", tmp_path / "good.npy", tmp_path / "end.npy", "-o", f"{tmp_path}/out/"
    )
    assert done.status == 2 and len(done.stderr.splitlines()) == 1 and b"bad.npy" in done.stderr
    alone = run(command, option, photos / "photo.png", tmp_path / "good.npy")
    [written] = (tmp_path / "out").glob("good.*")
    assert written.read_bytes() == alone.stdout and len(listed(tmp_path / "out")) == 2


@pytest.mark.parametrize(
    ("command", "option", "map_size", "line"),
    [
        ("blur-refine", "--guide", (4, 5), b"map is 5x4, photo is 120x90; they must agree"),
        ("blur-mask", "--cut", (4, 5), b"map is 5x4, photo is 120x90; they must agree"),
        ("blur-refine", None, (4, 5), b"--guide"),
    ],
)
def test_a_map_and_a_photo_that_do_not_fit_are_told_with_both_sizes(run, bad, command, option, map_size, line):
    words = [option, bad / "good.png"] if option else ["--method", "zeng"]
    done = run(command, *words, stdin=npy(np.full(map_size, 0.75, np.float32)))
    assert line in one_line(command, done) and done.stdout == b""


def test_the_steps_of_the_paper_and_their_mix_are_its_formulas_bit_for_bit(run, photos):
    raw = run("blur-map", "--method", "zeng", "--as-published", "--raw", photos / "photo.png").stdout
    final, mixed, ten, fifty, hundred = (
        np.load(io.BytesIO(run("blur-refine", "--method", "zeng", "--as-published", *words, stdin=raw).stdout))
        for words in ([], ["--steps", "mix"], ["--steps", 10], ["--steps", 50], ["--steps", 100])
    )
    top = 1.0
    for steps, after in ((10, ten), (40, fifty), (50, hundred)):
        for _ in range(steps):
            top = np.tanh(top)
        assert 0 < after.max() <= np.float32(top) and (after == 0).any()
    assert (0.3 * ten + 0.2 * fifty + 0.5 * hundred == mixed).all() and mixed.max() < 0.2015
    assert (np.minimum(mixed / np.float32(0.20142072), 1) == final).all()


@pytest.mark.parametrize("steps", ["0", "mixed", "1.5"])
def test_steps_that_are_no_number_of_steps_are_refused(run, steps):
    done = run("blur-refine", "--method", "zeng", "--as-published", "--steps", steps, stdin=b"")
    assert (done.status, done.stdout) == (2, b"") and b"--steps" in done.stderr and steps.encode() in done.stderr


@pytest.mark.parametrize("words", [["--method", "zeng"], ["--method", "joint"], ["--method", "park", "--as-published"]])
def test_other_refinements_go_in_no_steps(run, photos, words):
    done = run(
        "blur-refine",
        *words,
        "--steps",
        10,
        "--guide",
        photos / "photo.png",
        stdin=npy(np.zeros((90, 120), np.float32)),
    )
    assert (done.status, done.stdout) == (2, b"") and b"that of method zeng, --as-published" in done.stderr
