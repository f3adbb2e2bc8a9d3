"""One table for all commands: a bad file or stream ends in status 2 and one plain line, and the good ones are done."""

import io
import os

import numpy as np
import pytest
import tifffile
from PIL import Image

from blurkit.cli import inputs
from blurkit.errors import InputError
from tests.files import CONFUSED, TAKES, one_line

# {file: what the error of a command that reads maps must contain}; other commands have errors of their own
BAD = {
    "missing.jpg": b"No such file",
    "folder": b"is a folder",
    "empty.jpg": b"empty file",
    "truncated.jpg": b"truncated",
    "text.jpg": b"not a photo",
    "nan.npy": b"NaN",
    "cube.npy": b"(3, 4, 5)",
    "high.npy": b"1.5",
    "pickled.npy": b"objects",
    "absurd.npy": b"1000000000",
    "overflow.npy": b"1000000000000000000000000",
    "wide.npy": b"bytes",
    "negative.npy": b"absurd shape",
    "short.npy": b"truncated",
    "header.npy": b"damaged",
}


@pytest.fixture(scope="module")
def no_torch(tmp_path_factory):
    """Environment in which torch is an empty shell: bad input is refused before training, and this is faster."""
    folder = tmp_path_factory.mktemp("shell")
    (folder / "torch.py").write_text(
        "class cuda:\n"
        "    is_available = staticmethod(lambda: False)\n"
        "    device_count = staticmethod(lambda: 0)\n\n"
        "def set_num_threads(count):\n"
        "    pass\n"
    )
    return {"PYTHONPATH": str(folder)}


@pytest.fixture(scope="module")
def batches(run, bad, tmp_path_factory):
    """Each command's one run over all bad files and, last, a good one: {command: (done, output folder)}."""
    made = {}

    def batch(command):
        if command not in made:
            kind, options = TAKES[command]
            out = tmp_path_factory.mktemp(command)
            good = "good.npy" if kind == "maps" else "good.png"
            goal = {"blur-score": [], "blur-patches": ["-o", out / "patches.npy"]}.get(command, ["-o", f"{out}/"])
            made[command] = run(command, *options, *goal, *BAD, good, cwd=bad), out
        return made[command]

    return batch


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("command", [c for c in TAKES if c != "blur-train"])
def test_a_bad_file_costs_one_line_that_names_it(batches, command, name):
    done, _ = batches(command)
    [line] = [line for line in done.stderr.splitlines() if line.startswith(f"{command}: {name}: ".encode())]
    assert b"internal error" not in line and b"Traceback" not in done.stderr
    if TAKES[command][0] == "maps" or command == "blur-score" or not name.endswith(".npy"):
        assert BAD[name] in line
    else:
        assert b"NPY array, not a photo" in line


@pytest.mark.parametrize("command", [c for c in TAKES if c != "blur-train"])
def test_the_good_file_of_a_bad_batch_is_done_and_nothing_else_is_written(batches, command):
    done, out = batches(command)
    assert done.status == CONFUSED and len(done.stderr.splitlines()) == len(BAD)
    if command == "blur-score":
        assert done.stdout.endswith(b"\tgood.png\n") and done.stdout.count(b"\n") == 1
        return
    expected = {"blur-patches": "patches.npy", "blur-mask": "good.png"}.get(command, "good.npy")
    assert os.listdir(out) == [expected] and done.stdout == b""
    assert (out / expected).stat().st_size > 60


@pytest.mark.parametrize("name", [*BAD, "good.npy", "good.png"])
def test_train_refuses_what_is_no_patch_set_and_writes_no_weights(run, bad, no_torch, tmp_path, name):
    done = run("blur-train", name, "-o", tmp_path / "weights.npz", cwd=bad, env=no_torch)
    assert len(done.stderr.splitlines()) == 1
    assert one_line("blur-train", done).startswith(f"blur-train: {name}: ".encode())
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("command", ["blur-map", "blur-mask"])
def test_a_damaged_tiff_costs_one_line_without_pillows_warnings(run, tmp_path, command):
    out = io.BytesIO()
    tifffile.imwrite(out, np.zeros((90, 120, 3), np.uint8))  # directory and tags come first, then the pixels
    names = [f"{length}.tif" for length in range(8, 400, 30)]
    for name in names:
        (tmp_path / name).write_bytes(out.getvalue()[: int(name[:-4])])
    done = run(command, *names, "-o", "out/", cwd=tmp_path)
    lines = done.stderr.decode().splitlines()
    assert done.status == CONFUSED and len(lines) == len(names)
    assert all(line.startswith(f"{command}: {name}: ") for line, name in zip(lines, names, strict=True))


@pytest.mark.parametrize("data", [b"", b"some words\n", b"\x93NUMPY"], ids=["nothing", "words", "half a header"])
@pytest.mark.parametrize("command", TAKES)
def test_bad_standard_input_is_told_in_one_line(run, no_torch, command, data):
    done = run(command, *TAKES[command][1], stdin=data, env=no_torch)
    one_line(command, done)
    assert done.stdout == b"" and len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("command", ["blur-map", "blur-mask"])
def test_closed_standard_input_is_told_in_one_line(start, command):
    process = start(command, stdin=None, preexec_fn=lambda: os.close(0))
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (CONFUSED, b"", f"{command}: -: standard input is closed\n".encode())


@pytest.mark.parametrize("form", ["tiff_lzw", "tiff_adobe_deflate", "wide"])
def test_what_libraries_say_of_a_damaged_file_is_not_heard(run, tmp_path, form, scene):
    out = io.BytesIO()
    if form == "wide":  # OpenCV and its libpng refuse it, in words of their own
        tifffile.imwrite(out, np.zeros((1, 1 << 21, 3), np.uint16), photometric="rgb", compression="zlib")
        data = out.getvalue()
    else:
        Image.fromarray(scene).save(out, "TIFF", compression=form)
        data = bytearray(out.getvalue())
        data[100:5000] = bytes(4900)
    (tmp_path / "bad.tif").write_bytes(data)
    done = run("blur-map", tmp_path / "bad.tif")
    assert b"bad.tif: cannot decode TIFF" in one_line("blur-map", done) and len(done.stderr.splitlines()) == 1


def test_patches_tells_of_a_photo_without_a_mask_and_of_one_of_another_size(run, bad, tmp_path):
    for name in ("lone.png", "other.png"):
        (tmp_path / name).write_bytes((bad / "good.png").read_bytes())
    Image.new("L", (7, 8)).save(tmp_path / "other.mask.png")
    done = run("blur-patches", "lone.png", "other.png", cwd=tmp_path)
    lone, other, none = done.stderr.splitlines()
    assert done.status == CONFUSED and done.stdout == b""
    assert (
        lone.startswith(b"blur-patches: lone.png: no mask")
        and b"120x90, its mask is 7x8" in other
        and b"no patches" in none
    )


def test_debug_shows_where_an_error_comes_from(run, bad):
    done = run("blur-map", "--debug", "text.jpg", cwd=bad)
    assert (
        done.status == CONFUSED
        and b"Traceback" in done.stderr
        and done.stderr.splitlines()[-1].startswith(b"blur-map: text.jpg: ")
    )


def test_a_stream_without_end_is_given_up():
    class Endless:
        def read(self, size):
            return bytes(size)

    with pytest.raises(InputError, match="more than 9000000 bytes"):
        inputs.read_all(Endless(), 9_000_000)
    assert inputs.read_all(io.BytesIO(bytes(9_000_000)), 9_000_000) == bytes(9_000_000)
