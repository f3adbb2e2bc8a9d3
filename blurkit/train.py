"""Training: weights of a method from a patch set."""

from blurkit import methods


def train_weights(records, method, epochs, seed, device, report):
    """Learn the weights of a method.

    Parameters
    ----------
    records : ndarray, (n,), the method's ``patch_record()``
    method : str
        Name of the method.
    epochs, seed : int
    device : str
        torch device name, from ``backend.torch_device``.
    report : callable
        Called as ``report(phase, step, steps, loss, accuracy)`` after every step.

    Returns
    -------
    weights : dict of ndarray, float32
    figures : dict of float
        At least ``accuracy``, in [0, 1], on photos held out of training.
    """
    return methods.get(method).fit(records, epochs, seed, device, report)
