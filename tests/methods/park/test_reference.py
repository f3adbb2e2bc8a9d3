"""With the published weights, the numbers of the published program."""

import cv2
import numpy as np
import pytest

from blurkit.methods.park import bilateral, edges, features, guide, laplacian, median, method, network, patches
from blurkit.ops.backend import CpuBackend

CROPS = ("102061", "lytro_03_1", "mffw_05_1", "out_of_focus0001")


@pytest.fixture(scope="module")
def folder(shared):
    path = shared / "reference" / "park"
    if not path.is_dir():
        pytest.skip("there is no ../shared/reference/park")
    return path


@pytest.fixture(scope="module")
def published(folder):
    with np.load(folder / "published_weights.npz") as arrays:
        return {f"published.{name}": array for name, array in arrays.items()}


@pytest.fixture(scope="module", params=CROPS)
def crop(request, folder):
    """(photo, what the program made of it, stage by stage)."""
    photo = np.ascontiguousarray(cv2.imread(str(folder / f"{request.param}.png"))[..., ::-1])
    with np.load(folder / f"{request.param}.npz") as arrays:
        return photo, dict(arrays)


@pytest.fixture(scope="module")
def sampled(crop):
    """Patches, hand-crafted features and strength at the sampled points."""
    photo, expected = crop
    strong = expected["edges"][tuple(expected["points"].T)] == edges.STRONG
    cut = patches.gather(photo, expected["points"])
    return cut[:, :-1, :-1], features.hand_crafted(cut.max(axis=3) / 255, strong), strong


def test_edges(crop):
    photo, expected = crop
    assert (edges.edges(edges.value(photo)) == expected["edges"]).mean() >= 0.995


def test_hand_crafted_features(crop, sampled):
    assert np.abs(sampled[1] - crop[1]["features"].transpose(1, 0, 2)).max() <= 1e-9


def unrounded(cut, crafted, strong, weights):
    """Probabilities with features between the 8-bit steps, as the program's last batch of strong points has them."""
    x = np.hstack([np.float32(crafted * 255), network.deep_feature(cut, strong, weights, CpuBackend)])
    for layer in ("fc1", "fc2", "fc3"):
        x = CpuBackend.dense(x, weights[f"published.{layer}.weight"], weights[f"published.{layer}.bias"])
    return network.softmax(x)


def test_probabilities(crop, sampled, published):
    cut, crafted, strong = sampled
    crafted = crafted.reshape(len(cut), -1)
    either = (
        network.published_probabilities(cut, crafted, strong, published, CpuBackend),
        unrounded(cut, crafted, strong, published),
    )
    apart, otherwise = (np.abs(p - crop[1]["probabilities"]).max(axis=1) for p in either)
    assert (apart <= 1e-4).mean() >= 0.95
    assert np.minimum(apart, otherwise).max() <= 1e-4
    assert strong[apart > 1e-4].all()


def test_the_guide_up_to_the_programs_bilateral_grid(crop):
    photo, expected = crop
    assert np.abs(guide.rolling_guidance(photo / 255) - expected["guide"]).mean() <= 0.01


def test_the_bilateral_filter(crop):
    expected = crop[1]
    filtered = bilateral.probability_joint_bilateral(expected["sparse"], expected["confidence"], expected["guide"])
    assert np.abs(filtered - expected["bilateral"]).max() <= 1e-6


def test_propagation(crop):
    expected = crop[1]
    blur = laplacian.propagate(expected["bilateral"], expected["guide"])
    assert np.abs(blur - expected["full"]).max() <= 1e-6 * np.abs(expected["full"]).max()


def test_the_weighted_median_up_to_the_programs_clusters_of_colours(crop):
    expected = crop[1]
    filtered = median.weighted_median(expected["full"], expected["guide"])
    assert np.corrcoef(filtered.ravel(), expected["median"].ravel())[0, 1] >= 0.9995


def test_the_whole_chain(crop, published):
    photo, expected = crop
    raw = method.estimate(photo, published, as_published=True, device="cpu")
    blur = method.refine(raw, photo, as_published=True, sigma=True)
    assert np.corrcoef(blur.ravel(), expected["median"].ravel())[0, 1] >= 0.999
