"""What every training needs: photos held out, and a descent that sums in a fixed order."""

import zlib

import numpy as np

WEIGHT_DECAY = 1e-4
VALIDATION = 5  # one photo in five, by name, is held out


def held_out(records, one_in=VALIDATION):
    """True for the patches of the photos kept for validation, (n,), bool.

    Decided by the photo's name alone, so that all copies of a photo fall on one side,
    whatever else is in the set.
    """
    names, where = np.unique(records["photo"], return_inverse=True)
    return np.array([zlib.crc32(name) % one_in == 0 for name in names])[where]


def descend(model, loss_of, count, epochs, rng, report, batch, rate):
    """AdamW over shuffled batches of indices 0..count-1, the rate rising over the first third and falling to nothing.

    Parameters
    ----------
    model : torch.nn.Module
    loss_of : callable
        ``loss_of(indices)`` -> loss, accuracy; scalar tensors.
    count, epochs, batch : int
    rng : numpy.random.Generator
    report : callable
        Called as ``report(step, steps, loss, accuracy)`` after every step.
    rate : float
        The highest.
    """
    import torch

    batch = min(batch, count)
    steps = epochs * (count // batch)
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=steps)
    step = 0
    for _ in range(epochs):
        order = rng.permutation(count)
        for start in range(0, count - batch + 1, batch):
            loss, right = loss_of(order[start : start + batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            step += 1
            report(step, steps, loss.item(), right.item())
