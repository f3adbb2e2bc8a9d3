"""What every training needs: photos held out, and a descent that sums in a fixed order."""

import zlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np

WEIGHT_DECAY = 1e-4
RISES = 0.3  # share of the steps over which the rate rises
VALIDATION = 5  # one photo in five, by name, is held out


def held_out(records, one_in=VALIDATION):
    """True for the patches of the photos kept for validation, (n,), bool.

    Decided by the photo's name alone, so that all copies of a photo fall on one side,
    whatever else is in the set.
    """
    names, where = np.unique(records["photo"], return_inverse=True)
    return np.array([zlib.crc32(name) % one_in == 0 for name in names])[where]


def evenly(indices, most):
    """At most so many of some indices, spread evenly over them."""
    return indices[np.linspace(0, len(indices) - 1, min(most, len(indices))).astype(int)]


def reproducible(seed, device):
    """From the same seed the same weights, as far as torch has such algorithms for the device."""
    import torch

    torch.manual_seed(seed)
    torch.use_deterministic_algorithms(True, warn_only=device != "cpu")
    torch.utils.deterministic.fill_uninitialized_memory = (
        False  # a tenth of the time; no step reads what none has written
    )


def descend(model, loss_of, count, epochs, rng, report, batch, rate, least_rate=0.0, look_back=0.0, prepare=None):
    """AdamW over shuffled batches of indices 0..count-1, the rate rising over the first third and falling after it.

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
    least_rate : float
        Where the fall ends.
    look_back : float
        Share of the steps that the running average of the weights looks back on. 0: no average.
    prepare : callable, optional
        ``prepare(indices)`` -> what `loss_of` is given in their place. Called in order, a batch
        ahead and beside the descent, so nothing else may draw from `rng`.

    Returns
    -------
    torch.nn.Module
        The model; with `look_back` one with its average weights.
    """
    import torch
    from torch.optim import swa_utils

    batch = min(batch, count)
    steps = epochs * (count // batch)
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=steps, pct_start=RISES)
    if look_back:
        memory = swa_utils.get_ema_multi_avg_fn(1 - 1 / max(1, look_back * steps))
        averaged = swa_utils.AveragedModel(model, multi_avg_fn=memory, use_buffers=True)
    shuffled = (
        order[start : start + batch]
        for order in map(rng.permutation, [count] * epochs)
        for start in range(0, count - batch + 1, batch)
    )
    with ThreadPoolExecutor(1) as beside:
        batches = map(prepare, shuffled) if prepare else shuffled
        coming = beside.submit(next, batches, None)
        for step in range(1, steps + 1):
            prepared, coming = coming.result(), beside.submit(next, batches, None)
            loss, right = loss_of(prepared)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            if step > RISES * steps:
                for group in optimizer.param_groups:
                    group["lr"] = max(group["lr"], least_rate)
                if look_back:
                    averaged.update_parameters(model)
            report(step, steps, loss.item(), right.item())
    return averaged.module if look_back else model
