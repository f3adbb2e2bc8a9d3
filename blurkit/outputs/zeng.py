"""What the stages of zeng's paper give."""

from functools import partial

from blurkit.methods.contract import Output
from blurkit.methods.zeng import method, metric, refine
from blurkit.ops.backend import backend_for
from blurkit.ops.colour import grey


def first_response(photo, weights, device, side):
    """K1 * I, (H, W) float32; the absolute value is taken after K2 alone."""
    plane = grey(photo)
    backend = backend_for(device, plane.shape)
    return backend.take(backend.convolve(backend.put(plane), weights["published"][0]))


def response(photo, weights, device, side):
    """|K2 * (K1 * I)|, (H, W) float32."""
    plane = grey(photo)
    backend = backend_for(device, plane.shape)
    return backend.take(metric.response(backend.put(plane), weights["published"], backend))


def scaled(photo, weights, device, side):
    """The metric scaled to [0, 1], (H, W) float32."""
    return metric.scaled(response(photo, weights, device, side))


def iterated(steps, photo, weights, device, side):
    """B_n after so many steps, (H, W) float32 in [0, 1]; B_0 is the raw map."""
    return refine.after(method.estimate(photo, weights, as_published=True, device=device), steps)


OUTPUTS = {
    "L1": Output(first_response, "answer of the first filter, K1 * I, of either sign"),
    "L": Output(response, "answer of the cascade, |K2 * (K1 * I)|, from 0 up"),
    "scaled": Output(scaled, "L divided by its 90th percentile, cut off at 1", white=1),
    "B_0": Output(partial(iterated, 0), "scaled, smoothed by a Gaussian of 15 pixels: the raw map, 0 to 1", white=1),
    **{
        f"B_{steps}": Output(
            partial(iterated, steps),
            f"the map after {steps} steps of the refinement, 0 to {refine.most(steps)}",
            white=refine.most(steps),
        )
        for steps in refine.STEPS
    },
}
