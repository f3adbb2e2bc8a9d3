"""Stage 4: the networks that name the blur of a patch, at inference.

`published_*` is the paper's: four convolutions whose 25 numbers join the hand-crafted
features before a classifier of three layers. `posterior` is ours: it sees the patch
alone, the whole 27 x 27 pixels at strong edges too, and is smaller than the paper's
classifier. Both run on the CPU without torch, or on a GPU with it (``device``).
"""

import numpy as np

from blurkit.methods.park.patches import CLASSES, LARGE, SIGMAS, SMALL

PUBLISHED = {  # out, in, rows, columns
    "published.conv1": (25, 3, 3, 3),
    "published.conv2": (50, 25, 3, 3),
    "published.conv3": (50, 50, 3, 3),
    "published.conv4": (25, 50, 1, 1),
    "published.fc1": (300, 145),
    "published.fc2": (150, 300),
    "published.fc3": (len(SIGMAS), 150),
}
OURS = {
    "conv1": (24, 3, 5, 5),
    "conv2": (48, 24, 3, 3),
    "conv3": (64, 48, 3, 3),
    "conv4": (128, 64, 3, 3),
    "output": (len(CLASSES), 128),
}
SHAPES = {
    f"{layer}.{kind}": shape if kind == "weight" else shape[:1]
    for layer, shape in {**PUBLISHED, **OURS}.items()
    for kind in ("weight", "bias")
}

FULL_SCALE = 255  # the paper's network is fed pixels and features in 8-bit steps
FLAT = 0.02  # of full scale; added to a patch's deviation, so that flat ones stay flat
CHUNK = 128  # patches at a time, to stay in the cache


def deep_feature(patches, strong, weights, backend):
    """The paper's deep feature.

    Parameters
    ----------
    patches : ndarray, (n, 27, 27, 3), uint8
    strong : ndarray, (n,), bool
        Of these only the middle 15 x 15 are seen, their border repeated.
    weights : dict of ndarray
        As `SHAPES`; patches are fed transposed, as the published weights expect.
    backend : ``backend.CpuBackend`` or a ``device.TorchBackend``

    Returns
    -------
    (n, 25), float32, >= 0, where `backend` puts it
    """
    x = backend.put(repeat_border(patches, strong).transpose(0, 2, 1, 3).astype(np.float32))
    for layer, pooled in (("conv1", True), ("conv2", True), ("conv3", False), ("conv4", False)):
        x = backend.convolve_stack(x, weights[f"published.{layer}.weight"], weights[f"published.{layer}.bias"])
        if pooled:
            x = backend.pool_stack(x, 3)
    return x.reshape(len(patches), -1)


def repeat_border(patches, strong):
    """(n, 27, 27, c) patches, those at strong edges cut to 15 x 15 and filled up by their border pixels."""
    edge = (LARGE - SMALL) // 2
    place = np.clip(np.arange(LARGE), edge, LARGE - 1 - edge)
    found = np.array(patches)
    found[strong] = patches[strong][:, place][:, :, place]
    return found


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
    """function(part, part, ...) of a few rows at a time, joined: (n, width) float32."""
    found = np.empty((len(arrays[0]), width), np.float32)
    for start in range(0, len(found), CHUNK):
        part = np.s_[start : start + CHUNK]
        found[part] = function(*(array[part] for array in arrays))
    return found
