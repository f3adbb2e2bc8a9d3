"""Training of both networks."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from blurkit.errors import InputError  # noqa: E402
from blurkit.methods.park import features, network, patches, samples, training  # noqa: E402
from blurkit.ops import backend  # noqa: E402
from blurkit.training.loop import held_out  # noqa: E402

TRAIN = {"ours": training.train_ours, "published": training.train_published}


def crafted_of(records):
    return features.hand_crafted(records["patch"].max(axis=3) / 255, records["strong"] == 1).reshape(len(records), -1)


@pytest.fixture(scope="module")
def many(toy_records):
    """Enough patches for the paper's network too, which takes no seeds."""
    records = toy_records.copy()
    records["source"][records["source"] == patches.SEEDS] = patches.BLURRED
    return records


def test_our_exported_weights_give_what_the_module_gives(toy_records):
    torch.manual_seed(1)
    model = training.Ours().eval()
    photos = toy_records["patch"][:20, :-1, :-1]
    with torch.no_grad():
        expected = model(training.channels_first(network.normalised(photos))).softmax(1).numpy()
    assert network.posterior(photos, model.weights(), backend.CpuBackend) == pytest.approx(expected, abs=1e-5)


def test_the_papers_exported_weights_give_what_the_module_gives(toy_records):
    torch.manual_seed(1)
    model = training.Published().eval()
    records = toy_records[:40]
    strong, crafted = records["strong"] == 1, crafted_of(records)
    assert strong.any() and not strong.all()
    seen = network.repeat_border(records["patch"][:, :-1, :-1], strong)
    with torch.no_grad():
        scores = model(
            training.channels_first(np.float32(seen / 255 - 0.5)),
            torch.from_numpy(np.float32(np.rint(crafted * 255) / 255)),
        )
    probabilities = network.published_probabilities(
        records["patch"][:, :-1, :-1], crafted, strong, model.weights(), backend.CpuBackend
    )
    assert np.ptp(probabilities, axis=0).max() > 1e-4  # results differ from patch to patch
    assert probabilities == pytest.approx(scores.softmax(1).numpy(), abs=1e-5)


def test_both_export_all_weights_of_the_declared_shapes():
    weights = {**training.Published().weights(), **training.Ours().weights()}
    assert {name: array.shape for name, array in weights.items()} == network.SHAPES
    assert all(array.dtype == np.float32 for array in weights.values())


@pytest.mark.parametrize("which", TRAIN)
def test_equal_seeds_give_equal_weights_and_others_others(many, which):
    one, two, three = (TRAIN[which](many, 1, seed, "cpu", lambda *_: None) for seed in (1, 1, 2))
    assert one[1] == two[1] and all((one[0][name] == two[0][name]).all() for name in one[0])
    assert any((one[0][name] != three[0][name]).any() for name in one[0])


def test_our_network_learns_to_separate_two_distant_classes(toy_records):
    steps = []
    weights, accuracy = training.train_ours(toy_records, 20, 1, "cpu", lambda *step: steps.append(step))
    assert [s[0] for s in steps] == list(range(1, steps[0][1] + 1))
    assert steps[-1][2] < steps[0][2] / 1.5
    held = toy_records[held_out(toy_records, samples.VALIDATION)]
    classes = network.posterior(held["patch"][:, :-1, :-1], weights, backend.CpuBackend).argmax(axis=1)
    true = training.classes(held["sigma"], patches.CLASSES)
    assert accuracy == pytest.approx(np.mean(np.abs(classes - true) <= 1), abs=0.02)
    assert accuracy >= 0.8


def test_the_paper_trains_in_two_phases_and_the_first_sees_no_hand_crafted_features(many, monkeypatch):
    steps, seen, forward = [], {"deep": [], "fine": []}, training.Published.forward

    def watched(self, photos, hand_crafted):
        if self.training:
            phase = "deep" if not steps or steps[-1][0] == "deep" and steps[-1][1] < steps[-1][2] else "fine"
            seen[phase].append(bool(hand_crafted.any()))
        return forward(self, photos, hand_crafted)

    monkeypatch.setattr(training.Published, "forward", watched)
    weights, accuracy = training.train_published(many, 1, 1, "cpu", lambda *step: steps.append(step))
    phases = [s[0] for s in steps]
    assert sorted(set(phases)) == ["deep", "fine"] and phases == sorted(phases)
    assert seen["deep"] and not any(seen["deep"]) and seen["fine"] and all(seen["fine"])
    assert 0 <= accuracy <= 1 and set(weights) == {name for name in network.SHAPES if name.startswith("published.")}


@pytest.mark.parametrize("which", TRAIN)
def test_too_few_patches_are_refused_with_both_numbers(toy_records, which):
    with pytest.raises(InputError, match=r"can be learned from and \d+ are held out; at least 256 and 1"):
        TRAIN[which](toy_records[:100], 1, 0, "cpu", lambda *_: None)


def test_patches_of_one_photo_alone_are_refused(toy_records):
    records = toy_records.copy()
    records["photo"] = next(
        name for name in np.unique(records["photo"]) if not held_out(records[records["photo"] == name], 10).any()
    )
    with pytest.raises(InputError, match="0 are held out"):
        training.train_ours(records, 1, 0, "cpu", lambda *_: None)


@pytest.mark.parametrize("field, value", [("source", patches.SEEDS), ("sigma", 0.3), ("sigma", 2.3)])
def test_the_paper_learns_neither_from_seeds_nor_from_classes_it_does_not_have(many, field, value):
    records = many.copy()
    records[field] = value
    with pytest.raises(InputError, match="0 can be learned from"):
        training.train_published(records, 1, 0, "cpu", lambda *_: None)


def test_within_one_counts_the_neighbours():
    scores = torch.eye(5)[[0, 2, 4, 4, 1]]
    assert training.within_one(lambda part: scores[part], np.arange(5), np.array([0, 1, 4, 0, 3])) == pytest.approx(
        3 / 5
    )
