"""What the stages of joint give, of the photo at its working size."""

from functools import partial

from blurkit.methods.contract import Output
from blurkit.methods.joint import evidence, method
from blurkit.ops import resize
from blurkit.ops.backend import backend_for
from blurkit.ops.colour import grey


def planes(photo, weights, device, side):
    """All evidence, (n, h, w) float32, in the order of ``evidence.PLANE_NAMES``."""
    plane = grey(resize.reduce_to(photo, resize.working_shape(photo.shape, side)))
    return evidence.planes(plane, backend_for(device, plane.shape))


def one_plane(name, photo, weights, device, side):
    """The plane of evidence of that name, (h, w) float32."""
    return planes(photo, weights, device, side)[evidence.PLANE_NAMES.index(name)]


def logits(photo, weights, device, side):
    """Log odds of the network for the photo at its working size, (h, w) float32."""
    reduced = resize.reduce_to(photo, resize.working_shape(photo.shape, side))
    return method.log_odds(reduced, weights, device)


def second_logits(photo, weights, device, side):
    """The same for the photo at its second size, (h, w) float32."""
    shape = resize.working_shape(photo.shape, side)
    resized = resize.resize_to(resize.reduce_to(photo, shape), method.second_shape(shape))
    return method.log_odds(resized, weights, device)


OUTPUTS = {
    "evidence": Output(planes, "all planes of evidence, in the order of the next", evidence.PLANES, cells=True),
    **{
        name: Output(partial(one_plane, name), "evidence: " + name.replace("_", " "), cells=True)
        for name in evidence.PLANE_NAMES
    },
    "logits": Output(logits, "log odds of being in focus, by the network", cells=True),
    "second_logits": Output(second_logits, "the same of the photo at a longer side of 480 pixels", cells=True),
}
