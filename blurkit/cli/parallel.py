"""Many inputs, N at a time, results in the order of the inputs."""

from collections import deque

from blurkit.cli import signals
from blurkit.cli.packages import package_of
from blurkit.errors import BlurkitError, InputError


def in_order(function, items, jobs):
    """Results of function(item), in order, computed at most `jobs` + 1 items ahead of the caller.

    Threads suffice: decoding and OpenCV release the interpreter while they work.

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
            # What is done is given at once if another is in work: the next item may be long in coming.
            while len(waiting) > jobs or len(waiting) > 1 and waiting[0][1].done():
                done, future = waiting.popleft()
                yield done, *future.result()
        while waiting:
            done, future = waiting.popleft()
            yield done, *future.result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)  # an interrupt does not wait for the photos in work


def outcome(function, item):
    """(result, None), or (None, error) if the error, expected or not, is about this input; other errors are raised."""
    signals.check()
    try:
        return function(item), None
    except InputError as error:
        return None, error
    except BlurkitError:
        raise
    except Exception as error:  # a bug that one photo shows must not cost the others; it is reported as a bug
        signals.check()
        if package_of(error):  # missing for all of them
            raise
        return None, error
