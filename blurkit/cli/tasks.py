"""What blur-score is to measure: every picture and every map of its inputs, with the mask of each."""

from collections import namedtuple
from itertools import count

from blurkit.cli import inputs, pictures
from blurkit.errors import InputError, UsageError

Task = namedtuple("Task", "item map mask file kept", defaults=(None, None))
"""An input to score, its map (None for a photo or a map still to decode), and the mask of a photo or None.

With --cache the `identity.File` that it was read from, and its result if that was kept.
"""


def tasks(items, args, console, store):
    """A `Task` for every map of a stream, and one for every picture of the other inputs.

    A photo uses up its mask even if one of the two cannot be read, so that the others keep theirs. `store` is a
    ``cache.Store``; what it keeps is not read.
    """
    masks, alone = all_masks(items, args), count()
    for item in items:
        file, kept = store.find(item)
        if kept:
            yield Task(placed(item, alone, args), None, None, file, kept)
            continue
        try:
            item = inputs.opened(item)
            if inputs.holds_arrays(item):
                for _, sharpness in inputs.maps(item, args.max_pixels, raw=not args.truth):
                    one = placed(item._replace(data=None), alone, args)
                    yield with_mask(Task(one, sharpness, None), masks, args)
                continue
        except InputError as error:
            yield with_mask(Task(placed(item._replace(data=error), alone, args), None, None), masks, args)
            continue
        for picture in pictures.of(item, args, console):
            yield with_mask(Task(placed(picture, alone, args), None, None, file), masks, args)
    if next(masks, None):
        raise UsageError("there are more masks than photos; give --mask once per photo")


def placed(item, alone, args):
    """A picture that is the only one of its input with its number among those, and its time by --fps."""
    if item.frame is not None:
        return item
    number = next(alone)
    return item._replace(order=number + 1, time=number / args.fps if args.fps else None)


def all_masks(items, args):
    """(mask, None) for every mask of every --mask, in order, as a map; (None, error) if it cannot be read."""
    if "-" in args.mask and (args.null or args.files0_from == "-" or any(item.path is None for item in items)):
        raise UsageError("standard input cannot be both the mask and a photo or a list")
    for path in args.mask:
        source = inputs.Input(None if path == "-" else path, path)
        try:
            for _, mask in inputs.maps(source, args.max_pixels):
                yield mask, None
        except InputError as error:
            yield None, InputError(f"its mask {source.label}: {error}")


def with_mask(task, masks, args):
    """A `Task` with the next of `all_masks`, or with the error that the mask gave."""
    if not args.mask:
        return task
    mask, error = next(masks, (None, None))
    if error:
        return task._replace(item=task.item._replace(data=error), map=None)
    if mask is None:
        ways = "give --mask once per photo, or many masks in one stream (blur-mask -f npy)"
        raise UsageError(f"{task.item.label}: no mask is left for it; {ways}")
    return task._replace(mask=mask)
