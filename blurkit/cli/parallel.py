"""Many inputs, N at a time, results in the order of the inputs."""

from collections import deque

from blurkit.cli import signals
from blurkit.cli.packages import package_of
from blurkit.errors import BlurkitError, InputError


def in_order(function, items, jobs):
    """Results of function(item), in order, at most a few ahead of whoever takes them.

    Threads suffice: decoding and OpenCV let go of the interpreter while they work.

    Yields
    ------
    (item, result, None) or (item, None, error)
        See `outcome`.
    """
    if jobs == 1:
        for item in items:
            yield item, *outcome(function, item)
        return
    from concurrent.futures import ThreadPoolExecutor

    pool, waiting = ThreadPoolExecutor(jobs), deque()
    try:
        for item in items:
            waiting.append((item, pool.submit(outcome, function, item)))
            if len(waiting) > jobs:
                done, future = waiting.popleft()
                yield done, *future.result()
        while waiting:
            done, future = waiting.popleft()
            yield done, *future.result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)  # who is interrupted does not wait for the photos in work


def outcome(function, item):
    """(result, None), or (None, error) where the error is about this input alone, foreseen or not; others are raised."""
    signals.check()
    try:
        return function(item), None
    except InputError as error:
        return None, error
    except BlurkitError:
        raise
    except Exception as error:  # a bug that one photo shows must not cost the others; said to be one
        signals.check()
        if package_of(error):  # missing for all of them
            raise
        return None, error
