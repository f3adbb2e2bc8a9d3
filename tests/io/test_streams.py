"""Maps through real pipes, by the two functions that the front door offers for filters of one's own."""

import io
import os
import subprocess
import sys
import threading

import numpy as np
import pytest

import blurkit
from blurkit.errors import InputError
from tests.files import npy

MAPS = [np.random.default_rng(n).random((20 + n, 30), dtype=np.float32) for n in range(4)]
FILTER = (
    "import sys, blurkit\nfor m in blurkit.read_maps(sys.stdin.buffer): blurkit.write_map(sys.stdout.buffer, m ** 2)"
)


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_filter_of_ones_own_works_between_pipes(root, bare, unbuffered):
    env = {**bare, "PYTHONPATH": str(root), "PYTHONUNBUFFERED": unbuffered}
    done = subprocess.run([sys.executable, "-c", FILTER], input=npy(*MAPS), capture_output=True, env=env)
    assert (done.returncode, done.stderr) == (0, b"") and done.stdout == npy(*(m**2 for m in MAPS))


def test_a_map_is_on_its_way_before_the_next_is_made():
    back, front = os.pipe()
    with open(back, "rb") as reader, open(front, "wb") as writer:
        blurkit.write_map(writer, MAPS[0])
        assert np.array_equal(next(blurkit.read_maps(reader)), MAPS[0])  # the writer is still open


def test_a_stream_without_a_buffer_that_takes_a_part_at_a_time_gets_all_of_it():
    back, front = os.pipe()
    with open(back, "rb") as reader, open(front, "wb", buffering=0) as writer:
        large = np.random.default_rng(0).random((600, 700), dtype=np.float32)  # more than a pipe holds
        thread = threading.Thread(target=blurkit.write_map, args=(writer, large))
        thread.start()
        assert np.array_equal(next(blurkit.read_maps(reader)), large)
        thread.join()


@pytest.mark.parametrize("dtype", ["<f4", ">f4", "<f8", ">f8", "<f2", ">u2", "|u1", "|b1"])
def test_either_byte_order_and_every_type_of_number_is_read(dtype):
    scale = {"u": np.iinfo(dtype).max if "u" in dtype else 1}.get(np.dtype(dtype).kind, 1)
    array = (MAPS[0] * scale).round(0 if scale > 1 or "b" in dtype else 3).astype(dtype)
    [sharpness] = blurkit.read_maps(io.BytesIO(npy(array)))
    assert sharpness.dtype == np.float32 and np.array_equal(
        sharpness, (array.astype(np.float64) / scale).astype(np.float32)
    )


def test_raw_maps_of_two_planes_and_pixels_of_blur_pass():
    planes = np.stack([MAPS[0], MAPS[0]])
    assert np.array_equal(next(blurkit.read_maps(io.BytesIO(npy(planes)))), planes)
    assert next(blurkit.read_maps(io.BytesIO(npy(9 * planes)), sigma=True)).max() > 1
    out = io.BytesIO()
    blurkit.write_map(out, 9 * planes, sigma=True)
    assert out.getvalue() == npy(9 * planes)
    with pytest.raises(InputError, match="values run from"):
        blurkit.write_map(out, 9 * planes)


@pytest.mark.parametrize(
    "data, complaint",
    [
        (npy(MAPS[0])[:-8], "map 1 of the stream: NPY array is truncated"),
        (npy(MAPS[0], MAPS[1])[:-8], "map 2 of the stream: NPY array is truncated"),
        (npy(MAPS[0]) + b"junk", "map 2 of the stream: not an NPY array"),
        (npy(np.zeros((3, 4, 5))), r"map 1 of the stream: map has shape \(3, 4, 5\)"),
        (npy(np.array([{}], object)), "map 1 of the stream: NPY array holds Python objects"),
        (npy(np.full((2, 2), np.nan)), "NaN"),
        (npy(np.zeros((40, 50))), "2000 pixels; at most 1000"),
    ],
)
def test_what_is_no_map_is_told_with_its_number(data, complaint):
    with pytest.raises(InputError, match=complaint):
        list(blurkit.read_maps(io.BytesIO(data), max_pixels=1000))


@pytest.mark.parametrize("array", [np.zeros(3), np.zeros((0, 4)), np.zeros((2, 2), complex), "words"])
def test_what_is_no_map_is_not_written(array):
    out = io.BytesIO()
    with pytest.raises(InputError):
        blurkit.write_map(out, array)
    assert not out.getvalue()


def test_the_front_door_is_open_and_light(root, bare):
    assert {"read_maps", "write_map"} <= set(dir(blurkit))
    with pytest.raises(AttributeError, match="no attribute 'map_reader'"):
        blurkit.map_reader  # noqa: B018
    code = """import sys, blurkit
dir(blurkit)
assert "numpy" not in sys.modules
blurkit.read_maps
assert "numpy" in sys.modules"""
    assert subprocess.run([sys.executable, "-c", code], env={**bare, "PYTHONPATH": str(root)}).returncode == 0
