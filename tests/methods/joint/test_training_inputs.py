"""Stage 7: how tiles become inputs: scaling, crops, noise, changes of contrast."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from blurkit.methods.joint import evidence, network, patches, training  # noqa: E402
from tests.methods.joint.random_tiles import SCALING_NAMES, UNSCALED, random_records  # noqa: E402


def test_mean_and_deviation_are_those_of_all_cells_and_of_all_statistics_and_never_zero(toy_records):
    records = toy_records.copy()
    records["evidence"][:, 3], records["whole"][:, 2] = 200, -1.5
    scaling = training.input_scaling(records, np.arange(len(records)))
    codes = records["evidence"].astype(float).transpose(1, 0, 2, 3).reshape(network.PLANES, -1)
    for prefix, values in (("", patches.LOW + patches.STEP * codes), ("whole_", records["whole"].astype(float).T)):
        mean, scale = scaling[f"{prefix}mean"], scaling[f"{prefix}scale"]
        assert mean.dtype == scale.dtype == np.float32 and scale.min() > 0
        assert mean == pytest.approx(values.mean(axis=1), abs=1e-3)
        assert scale == pytest.approx(values.std(axis=1), rel=1e-3, abs=1e-5)


def test_of_a_large_set_the_scaling_comes_from_tiles_from_first_to_last():
    fields = [("evidence", "u1", (network.PLANES, 1, 1)), ("whole", "<f4", (evidence.STATISTICS,))]
    records = np.zeros(3 * training.NORMALISING_TILES, fields)
    records["evidence"] = (np.arange(len(records)) * 255 // len(records))[:, None, None, None]
    records["whole"] = np.linspace(0, 1, len(records))[:, None]
    scaling = training.input_scaling(records, np.arange(len(records)))
    assert scaling["mean"] == pytest.approx(patches.LOW + patches.STEP * 127, abs=2 * patches.STEP)
    assert scaling["scale"] == pytest.approx(patches.STEP * 255 / np.sqrt(12), rel=0.02)
    assert scaling["whole_mean"] == pytest.approx(0.5, abs=0.01)
    assert scaling["whole_scale"] == pytest.approx(1 / np.sqrt(12), rel=0.02)


def views_in(records, codes, half_codes, truth):
    """Where crops of tiles 2 and 0 come from: all ((quarter turns, mirrored), (row, column)) that explain them."""
    crop, views = training.CROP, []
    windows = np.lib.stride_tricks.sliding_window_view(records["share"][2], (crop, crop))
    for quarter_turns, mirrored in np.ndindex(4, 2):

        def upright(array, quarter_turns=quarter_turns, mirrored=mirrored):
            return np.rot90(array[..., ::-1] if mirrored else array, -quarter_turns, (-2, -1))

        for row, column in np.argwhere((windows == upright(truth)[0]).all(axis=(2, 3))):
            inside = np.s_[..., row : row + crop, column : column + crop]
            half_inside = np.s_[..., row // 2 : (row + crop) // 2, column // 2 : (column + crop) // 2]
            parts = [("share", inside, truth), ("evidence", inside, codes), ("halved", half_inside, half_codes)]
            if all((records[name][[2, 0]][place] == upright(array)).all() for name, place, array in parts):
                assert row % 2 == column % 2 == 0  # a cell of the half is four whole cells
                views.append(((quarter_turns, mirrored), (int(row), int(column))))
    return views


def test_crops_are_one_of_eight_views_of_one_place_evidence_half_and_truth_alike(monkeypatch):
    monkeypatch.setattr(training, "STATISTICS_NOISE", 0.0)
    monkeypatch.setattr(training, "CONTRAST", 0.0)
    records = random_records(3)
    shifted = {"mean": UNSCALED["mean"] - np.float32(1.1), "whole_mean": UNSCALED["whole_mean"] + 1}
    scaling = {**UNSCALED, **shifted, "scale": UNSCALED["scale"] * 2}
    crop, views, places = training.CROP, set(), set()
    for seed in range(40):
        rng = np.random.default_rng(seed)
        planes, halved, statistics, shares = training.crops(records, np.array([2, 0]), rng, scaling)
        assert statistics.numpy() == pytest.approx(records["whole"][[2, 0]] - 1, abs=1e-6)
        assert planes.shape == (2, network.PLANES, crop, crop) and shares.shape == (2, crop, crop)
        assert halved.shape == (2, network.PLANES, crop // 2, crop // 2)
        values = (tensor.numpy() * 2 - 1.1 for tensor in (planes, halved))
        codes, half_codes = (np.rint((value - patches.LOW) / patches.STEP).astype(int) for value in values)
        truth = np.rint(shares.numpy() * patches.SHARE).astype(int)
        ((view, place),) = views_in(records, codes, half_codes, truth)
        views.add(view)
        places.add(place)
    assert len(views) == 8 and len(places) > 20


def test_noise_is_on_the_statistics_alone_of_its_own_for_every_tile_and_draw():
    records, indices = random_records(4), np.array([3, 0, 1])
    scale = UNSCALED["whole_scale"] * np.float32([0.5, 3, 20])  # the unit does not matter
    scaling = {**UNSCALED, "whole_mean": UNSCALED["whole_mean"] - 2, "whole_scale": scale}
    fields = (records[name][indices] for name in ("evidence", "halved", "whole"))
    *_, exact = training.as_input(*fields, scaling)
    rng = np.random.default_rng(5)
    noise = np.array([(training.crops(records, indices, rng, scaling)[2] - exact).numpy() for _ in range(600)])
    assert noise.shape == (600, 3, evidence.STATISTICS) and len(np.unique(noise)) > 0.99 * noise.size
    noise = noise.reshape(600, -1) / training.STATISTICS_NOISE
    assert np.abs(noise.mean(axis=0)).max() < 5 / np.sqrt(600) and noise.std(axis=0) == pytest.approx(1, abs=0.15)
    assert np.abs(np.corrcoef(noise.T) - np.eye(noise.shape[1])).max() < 0.2
    assert 0.63 < (np.abs(noise) < 1).mean() < 0.73 and (np.abs(noise) < 2).mean() > 0.93  # a Gaussian


def test_noise_leaves_planes_halves_and_truth_as_they_are_and_is_the_same_for_the_same_seed(monkeypatch):
    records = random_records(2)

    def crops():
        return [t.numpy() for t in training.crops(records, np.array([1, 0]), np.random.default_rng(8), UNSCALED)]

    noisy, again = crops(), crops()
    monkeypatch.setattr(training, "STATISTICS_NOISE", 0.0)
    exact = crops()
    assert [array.dtype for array in noisy] == [np.float32] * 4
    assert all((a == b).all() for a, b in zip(noisy, again, strict=True))
    assert [(a == b).all() for a, b in zip(noisy, exact, strict=True)] == [True, True, False, True]
    assert (noisy[2] != exact[2]).all()
    assert exact[2] == pytest.approx(records["whole"][[1, 0]])


def test_another_contrast_shifts_the_log_planes_of_a_tile_alike_and_leaves_ratios_statistics_and_truth(monkeypatch):
    records, indices = random_records(4), np.array([3, 0, 1])
    scale = np.linspace(0.5, 3, network.PLANES, dtype=np.float32)  # the unit of each plane does not matter
    is_ratio = np.isin(np.arange(network.PLANES), evidence.REBLUR_LOSSES)
    contrast, drawn = training.CONTRAST, []

    def crops(deviation, seed):
        monkeypatch.setattr(training, "CONTRAST", deviation)
        return training.crops(records, indices, np.random.default_rng(seed), {**UNSCALED, "scale": scale})

    for seed in range(200):
        planes, halved, *others = crops(contrast, seed)
        plain, plain_halved, *plain_others = crops(0.0, seed)
        assert all((a == b).all() for a, b in zip(others, plain_others, strict=True))
        shifts = (planes - plain).numpy() * scale[:, None, None]
        half_shifts = (halved - plain_halved).numpy() * scale[:, None, None]
        of_tiles = shifts[:, 0, 0, 0]
        expected = np.where(is_ratio, 0, of_tiles[:, None])[..., None, None]
        assert max(np.abs(shifts - expected).max(), np.abs(half_shifts - expected).max()) < 1e-5
        drawn.append(of_tiles)
    assert np.std(drawn, axis=0) == pytest.approx(contrast, rel=0.2)
    assert np.abs(np.mean(drawn, axis=0)).max() < 5 * contrast / np.sqrt(200)
    assert np.abs(np.corrcoef(np.transpose(drawn)) - np.eye(3)).max() < 0.3  # each tile its own


def test_unknown_shares_are_above_one_and_all_others_are_not():
    records = np.zeros(1, patches.RECORD)
    for share, labelled in ((0, True), (patches.SHARE, True), (patches.UNKNOWN, False)):
        records["share"] = share
        *_, shares = training.crops(records, np.array([0]), np.random.default_rng(0), UNSCALED)
        assert ((shares <= 1) == labelled).all()


def test_inputs_are_clipped_where_the_network_clips_them():
    codes = np.zeros((1, network.PLANES, 2, 2), np.uint8)
    codes[..., 1] = 255
    statistics = np.full((1, evidence.STATISTICS), -0.3, np.float32)
    scaling = {name: array / (100 if name.endswith("scale") else 1) for name, array in UNSCALED.items()}
    tensors = training.as_input(codes, 255 - codes, statistics, scaling)
    planes, halved, statistics = (tensor.numpy() for tensor in tensors)
    limit = network.MOST_DEVIATIONS
    assert (planes[..., 0] == -limit).all() and (planes[..., 1] == limit).all()
    assert (halved[..., 0] == limit).all() and (halved[..., 1] == -limit).all()
    assert (statistics == -limit).all()


def test_inputs_are_the_evidence_measured_in_deviations_from_its_mean():
    rng = np.random.default_rng(2)
    codes, half_codes = (rng.integers(60, 200, (2, network.PLANES, side, side)).astype(np.uint8) for side in (4, 2))
    whole = rng.uniform(-2, 1, (2, evidence.STATISTICS)).astype(np.float32)
    scaling = {name: rng.uniform(1, 2, network.SHAPES[name]).astype(np.float32) for name in SCALING_NAMES}
    planes, halved, statistics = training.as_input(codes, half_codes, whole, scaling)
    limit = network.MOST_DEVIATIONS
    for tensor, stored in ((planes, codes), (halved, half_codes)):
        assert tensor.shape == stored.shape and tensor.dtype == torch.float32
        for tile, plane, row, column in np.ndindex(stored.shape):
            value = patches.LOW + patches.STEP * float(stored[tile, plane, row, column])
            expected = (value - scaling["mean"][plane]) / scaling["scale"][plane]
            clipped = np.clip(expected, -limit, limit)
            assert tensor[tile, plane, row, column].item() == pytest.approx(clipped, abs=1e-4)
    assert statistics.numpy() == pytest.approx((whole - scaling["whole_mean"]) / scaling["whole_scale"], abs=1e-5)
