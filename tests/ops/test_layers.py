"""Second routes: plain loops, and torch.nn.functional."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blurkit.ops import backend, layers


def random(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip("torch")


stacks = st.tuples(st.integers(0, 3), st.integers(4, 12), st.integers(4, 12), st.integers(1, 5), st.integers(0, 10**6))


@given(stacks, st.integers(1, 4), st.integers(1, 3))
def test_convolution_equals_torchs(torch, shape, size, stride):
    *shape, seed = shape
    stack, weight, bias = random(seed, *shape), random(seed + 1, 6, shape[3], size, size), random(seed + 2, 6)
    result = layers.convolve_stack(stack, weight, bias, stride)
    tensors = (torch.from_numpy(a) for a in (stack.transpose(0, 3, 1, 2).copy(), weight, bias))
    expected = torch.nn.functional.conv2d(*tensors, stride=stride).relu().permute(0, 2, 3, 1).numpy()
    assert result.dtype == np.float32 and result.shape == expected.shape
    assert np.abs(result - expected).max(initial=0) <= 1e-4


def test_convolution_equals_plain_loops():
    stack, weight, bias = random(0, 1, 5, 7, 2), random(1, 3, 2, 3, 3), random(2, 3)
    result = layers.convolve_stack(stack, weight, bias, 2)
    assert result.shape == (1, 2, 3, 3)
    for row, column, k in np.ndindex(2, 3, 3):
        total = float(bias[k])
        for channel, down, across in np.ndindex(2, 3, 3):
            value = float(stack[0, 2 * row + down, 2 * column + across, channel])
            total += float(weight[k, channel, down, across]) * value
        assert result[0, row, column, k] == pytest.approx(max(total, 0), abs=1e-5)


@given(stacks, st.integers(1, 4))
def test_pooling_equals_torchs_that_rounds_sizes_up(torch, shape, size):
    *shape, seed = shape
    stack = np.abs(random(seed, *shape))
    tensor = torch.from_numpy(stack.transpose(0, 3, 1, 2).copy())
    expected = torch.nn.functional.max_pool2d(tensor, size, ceil_mode=True).permute(0, 2, 3, 1).numpy()
    result = layers.pool_stack(stack, size)
    assert result.shape == expected.shape and (result == expected).all()


@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 5))
def test_every_cell_holds_its_largest_also_a_small_one_at_the_end(height, width, size):
    stack = np.abs(random(height, 2, height, width, 1))
    result = layers.pool_stack(stack, size)
    for row, column in np.ndindex(-(-height // size), -(-width // size)):
        cell = stack[:, row * size : (row + 1) * size, column * size : (column + 1) * size]
        assert (result[:, row, column] == cell.max(axis=(1, 2))).all()


def test_layers_leave_their_stack_unchanged():
    stack = np.abs(random(0, 2, 6, 6, 3))
    before = stack.copy()
    layers.pool_stack(stack, 2)
    layers.convolve_stack(stack, random(1, 4, 3, 3, 3), random(2, 4))
    layers.convolve_stack(stack, random(1, 4, 3, 1, 1), random(2, 4))
    layers.dense(stack[:, 0, 0], random(3, 4, 3), random(4, 4))
    assert (stack == before).all()


@pytest.mark.parametrize("rectified", [True, False])
def test_dense_equals_torchs(torch, rectified):
    vectors, weight, bias = random(0, 5, 7), random(1, 4, 7), random(2, 4)
    expected = torch.nn.functional.linear(*(torch.from_numpy(a) for a in (vectors, weight, bias))).numpy()
    assert (expected < 0).any()
    result = layers.dense(vectors, weight, bias, rectified)
    assert result.dtype == np.float32
    assert result == pytest.approx(np.maximum(expected, 0) if rectified else expected, abs=1e-5)


def test_the_torch_backend_offers_the_same_layers(torch):
    on_torch, on_cpu = backend.TorchBackend("cpu"), backend.CpuBackend
    stack, kernel, bias = np.abs(random(0, 3, 9, 9, 4)), random(1, 5, 4, 3, 3), random(2, 5)
    weight = random(3, 2, 4)
    operations = {
        "convolve_stack": lambda b: b.convolve_stack(b.put(stack), kernel, bias, 2),
        "pool_stack": lambda b: b.pool_stack(b.put(stack), 2),
        "dense": lambda b: b.dense(b.put(stack[:, 0, 0]), weight, bias[:2]),
        "dense, not rectified": lambda b: b.dense(b.put(stack[:, 0, 0]), weight, bias[:2], rectified=False),
        "join": lambda b: b.join(b.put(stack[:, 0, 0]), b.put(stack[:, 0, 1])),
    }
    for name, operation in operations.items():
        result, expected = on_torch.take(operation(on_torch)), on_cpu.take(operation(on_cpu))
        assert result.shape == expected.shape and result.dtype == np.float32, name
        assert np.abs(result - expected).max() <= 1e-5, name


@pytest.mark.parametrize("stride", [1, 2])
def test_how_many_rows_are_taken_at_a_time_does_not_matter(monkeypatch, stride):
    rng = np.random.default_rng(1)
    stack = rng.normal(size=(2, 23, 17, 5)).astype(np.float32)
    weight = rng.normal(size=(7, 5, 3, 3)).astype(np.float32)
    bias = rng.normal(size=7).astype(np.float32)
    whole = layers.convolve_stack(stack, weight, bias, stride)
    for block in (1, 2000, 7000):
        monkeypatch.setattr(layers, "BLOCK", block)
        assert layers.convolve_stack(stack, weight, bias, stride) == pytest.approx(whole, abs=1e-5)
