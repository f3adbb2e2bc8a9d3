"""Training: weights of a method from a patch set."""

from blurkit import methods


def train_weights(records, method, epochs, seed, device, report, part="map"):
    """Learn the weights of a method.

    Parameters
    ----------
    records : ndarray, (n,), the ``patch_record()`` of the method's part
    method : str
        Name of the method.
    epochs, seed : int
    device : str
        torch device name, from ``backend.torch_device``.
    report : callable
        Called as ``report(phase, step, steps, loss, accuracy)`` after every step.
    part : {'map', 'score'}
        What is to learn, see ``methods.PARTS``.

    Returns
    -------
    weights : dict of ndarray, float32 or float16
    figures : dict of float
        At least ``accuracy``, in [0, 1], on photos held out of training.
    """
    return methods.get(method, part).fit(records, epochs, seed, device, report)
