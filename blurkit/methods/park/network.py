"""Stage 4: the networks that classify the blur of a patch, at inference.

`published_*` is the paper's: the 25 outputs of four convolutions and the hand-crafted features go into a classifier of
three layers. `posterior` is ours: it sees the patch alone, the whole 27 x 27 pixels at strong edges too, and is smaller
than the paper's classifier. Both run on the CPU without torch, or on a GPU with it (``backend``).
"""

import numpy as np

from blurkit.methods.park.patches import CLASSES, LARGE, SIGMAS, SMALL

PUBLISHED = {  # of the paper's layers: (out, in, rows, columns) or (out, in)
    "published.conv1": (25, 3, 3, 3),
    "published.conv2": (50, 25, 3, 3),
    "published.conv3": (50, 50, 3, 3),
    "published.conv4": (25, 50, 1, 1),
    "published.fc1": (300, 145),
    "published.fc2": (150, 300),
    "published.fc3": (len(SIGMAS), 150),
}
OURS = {  # the same of ours
    "conv1": (24, 3, 5, 5),
    "conv2": (48, 24, 3, 3),
    "conv3": (64, 48, 3, 3),
    "conv4": (128, 64, 3, 3),
    "output": (len(CLASSES), 128),
}


def shapes_of(layers):
    """{array of a weights file: shape} of layers, {name: shape of the weight}: a weight and a bias each."""
    shapes = {}
    for layer, shape in layers.items():
        shapes[f"{layer}.weight"] = shape
        shapes[f"{layer}.bias"] = shape[:1]
    return shapes


SHAPES = shapes_of({**PUBLISHED, **OURS})

FULL_SCALE = 255  # the paper's network takes pixels and features in 8-bit steps
FLAT = 0.02  # of full scale; added to a patch's deviation, so that flat ones stay flat
CHUNK = 128  # patches at a time, to stay in the cache


def deep_feature(patches, strong, weights, backend):
    """The paper's deep feature.

    Parameters
    ----------
    patches : ndarray, (n, 27, 27, 3), uint8
    strong : ndarray, (n,), bool
        True for patches at strong edges, of which only the middle 15 x 15 are seen, their border repeated.
    weights : dict of ndarray
        As `SHAPES`; patches are transposed first, as the published weights expect.
    backend : ``backend.CpuBackend`` or a ``backend.TorchBackend``

    Returns
    -------
    (n, 25), float32, >= 0, on the device of `backend`
    """
    x = backend.put(repeat_border(patches, strong).transpose(0, 2, 1, 3).astype(np.float32))
    for layer, pooled in (("conv1", True), ("conv2", True), ("conv3", False), ("conv4", False)):
        x = backend.convolve_stack(x, weights[f"published.{layer}.weight"], weights[f"published.{layer}.bias"])
        if pooled:
            x = backend.pool_stack(x, 3)
    return x.reshape(len(patches), -1)


def repeat_border(patches, strong):
    """Patches, those at strong edges cut to 15 x 15 and filled up by their border pixels: (n, 27, 27, c)."""
    edge = (LARGE - SMALL) // 2
    place = np.clip(np.arange(LARGE), edge, LARGE - 1 - edge)
    result = np.array(patches)
    result[strong] = patches[strong][:, place][:, :, place]
    return result


def published_probabilities(patches, hand_crafted, strong, weights, backend):
    """Probabilities of the paper's eleven classes.

    Parameters
    ----------
    patches : ndarray, (n, 27, 27, 3), uint8
    hand_crafted : ndarray, (n, 120), float64 in [0, 1]
    strong : ndarray, (n,), bool
    weights : dict of ndarray
    backend : as for `deep_feature`

    Returns
    -------
    ndarray, (n, 11), float32
    """
    rounded = backend.put(np.rint(hand_crafted * FULL_SCALE).astype(np.float32))
    x = backend.join(rounded, deep_feature(patches, strong, weights, backend))
    for layer in ("fc1", "fc2", "fc3"):
        x = backend.dense(x, weights[f"published.{layer}.weight"], weights[f"published.{layer}.bias"])
    return softmax(backend.take(x))


def posterior(patches, weights, backend):
    """Probabilities of our classes: (n, 27, 27, 3) uint8 -> (n, 17) float32."""
    x = backend.put(normalised(patches))
    for layer, stride, pooled in (("conv1", 2, False), ("conv2", 1, True), ("conv3", 1, False), ("conv4", 1, False)):
        x = backend.convolve_stack(x, weights[f"{layer}.weight"], weights[f"{layer}.bias"], stride)
        if pooled:
            x = backend.pool_stack(x, 2)
    scores = backend.dense(
        x.reshape(len(patches), -1), weights["output.weight"], weights["output.bias"], rectified=False
    )
    return softmax(backend.take(scores))


def normalised(patches):
    """Patches without their mean and contrast: (n, 27, 27, 3) uint8 -> float32."""
    x = patches.reshape(len(patches), -1).astype(np.float32) / FULL_SCALE
    x -= x.mean(axis=1, keepdims=True)
    x /= np.sqrt(np.einsum("ij,ij->i", x, x) / x.shape[1])[:, None] + FLAT
    return x.reshape(patches.shape)


def softmax(scores):
    """Rows of scores as probabilities."""
    scores = np.exp(scores - scores.max(axis=1, keepdims=True))
    return scores / scores.sum(axis=1, keepdims=True)


def in_chunks(function, width, *arrays):
    """A function of arrays of n rows, applied to a few rows at a time: (n, width) float32."""
    result = np.empty((len(arrays[0]), width), np.float32)
    for start in range(0, len(result), CHUNK):
        rows = np.s_[start : start + CHUNK]
        result[rows] = function(*(array[rows] for array in arrays))
    return result
