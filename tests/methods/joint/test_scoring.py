"""Stage 16: which pictures give samples for the score, how many, and that they are the same for one seed."""

import numpy as np
import pytest

from blurkit import patches as patch_sets
from blurkit.methods.joint import samples, scoring


def cut(picture, truth, copy=0, sigma=np.nan, count=10**6, seed=0):
    at = scoring.centres(picture, truth, copy, count, np.random.default_rng(seed))
    return at, scoring.cut(picture, truth, at, sigma)


@pytest.fixture(scope="module")
def wide(discs):
    """(340, 700, 3) uint8: two rows of three samples."""
    return discs(np.random.default_rng(2), 340, 700)


@pytest.mark.parametrize("copy, sigma, known", [(0, np.nan, True), (1, 2.5, True), (0, 2.5, True), (2, np.nan, False)])
def test_photos_themselves_and_compositions_give_samples_and_degraded_copies_none(wide, copy, sigma, known):
    truth = np.full(wide.shape[:2], 255, np.uint8)
    truth[:, 600:] = 0
    at, found = cut(wide, truth, copy, sigma)
    assert at.shape == (6, 4) and len(found) == (6 if known else 0) and found.dtype == scoring.patch_record()
    assert not known or ((found["edge_direction"] != samples.NONE).sum(axis=1) >= samples.FEWEST).all()
    assert np.isfinite(found["covariance"]).all()


def test_every_sample_has_a_seed_of_its_own_that_goes_with_it_wherever_it_is_cut(wide):
    truth = np.full(wide.shape[:2], 255, np.uint8)
    at, found = cut(wide, truth)
    assert at.dtype == np.int64 and len(np.unique(at[:, 2])) == 6 and (at[:, 3] == 1).all()
    assert (cut(wide, truth, copy=3)[0][:, 3] == 0).all()
    assert found.tobytes() == cut(wide, truth)[1].tobytes() != cut(wide, truth, seed=1)[1].tobytes()
    assert len({one["edges"].tobytes() for one in found}) == 6
    assert scoring.cut(wide, truth, at[::-1], np.nan)[::-1].tobytes() == found.tobytes()
    assert scoring.cut(wide, truth, at[4:5], np.nan).tobytes() == found[4:5].tobytes()
    assert len(cut(wide, truth, count=2)[1]) == 2


@pytest.mark.parametrize("value", [0, 1, 128, 254])
def test_a_photo_with_too_little_in_focus_gives_none(wide, value):
    truth = np.full(wide.shape[:2], value, np.uint8)
    truth[:10, :10] = 255
    found = cut(wide, truth, count=2)[1]
    assert len(found) == 2 and np.isnan(found["covariance"]).all() and (found["edge_direction"] == samples.NONE).all()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_sample_is_of_the_whole_picture_with_its_truth_and_seed_and_has_no_blur_without_edges(
    monkeypatch, wide, dtype
):
    truth = np.random.default_rng(0).choice(np.uint8([0, 2, 128, 254, 255]), wide.shape[:2])
    seen = []

    def sample(picture, in_focus, rng):
        seen.append((picture, in_focus, rng.integers(10**9)))
        if len(seen) == 2:
            return None
        edges = np.full((samples.COUNT, samples.edges.INPUTS), len(seen), np.float32)
        return edges, np.full(samples.COUNT, 7 - len(seen), np.uint8), np.float32([len(seen), 2, 3])

    monkeypatch.setattr(samples, "sample", sample)
    photo = wide if dtype == np.uint8 else wide.astype(dtype) * 257
    records = samples.cut(photo, truth, np.array([5, 6, 7]))
    for (picture, in_focus, number), seed in zip(seen, (5, 6, 7), strict=True):
        assert picture.dtype == np.uint8 and (picture == wide).all()
        assert in_focus.dtype == np.float32 and (in_focus == (truth == 255)).all()
        assert number == np.random.default_rng(seed).integers(10**9)
    assert len(records) == 3 and records["edges"][:, 9, 4].tolist() == [1, 0, 3]
    assert records["edge_direction"][:, 9].tolist() == [6, samples.NONE, 4]
    assert records["covariance"][[0, 2]].tolist() == [[1, 2, 3], [3, 2, 3]] and np.isnan(records["covariance"][1]).all()


def test_of_a_large_photo_the_copy_is_taken_at_the_working_size(discs):
    small = discs(np.random.default_rng(4), 60, 1536)
    truth = np.zeros(small.shape[:2], np.uint8)
    truth[:, 500:1500] = 255
    large, large_truth = small.repeat(2, axis=0).repeat(2, axis=1), truth.repeat(2, axis=0).repeat(2, axis=1)
    (at, found), (at_large, large_found) = cut(small, truth, count=2), cut(large, large_truth, count=2)
    assert (at == at_large).all() and len(found) and found.tobytes() == large_found.tobytes()


def test_edges_are_kept_in_half_precision_as_closely_as_it_matters(wide):
    _, found = cut(wide, np.full(wide.shape[:2], 255, np.uint8), count=2)
    assert found["edges"].dtype == np.float16 and np.isfinite(found["edges"]).all()
    assert 1 < np.abs(found["edges"]).max() < 16  # steps of a hundredth at most


def test_samples_of_a_photo_bear_its_name_and_are_the_same_for_the_same_seed(wide):
    truth = np.full(wide.shape[:2], 255, np.uint8)

    def records(seed):
        picture, second, sigma = patch_sets.picture(wide, truth, 0, "masks", "joint", seed, 4, part="score")
        at = patch_sets.centres(picture, second, 0, 2, "joint", seed, 4, "score")
        return patch_sets.cut(picture, second, at, "joint", b"disc.png", 4, 0, sigma, "score")

    one = records(1)
    assert one.tobytes() == records(1).tobytes() != records(2).tobytes()
    assert one.dtype == samples.RECORD and one["photo"].tolist() == [b"disc.png"] * 2 and (one["number"] == 4).all()


def test_fit_gives_weights_of_the_declared_shapes_and_both_figures(edge_samples):
    pytest.importorskip("torch")
    steps = []
    weights, measured = scoring.fit(edge_samples, 2, 1, "cpu", lambda *step: steps.append(step))
    assert {name: array.shape for name, array in weights.items()} == scoring.SHAPES
    assert set(measured) == {"accuracy", "sigma_error"} and 0 <= measured["accuracy"] <= 1
    assert 0 < measured["sigma_error"] < 3 and {name for name, *_ in steps} == {"direction"}
    assert [step for _, step, *_ in steps] == list(range(1, steps[0][2] + 1))
