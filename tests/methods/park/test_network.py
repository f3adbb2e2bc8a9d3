"""Stage 4: the networks at inference."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blurkit.methods.park import network
from blurkit.ops import backend

CPU = backend.CpuBackend


@pytest.fixture(scope="module")
def photos():
    """Eight patches, three of them at strong edges."""
    return np.random.default_rng(0).integers(0, 256, (8, 27, 27, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def strong():
    return np.arange(8) < 3


@pytest.fixture(scope="module")
def crafted():
    return np.random.default_rng(1).random((8, 120))


def test_strong_patches_are_cut_and_their_border_repeated(photos, strong):
    repeated = network.repeat_border(photos, strong)
    assert (repeated[3:] == photos[3:]).all()
    for one, before in zip(repeated[:3], photos, strict=False):
        assert (one == np.pad(before[6:21, 6:21], ((6, 6), (6, 6), (0, 0)), mode="edge")).all()


def test_the_deep_feature_is_four_convolutions_of_the_transposed_patch(photos, strong, weights):
    torch = pytest.importorskip("torch")
    functional = torch.nn.functional
    x = torch.from_numpy(np.float32(network.repeat_border(photos, strong).transpose(0, 3, 2, 1).copy()))
    for number in range(1, 5):
        x = functional.conv2d(
            x, *(torch.from_numpy(weights[f"published.conv{number}.{kind}"]) for kind in ("weight", "bias"))
        ).relu()
        if number <= 2:
            x = functional.max_pool2d(x, 3, 3, ceil_mode=True)
    feature = network.deep_feature(photos, strong, weights, CPU)
    assert feature.shape == (8, 25) and (feature > 0).any()
    assert feature == pytest.approx(x.flatten(1).numpy(), abs=1e-4)


def test_the_papers_classifier_is_three_rectified_layers_of_features_in_eight_bit_steps(
    photos, crafted, strong, weights
):
    x = np.hstack([np.rint(crafted * 255), network.deep_feature(photos, strong, weights, CPU)])
    for layer in ("fc1", "fc2", "fc3"):
        x = np.maximum(x @ weights[f"published.{layer}.weight"].T.astype(float) + weights[f"published.{layer}.bias"], 0)
    probabilities = network.published_probabilities(photos, crafted, strong, weights, CPU)
    assert probabilities == pytest.approx(np.exp(x) / np.exp(x).sum(axis=1, keepdims=True), abs=1e-5)


def test_what_is_far_from_a_strong_edge_does_not_count_for_the_paper_but_for_us(photos, crafted, strong, weights):
    changed = photos.copy()
    changed[:, :6] = changed[:, 21:] = 0
    one, other = (network.published_probabilities(p, crafted, strong, weights, CPU) for p in (photos, changed))
    assert (one[:3] == other[:3]).all() and (one[3:] != other[3:]).any(axis=1).all()
    ours, changed_ours = (network.posterior(p, weights, CPU) for p in (photos, changed))
    assert (ours != changed_ours).any(axis=1).all()


def test_our_network_is_four_convolutions_a_pooling_and_a_layer(photos, weights):
    torch = pytest.importorskip("torch")
    functional = torch.nn.functional
    w = {name: torch.from_numpy(array) for name, array in weights.items()}
    x = torch.from_numpy(network.normalised(photos).transpose(0, 3, 1, 2).copy())
    x = functional.conv2d(x, w["conv1.weight"], w["conv1.bias"], 2).relu()
    x = functional.max_pool2d(functional.conv2d(x, w["conv2.weight"], w["conv2.bias"]).relu(), 2)
    x = functional.conv2d(x, w["conv3.weight"], w["conv3.bias"]).relu()
    x = functional.conv2d(x, w["conv4.weight"], w["conv4.bias"]).relu()
    expected = functional.linear(x.flatten(1), w["output.weight"], w["output.bias"]).softmax(1)
    assert network.posterior(photos, weights, CPU) == pytest.approx(expected.numpy(), abs=1e-5)


@pytest.mark.parametrize("more", [-40, -7, 1, 80])
def test_our_network_does_not_see_brightness(photos, weights, more):
    photos = photos // 2 + np.uint8(40)
    probabilities = network.posterior(np.uint8(photos.astype(int) + more), weights, CPU)
    assert probabilities == pytest.approx(network.posterior(photos, weights, CPU), abs=1e-4)


def test_normalised_patches_have_no_mean_and_equal_contrast(photos):
    normalised = network.normalised(photos).reshape(8, -1)
    assert normalised.mean(axis=1) == pytest.approx(0, abs=1e-5)
    deviation = photos.reshape(8, -1).std(axis=1) / 255
    assert normalised.std(axis=1) == pytest.approx(deviation / (deviation + network.FLAT), abs=1e-5)


def test_a_flat_patch_stays_flat(weights):
    flat = np.full((2, 27, 27, 3), 77, np.uint8)
    assert np.abs(network.normalised(flat)).max() < 1e-4
    assert np.isfinite(network.posterior(flat, weights, CPU)).all()


def test_softmax_survives_large_scores_and_sums_to_one():
    probabilities = network.softmax(np.float32([[1000, 1000, -1000], [0, np.log(3), -1e4]]))
    assert probabilities == pytest.approx(np.array([[0.5, 0.5, 0], [0.25, 0.75, 0]]), abs=1e-6)


@given(st.integers(0, 400))
def test_chunks_give_what_the_whole_gives(count):
    values = np.random.default_rng(count).random((count, 3), dtype=np.float32)
    joined = network.in_chunks(lambda a, b: a[:, :2] + b[:, None], 2, values, np.arange(count))
    assert joined == pytest.approx(np.float32(values[:, :2] + np.arange(count)[:, None]))


def test_torch_gives_the_same_probabilities(photos, crafted, strong, weights):
    pytest.importorskip("torch")
    there = backend.TorchBackend("cpu")
    for function, *more in ((network.published_probabilities, crafted, strong), (network.posterior,)):
        one, other = (function(photos, *more, weights, device) for device in (CPU, there))
        assert one.dtype == other.dtype == np.float32
        assert np.abs(one - other).max() <= 1e-5
