"""What the refinement takes: maps of its own method, photos of their size, steps where there are any."""

import numpy as np
import pytest

from blurkit.errors import InputError, UsageError
from blurkit.methods import METHODS, info
from blurkit.refine import refine_map


def raw_of(method, shape):
    """A raw map without any point, or of one half."""
    planes = info(method).raw_planes
    return np.full((planes, *shape) if planes > 1 else shape, 0.5 * (planes == 1), np.float32)


@pytest.mark.parametrize("method", METHODS)
def test_a_map_of_another_number_of_planes_is_refused_with_both(scene, method):
    shape = scene.shape[:2]
    other = np.zeros(shape if info(method).raw_planes == 2 else (2, *shape), np.float32)
    with pytest.raises(
        InputError, match=f"raw map has . planes?; those of method {method} have {info(method).raw_planes}"
    ):
        refine_map(other, scene, method)


@pytest.mark.parametrize("method", METHODS)
def test_a_photo_is_needed_and_of_the_size_of_the_map(scene, method):
    with pytest.raises(UsageError, match=f"method {method} refines along the photo: the argument photo is missing"):
        refine_map(raw_of(method, scene.shape[:2]), None, method)
    with pytest.raises(InputError, match="map is 119x90, photo is 120x90"):
        refine_map(raw_of(method, (90, 119)), scene, method)


@pytest.mark.parametrize("method", METHODS)
def test_steps_are_for_the_published_refinement_that_goes_in_steps(scene, method):
    raw = raw_of(method, scene.shape[:2])
    with pytest.raises(UsageError, match="that of method zeng, as_published"):
        refine_map(raw, scene, method, steps=3)
    if info(method).refines_in_steps:
        assert refine_map(raw, None, method, as_published=True, steps=3).shape == scene.shape[:2]


def test_a_map_that_knows_nothing_stays_as_it_is(scene):
    flat = np.full(scene.shape[:2], 0.5, np.float32)
    for method in ("joint", "zeng"):
        refined = refine_map(flat, scene, method)
        assert np.ptp(refined) < 1e-3
