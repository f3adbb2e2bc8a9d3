"""Weights from a patch set."""

from blurkit import methods


def train_weights(records, method, epochs, seed, device, report):
    """Learn a method's weights.

    Parameters
    ----------
    records : ndarray, (n,), the method's ``patch_record()``
    method : str
    epochs, seed : int
    device : str
        torch device name, from ``backend.torch_device``.
    report : callable
        ``report(what, step, steps, loss, accuracy)`` after every step.

    Returns
    -------
    weights : dict of ndarray, float32
    measured : dict of float
        Holds at least ``accuracy``, on photos kept out of training.
    """
    return methods.get(method).fit(records, epochs, seed, device, report)
