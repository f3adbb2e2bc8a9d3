"""What the networks learn from."""

import numpy as np
import pytest

from blurkit.methods.park import features, patches, samples


@pytest.mark.parametrize("grid", [patches.SIGMAS, patches.CLASSES])
def test_every_class_is_its_own_nearest(grid):
    assert samples.classes(grid, grid).tolist() == list(range(len(grid)))
    assert samples.classes(np.float32([-1, 99]), grid).tolist() == [0, len(grid) - 1]


def test_soft_labels_are_symmetric_and_largest_at_the_true_class():
    labels = samples.soft_labels(17)
    assert labels.sum(axis=1) == pytest.approx(1)
    assert (labels.argmax(axis=1) == np.arange(17)).all()
    assert labels[8, 7] == labels[8, 9] == pytest.approx(labels[8, 8] * np.exp(-1 / 0.72))


def test_turned_patches_are_one_of_eight_views():
    photos = np.random.default_rng(0).random((2, 5, 5, 3))
    views = [np.rot90(photos, turn, (1, 2))[:, ::flip] for turn in range(4) for flip in (1, -1)]
    drawn = [samples.turned(photos, np.random.default_rng(seed)) for seed in range(60)]
    which = [[i for i, view in enumerate(views) if (view == one).all()] for one in drawn]
    assert all(len(w) == 1 for w in which) and len({w[0] for w in which}) == 8


def test_hand_crafted_features_are_kept_in_eight_bit_steps(toy_records):
    chosen = np.arange(5, 60, 3)
    records = toy_records[chosen]
    values = features.hand_crafted(records["patch"].max(axis=3) / 255, records["strong"] == 1)
    expected = values.reshape(len(records), -1)
    assert (samples.crafted_of(toy_records, chosen) == np.rint(expected * 255)).all()
