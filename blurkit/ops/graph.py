"""Graphs of layers that OpenCV runs: written from arrays as ONNX, https://onnx.ai/onnx/repo-docs/IR.html.

Nobody else's graph is ever read: the bytes that OpenCV parses are those written here, from arrays whose names, shapes
and values were checked. ONNX is a message of protocol buffers, https://protobuf.dev/programming-guides/encoding.
"""

import cv2
import numpy as np

IR_VERSION, OPERATORS = 8, 13  # of ONNX; OpenCV 4.8 reads both
TYPES = {"f4": 1, "f2": 10, "i8": 7}  # element types of tensors, by NumPy's
WHOLE, TEXT, WHOLES = 2, 3, 7  # types of attributes
VARINT, BYTES = 0, 2  # wire types of protocol buffers


class Graph:
    """Layers in the order in which they are computed; every method adds one and returns the name of its result.

    Planes are (1, c, h, w), float32. ``Graph.data`` gives the bytes, `read` takes them, `run` computes them.
    """

    def __init__(self):
        self.nodes, self.constants, self.inputs, self.outputs = [], [], [], []
        self.shapes = {}  # of planes, by name

    def input(self, name, shape):
        """Planes that are given to `run` under this name."""
        self.inputs.append(message(11, described(name, shape)))
        self.shapes[name] = tuple(shape)
        return name

    def output(self, name):
        """Make a result one of those that `run` returns."""
        self.outputs.append(message(12, described(name, self.shapes[name])))

    def constant(self, array):
        """An array of the graph itself: float32, float16 or int64."""
        name = f"constant{len(self.constants)}"
        self.constants += tensor(5, name, array)
        return name

    def node(self, operator, shape, *inputs, **attributes):
        """A layer by its name in ONNX; `shape` is that of its result."""
        name = f"layer{len(self.nodes)}"
        parts = [*(message(1, source) for source in inputs), message(2, name), message(3, name), message(4, operator)]
        self.nodes.append(message(1, b"".join([*parts, *map(attribute, attributes, attributes.values())])))
        self.shapes[name] = tuple(shape)
        return name

    def convolve(self, x, weight, bias, stride=1, border=(0, 0), groups=1):
        """Correlate with kernels (k, c, s, s) and add the bias (k,), with so many zeros before and after both axes."""
        before, after = border
        size = weight.shape[2]
        rows, columns = ((n + before + after - size) // stride + 1 for n in self.shapes[x][2:])
        return self.node(
            "Conv",
            (1, len(weight), rows, columns),
            *(x, self.constant(weight), self.constant(bias)),
            kernel_shape=(size, size),
            strides=(stride, stride),
            pads=(before, before, after, after),
            group=groups,
        )

    def rectify(self, x, most=None):
        """Set negative values to 0 (ReLU), and values above `most` to that."""
        if most is None:
            return self.node("Relu", self.shapes[x], x)
        limits = (self.constant(np.array(limit, np.float32)) for limit in (0, most))
        return self.node("Clip", self.shapes[x], x, *limits)

    def add(self, x, y):
        """The sum of two results; y may be one cell, which is added to all."""
        return self.node("Add", self.shapes[x], x, y)

    def join(self, x, y, axis=1):
        """The planes of x and those of y; or along another axis, 2 or 3, their rows or columns."""
        shape = list(self.shapes[x])
        shape[axis] += self.shapes[y][axis]
        return self.node("Concat", shape, x, y, axis=axis)

    def mean(self, x):
        """The mean of every plane: one cell."""
        return self.node("GlobalAveragePool", (*self.shapes[x][:2], 1, 1), x)

    def resize(self, x, shape):
        """Planes at shape (rows, columns) by bilinear interpolation between the centres of cells.

        OpenCV 5 reads beyond a single row or column, so that is doubled first.
        """
        for axis in (2, 3):
            if self.shapes[x][axis] == 1:
                x = self.join(x, x, axis)
        full = (*self.shapes[x][:2], *shape)
        sizes = self.constant(np.array(full, np.int64))
        return self.node("Resize", full, x, "", "", sizes, mode="linear", coordinate_transformation_mode="half_pixel")

    def data(self):
        """The graph as the bytes of an ONNX file."""
        graph = [*self.nodes, message(2, "graph"), *self.constants, *self.inputs, *self.outputs]
        before = number(1, IR_VERSION) + message(8, message(1, "") + number(2, OPERATORS))
        return b"".join([before, head(7, sum(map(len, graph))), *graph])


def read(data):
    """A graph as OpenCV runs it on the CPU, of bytes from ``Graph.data``; for one thread at a time."""
    net = cv2.dnn.readNetFromONNX(np.frombuffer(data, np.uint8))
    net.setPreferableBackend(cv2.dnn.DNN_BACKEND_OPENCV)
    return net


def run(net, inputs):
    """What a graph makes of its inputs.

    Parameters
    ----------
    net : object from `read`
    inputs : dict of ndarray, float32
        By name, in the shapes that the graph was written for.

    Returns
    -------
    ndarray, (1, c, h, w), float32
        Its last output.
    """
    for name, array in inputs.items():
        net.setInput(np.ascontiguousarray(array), name)
    return net.forward()


def varint(value):
    """A whole number >= 0 in groups of seven bits, the lowest first; all but the last have the highest bit set."""
    groups = bytearray()
    while value > 127:
        groups.append(value & 127 | 128)
        value >>= 7
    return bytes([*groups, value])


def number(field, value):
    """A field that holds a whole number >= 0."""
    return varint(field << 3 | VARINT) + varint(value)


def message(field, value):
    """A field that holds text, bytes or a message."""
    value = value.encode() if isinstance(value, str) else value
    return head(field, len(value)) + value


def head(field, length):
    """What stands before a field of so many bytes."""
    return varint(field << 3 | BYTES) + varint(length)


def tensor(field, name, array):
    """A field that holds a tensor with its name, in two pieces, so that its values are copied once, into the graph."""
    dimensions = b"".join(number(1, n) for n in array.shape)
    values = np.ascontiguousarray(array, array.dtype.newbyteorder("<")).reshape(-1).view(np.uint8).data
    start = dimensions + number(2, TYPES[array.dtype.str[1:]]) + message(8, name) + head(9, len(values))
    return head(field, len(start) + len(values)) + start, values


def attribute(name, value):
    """An attribute of a layer: a whole number >= 0, text, or a tuple of whole numbers."""
    if isinstance(value, str):
        body = message(4, value) + number(20, TEXT)
    elif isinstance(value, tuple):
        body = b"".join(number(8, n) for n in value) + number(20, WHOLES)
    else:
        body = number(3, value) + number(20, WHOLE)
    return message(5, message(1, name) + body)


def described(name, shape):
    """Name, type and shape of an input or an output."""
    dimensions = b"".join(message(1, number(1, n)) for n in shape)
    return message(1, name) + message(2, message(1, number(1, TYPES["f4"]) + message(2, dimensions)))
