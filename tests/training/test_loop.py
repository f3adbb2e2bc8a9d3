"""Photos held out, and the training loop."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blurkit.training import loop

names = st.lists(
    st.binary(min_size=1, max_size=8).filter(lambda name: not name.endswith(b"\0")), min_size=1, max_size=40
)


def records_of(photos):
    return np.array([(name,) for name in photos], np.dtype([("photo", "S64")]))


@given(names, st.integers(1, 12), st.integers(0, 10**6))
def test_a_photo_is_held_out_by_its_name_alone(photos, one_in, seed):
    whole = loop.held_out(records_of(photos), one_in)
    order = np.random.default_rng(seed).permutation(len(photos))
    assert (loop.held_out(records_of(photos)[order], one_in) == whole[order]).all()
    for name, is_held_out in zip(photos, whole, strict=True):
        assert loop.held_out(records_of([name] * 3), one_in).tolist() == [is_held_out] * 3


@pytest.mark.parametrize("one_in", [2, 5, 10])
def test_about_one_photo_in_so_many_is_held_out(one_in):
    photos = [f"photo_{number}.jpg".encode() for number in range(2000)]
    assert loop.held_out(records_of(photos), one_in).mean() == pytest.approx(1 / one_in, rel=0.2)


def test_one_in_five_is_held_out_by_default():
    photos = records_of([f"{number}".encode() for number in range(200)])
    assert (loop.held_out(photos) == loop.held_out(photos, 5)).all()


@pytest.fixture
def torch():
    return pytest.importorskip("torch")


def descent(torch, count, epochs, batch, seed=0, rate=0.1):
    """A line fitted to 3 x - 1: (model, batches, steps reported)."""
    torch.manual_seed(0)
    model = torch.nn.Linear(1, 1)
    x = torch.linspace(-1, 1, count)[:, None]
    batches, steps = [], []

    def loss_of(indices):
        batches.append(indices)
        loss = ((model(x[indices]) - 3 * x[indices] + 1) ** 2).mean()
        return loss, (loss < 0.01).float()

    def report(*step):
        steps.append(step)

    loop.descend(model, loss_of, count, epochs, np.random.default_rng(seed), report, batch, rate)
    return model, batches, steps


def test_a_line_is_fitted(torch):
    model, _, steps = descent(torch, 64, 60, 16)
    assert model.weight.item() == pytest.approx(3, abs=0.1) and model.bias.item() == pytest.approx(-1, abs=0.1)
    assert steps[-1][2] < 0.01 and steps[-1][3] == 1


@pytest.mark.parametrize("count, batch, used", [(64, 16, 64), (50, 16, 48), (10, 16, 10)])
def test_an_epoch_sees_every_patch_at_most_once_in_whole_batches(torch, count, batch, used):
    _, batches, steps = descent(torch, count, 3, batch)
    per_epoch = len(batches) // 3
    assert all(len(indices) == min(batch, count) for indices in batches)
    for epoch in range(3):
        assert len(set(np.concatenate(batches[epoch * per_epoch : (epoch + 1) * per_epoch]))) == used
    assert [step[:2] for step in steps] == [(number, 3 * per_epoch) for number in range(1, 3 * per_epoch + 1)]


def test_equal_seeds_give_equal_weights_and_others_another_order(torch):
    model, batches, steps = descent(torch, 64, 2, 16, seed=1)
    same_model, _, same_steps = descent(torch, 64, 2, 16, seed=1)
    _, other_batches, _ = descent(torch, 64, 2, 16, seed=2)
    assert model.weight.item() == same_model.weight.item() and steps == same_steps
    assert (np.concatenate(batches) != np.concatenate(other_batches)).any()


def test_a_seed_fixes_what_torch_draws_and_how_it_sums(torch):
    before = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(False)
    try:
        loop.reproducible(3, "cpu")
        first = torch.rand(4).tolist()
        loop.reproducible(3, "cpu")
        assert torch.rand(4).tolist() == first and torch.are_deterministic_algorithms_enabled()
        assert not torch.is_deterministic_algorithms_warn_only_enabled()
        loop.reproducible(4, "cuda")
        assert torch.rand(4).tolist() != first
        assert torch.is_deterministic_algorithms_warn_only_enabled()  # some layers have no deterministic GPU version
    finally:
        torch.use_deterministic_algorithms(before)


def test_batches_are_prepared_in_order_with_nothing_drawn_between(torch):
    """`prepare` draws the same numbers as a plain loop, between the permutations of the epochs."""
    torch.manual_seed(0)
    model, rng, batches = torch.nn.Linear(1, 1), np.random.default_rng(3), []

    def prepare(indices):
        return (*indices, rng.integers(10**9))

    def loss_of(prepared):
        batches.append(prepared)
        return model.weight.sum(), torch.tensor(0.0)

    loop.descend(model, loss_of, 10, 4, rng, lambda *_: None, 3, 0.1, prepare=prepare)
    plain, expected = np.random.default_rng(3), []
    for _ in range(4):
        order = plain.permutation(10)
        expected += [(*order[start : start + 3], plain.integers(10**9)) for start in (0, 3, 6)]
    assert batches == expected and rng.integers(10**9) == plain.integers(10**9)


def test_an_error_in_preparing_ends_the_descent(torch):
    model = torch.nn.Linear(1, 1)

    def prepare(indices):
        raise ValueError("torn patch")

    with pytest.raises(ValueError, match="torn patch"):
        loop.descend(model, None, 10, 4, np.random.default_rng(3), None, 3, 0.1, prepare=prepare)


def slope(torch, **more):
    """A descent of 90 steps down a constant slope: the weight before each step and at the end, and the one returned."""
    torch.manual_seed(0)
    model = torch.nn.Linear(1, 1, bias=False)
    with torch.no_grad():
        model.weight.zero_()
    positions = []

    def loss_of(_):
        positions.append(model.weight.item())
        return model.weight.sum(), torch.tensor(0.0)  # always the same slope: AdamW moves by its rate

    result = loop.descend(model, loss_of, 1, 90, np.random.default_rng(0), lambda *_: None, 1, 0.01, **more)
    return np.array([*positions, model.weight.item()]), result.weight.item()


def test_the_rate_rises_over_the_first_third_and_falls_to_nothing(torch):
    positions, last = slope(torch)
    moves = -np.diff(positions)
    assert last == positions[-1] and 25 <= moves.argmax() <= 31 and moves.max() == pytest.approx(0.01, rel=0.05)
    assert moves[0] < 0.1 * moves.max() and moves[-1] < 0.01 * moves.max()


def test_the_rate_falls_no_further_than_the_least_rate(torch):
    free, bounded = -np.diff(slope(torch)[0]), -np.diff(slope(torch, least_rate=0.004)[0])
    assert (bounded[:27] == free[:27]).all()
    assert bounded[-1] == pytest.approx(0.004, rel=0.05) and (bounded[28:] > 0.0035).all()


def test_the_average_covers_its_share_of_the_steps_after_the_rise(torch):
    positions, last = slope(torch)
    _, average = slope(torch, look_back=0.2)
    expected = positions[28]  # the first after the rise
    for position in positions[29:]:
        expected += (position - expected) / (0.2 * 90)
    assert average == pytest.approx(expected, rel=1e-4) and abs(average - last) > 0.01


def test_the_average_includes_the_running_means_of_layers(torch):
    model = torch.nn.Sequential(torch.nn.BatchNorm1d(1))
    values = torch.linspace(0, 1, 20)[:, None]

    def loss_of(_):
        return model(values + 5).sum(), torch.tensor(0.0)

    rng = np.random.default_rng(0)
    averaged = loop.descend(model, loss_of, 1, 200, rng, lambda *_: None, 1, 0.01, look_back=0.1)
    assert averaged is not model and averaged[0].running_mean.item() == pytest.approx(5.5, abs=0.01)


def two_weights(torch):
    """A model of weights `fast` and `slow`, and of `still` ones that do not learn."""
    model = torch.nn.Module()
    for name in ("fast", "slow", "still"):
        model.register_parameter(name, torch.nn.Parameter(torch.zeros(2), requires_grad=name != "still"))
    return model


def pulled(torch, slopes, steps=60, **more):
    """A model after steps down constant slopes by name, and its weights before every step."""
    model, positions = two_weights(torch), []

    def loss_of(_):
        positions.append([model.fast[0].item(), model.slow[0].item()])
        total = sum((getattr(model, name) * torch.tensor(slope)).sum() for name, slope in slopes.items())
        return total, torch.tensor(0.0)

    loop.descend(model, loss_of, 1, steps, np.random.default_rng(0), lambda *_: None, 1, 0.01, **more)
    return model, np.array(positions)


@pytest.fixture
def rates(torch, monkeypatch):
    """The learning rates of every step, a list of (rate of each group)."""
    rates, adam = [], torch.optim.AdamW.step

    def step(self, *args, **more):
        rates.append([group["lr"] for group in self.param_groups])
        return adam(self, *args, **more)

    monkeypatch.setattr(torch.optim.AdamW, "step", step)
    return rates


def test_parameters_may_have_a_rate_of_their_own_by_the_beginning_of_their_names(torch, rates):
    slopes = {"fast": [1.0, 1.0], "slow": [1.0, 1.0]}
    model, positions = pulled(torch, slopes, rate_of={"slo": 0.001, "nobody": 5.0})
    moves = -np.diff(positions, axis=0)
    assert moves[:, 1] == pytest.approx(moves[:, 0] / 10, rel=0.02, abs=1e-6) and model.still.tolist() == [0, 0]
    assert np.array(rates).shape == (60, 2) and np.max(rates, axis=0) == pytest.approx([0.01, 0.001], rel=0.01)
    alike = -np.diff(pulled(torch, slopes)[1], axis=0)
    assert (alike[:, 0] == alike[:, 1]).all() and alike[:, 0] == pytest.approx(moves[:, 0], rel=1e-5, abs=1e-6)
    assert len(rates[-1]) == 1


@pytest.mark.parametrize("rises, peak", [(0.1, 5), (0.3, 17), (0.6, 35)])
def test_the_rate_rises_over_the_share_that_is_asked_for(torch, rates, rises, peak):
    pulled(torch, {"fast": [1.0, 1.0], "slow": [1.0, 1.0]}, rises=rises)
    assert np.argmax(rates) == peak and np.max(rates) == pytest.approx(0.01)


@pytest.mark.parametrize("steps", [1, 2, 9, 10, 11])
def test_a_descent_may_be_as_short_as_its_rise(torch, steps):
    model, positions = pulled(torch, {"fast": [1.0, 1.0], "slow": [1.0, 1.0]}, steps=steps, rises=0.1, look_back=0.06)
    assert len(positions) == steps and model.fast.isfinite().all()


def test_gradients_of_each_rate_are_cut_to_the_longest_norm_together(torch, monkeypatch):
    seen = []
    adam = torch.optim.AdamW.step

    def step(self, *args, **more):
        seen.append([[p.grad.tolist() for p in group["params"]] for group in self.param_groups])
        return adam(self, *args, **more)

    monkeypatch.setattr(torch.optim.AdamW, "step", step)
    slopes = {"fast": [30.0, 40.0], "slow": [0.3, 0.4]}
    pulled(torch, slopes, steps=3, rate_of={"slow": 0.001}, longest=5.0)
    assert np.array(seen) == pytest.approx(np.tile([[[[3, 4]], [[0.3, 0.4]]]], (3, 1, 1, 1)), rel=1e-3)
    seen.clear()
    pulled(torch, slopes, steps=2)
    assert np.array(seen) == pytest.approx(np.tile([[[[30, 40], [0.3, 0.4]]]], (2, 1, 1, 1)), rel=1e-5)


def test_weights_decay_as_asked(torch):
    ends = []
    for decay in (0.0, 0.5):
        model = torch.nn.Linear(1, 1, bias=False)
        with torch.no_grad():
            model.weight.fill_(2.0)
        loop.descend(
            model,
            lambda _, model=model: (0 * model.weight.sum(), torch.tensor(0.0)),
            *(1, 50, np.random.default_rng(0), lambda *_: None, 1, 0.01),
            decay=decay,
        )
        ends.append(model.weight.item())
    assert ends[0] == 2 and 1.7 < ends[1] < 1.95
