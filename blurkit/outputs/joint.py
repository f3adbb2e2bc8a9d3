"""What the stages of joint give, of the photo at its working size."""

from functools import partial

from blurkit.methods.contract import Output
from blurkit.methods.joint import inputs, method
from blurkit.ops.backend import backend_for
from blurkit.ops.colour import grey


def planes(photo, weights, device, side):
    """All evidence, (n, h, w) float32, in the order of ``inputs.PLANE_NAMES``."""
    plane = grey(inputs.resized(photo, inputs.working_shape(photo.shape, side)))
    return inputs.measured(plane, backend_for(device, plane.shape))[0]


def one_plane(name, photo, weights, device, side):
    """The plane of evidence of that name, (h, w) float32."""
    return planes(photo, weights, device, side)[inputs.PLANE_NAMES.index(name)]


def log_odds(number, photo, weights, device, side):
    """Log odds of the networks: 0 of being in focus, 1 of having moved, if blurred; (h, w) float32."""
    return method.measured(photo, weights, device, side)[number]


def motion(photo, weights, device, side):
    """Probability that what is blurred has moved, (H, W) float32."""
    return method.estimate_kinds(photo, weights, device, side)[1]


OUTPUTS = {
    "evidence": Output(planes, "all planes of evidence, in the order of the next", inputs.PLANES, cells=True),
    **{
        name: Output(partial(one_plane, name), "evidence: " + name.replace("_", " "), cells=True)
        for name in inputs.PLANE_NAMES
    },
    "logits": Output(partial(log_odds, 0), "log odds of being in focus, of both networks", cells=True),
    "motion_logits": Output(partial(log_odds, 1), "log odds of having moved, if blurred, of both", cells=True),
    "motion": Output(motion, "probability of having moved, if blurred, spread", white=1.0),
}
