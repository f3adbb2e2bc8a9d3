"""What is good, but odd, works: photos of one pixel, of one row, grey, deep, turned."""

import os
import resource

import numpy as np
import pytest

from tests.files import GOOD, npy

ODD = [
    "dot.png",
    "strip.png",
    "column.png",
    "grey.png",
    "deep_grey.png",
    "deep_rgb.png",
    "rgba.png",
    "cmyk.jpg",
    "palette.png",
    "turned.jpg",
]
SHAPES = {"dot.png": (1, 1), "strip.png": (3, 500), "column.png": (500, 3)}  # the others are 90 x 120


@pytest.fixture(scope="module")
def odd_maps(run, photos, tmp_path_factory):
    """odd_maps(option, ...): a folder with the maps of all odd photos, from one run."""
    made = {}

    def maps(*options):
        if options not in made:
            out = tmp_path_factory.mktemp("odd")
            assert run("blur-map", *options, *ODD, "-o", f"{out}/", cwd=photos) == (GOOD, b"", b"")
            made[options] = out
        return made[options]

    return maps


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("options", [(), ("--raw",), ("--method", "zeng", "--as-published", "--raw")], ids=" ".join)
def test_an_odd_photo_has_a_map_of_its_upright_shape_within_0_and_1(odd_maps, options, name):
    sharpness = np.load(odd_maps(*options) / f"{name[:-4]}.npy")
    assert sharpness.shape == SHAPES.get(name, (90, 120))
    assert (
        sharpness.dtype == np.float32 and np.isfinite(sharpness).all() and sharpness.min() >= 0 and sharpness.max() <= 1
    )


def test_odd_photos_have_scores(run, photos):
    done = run("blur-score", "-q", *ODD, cwd=photos)
    assert done.status == GOOD and done.stderr == b""
    scores = dict(zip(ODD, (float(line.split(b"\t")[0]) for line in done.stdout.splitlines()), strict=True))
    assert np.isnan(scores.pop("dot.png"))  # nothing to judge in a dot
    narrow = [scores.pop(name) for name in ("strip.png", "column.png")]  # three pixels wide: edges of few directions
    assert all(np.isnan(score) or 0 < score < 1 for score in narrow)
    assert all(0 < score < 1 for score in scores.values())


def test_every_odd_photo_guides_and_is_cut_along_its_own_map(run, photos, tmp_path):
    stream = b"".join(
        npy(np.random.default_rng(0).random(SHAPES.get(name, (90, 120)), dtype=np.float32)) for name in ODD
    )
    guides = [word for name in ODD for word in ("--guide", name)]
    cuts = [word for name in ODD for word in ("--cut", name)]
    refined = run("blur-refine", *guides, stdin=stream, cwd=photos)
    assert refined.status == GOOD and refined.stderr == b""
    assert run("blur-mask", *cuts, "-o", f"{tmp_path}/", stdin=refined.stdout, cwd=photos) == (GOOD, b"", b"")
    assert len(os.listdir(tmp_path)) == len(ODD)


@pytest.mark.parametrize(
    ("command", "name"), [("blur-map", "photo.png"), ("blur-mask", "grey.png"), ("blur-score", "photo.jpg")]
)
def test_a_small_file_needs_few_addresses(run, photos, command, name):
    few = 1 << 30  # bytes; half of it is code
    done = run(command, photos / name, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (few, few)))
    assert done.status == GOOD and done.stdout and not done.stderr
