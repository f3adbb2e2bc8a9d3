"""The commands through real pipes, as a shell runs them."""

import io
import os
import pty
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.files import arrays, listed, npy

COMMANDS = ("blur-map", "blur-mask", "blur-patches", "blur-refine", "blur-score", "blur-train")


@pytest.mark.parametrize("method", [(), ("--method", "zeng")], ids=str)
def test_the_sharp_half_of_a_photo_has_the_higher_map(run, photos, method):
    mapped = run("blur-map", *method, photos / "photo.jpg")
    sharpness = np.load(io.BytesIO(mapped.stdout))
    assert (
        sharpness.shape == (90, 120) and sharpness.dtype == np.float32 and sharpness.min() >= 0 and sharpness.max() <= 1
    )
    assert sharpness[:, :55].mean() > sharpness[:, 65:].mean()


def test_a_pipe_from_photo_to_mask_is_the_line_on_the_box(start, photos, stream):
    first = start("blur-map", photos / "photo.png", stdin=subprocess.DEVNULL)
    masking = start("blur-mask", stdin=first.stdout)
    first.stdout.close()
    out, err = masking.communicate(timeout=60)
    assert (first.wait(), masking.returncode, first.stderr.read(), err) == (0, 0, b"", b"")
    first.stderr.close()
    with Image.open(io.BytesIO(out)) as mask:
        assert mask.format == "PNG" and mask.mode == "L"
        assert np.array_equal(np.asarray(mask) == 255, arrays(stream)[0] > 0.5)


def test_a_photo_on_standard_input_gives_the_same_map_with_or_without_a_dash(run, three, stream):
    data = three[0].read_bytes()
    expected = npy(arrays(stream)[0])
    assert run("blur-map", stdin=data).stdout == run("blur-map", "-", stdin=data).stdout == expected


def test_map_is_raw_map_and_refine_byte_for_byte(run, three, stream):
    raw = run("blur-map", "--raw", *three)
    guides = [word for photo in three for word in ("--guide", photo)]
    refined = run("blur-refine", *guides, stdin=raw.stdout)
    assert raw.stdout != stream and refined == (0, stream, b"")


def test_map_is_raw_map_and_refine_as_published_too_and_needs_no_guide(run, three):
    published = "--method", "zeng", "--as-published"
    raw = run("blur-map", "--raw", *published, three[0])
    whole = run("blur-map", *published, three[0])
    assert whole.status == 0 and raw.stdout != whole.stdout
    assert run("blur-refine", *published, stdin=raw.stdout) == (0, whole.stdout, b"")


def test_map_is_raw_map_and_refine_where_the_photo_is_larger_than_the_working_size(run, three):
    raw = run("blur-map", "--raw", "--working-size", "64", three[0])
    whole = run("blur-map", "--working-size", "64", three[0])
    assert np.load(io.BytesIO(whole.stdout)).shape == (90, 120)
    assert run("blur-refine", "--working-size", "64", "--guide", three[0], stdin=raw.stdout) == (0, whole.stdout, b"")


def test_a_stream_of_photos_equals_single_runs(run, three, stream):
    assert b"".join(run("blur-map", photo).stdout for photo in three) == stream


@pytest.mark.parametrize("command", ["blur-map", "blur-score"])
def test_the_jobs_change_neither_bytes_nor_order(run, three, command):
    one, many = (run(command, "-j", n, *three, *three) for n in ("1", "3"))
    assert one.status == 0 and one == many


@pytest.mark.parametrize("command", [("blur-map",), ("blur-map", "-j", "3"), ("blur-score",)], ids=" ".join)
def test_a_reader_that_leaves_early_ends_the_command_without_a_word(start, photos, command):
    process = start(*command, *[photos / "photo.png"] * 5, stdin=subprocess.DEVNULL)
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(60) == -signal.SIGPIPE


def test_help_to_a_reader_that_left_says_nothing_on_standard_error(start):
    process = start("blur-map", "--help", stdin=subprocess.DEVNULL)
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(60) in (0, -signal.SIGPIPE)


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, -signal.SIGINT), (signal.SIGTERM, 128 + signal.SIGTERM)]
)
def test_an_interrupted_command_leaves_no_half_written_file_and_says_nothing(start, tmp_path, stream, number, status):
    # A background job of a shell ignores SIGINT, and so would its children.
    process = start(
        "blur-mask",
        "-f",
        "npy",
        "-o",
        tmp_path / "masks.npy",
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    process.stdin.write(stream)
    process.stdin.flush()
    until = time.monotonic() + 30
    while not listed(tmp_path) and time.monotonic() < until:
        time.sleep(0.02)
    assert listed(tmp_path) and listed(tmp_path) != ["masks.npy"]  # half done, under another name
    process.send_signal(number)
    assert process.wait(30) == status
    assert (process.stdout.read(), process.stderr.read(), listed(tmp_path)) == (b"", b"", [])
    for pipe in (process.stdin, process.stdout, process.stderr):
        pipe.close()


def test_a_map_that_comes_byte_by_byte_is_read_whole(start):
    sharpness = np.float32([[0.1, 0.9, 0.5], [0.6, 0.4, 1.0]])
    process = start("blur-mask", "-f", "npy", bufsize=0)
    for byte in npy(sharpness, 1 - sharpness):
        process.stdin.write(bytes([byte]))
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0 and err == b""
    assert [(a == 255).tolist() for a in arrays(out)] == [(sharpness > 0.5).tolist(), (1 - sharpness > 0.5).tolist()]


def test_unbuffered_python_writes_every_byte(run, three, stream):
    assert run("blur-map", *three, env={"PYTHONUNBUFFERED": "1"}).stdout == stream
    raw = run("blur-map", "--raw", three[0]).stdout
    assert run("blur-refine", "--guide", three[0], stdin=raw, env={"PYTHONUNBUFFERED": "1"}).stdout == npy(
        arrays(stream)[0]
    )


@pytest.mark.parametrize("command", ["blur-mask", "blur-score"])
def test_pipes_that_do_not_block_are_waited_for(start, command):
    one = npy(np.random.default_rng(0).random((300, 400), dtype=np.float32))  # more than a pipe takes at a time
    (inlet, writer), (reader, outlet) = os.pipe(), os.pipe()
    for descriptor in (inlet, outlet):
        os.set_blocking(descriptor, False)
    process = start(command, "-", *(["-f", "npy"] if command == "blur-mask" else []), stdin=inlet, stdout=outlet)
    os.close(inlet)
    os.close(outlet)
    with open(writer, "wb") as file:
        for part in (one[:1000], one[1000:]):
            time.sleep(0.3)
            file.write(part)
            file.flush()
    time.sleep(0.5)
    with open(reader, "rb") as file:
        written = file.read()
    assert (process.communicate(timeout=60)[1], process.returncode) == (b"", 0)
    assert len(arrays(written)) == 1 if command == "blur-mask" else written.count(b"\n") == 1


def test_a_map_larger_than_a_pipe_goes_through_unbuffered(run):
    large = np.random.default_rng(0).random((700, 900), dtype=np.float32)
    done = run("blur-mask", "-f", "npy", stdin=npy(large), env={"PYTHONUNBUFFERED": "1"})
    assert np.array_equal(np.load(io.BytesIO(done.stdout)) == 255, large > 0.5)


def test_standard_input_is_left_alone_when_a_file_is_named(start, photos):
    reader, writer = os.pipe()
    os.write(writer, b"untouched")
    for command in ("blur-map", "blur-score"):
        process = start(command, photos / "photo.png", stdin=reader)
        process.communicate(timeout=60)  # would wait for ever if it read: the pipe stays open
        assert process.returncode == 0
    assert os.read(reader, 100) == b"untouched"
    os.close(reader)
    os.close(writer)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_terminal_on_standard_input_is_refused(start, command):
    ours, theirs = pty.openpty()
    process = start(command, stdin=theirs)
    out, err = process.communicate(timeout=60)
    os.close(ours)
    os.close(theirs)
    assert process.returncode == 2 and out == b""
    assert err.startswith(b"usage: " + command.encode()) and err.splitlines()[-1].startswith(command.encode() + b": ")


@pytest.mark.parametrize("command", ["blur-map", "blur-mask", "blur-refine", "blur-patches", "blur-train"])
def test_binary_data_to_a_terminal_is_refused(start, photos, command):
    ours, theirs = pty.openpty()
    process = start(command, photos / "photo.png", stdout=theirs)
    _, err = process.communicate(timeout=60)
    os.close(theirs)
    assert process.returncode == 2 and b"terminal" in err and len(err.splitlines()) == 1
    with pytest.raises(OSError):  # nothing was written before the other end closed
        os.read(ours, 1)
    os.close(ours)


def test_force_writes_binary_data_to_a_terminal(start):
    ours, theirs = pty.openpty()
    process = start("blur-mask", "--force", "-f", "npy", stdout=theirs)
    process.communicate(npy(np.zeros((1, 2), np.float32)), timeout=60)
    assert process.returncode == 0 and os.read(ours, 100).startswith(b"\x93NUMPY")
    os.close(ours)
    os.close(theirs)


def test_a_named_pipe_is_read_once(run, three, tmp_path):
    (tmp_path / "raw.npy").write_bytes(run("blur-map", "--raw", three[0]).stdout)
    for source, command in (
        (three[0], ["blur-score"]),
        (tmp_path / "raw.npy", ["blur-score"]),
        (three[0], ["blur-map"]),
    ):
        os.mkfifo(tmp_path / "pipe")
        writer = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=[source.read_bytes()])
        writer.start()
        done = run(*command, tmp_path / "pipe")
        writer.join()
        os.unlink(tmp_path / "pipe")
        assert (done.status, done.stderr) == (0, b"")
        assert done.stdout.split(b"\t")[0] == run(*command, source).stdout.split(b"\t")[0]


def test_a_closed_standard_error_costs_nothing_but_the_words(run, three, tmp_path):
    script = 'exec 2>&-; exec "$0" "$@"'
    command = [
        sys.executable,
        Path(__file__).resolve().parents[2] / "bin" / "blur-map",
        "nosuch.jpg",
        three[0],
        "-o",
        f"{tmp_path}/out/",
    ]
    assert subprocess.run(["sh", "-c", script, *map(str, command)]).returncode == 2
    assert len(list((tmp_path / "out").iterdir())) == 1


def test_a_real_photo_goes_through_the_whole_pipe(run, data):
    photo = data / "labelled" / "books_1.jpg"
    mapped = run("blur-map", photo)
    assert mapped.status == 0
    with Image.open(photo) as picture:
        assert np.load(io.BytesIO(mapped.stdout)).shape == picture.size[::-1]
    assert run("blur-mask", "-t", "otsu", stdin=mapped.stdout).stdout.startswith(b"\x89PNG")
