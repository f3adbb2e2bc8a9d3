"""Many inputs, N at a time, results in the order of the inputs."""

from collections import deque

from blurkit.errors import InputError


def in_order(function, items, jobs):
    """Results of function(item), in order, at most a few ahead of whoever takes them.

    Threads suffice: decoding and OpenCV let go of the interpreter while they work.

    Yields
    ------
    (item, result, None) or (item, None, error)
        The error is an InputError or a MemoryError; any other is raised.
    """
    if jobs == 1:
        for item in items:
            yield item, *outcome(function, item)
        return
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(jobs) as pool:
        waiting = deque()
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
            for _, future in waiting:
                future.cancel()


def outcome(function, item):
    """(result, None) or (None, error)."""
    try:
        return function(item), None
    except (InputError, MemoryError) as error:
        return None, error
