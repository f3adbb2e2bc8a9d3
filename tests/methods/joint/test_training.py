"""Stage 5: training of the network."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from blurkit.errors import InputError  # noqa: E402
from blurkit.methods.joint import evidence, network, patches, training  # noqa: E402
from blurkit.ops import backend  # noqa: E402
from blurkit.training.loop import held_out  # noqa: E402

CPU = backend.CpuBackend
NORMS = ("mean", "scale", "whole_mean", "whole_scale")
PLAIN = {name: np.full(network.SHAPES[name], name.endswith("scale"), np.float32) for name in NORMS}  # evidence as it is


@pytest.fixture(scope="module")
def model():
    """A network whose batch normalisation has seen much."""
    torch.manual_seed(4)
    found = training.Net()
    for part in found.modules():
        if isinstance(part, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(part.weight, 0.5, 1.5)
            torch.nn.init.normal_(part.bias, 0, 0.3)
            torch.nn.init.normal_(part.running_mean, 0, 0.3)
            torch.nn.init.uniform_(part.running_var, 0.3, 2)
            part.eps = 0.05  # so that it counts
    return found.eval()


def quietly(records, epochs, seed):
    return training.train(records, epochs, seed, "cpu", lambda *_: None)


@pytest.mark.parametrize("height, width", [(32, 48), (22, 30), (23, 31), (1, 1)])
def test_exported_weights_give_what_the_module_gives(model, height, width):
    rng = np.random.default_rng(height)
    norms = {
        name: rng.uniform(*((0.5, 2) if name.endswith("scale") else (-4, 0)), network.SHAPES[name]).astype(np.float32)
        for name in NORMS
    }
    normal = rng.uniform(-network.FARTHEST, network.FARTHEST, (network.PLANES, height, width)).astype(np.float32)
    half = rng.uniform(-network.FARTHEST, network.FARTHEST, (network.PLANES, -(-height // 2), -(-width // 2))).astype(
        np.float32
    )
    whole = rng.uniform(-network.FARTHEST, network.FARTHEST, evidence.STATISTICS).astype(np.float32)
    even = np.pad(normal, ((0, 0), (0, height % 2), (0, width % 2)), "edge")
    with torch.no_grad():
        expected = model(*(torch.from_numpy(a)[None] for a in (even, half, whole)))[0, :height, :width].numpy()
    planes, halved = (a * norms["scale"][:, None, None] + norms["mean"][:, None, None] for a in (normal, half))
    whole = whole * norms["whole_scale"] + norms["whole_mean"]
    found = network.log_odds(planes, halved, whole, {**norms, **training.folded(model)}, CPU)
    assert height == 1 or np.ptp(expected) > 0.1
    assert np.abs(expected).max() < network.SUREST
    assert found == pytest.approx(expected, abs=1e-3)


def test_exported_weights_have_the_declared_names_and_shapes(trained):
    weights = trained[0]
    assert {name: weights[name].shape for name in network.SHAPES} == network.SHAPES
    assert all(
        array.dtype == np.float32 and array.flags.c_contiguous and np.isfinite(array).all()
        for array in weights.values()
    )


def test_it_learns_to_tell_sharp_from_blurred_in_photos_it_has_not_seen(toy_records, trained):
    weights, accuracy, steps = trained
    steps = [s for s in steps if s[0] == "network"]
    assert [s[1] for s in steps] == list(range(1, steps[0][2] + 1))
    assert np.mean([s[3] for s in steps[-5:]]) < 0.6 * np.mean([s[3] for s in steps[:5]])
    assert all(0 <= s[4] <= 1 for s in steps)
    assert accuracy >= 0.9
    right = []
    for record in toy_records[held_out(toy_records, training.ONE_IN)]:
        planes, halved = (patches.LOW + np.float32(patches.STEP) * record[name] for name in ("evidence", "halved"))
        found = network.log_odds(planes, halved, record["whole"], weights, CPU)
        known = record["share"] != patches.UNKNOWN
        right += ((found > 0) == (record["share"] > patches.SHARE / 2))[known].tolist()
    assert accuracy == pytest.approx(np.mean(right), abs=1e-3)


def test_equal_seeds_give_equal_weights_and_others_others(toy_records):
    one, two, three = (quietly(toy_records, 2, seed) for seed in (1, 1, 2))
    assert one[1] == two[1] and all((one[0][name] == two[0][name]).all() for name in one[0])
    assert any((one[0][name] != three[0][name]).any() for name in one[0] if name not in NORMS)


def test_photos_held_out_leave_no_trace_in_the_weights(toy_records):
    other = toy_records.copy()
    held = held_out(other, training.ONE_IN)
    other["evidence"][held], other["halved"][held], other["whole"][held], other["share"][held] = 17, 200, 3, 0
    one, two = quietly(toy_records, 1, 1), quietly(other, 1, 1)
    assert all((one[0][name] == two[0][name]).all() for name in one[0]) and one[1] != two[1]


def test_unknown_truth_teaches_nothing(toy_records):
    records = toy_records.copy()
    records["share"] = patches.UNKNOWN
    weights, accuracy = quietly(records, 1, 1)
    torch.manual_seed(1)
    fresh = training.folded(training.Net())
    for name in (*network.LINEAR, "whole"):  # without batch normalisation, which looks at evidence alone
        for kind in ("weight", "bias"):
            assert weights[f"{name}.{kind}"] == pytest.approx(fresh[f"{name}.{kind}"], abs=1e-5)  # decay alone
    assert accuracy == 0
    assert all(np.isfinite(array).all() for array in weights.values())


def test_too_few_tiles_are_refused_with_both_numbers(toy_records):
    held = held_out(toy_records, training.ONE_IN)
    few = np.concatenate([toy_records[~held][: training.FEWEST - 1], toy_records[held]])
    with pytest.raises(
        InputError,
        match=rf"{training.FEWEST - 1} tiles to learn from and {held.sum()} of photos held out; at least {training.FEWEST} and 1",
    ):
        quietly(few, 1, 0)
    with pytest.raises(InputError, match=rf"{(~held).sum()} tiles to learn from and 0 of photos held out"):
        quietly(toy_records[~held], 1, 0)
    assert quietly(np.concatenate([few, toy_records[~held][-1:]]), 1, 0)[0].keys() == network.SHAPES.keys()


def test_mean_and_deviation_are_those_of_all_cells_and_of_all_statistics_and_never_zero(toy_records):
    records = toy_records.copy()
    records["evidence"][:, 3], records["whole"][:, 2] = 200, -1.5
    found = training.spread_of(records, np.arange(len(records)))
    cells = patches.LOW + patches.STEP * records["evidence"].astype(float).transpose(1, 0, 2, 3).reshape(
        network.PLANES, -1
    )
    for prefix, values in (("", cells), ("whole_", records["whole"].astype(float).T)):
        mean, scale = found[f"{prefix}mean"], found[f"{prefix}scale"]
        assert mean.dtype == scale.dtype == np.float32 and scale.min() > 0
        assert mean == pytest.approx(values.mean(axis=1), abs=1e-3) and scale == pytest.approx(
            values.std(axis=1), rel=1e-3, abs=1e-5
        )


def test_of_a_large_set_tiles_from_first_to_last_are_looked_at():
    records = np.zeros(
        3 * training.LOOKED_AT, [("evidence", "u1", (network.PLANES, 1, 1)), ("whole", "<f4", (evidence.STATISTICS,))]
    )
    records["evidence"] = (np.arange(len(records)) * 255 // len(records))[:, None, None, None]
    records["whole"] = np.linspace(0, 1, len(records))[:, None]
    found = training.spread_of(records, np.arange(len(records)))
    assert found["mean"] == pytest.approx(patches.LOW + patches.STEP * 127, abs=2 * patches.STEP)
    assert found["scale"] == pytest.approx(patches.STEP * 255 / np.sqrt(12), rel=0.02)
    assert found["whole_mean"] == pytest.approx(0.5, abs=0.01) and found["whole_scale"] == pytest.approx(
        1 / np.sqrt(12), rel=0.02
    )


def random_records(count):
    rng = np.random.default_rng(0)
    records = np.zeros(count, patches.RECORD)
    records["evidence"] = rng.integers(0, 256, records["evidence"].shape)
    records["halved"] = rng.integers(0, 256, records["halved"].shape)
    records["share"] = rng.integers(0, 256, records["share"].shape)
    records["whole"] = rng.uniform(-2, 2, records["whole"].shape)
    return records


def test_crops_are_one_of_eight_views_of_one_place_evidence_half_and_truth_alike(monkeypatch):
    monkeypatch.setattr(training, "DOUBT", 0.0)
    monkeypatch.setattr(training, "CONTRAST", 0.0)
    records = random_records(3)
    norms = {
        **PLAIN,
        "mean": PLAIN["mean"] - np.float32(1.1),
        "scale": PLAIN["scale"] * 2,
        "whole_mean": PLAIN["whole_mean"] + 1,
    }
    crop, views, places = training.CROP, set(), set()
    for seed in range(40):
        inputs, halves, whole, shares = training.crops(records, np.array([2, 0]), np.random.default_rng(seed), norms)
        assert whole.numpy() == pytest.approx(records["whole"][[2, 0]] - 1, abs=1e-6)
        assert inputs.shape == (2, network.PLANES, crop, crop) and shares.shape == (2, crop, crop)
        assert halves.shape == (2, network.PLANES, crop // 2, crop // 2)
        codes, half_codes = (
            np.rint(((given.numpy() * 2 - 1.1) - patches.LOW) / patches.STEP).astype(int) for given in (inputs, halves)
        )
        truth = np.rint(shares.numpy() * patches.SHARE).astype(int)
        found = []
        for view in np.ndindex(4, 2):
            back = (np.rot90(a[..., ::-1] if view[1] else a, -view[0], (-2, -1)) for a in (codes, half_codes, truth))
            codes_back, half_back, truth_back = back
            windows = np.lib.stride_tricks.sliding_window_view(records["share"][2], (crop, crop))
            for row, column in np.argwhere((windows == truth_back[0]).all(axis=(2, 3))):
                inside = np.s_[..., row : row + crop, column : column + crop]
                beside = np.s_[..., row // 2 : (row + crop) // 2, column // 2 : (column + crop) // 2]
                parts = ("share", inside, truth_back), ("evidence", inside, codes_back), ("halved", beside, half_back)
                if all((records[name][[2, 0]][where] == expected).all() for name, where, expected in parts):
                    assert row % 2 == column % 2 == 0  # a cell of the half is four whole cells
                    found.append((view, (int(row), int(column))))
        assert len(found) == 1
        views.add(found[0][0])
        places.add(found[0][1])
    assert len(views) == 8 and len(places) > 20


def test_doubt_is_noise_on_the_statistics_alone_of_its_own_for_every_tile_and_draw():
    records, indices = random_records(4), np.array([3, 0, 1])
    norms = {
        **PLAIN,
        "whole_mean": PLAIN["whole_mean"] - 2,
        "whole_scale": PLAIN["whole_scale"] * np.float32([0.5, 3, 20]),
    }  # whatever its unit
    *_, exact = training.as_input(
        records["evidence"][indices], records["halved"][indices], records["whole"][indices], norms
    )
    rng = np.random.default_rng(5)
    noise = np.array([(training.crops(records, indices, rng, norms)[2] - exact).numpy() for _ in range(600)])
    assert noise.shape == (600, 3, evidence.STATISTICS) and len(np.unique(noise)) > 0.99 * noise.size
    noise = noise.reshape(600, -1) / training.DOUBT
    assert np.abs(noise.mean(axis=0)).max() < 5 / np.sqrt(600) and noise.std(axis=0) == pytest.approx(1, abs=0.15)
    assert np.abs(np.corrcoef(noise.T) - np.eye(noise.shape[1])).max() < 0.2
    assert 0.63 < (np.abs(noise) < 1).mean() < 0.73 and (np.abs(noise) < 2).mean() > 0.93  # a Gaussian


def test_another_contrast_shifts_the_log_planes_of_a_tile_alike_and_leaves_ratios_statistics_and_truth(monkeypatch):
    records, indices = random_records(4), np.array([3, 0, 1])
    norms = {**PLAIN, "scale": np.linspace(0.5, 3, network.PLANES, dtype=np.float32)}  # whatever the unit of each
    contrast, found = training.CONTRAST, []
    for seed in range(200):
        drawn = []
        for deviation in (contrast, 0.0):
            monkeypatch.setattr(training, "CONTRAST", deviation)
            drawn.append(training.crops(records, indices, np.random.default_rng(seed), norms))
        (planes, halved, *rest), (plain, plain_halved, *plain_rest) = drawn
        assert all((a == b).all() for a, b in zip(rest, plain_rest, strict=True))
        shifts = (planes - plain).numpy() * norms["scale"][:, None, None]
        halved_shifts = (halved - plain_halved).numpy() * norms["scale"][:, None, None]
        one = shifts[:, 0, 0, 0]
        wanted = np.where(np.isin(np.arange(network.PLANES), evidence.RATIOS), 0, one[:, None])[..., None, None]
        assert max(np.abs(shifts - wanted).max(), np.abs(halved_shifts - wanted).max()) < 1e-5
        found.append(one)
    assert np.std(found, axis=0) == pytest.approx(contrast, rel=0.2) and np.abs(
        np.mean(found, axis=0)
    ).max() < 5 * contrast / np.sqrt(200)
    assert np.abs(np.corrcoef(np.transpose(found)) - np.eye(3)).max() < 0.3  # each tile its own


def test_doubt_leaves_planes_halves_and_truth_as_they_are_and_is_the_same_for_the_same_seed(monkeypatch):
    records, found = random_records(2), {}
    for doubt in (training.DOUBT, training.DOUBT, 0.0):
        monkeypatch.setattr(training, "DOUBT", doubt)
        found.setdefault(doubt, []).append(
            [t.numpy() for t in training.crops(records, np.array([1, 0]), np.random.default_rng(8), PLAIN)]
        )
    (one, again), (sure,) = found.values()
    assert training.DOUBT == 0 and [t.dtype for t in one] == [np.float32] * 4
    assert all((a == b).all() for a, b in zip(one, again, strict=True))
    assert [(a == b).all() for a, b in zip(one, sure, strict=True)] == [True, True, False, True] and (
        one[2] != sure[2]
    ).all()
    assert sure[2] == pytest.approx(records["whole"][[1, 0]])


def test_accuracy_is_measured_without_doubt():
    class Listener(torch.nn.Module):
        """Keeps the statistics it is told."""

        def forward(self, x, halved, whole):
            told.append(whole.numpy())
            return torch.zeros(len(x), *x.shape[2:])

    told, records = [], random_records(2)
    for _ in range(2):
        training.accuracy(Listener(), records, [1, 0], PLAIN)
    assert np.concatenate(told) == pytest.approx(np.tile(records["whole"][::-1], (2, 1)), abs=1e-6)


def test_what_is_unknown_is_above_one_and_what_is_known_is_not():
    records = np.zeros(1, patches.RECORD)
    for share, known in ((0, True), (patches.SHARE, True), (patches.UNKNOWN, False)):
        records["share"] = share
        *_, shares = training.crops(records, np.array([0]), np.random.default_rng(0), PLAIN)
        assert ((shares <= 1) == known).all()


def test_inputs_are_cut_where_the_network_cuts_them():
    codes = np.zeros((1, network.PLANES, 2, 2), np.uint8)
    codes[..., 1] = 255
    halved = 255 - codes
    whole = np.full((1, evidence.STATISTICS), -0.3, np.float32)
    norms = {name: array / (100 if name.endswith("scale") else 1) for name, array in PLAIN.items()}
    planes, halved, whole = (tensor.numpy() for tensor in training.as_input(codes, halved, whole, norms))
    assert (halved[..., 0] == network.FARTHEST).all() and (halved[..., 1] == -network.FARTHEST).all()
    assert (
        (planes[..., 0] == -network.FARTHEST).all()
        and (planes[..., 1] == network.FARTHEST).all()
        and (whole == -network.FARTHEST).all()
    )


def test_inputs_are_the_evidence_measured_in_deviations_from_its_mean():
    rng = np.random.default_rng(2)
    codes, halved = (rng.integers(60, 200, (2, network.PLANES, side, side)).astype(np.uint8) for side in (4, 2))
    whole = rng.uniform(-2, 1, (2, evidence.STATISTICS)).astype(np.float32)
    norms = {name: rng.uniform(1, 2, network.SHAPES[name]).astype(np.float32) for name in NORMS}
    *found, statistics = training.as_input(codes, halved, whole, norms)
    for tensor, kept in zip(found, (codes, halved), strict=True):
        assert tensor.shape == kept.shape and tensor.dtype == torch.float32
        for tile, plane, row, column in np.ndindex(kept.shape):
            expected = (
                patches.LOW + patches.STEP * float(kept[tile, plane, row, column]) - norms["mean"][plane]
            ) / norms["scale"][plane]
            assert tensor[tile, plane, row, column].item() == pytest.approx(
                np.clip(expected, -network.FARTHEST, network.FARTHEST), abs=1e-4
            )
    assert statistics.numpy() == pytest.approx((whole - norms["whole_mean"]) / norms["whole_scale"], abs=1e-5)


def test_the_half_teaches_too(toy_records):
    other = toy_records.copy()
    learn = ~held_out(other, training.ONE_IN)
    other["halved"][learn] = other["halved"][learn][:, :, ::-1]
    one, two = quietly(toy_records, 1, 1), quietly(other, 1, 1)
    assert (
        all((one[0][name] == two[0][name]).all() for name in NORMS)
        and (one[0]["enter8.weight"] != two[0]["enter8.weight"]).any()
    )


def test_accuracy_counts_known_cells_alone():
    class Half(torch.nn.Module):
        """Says sharp left of the middle, blurred right of it; the other way round where the photo says so."""

        def forward(self, x, halved, whole):
            where = torch.arange(x.shape[3]) < x.shape[3] // 2
            return (where * 2.0 - 1) * whole[:, :1, None].expand(len(x), *x.shape[2:])

    records = np.zeros(2, patches.RECORD)
    records["share"], records["whole"] = patches.UNKNOWN, 1
    assert training.accuracy(Half(), records, [0, 1], PLAIN) == 0
    records["share"][0, :3, :4] = patches.SHARE  # 12 cells, right
    records["share"][1, :2, -2:] = patches.SHARE  # 4 cells, wrong
    records["share"][1, 5, -8:] = 0  # 8 cells, right
    assert training.accuracy(Half(), records, [0, 1], PLAIN) == pytest.approx(20 / 24)
    assert training.accuracy(Half(), records, [1], PLAIN) == pytest.approx(8 / 12)
    records["whole"][1] = -1
    assert training.accuracy(Half(), records, [0, 1], PLAIN) == pytest.approx(16 / 24)
