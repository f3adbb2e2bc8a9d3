"""Graphs of layers that OpenCV runs, against torch and against plain sums."""

import numpy as np
import pytest

from blurkit.ops import graph, layers

RNG = np.random.default_rng(0)


def planes(*shape):
    return RNG.normal(size=(1, *shape)).astype(np.float32)


def computed(build, *inputs):
    """What a graph makes of its inputs; ``build(graph, *names)`` adds the layers."""
    drawn = graph.Graph()
    names = [drawn.input(f"input{i}", x.shape) for i, x in enumerate(inputs)]
    last = build(drawn, *names)
    drawn.output(last)
    result = graph.run(graph.read(drawn.data()), dict(zip(names, inputs, strict=True)))
    assert result.shape == drawn.shapes[last]
    return result


@pytest.mark.parametrize(
    ("value", "expected"), [(0, b"\0"), (1, b"\1"), (127, b"\x7f"), (128, b"\x80\1"), (300, b"\xac\2")]
)
def test_numbers_are_written_as_the_specification_has_them(value, expected):
    assert graph.varint(value) == expected


@pytest.mark.parametrize(("stride", "border"), [(1, (0, 0)), (1, (1, 1)), (2, (0, 1)), (2, (1, 1))])
def test_convolution_is_that_of_the_layers_in_numpy(stride, border):
    x, weight, bias = planes(3, 12, 10), planes(5, 3, 3, 3)[0], planes(5)[0]
    result = computed(lambda g, name: g.rectify(g.convolve(name, weight, bias, stride, border)), x)
    padded = np.pad(x, ((0, 0), (0, 0), border, border)).transpose(0, 2, 3, 1)
    expected = layers.convolve_stack(padded, weight, bias, stride)
    np.testing.assert_allclose(result.transpose(0, 2, 3, 1), expected, atol=1e-5)


def test_groups_are_convolved_apart():
    x, weight, bias = planes(4, 9, 7), planes(4, 1, 3, 3)[0], planes(4)[0]
    result = computed(lambda g, name: g.convolve(name, weight, bias, border=(1, 1), groups=4), x)
    for i in range(4):
        one = computed(
            lambda g, name, i=i: g.convolve(name, weight[i : i + 1], bias[i : i + 1], border=(1, 1)), x[:, i : i + 1]
        )
        np.testing.assert_allclose(result[:, i : i + 1], one, atol=1e-5)


def between(few, many):
    """(many, few): the shares that linear interpolation between cell centres takes of every cell."""
    place = ((np.arange(many) + 0.5) * few / many - 0.5).clip(0, few - 1)
    return (1 - np.abs(place[:, None] - np.arange(few))).clip(0)


def resized(x, shape):
    return np.einsum("Hh,Ww,nchw->ncHW", between(x.shape[2], shape[0]), between(x.shape[3], shape[1]), x)


@pytest.mark.parametrize("shape", [(11, 9), (10, 8), (5, 4), (3, 2), (5, 13)])
def test_planes_are_resized_linearly_between_the_centres_of_cells(shape):
    x = planes(3, 5, 4)
    np.testing.assert_allclose(computed(lambda g, name: g.resize(name, shape), x), resized(x, shape), atol=1e-5)


@pytest.mark.parametrize("shape", [(1, 1), (1, 2), (1, 13), (2, 1), (13, 1)])
@pytest.mark.parametrize("larger", [(2, 2), (2, 26), (26, 2)])
def test_planes_of_one_row_or_column_are_enlarged_from_it_alone(shape, larger):
    x, y = planes(24, *shape), planes(24, *larger)
    weight, bias = planes(24, 24, 1, 1)[0], planes(24)[0]
    for _ in range(4):  # whatever lies in memory beyond the row
        result = computed(lambda g, a, b: g.add(b, g.resize(g.convolve(a, weight, bias), larger)), x, y)
        small = np.einsum("kc,nchw->nhwk", weight[:, :, 0, 0], x) + bias
        expected = y + resized(small.transpose(0, 3, 1, 2), larger)
        np.testing.assert_allclose(result, expected, atol=1e-4)


def test_the_simple_layers():
    x, y = planes(2, 4, 6), planes(2, 4, 6)
    np.testing.assert_allclose(computed(lambda g, a, b: g.add(a, b), x, y), x + y, atol=1e-6)
    np.testing.assert_array_equal(computed(lambda g, a, b: g.join(a, b), x, y), np.concatenate([x, y], axis=1))
    np.testing.assert_allclose(computed(lambda g, a, b: g.mean(a), x, y), x.mean((2, 3), keepdims=True), atol=1e-6)
    np.testing.assert_allclose(
        computed(lambda g, a, b: g.add(a, g.mean(b)), x, y), x + y.mean((2, 3), keepdims=True), atol=1e-6
    )
    np.testing.assert_array_equal(computed(lambda g, a, b: g.rectify(a), x, y), x.clip(0))
    np.testing.assert_array_equal(computed(lambda g, a, b: g.rectify(a, 0.5), x, y), x.clip(0, 0.5))


def test_a_graph_that_was_read_is_run_again_with_other_inputs_and_takes_them_by_name():
    drawn = graph.Graph()
    a, b = drawn.input("a", (1, 2, 3, 4)), drawn.input("b", (1, 2, 1, 1))
    drawn.output(drawn.add(a, drawn.mean(drawn.add(a, b))))
    net = graph.read(drawn.data())
    for _ in range(3):
        x, y = planes(2, 3, 4), planes(2, 1, 1)
        expected = x + x.mean((2, 3), keepdims=True) + y
        np.testing.assert_allclose(graph.run(net, {"b": y, "a": x}), expected, atol=1e-6)
        np.testing.assert_allclose(graph.run(net, {"a": x[..., ::-1], "b": y}), expected[..., ::-1], atol=1e-6)


def test_a_whole_stack_of_layers_is_that_of_torch():
    torch = pytest.importorskip("torch")
    functional = torch.nn.functional
    x, weight, bias = planes(3, 16, 24), planes(6, 3, 3, 3)[0], planes(6)[0]
    depth, point, point_bias = planes(6, 1, 5, 5)[0], planes(3, 6, 1, 1)[0], planes(3)[0]

    def build(g, name):
        half = g.rectify(g.convolve(name, weight, bias, 2, (0, 1)), 6)
        deep = g.convolve(half, depth, np.zeros(6, np.float32), border=(2, 2), groups=6)
        return g.add(name, g.resize(g.convolve(deep, point, point_bias), (16, 24)))

    w = {
        name: torch.from_numpy(a) for name, a in zip("xwbdpq", (x, weight, bias, depth, point, point_bias), strict=True)
    }
    half = functional.relu6(functional.conv2d(functional.pad(w["x"], (0, 1, 0, 1)), w["w"], w["b"], 2))
    deep = functional.conv2d(functional.conv2d(half, w["d"], None, 1, 2, 1, 6), w["p"], w["q"])
    expected = w["x"] + functional.interpolate(deep, size=(16, 24), mode="bilinear")
    np.testing.assert_allclose(computed(build, x), expected.numpy(), atol=1e-4)
