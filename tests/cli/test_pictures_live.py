"""Streams of pictures that come slowly, or have no end."""

import os
import signal
import subprocess
import threading
import time
from contextlib import suppress

import pytest

from tests.clips import WAYS, video


def test_every_picture_is_told_at_once_and_the_first_when_the_next_begins(start, scenes):
    given = [WAYS["jpeg"](photo) for photo in scenes]
    with start("blur-score") as process:

        def told(data):
            process.stdin.write(data)
            process.stdin.flush()
            return process.stdout.readline().split(b"\t")[1]

        process.stdin.write(given[0])
        assert told(given[1]) == b"-:1\n"
        assert process.stdout.readline().endswith(b"-:2\n")
        assert [told(data) for data in given[2:]] == [b"-:3\n", b"-:4\n"]
        process.stdin.close()
        assert process.wait(60) == 0


@pytest.mark.parametrize("options", [("--fps", "1"), ()])
def test_a_series_that_is_known_as_one_is_told_from_the_first(start, scenes, options):
    data = WAYS["png"](scenes[0]) if options else video(scenes[:1])
    with start("blur-score", *options) as process:
        process.stdin.write(data)
        process.stdin.flush()
        assert process.stdout.readline().endswith(b"\t-:1\n")  # the pipe is still open
        process.stdin.close()
        assert process.wait(60) == 0


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_reader_that_leaves_ends_a_stream_that_has_no_end(start, scenes, jobs):
    data = video(scenes)
    head, frames = data[: data.index(b"\n") + 1], data[data.index(b"\n") + 1 :]
    with start("blur-score", "-j", jobs) as process:

        def feed():
            try:
                process.stdin.write(head)
                while True:
                    process.stdin.write(frames)
            except BrokenPipeError:
                pass

        writer = threading.Thread(target=feed)
        writer.start()
        assert process.stdout.readline().endswith(b"-:1\n")
        process.stdout.close()
        assert process.wait(60) == -signal.SIGPIPE
        writer.join(60)
        assert process.stderr.read() == b"" and not writer.is_alive()
        with suppress(BrokenPipeError):
            process.stdin.close()


def test_a_slow_writer_gives_the_same(start, run, scenes):
    data = b"".join(WAYS["png"](photo) for photo in scenes)
    with start("blur-score") as process:
        for at in range(0, len(data), 9973):
            process.stdin.write(data[at : at + 9973])
            process.stdin.flush()
            time.sleep(0.01)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == run("blur-score", stdin=data)


def test_memory_does_not_grow_with_the_length_of_a_stream(start, scenes):
    whole = video(scenes)
    head, frames = whole[: whole.index(b"\n") + 1], whole[whole.index(b"\n") + 1 :]

    def peak(times):
        with start("blur-score", stdout=subprocess.DEVNULL) as process:
            process.stdin.write(head)
            for _ in range(times):
                process.stdin.write(frames)
            process.stdin.flush()
            if not os.path.exists("/proc/self/status"):
                pytest.skip("the system does not say how much memory a process has taken")
            with open(f"/proc/{process.pid}/status") as status:
                kilobytes = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
            process.communicate(timeout=120)
        return kilobytes

    assert peak(100) < 1.1 * peak(20)
