"""The training loop of all methods, reproducible from a seed, and the photos held out for validation."""

import math
import zlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np

WEIGHT_DECAY = 1e-4  # of AdamW
RISES = 0.3  # share of the steps over which the learning rate rises
VALIDATION = 5  # one photo in this many, by name, is held out


def held_out(records, one_in=VALIDATION):
    """Patches of the photos held out for validation.

    The photo's name alone decides, so that all copies of a photo fall on one side, whatever else is in the set.

    Parameters
    ----------
    records : ndarray, (n,)
        With the field ``photo``, the name in bytes.
    one_in : int
        About one photo in this many is held out.

    Returns
    -------
    ndarray, (n,), bool
        True for patches held out.
    """
    names, name_indices = np.unique(records["photo"], return_inverse=True)
    is_held_out = np.array([zlib.crc32(name) % one_in == 0 for name in names])
    return is_held_out[name_indices]


def evenly(indices, most):
    """At most `most` of some indices, evenly spaced among them: (n,) -> (min(n, most),)."""
    positions = np.linspace(0, len(indices) - 1, min(most, len(indices))).astype(int)
    return indices[positions]


def reproducible(seed, device):
    """Seed torch and make it deterministic, so that equal seeds give equal weights.

    On a GPU torch lacks deterministic versions of some algorithms; there it warns and goes on.
    """
    import torch

    torch.manual_seed(seed)
    torch.use_deterministic_algorithms(True, warn_only=device != "cpu")
    # Filling would take a tenth of the time, and no step reads memory that was not written before.
    torch.utils.deterministic.fill_uninitialized_memory = False


def descend(
    model,
    loss_of,
    count,
    epochs,
    rng,
    report,
    batch,
    rate,
    least_rate=0.0,
    look_back=0.0,
    prepare=None,
    rises=RISES,
    rate_of=None,
    decay=WEIGHT_DECAY,
    longest=math.inf,
):
    """Minimise a loss by AdamW over shuffled batches of the indices 0..count-1.

    The learning rate rises over the first steps and falls after them (one cycle).

    Parameters
    ----------
    model : torch.nn.Module
    loss_of : callable
        ``loss_of(indices)`` -> loss, accuracy; scalar tensors.
    count, epochs : int
    rng : numpy.random.Generator
        Shuffles the indices of each epoch.
    report : callable
        Called as ``report(step, steps, loss, accuracy)`` after every step.
    batch : int
        Indices in a batch; `count` if that is less. An incomplete batch at the end of an epoch is left out.
    rate : float
        Highest learning rate.
    least_rate : float
        Learning rate below which the fall does not go.
    look_back : float
        Share of the steps over which the weights are averaged (exponential moving average). 0: no average.
    prepare : callable, optional
        ``prepare(indices)`` -> the argument of `loss_of` in place of the indices. It is called for the batches in
        order, one batch ahead and in another thread, so nothing else may draw from `rng` meanwhile.
    rises : float
        Share of the steps over which the learning rate rises.
    rate_of : dict, optional
        Highest learning rates of parameters that have one of their own, by their names' beginnings.
    decay : float
        Weight decay.
    longest : float
        Norm to which the gradient of all parameters of one rate is cut.

    Returns
    -------
    torch.nn.Module
        The model; with `look_back` a copy with the averaged weights.
    """
    import torch
    from torch.optim import swa_utils

    batch = min(batch, count)
    steps = epochs * (count // batch)
    groups = by_rate(model, rate, rate_of or {})
    optimizer = torch.optim.AdamW(groups, weight_decay=decay)
    highest = [group["lr"] for group in groups]
    # A rise of a single step would be divided by its length, which is 0.
    total, rise = max(2, steps), max(rises, 1.5 / max(2, steps))
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, highest, total_steps=total, pct_start=rise)
    if look_back:
        memory = swa_utils.get_ema_multi_avg_fn(1 - 1 / max(1, look_back * steps))
        averaged = swa_utils.AveragedModel(model, multi_avg_fn=memory, use_buffers=True)
    batches = shuffled_batches(count, epochs, batch, rng)
    if prepare:
        batches = map(prepare, batches)
    with ThreadPoolExecutor(1) as preparing:
        upcoming = preparing.submit(next, batches, None)
        for step in range(1, steps + 1):
            prepared = upcoming.result()
            upcoming = preparing.submit(next, batches, None)
            loss, accuracy = loss_of(prepared)
            optimizer.zero_grad()
            loss.backward()
            if math.isfinite(longest):
                for group in groups:
                    torch.nn.utils.clip_grad_norm_(group["params"], longest)
            optimizer.step()
            schedule.step()
            if step > rises * steps:
                for group in optimizer.param_groups:
                    group["lr"] = max(group["lr"], least_rate)
                if look_back:
                    averaged.update_parameters(model)
            report(step, steps, loss.item(), accuracy.item())
    return averaged.module if look_back else model


def by_rate(model, rate, rate_of):
    """The parameters of a model that learn, in groups of one highest learning rate, as torch's optimizers take them."""
    groups = [{"params": [], "lr": each} for each in (rate, *rate_of.values())]
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            place = next((n for n, beginning in enumerate(rate_of, 1) if name.startswith(beginning)), 0)
            groups[place]["params"].append(parameter)
    return [group for group in groups if group["params"]]


def shuffled_batches(count, epochs, batch, rng):
    """Yield batches of shuffled indices, (batch,) int; each epoch draws its order when its first batch is requested."""
    for _ in range(epochs):
        order = rng.permutation(count)
        for start in range(0, count - batch + 1, batch):
            yield order[start : start + batch]
