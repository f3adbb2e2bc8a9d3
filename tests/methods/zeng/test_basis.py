"""Stage 5: the principal components of kernels."""

import numpy as np
import pytest
from scipy.signal import convolve2d

from blurkit.methods.zeng import basis


@pytest.fixture
def kernels():
    return np.random.default_rng(1).normal(size=(24, 7, 7)) + 0.5


def test_components_sum_to_zero(kernels):
    components, _ = basis.components(kernels)
    assert np.abs(components.sum(axis=(1, 2))).max() < 1e-12


def test_components_are_eigenvectors_of_the_covariance_of_all_turned_kernels(kernels):
    turns = [np.rot90(k, q) for k in kernels for q in range(4)]
    turns += [t[:, ::-1] for t in turns]
    rows = np.stack([t.ravel() - t.mean() for t in turns])
    values = np.sort(np.linalg.eigvalsh(rows.T @ rows))[::-1]
    components, explained = basis.components(kernels)
    for component, share in zip(components, explained, strict=True):
        assert rows.T @ rows @ component.ravel() == pytest.approx(
            share * values.sum() * component.ravel(), abs=1e-8 * values[0]
        )
    assert explained == pytest.approx(values[: basis.KEPT] / values.sum())


def test_the_paper_takes_the_components_of_the_kernels_alone(kernels):
    rows = np.stack([kernel.ravel() - kernel.mean() for kernel in kernels])
    components, explained = basis.published_components(kernels)
    assert components.shape == (24, 7, 7) and explained.sum() == pytest.approx(1)
    assert (np.diff(explained) <= 0).all() and np.abs(components[:20].sum(axis=(1, 2))).max() < 1e-9
    answers = (rows @ components.reshape(24, -1).T) ** 2
    assert answers.sum(axis=0) == pytest.approx(explained * (rows**2).sum())
    largest = np.abs(components.reshape(24, -1)).argmax(axis=1)
    assert (components.reshape(24, -1)[np.arange(24), largest] > 0).all()


def test_without_its_own_mean_a_kernel_answers_to_brightness_and_with_it_not(kernels):
    components, _ = basis.components(kernels + 100)
    assert (
        components == pytest.approx(basis.components(kernels)[0], abs=1e-6)
        or np.abs((components * 50).sum(axis=(1, 2))).max() < 1e-9
    )


def test_flipped_kernels_give_the_same_variances(kernels):
    assert basis.components(kernels[:, ::-1])[1] == pytest.approx(basis.components(kernels)[1])


def test_the_cascade_kernel_is_the_full_convolution_of_both(kernels):
    assert basis.cascade_kernel(*kernels[:2]) == pytest.approx(convolve2d(kernels[0], kernels[1]))


def test_white_noise_of_deviation_one_leaves_the_cascade_with_deviation_one(kernels):
    first, second = basis.pair(*basis.components(kernels)[0][:2])
    noise = np.random.default_rng(0).normal(size=(400, 400))
    out = convolve2d(convolve2d(noise, first, "valid"), second, "valid")
    assert out.std() == pytest.approx(1, abs=0.03)


def test_all_components_are_an_orthonormal_basis_that_explains_everything(kernels):
    few, shares = basis.components(kernels)
    components, explained = basis.components(kernels, 49)
    rows = components.reshape(49, 49)
    assert rows @ rows.T == pytest.approx(np.eye(49), abs=1e-12)
    assert explained.sum() == pytest.approx(1) and (np.diff(explained) <= 0).all()
    assert np.array_equal(components[: basis.KEPT], few) and np.array_equal(explained[: basis.KEPT], shares)
