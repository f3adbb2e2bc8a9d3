"""Stages 3 and 4: the network and its training."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from blurkit.errors import InputError  # noqa: E402
from blurkit.methods.zeng import network, patches, training  # noqa: E402
from blurkit.training import loop  # noqa: E402


def test_crelu_keeps_both_signs_apart():
    assert network.CReLU()(torch.tensor([[[[2.0]], [[-3.0]]]])).flatten().tolist() == [2, 0, 0, 3]


def test_the_network_takes_crops_and_gives_two_logits_and_starts_with_small_kernels():
    torch.manual_seed(0)
    model = network.build()
    assert model(torch.rand(5, 3, 24, 24)).shape == (5, 2)
    assert network.first_kernels(model).shape == (8, 3, 7, 7)
    assert network.first_kernels(model).abs().max() <= network.FIRST_SCALE / np.sqrt(3 * 49)


def test_usable_patches_are_labelled_structured_and_even(toy_records):
    records = toy_records.copy()
    records["patch"][:10] = 128
    chosen = training.usable(records)
    assert (records["label"][chosen] >= 0).all() and (chosen >= 10).all()
    assert (records["label"][chosen] == 1).sum() == (records["label"][chosen] == 0).sum() > 50


def test_the_paper_learns_from_all_labelled_patches_of_real_photos_in_their_middle(toy_records):
    records = toy_records.copy()
    records["sigma"][100:], records["copy"][300:] = np.nan, 1
    records["patch"][100:150] = 128
    chosen = training.usable_as_published(records)
    assert chosen.min() >= 100 and chosen.max() < 300 and (records["label"][chosen] >= 0).all()
    assert (records["label"][chosen] == 1).sum() == (records["label"][chosen] == 0).sum() > 30
    assert set(chosen) & set(range(100, 150))
    crops = training.middle_crops(records, chosen[:3]).numpy()
    middle = records["patch"][chosen[:3], 12:36, 12:36].transpose(0, 3, 1, 2)
    assert (crops == middle.astype(np.float32) / 255).all()


def test_strong_and_unknown_blur_are_left_out_where_slight_blur_is_known(toy_records):
    records = toy_records.copy()
    blurred = np.flatnonzero(records["label"] == 0)
    records["sigma"][blurred[::2]] = 4.0
    records["sigma"][blurred[1::4]] = np.nan
    chosen = training.usable(records)
    assert np.nanmax(records["sigma"][chosen]) == 2 and not np.isnan(records["sigma"][chosen]).any()
    records["sigma"] = np.nan
    assert len(training.usable(records)) > len(chosen)


def test_whole_photos_are_held_out(toy_records):
    held = loop.held_out(toy_records)
    sides = {name: set(held[toy_records["photo"] == name]) for name in set(toy_records["photo"])}
    assert all(len(side) == 1 for side in sides.values())
    assert 1 <= sum(side == {True} for side in sides.values()) <= 8
    assert (loop.held_out(toy_records[:300]) == held[:300]).all()
    assert not set(training.judges(toy_records)) & set(np.flatnonzero(held))


def test_crops_are_parts_of_their_patches_flipped_or_turned(toy_records):
    crops = training.random_crops(toy_records["patch"], np.arange(3), np.random.default_rng(0)).numpy()
    assert crops.shape == (3, 3, 24, 24)
    for crop, record in zip(crops, toy_records, strict=False):
        patch = record["patch"].astype(np.float32) / 255
        views = [np.rot90(crop.transpose(1, 2, 0), turn)[:, ::flip] for turn in range(4) for flip in (1, -1)]
        windows = np.lib.stride_tricks.sliding_window_view(patch, (24, 24), axis=(0, 1)).transpose(0, 1, 3, 4, 2)
        assert any(np.isclose(windows, view, atol=1e-6).all(axis=(2, 3, 4)).any() for view in views)


def test_training_separates_sharp_from_blurred_and_twice_gives_the_same_kernels(toy_records):
    steps = []
    model, accuracy = training.train(toy_records, 30, 1, "cpu", lambda *step: steps.append(step))
    again, _ = training.train(toy_records, 30, 1, "cpu", lambda *_: None)
    assert accuracy >= 0.9
    assert (network.first_kernels(model) == network.first_kernels(again)).all()
    assert [s[0] for s in steps] == list(range(1, steps[0][1] + 1))
    assert np.mean([s[2] for s in steps[-5:]]) < np.mean([s[2] for s in steps[:5]])


def test_another_seed_gives_other_kernels(toy_records):
    one, two = (
        network.first_kernels(training.train(toy_records, 1, seed, "cpu", lambda *_: None)[0]) for seed in (1, 2)
    )
    assert (one != two).any()


def test_too_few_patches_are_refused_with_both_numbers(toy_records):
    with pytest.raises(InputError, match="usable patches"):
        training.train(toy_records[:20], 1, 0, "cpu", lambda *_: None)
    assert patches.SIZE > network.CROP
