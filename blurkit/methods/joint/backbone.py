"""Stage 7: the part of the network that looks at the photo: EfficientNet-Lite0, without its classifier.

M. Tan, Q. Le: "EfficientNet", ICML 2019, arXiv:1905.11946; the Lite variants have no squeeze-and-excitation and clip at
6, https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite.
"""

from typing import NamedTuple

MEAN = (0.485, 0.456, 0.406)  # of the colours of ImageNet, in [0, 1]; the photo is normalised by them
DEVIATION = (0.229, 0.224, 0.225)
STEM = 32  # channels
GROUPS = (  # of blocks: (how many, side of the kernel, stride of the first, expansion, channels)
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
FRONT = 5  # blocks; with the stem they keep what they learned on ImageNet, which halves the time of training
TAPS = (2, 4, 10, 15)  # blocks whose results are used: 24, 40, 112, 320 channels in cells of 4, 8, 16, 32 pixels
TAP_CHANNELS = (24, 40, 112, 320)


class Layer(NamedTuple):
    """A convolution: its size, and what follows it."""

    outputs: int
    inputs: int
    side: int = 1
    stride: int = 1
    groups: int = 1
    border: tuple[int, int] = (0, 0)
    """Zeros before and after both axes."""
    then: str = ""
    """"relu", "relu6" (clipped at 6), or nothing."""

    @property
    def weight_shape(self):
        """Shape of its kernels."""
        return (self.outputs, self.inputs // self.groups, self.side, self.side)


def same(side, stride):
    """Zeros before and after an axis of even length, so that it is kept, or halved (TensorFlow's "same")."""
    missing = side - stride
    return missing // 2, missing - missing // 2


def blocks():
    """(side of the kernel, stride, expansion, channels in, channels out) of every block."""
    channels, result = STEM, []
    for count, side, stride, expansion, outputs in GROUPS:
        for number in range(count):
            result.append((side, stride if number == 0 else 1, expansion, channels, outputs))
            channels = outputs
    return result


def layers():
    """All layers by name: ``stem``, and of block N ``N.expand``, if it expands, ``N.depth`` and ``N.project``."""
    named = {"stem": Layer(STEM, 3, 3, 2, 1, same(3, 2), "relu6")}
    for number, (side, stride, expansion, inputs, outputs) in enumerate(blocks()):
        inner = inputs * expansion
        if expansion > 1:
            named[f"{number}.expand"] = Layer(inner, inputs, then="relu6")
        named[f"{number}.depth"] = Layer(inner, inner, side, stride, inner, same(side, stride), "relu6")
        named[f"{number}.project"] = Layer(outputs, inner)
    return named


LAYERS = layers()


def features(net, prefix, photo):
    """Results of the blocks in `TAPS`, of a photo normalised by `MEAN` and `DEVIATION`; `net` as in ``network``."""
    tapped = net.frozen(lambda: front(net, prefix, photo))
    found, x = dict(zip(TAPS, tapped, strict=False)), tapped[-1]
    for number in range(FRONT, len(blocks())):
        x = block(net, prefix, number, x)
        if number in TAPS:
            found[number] = x
    return [found[number] for number in TAPS]


def front(net, prefix, photo):
    """Results of the blocks in `TAPS` among the first `FRONT` ones; the last of them is one."""
    x, tapped = net.layer(f"{prefix}.stem", photo), []
    for number in range(FRONT):
        x = block(net, prefix, number, x)
        if number in TAPS:
            tapped.append(x)
    return tapped


def block(net, prefix, number, x):
    """One block: expand, filter, project; its input is added where the size stays."""
    _, stride, expansion, inputs, outputs = blocks()[number]
    y = net.layer(f"{prefix}.{number}.expand", x) if expansion > 1 else x
    y = net.layer(f"{prefix}.{number}.project", net.layer(f"{prefix}.{number}.depth", y))
    return net.add(x, y) if stride == 1 and inputs == outputs else y
