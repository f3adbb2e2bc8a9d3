"""Stage 12: how tiles become inputs: scaling, crops, noise, changes of contrast and of light."""

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch")
from blurkit.methods.joint import crops, evidence, inputs, network, patches  # noqa: E402
from tests.methods.joint.random_tiles import SCALING_NAMES, UNSCALED, random_records  # noqa: E402

STILL = ("CONTRAST", "STATISTICS_NOISE", "CHANGED_LIGHT")  # without these, crops are what they are cut from


@pytest.fixture
def still(monkeypatch):
    """still(NAME, ...): nothing is changed at random but these."""

    def still(*kept):
        for name in STILL:
            if name not in kept:
                monkeypatch.setattr(crops, name, 0.0)

    return still


@pytest.fixture(scope="module")
def records():
    return random_records(4)


def crops_of(records, seed, scaling=UNSCALED, indices=(2, 0)):
    *tensors, quarter_turns = crops.crops(records, np.array(indices), np.random.default_rng(seed), scaling)
    assert all(tensor.dtype == torch.float32 for tensor in tensors)
    return [tensor.numpy() for tensor in tensors], quarter_turns


def test_mean_and_deviation_are_those_of_cells_and_of_all_statistics_and_never_zero(toy_records):
    records = toy_records.copy()
    records["evidence"][:, 3], records["whole"][:, 2] = 200, -1.5
    scaling = crops.input_scaling(records, np.arange(len(records)))
    codes = records["evidence"][..., ::4, ::4].astype(float).transpose(1, 0, 2, 3).reshape(inputs.PLANES, -1)
    for prefix, values in (("", patches.LOW + patches.STEP * codes), ("whole_", records["whole"].astype(float).T)):
        mean, scale = scaling[f"{prefix}mean"], scaling[f"{prefix}scale"]
        assert mean.dtype == scale.dtype == np.float32 and scale.min() > 0
        assert mean == pytest.approx(values.mean(axis=1), abs=1e-3)
        assert scale == pytest.approx(values.std(axis=1), rel=1e-3, abs=1e-5)
    assert set(scaling) == set(SCALING_NAMES)


def test_of_a_large_set_the_scaling_comes_from_tiles_from_first_to_last():
    fields = [("evidence", "u1", (inputs.PLANES, 1, 1)), ("whole", "<f4", (evidence.STATISTICS,))]
    records = np.zeros(3 * crops.NORMALISING_TILES, fields)
    records["evidence"] = (np.arange(len(records)) * 255 // len(records))[:, None, None, None]
    records["whole"] = np.linspace(0, 1, len(records))[:, None]
    scaling = crops.input_scaling(records, np.arange(len(records)))
    assert scaling["mean"] == pytest.approx(patches.LOW + patches.STEP * 127, abs=2 * patches.STEP)
    assert scaling["scale"] == pytest.approx(patches.STEP * 255 / np.sqrt(12), rel=0.02)
    assert scaling["whole_mean"] == pytest.approx(0.5, abs=0.01)
    assert scaling["whole_scale"] == pytest.approx(1 / np.sqrt(12), rel=0.02)


def place_in(records, share, mirrored):
    """(row, column) of the one crop of tile 0, the first of tiles 2 and 0, with these shares."""
    truth = share[0][:, ::-1] if mirrored else share[0]
    windows = np.lib.stride_tricks.sliding_window_view(records["share"][0], truth.shape)
    return [tuple(map(int, place)) for place in np.argwhere((windows == truth).all(axis=(2, 3)))]


def test_crops_are_of_one_place_mirrored_together_in_all_fields(still, records):
    still()
    shifted = {"mean": UNSCALED["mean"] - np.float32(1.1), "whole_mean": UNSCALED["whole_mean"] + 1}
    scaling = {**UNSCALED, **shifted, "scale": UNSCALED["scale"] * 2}
    seen = set()
    for seed in range(24):
        (planes, halved, statistics, photo, share, moving), turns = crops_of(records, seed, scaling)
        side, pixels = share.shape[1], photo.shape[2]
        assert (side, pixels) in crops.CROPS and 0 <= turns <= 3
        assert planes.shape == (2, 31, side, side) and halved.shape == (2, 31, side // 2, side // 2)
        assert photo.shape == (2, 3, pixels, pixels) and statistics.shape == (2, 3, 1, 1)
        codes = np.rint(share * patches.SHARE).astype(int)
        (view,) = [(m, place) for m in (False, True) for place in place_in(records, codes, m)]
        mirrored, (row, column) = view
        assert row % 4 == column % 4 == 0  # whole cells of the half, and whole pixels of the photo

        def part(name, top, left, side, mirrored=mirrored):
            found = np.stack([records[name][i] for i in (0, 2)])  # in the order in which they lie on disk
            found = found.transpose(0, 3, 1, 2) if name == "pixels" else found
            found = found[..., top : top + side, left : left + side]
            return found[..., ::-1] if mirrored else found

        decoded = patches.LOW + patches.STEP * part("evidence", row, column, side).astype(float)
        assert np.abs(planes - ((decoded + 1.1) / 2).clip(-5, 5)).max() < 1e-4
        decoded = patches.LOW + patches.STEP * part("halved", row // 2, column // 2, side // 2).astype(float)
        assert np.abs(halved - ((decoded + 1.1) / 2).clip(-5, 5)).max() < 1e-4
        assert (moving == part("moving", row, column, side)).all()
        assert statistics[:, :, 0, 0] == pytest.approx(records["whole"][[0, 2]] - 1, abs=1e-6)
        cut = part("pixels", row * 9 // 4, column * 9 // 4, side * 9 // 4)
        expected = [crops.resized(one.transpose(1, 2, 0), pixels) for one in cut]
        assert np.abs(photo - network.normalised_photo(np.stack(expected))).max() < 1e-5
        seen.add((mirrored, row > 0, side, pixels, turns))
    assert len({one[:2] for one in seen}) == 4 and len({one[2:4] for one in seen}) == 4
    assert len({one[4] for one in seen}) == 4


def test_a_photo_that_shrinks_is_averaged_and_one_that_grows_is_linear():
    photo = np.random.default_rng(0).integers(0, 256, (216, 216, 3), np.uint8)
    assert (crops.resized(photo, 108) == cv2.resize(photo, (108, 108), interpolation=cv2.INTER_AREA)).all()
    assert (crops.resized(photo, 256) == cv2.resize(photo, (256, 256), interpolation=cv2.INTER_LINEAR)).all()
    assert crops.resized(photo, 216).dtype == np.float32


def test_noise_is_on_the_statistics_alone_of_its_own_for_every_tile_and_draw(still, monkeypatch, records):
    monkeypatch.setattr(crops, "CROPS", ((8, 16),))
    still("STATISTICS_NOISE")
    scale = UNSCALED["whole_scale"] * np.float32([0.5, 3, 20])  # the unit does not matter
    scaling = {**UNSCALED, "whole_mean": UNSCALED["whole_mean"] - 2, "whole_scale": scale}
    exact = network.normalised(records["whole"][[0, 1, 3]], scaling["whole_mean"], scale)
    noise = np.array([crops_of(records, seed, scaling, (3, 0, 1))[0][2][..., 0, 0] - exact for seed in range(400)])
    assert noise.shape == (400, 3, evidence.STATISTICS) and len(np.unique(noise)) > 0.99 * noise.size
    noise = noise.reshape(400, -1) / crops.STATISTICS_NOISE
    assert np.abs(noise.mean(axis=0)).max() < 5 / np.sqrt(400) and noise.std(axis=0) == pytest.approx(1, abs=0.15)
    assert np.abs(np.corrcoef(noise.T) - np.eye(noise.shape[1])).max() < 0.25


def test_another_contrast_shifts_the_log_planes_of_a_tile_alike_and_leaves_ratios_and_all_else(monkeypatch, records):
    monkeypatch.setattr(crops, "CROPS", ((8, 16),))
    scale = np.linspace(0.5, 3, inputs.PLANES, dtype=np.float32)  # the unit of each plane does not matter
    is_ratio, contrast, drawn = np.isin(np.arange(inputs.PLANES), inputs.UNCHANGED), crops.CONTRAST, []

    def of(deviation, seed):
        monkeypatch.setattr(crops, "CONTRAST", deviation)
        return crops_of(records, seed, {**UNSCALED, "scale": scale}, (3, 0, 1))

    for seed in range(150):
        (planes, halved, *others), turns = of(contrast, seed)
        (plain, plain_halved, *plain_others), plain_turns = of(0.0, seed)
        assert turns == plain_turns and all((a == b).all() for a, b in zip(others, plain_others, strict=True))
        shifts = (planes - plain) * scale[:, None, None]
        half_shifts = (halved - plain_halved) * scale[:, None, None]
        of_tiles = shifts[:, 0, 0, 0]
        expected = np.where(is_ratio, 0, of_tiles[:, None])[..., None, None]
        assert max(np.abs(shifts - expected).max(), np.abs(half_shifts - expected).max()) < 1e-5
        drawn.append(of_tiles)
    assert np.std(drawn, axis=0) == pytest.approx(contrast, rel=0.2)
    assert np.abs(np.mean(drawn, axis=0)).max() < 5 * contrast / np.sqrt(150)
    assert np.abs(np.corrcoef(np.transpose(drawn)) - np.eye(3)).max() < 0.3  # each tile its own


def test_the_light_of_half_the_photos_is_changed_some_are_tinted_and_some_made_grey():
    rng, photo = np.random.default_rng(1), np.float32(np.random.default_rng(0).uniform(60, 200, (6, 6, 3)))
    made = [crops.relit(photo, rng) for _ in range(1500)]
    changed = [one for one in made if one is not photo]
    assert len(changed) / len(made) == pytest.approx(0.5, abs=0.05)
    assert all(one.shape == photo.shape and one.min() >= 0 and one.max() <= 255 for one in changed)
    grey = [one for one in changed if np.ptp(one, axis=2).max() < 1e-3]
    assert len(grey) / len(changed) == pytest.approx(0.1, abs=0.03)
    gains = [one.std(axis=(0, 1)) / photo.std(axis=(0, 1)) for one in changed if np.ptp(one, axis=2).max() >= 1e-3]
    tinted = np.array([np.ptp(gain) > 1e-3 for gain in gains])
    assert tinted.sum() / len(changed) == pytest.approx(0.2, abs=0.04)
    plain = np.array([gain[0] for gain, is_tinted in zip(gains, tinted, strict=True) if not is_tinted])
    assert 0.6 < plain.min() < 0.75 and 1.2 < plain.max() < 1.31


def test_unknown_shares_and_kinds_are_above_one_and_all_others_are_not(still):
    still()
    records = np.zeros(1, patches.RECORD)
    for value, known in ((0, True), (1, True), (patches.UNKNOWN, False)):
        records["share"], records["moving"] = patches.SHARE if value == 1 else value, value
        (*_, share, moving), _ = crops_of(records, 0, indices=(0,))
        assert ((share <= 1) == known).all() and ((moving <= 1) == known).all()


def test_crops_are_the_same_for_the_same_seed(records):
    one, two, three = (crops_of(records, seed) for seed in (1, 1, 2))
    assert one[1] == two[1] and all((a == b).all() for a, b in zip(one[0], two[0], strict=True))
    assert any(a.shape != b.shape or (a != b).any() for a, b in zip(one[0], three[0], strict=True))
