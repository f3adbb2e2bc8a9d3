"""Work on several inputs at a time: results in order, errors of one input apart from those of the run."""

import threading
import time

import cv2
import pytest

from blurkit.cli.console import words
from blurkit.cli.parallel import in_order
from blurkit.errors import InputError, UsageError


def test_who_stops_taking_results_does_not_wait_for_the_work_under_way():
    going, wait = threading.Event(), threading.Event()

    def work(item):
        if item:
            going.set()
            wait.wait(60)
        return item

    results = in_order(work, range(9), 2)
    assert next(results) == (0, 0, None) and going.wait(10)
    began = time.monotonic()
    results.close()
    assert time.monotonic() - began < 10
    wait.set()


def test_a_result_that_is_there_waits_for_one_more_item_and_not_for_as_many_as_there_are_jobs():
    done = [threading.Event() for _ in range(9)]

    def items():
        for number in range(9):
            if number:
                assert done[number - 1].wait(10)  # a source so slow that all before is done
                time.sleep(0.05)
            taken.append(number)
            yield number

    taken, results = [], in_order(lambda item: done[item].set() or item, items(), 7)
    assert next(results)[0] == 0 and 2 <= len(taken) < 7
    results.close()


@pytest.mark.parametrize("jobs", [1, 3])
def test_an_error_that_nobody_foresaw_costs_one_input_and_is_told_as_what_it_is(jobs):
    def work(item):
        if item % 3 == 0:
            raise (InputError("is bad"), ValueError("odd"), MemoryError())[item // 3]
        return item

    outcomes = list(in_order(work, range(9), jobs))
    assert [item for item, _, _ in outcomes] == list(range(9))
    assert [result for _, result, _ in outcomes] == [None if n % 3 == 0 else n for n in range(9)]
    messages = [words(error) for _, _, error in outcomes if error]
    assert messages == [
        "is bad",
        "internal error: ValueError: odd (--debug shows where; please report it)",
        "not enough memory",
    ]


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_no_input_can_do_right_ends_the_run(jobs):
    def work(item):
        raise UsageError("say what white means")

    with pytest.raises(UsageError):
        list(in_order(work, range(3), jobs))


def test_opencv_without_memory_says_so_plainly():
    error = cv2.error("OpenCV(5.0) alloc.cpp: error: (-4:Insufficient memory) Failed to allocate 8 bytes")
    error.code = -4
    assert words(error) == "not enough memory"
