"""Photos held out, and the descent."""

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
    assert all(
        loop.held_out(records_of([name] * 3), one_in).tolist() == [held] * 3
        for name, held in zip(photos, whole, strict=True)
    )


@pytest.mark.parametrize("one_in", [2, 5, 10])
def test_about_one_photo_in_so_many_is_held_out(one_in):
    photos = [f"photo_{number}.jpg".encode() for number in range(2000)]
    assert loop.held_out(records_of(photos), one_in).mean() == pytest.approx(1 / one_in, rel=0.2)


def test_one_in_five_unless_told_otherwise():
    photos = records_of([f"{number}".encode() for number in range(200)])
    assert (loop.held_out(photos) == loop.held_out(photos, 5)).all()


@pytest.fixture
def torch():
    return pytest.importorskip("torch")


def descent(torch, count, epochs, batch, seed=0, rate=0.1):
    """A line fitted to 3 x - 1: (model, batches seen, steps reported)."""
    torch.manual_seed(0)
    model = torch.nn.Linear(1, 1)
    x = torch.linspace(-1, 1, count)[:, None]
    seen, steps = [], []

    def loss_of(indices):
        seen.append(indices)
        loss = ((model(x[indices]) - 3 * x[indices] + 1) ** 2).mean()
        return loss, (loss < 0.01).float()

    loop.descend(
        model, loss_of, count, epochs, np.random.default_rng(seed), lambda *step: steps.append(step), batch, rate
    )
    return model, seen, steps


def test_a_line_is_found(torch):
    model, _, steps = descent(torch, 64, 60, 16)
    assert model.weight.item() == pytest.approx(3, abs=0.1) and model.bias.item() == pytest.approx(-1, abs=0.1)
    assert steps[-1][2] < 0.01 and steps[-1][3] == 1


@pytest.mark.parametrize("count, batch, used", [(64, 16, 64), (50, 16, 48), (10, 16, 10)])
def test_an_epoch_sees_every_patch_at_most_once_in_whole_batches(torch, count, batch, used):
    _, seen, steps = descent(torch, count, 3, batch)
    a_epoch = len(seen) // 3
    assert all(len(indices) == min(batch, count) for indices in seen)
    for epoch in range(3):
        assert len(set(np.concatenate(seen[epoch * a_epoch : (epoch + 1) * a_epoch]))) == used
    assert [step[:2] for step in steps] == [(number, 3 * a_epoch) for number in range(1, 3 * a_epoch + 1)]


def test_equal_seeds_give_equal_weights_and_others_another_order(torch):
    one, two, three = (descent(torch, 64, 2, 16, seed) for seed in (1, 1, 2))
    assert one[0].weight.item() == two[0].weight.item() and one[2] == two[2]
    assert (np.concatenate(one[1]) != np.concatenate(three[1])).any()


def test_a_seed_fixes_what_torch_draws_and_how_it_sums(torch):
    before = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(False)
    try:
        first, again = (loop.reproducible(3, "cpu") or torch.rand(4).tolist() for _ in range(2))
        assert first == again and torch.are_deterministic_algorithms_enabled()
        assert not torch.is_deterministic_algorithms_warn_only_enabled()
        loop.reproducible(4, "cuda")
        assert (
            torch.rand(4).tolist() != first and torch.is_deterministic_algorithms_warn_only_enabled()
        )  # not every layer has such there
    finally:
        torch.use_deterministic_algorithms(before)


def test_batches_are_prepared_in_order_with_nothing_drawn_between(torch):
    """The numbers that `prepare` draws are those a plain loop would, permutations of the epochs among them."""
    torch.manual_seed(0)
    model, rng, given = torch.nn.Linear(1, 1), np.random.default_rng(3), []

    def loss_of(prepared):
        given.append(prepared)
        return model.weight.sum(), torch.tensor(0.0)

    loop.descend(
        model, loss_of, 10, 4, rng, lambda *_: None, 3, 0.1, prepare=lambda indices: (*indices, rng.integers(10**9))
    )
    plain, expected = np.random.default_rng(3), []
    for _ in range(4):
        order = plain.permutation(10)
        expected += [(*order[start : start + 3], plain.integers(10**9)) for start in (0, 3, 6)]
    assert given == expected and rng.integers(10**9) == plain.integers(10**9)


def test_what_goes_wrong_in_preparing_ends_the_descent(torch):
    model = torch.nn.Linear(1, 1)

    def prepare(indices):
        raise ValueError("torn patch")

    with pytest.raises(ValueError, match="torn patch"):
        loop.descend(model, None, 10, 4, np.random.default_rng(3), None, 3, 0.1, prepare=prepare)


def slope(torch, **more):
    """A descent of 90 steps down a straight slope: every place, and what it gives back."""
    torch.manual_seed(0)
    model = torch.nn.Linear(1, 1, bias=False)
    with torch.no_grad():
        model.weight.zero_()
    places = []

    def loss_of(_):
        places.append(model.weight.item())
        return model.weight.sum(), torch.tensor(0.0)  # always the same slope: AdamW moves by its rate

    found = loop.descend(model, loss_of, 1, 90, np.random.default_rng(0), lambda *_: None, 1, 0.01, **more)
    return np.array([*places, model.weight.item()]), found.weight.item()


def test_the_rate_rises_over_the_first_third_and_falls_to_nothing(torch):
    places, last = slope(torch)
    moves = -np.diff(places)
    assert last == places[-1] and 25 <= moves.argmax() <= 31 and moves.max() == pytest.approx(0.01, rel=0.05)
    assert moves[0] < 0.1 * moves.max() and moves[-1] < 0.01 * moves.max()


def test_the_rate_falls_no_further_than_told(torch):
    free, bound = -np.diff(slope(torch)[0]), -np.diff(slope(torch, least_rate=0.004)[0])
    assert (
        (bound[:27] == free[:27]).all() and bound[-1] == pytest.approx(0.004, rel=0.05) and (bound[28:] > 0.0035).all()
    )


def test_the_average_looks_back_on_its_share_of_the_steps_after_the_rise(torch):
    places, last = slope(torch)
    _, average = slope(torch, look_back=0.2)
    expected = places[28]  # the first after the rise
    for place in places[29:]:
        expected += (place - expected) / (0.2 * 90)
    assert average == pytest.approx(expected, rel=1e-4) and abs(average - last) > 0.01


def test_the_average_takes_what_a_layer_has_counted_along(torch):
    model = torch.nn.Sequential(torch.nn.BatchNorm1d(1))
    values = torch.linspace(0, 1, 20)[:, None]
    found = loop.descend(
        model,
        lambda i: (model(values + 5).sum(), torch.tensor(0.0)),
        1,
        200,
        np.random.default_rng(0),
        lambda *_: None,
        1,
        0.01,
        look_back=0.1,
    )
    assert found is not model and found[0].running_mean.item() == pytest.approx(5.5, abs=0.01)
