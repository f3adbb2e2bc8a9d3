"""One table for all commands: whatever is wrong ends in status 2 and one plain line; whatever is merely odd works."""

import io
import os
import resource

import numpy as np
import pytest
import tifffile
from PIL import Image

from blurkit.cli import inputs
from blurkit.errors import InputError
from blurkit.store import write_weights
from tests.files import npy

GOOD, CONFUSED = 0, 2
TAKES = {  # what a command reads, and the options with which it needs nothing else
    "blur-map": ("photos", []),
    "blur-score": ("photos", []),
    "blur-patches": ("photos", ["--per-photo", "5"]),
    "blur-refine": ("maps", ["--method", "zeng", "--as-published"]),
    "blur-mask": ("maps", []),
    "blur-train": ("patches", []),
}
BAD = {  # file -> what the complaint must hold, where the command reads maps (others say what they miss in their own words)
    "missing.jpg": b"No such file",
    "folder": b"Is a directory",
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
ODD = ["dot.png", "strip.png", "column.png", "grey.png", "deep_grey.png", "deep_rgb.png", "rgba.png", "cmyk.jpg", "palette.png", "turned.jpg"]
SHAPES = {"dot.png": (1, 1), "strip.png": (3, 500), "column.png": (500, 3)}  # the others are 90 x 120
full_disk = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")


def header(shape, descr="<f4"):
    text = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}".ljust(117).encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


@pytest.fixture(scope="module")
def bad(tmp_path_factory, photos):
    """A folder of all that is bad, and one good photo, map and mask."""
    folder = tmp_path_factory.mktemp("bad")
    for name in ("empty.jpg", "truncated.jpg", "text.jpg"):
        (folder / name).write_bytes((photos / name).read_bytes())
    (folder / "folder").mkdir()
    whole = np.full((4, 5), 0.5, np.float32)
    nan, high = whole.copy(), whole.copy()
    nan[1, 1], high[2, 2] = np.nan, 1.5
    contents = {
        "nan": npy(nan),
        "cube": npy(np.zeros((3, 4, 5), np.float32)),
        "high": npy(high),
        "pickled": npy(np.array([{}], object)),
        "absurd": header((10**9, 10**9)),
        "overflow": header((0, 10**24)),
        "wide": header((10**8,), "|V2000000000"),
        "negative": header((-4, -5)),
        "short": npy(whole)[:-8],
        "header": npy(whole)[:40],
        "good": npy(whole),
    }
    for name, data in contents.items():
        (folder / f"{name}.npy").write_bytes(data)
    (folder / "good.png").write_bytes((photos / "photo.png").read_bytes())
    Image.fromarray(np.repeat(np.uint8([[255] * 60 + [0] * 60]), 90, axis=0)).save(folder / "good.mask.png")
    return folder


@pytest.fixture(scope="module")
def no_torch(tmp_path_factory):
    """Environment in which torch is an empty shell: bad input is refused before anything is learned, and this is faster."""
    folder = tmp_path_factory.mktemp("shell")
    (folder / "torch.py").write_text(
        "class cuda:\n    is_available = staticmethod(lambda: False)\n    device_count = staticmethod(lambda: 0)\n\ndef set_num_threads(count):\n    pass\n"
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


def one_line(command, done):
    """Status 2, and one line of complaint after argparse's usage, if any."""
    assert done.status == CONFUSED
    *before, line = done.stderr.splitlines(keepends=True)
    assert line.startswith(command.encode() + b": ") and line.endswith(b"\n") and b"internal error" not in line
    assert not before or before[0].startswith(b"usage: ") and all(b.startswith(b" ") for b in before[1:])
    return line


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


@pytest.mark.parametrize("words", [["--no-such-option"], ["--method", "astrology"], ["--max-pixels", "none"], ["-f", "jpeg"]], ids=" ".join)
@pytest.mark.parametrize("command", TAKES)
def test_wrong_usage_is_told_before_any_work(run, command, words):
    done = run(command, *words, "missing.jpg")
    assert words[0].encode() in one_line(command, done) and done.stdout == b""


@pytest.mark.parametrize(
    ("command", "variables", "complaint"),
    [
        ("blur-map", {"BLURKIT_THREADS": "99999"}, b"BLURKIT_THREADS: '99999' is more than 1024"),
        ("blur-map", {"BLURKIT_DEVICE": "abacus"}, b"abacus"),
        ("blur-map", {"BLURKIT_THREADS": "many"}, b"BLURKIT_THREADS: 'many'"),
        ("blur-score", {"BLURKIT_WEIGHTS": "/nowhere"}, b"/nowhere"),
    ],
)
def test_a_wrong_environment_variable_is_told_in_one_line(run, bad, command, variables, complaint):
    done = run(command, bad / ("good.npy" if command == "blur-mask" else "good.png"), env=variables)
    assert complaint in one_line(command, done) and len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--keep-best", "--group", "a{99999999999999999999}"], b"not a regular expression"),
        (["--keep-best", "--group", "(" * 9999], b"not a regular expression"),
        (["--threads", "99999999999"], b"is more than 1024"),
        (["-j", "1025"], b"is more than 1024"),
        (["--device", "cuda:\u00b2"], b"unknown device"),
        (["--weights", ""], b"--weights has an empty value"),
        (["--truth", ""], b"--truth has an empty value"),
    ],
    ids=str,
)
def test_a_value_that_cannot_be_meant_is_told_in_one_line(run, bad, words, complaint):
    done = run("blur-score", *words, bad / "good.png")
    assert complaint in one_line("blur-score", done) and done.stdout == b""


@pytest.mark.parametrize("method", ["\ud800", "a\nb\x1b[31m\u009b", "a" * 10**6])
def test_what_a_file_says_of_itself_cannot_harm_the_line_that_repeats_it(run, bad, tmp_path, method):
    (tmp_path / "weights.npz").write_bytes(write_weights({}, {"method": method}))
    done = run("blur-map", "--weights", tmp_path / "weights.npz", bad / "good.png")
    line = one_line("blur-map", done).decode()
    assert line[:-1].isprintable() and len(line) < 300 and len(done.stderr.splitlines()) == 1


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


def test_standard_error_can_still_be_written_to_by_name(run, bad):
    done = run("blur-mask", "-o", "/dev/stderr", "-f", "npy", bad / "good.npy")
    assert done.status == GOOD and done.stderr.startswith(b"\x93NUMPY") and len(done.stderr) > 128


def work(command, bad):
    kind, options = TAKES[command]
    return [command, *options, bad / ("good.npy" if kind == "maps" else "good.png")]


WRITERS = ["blur-map", "blur-refine", "blur-mask", "blur-patches"]


@pytest.mark.parametrize("command", WRITERS)
def test_an_output_below_a_file_cannot_be_written(run, bad, tmp_path, command):
    (tmp_path / "file").write_bytes(b"mine")
    done = run(*work(command, bad), "-o", tmp_path / "file" / "out.npy", "-f", "npy")
    assert os.fsencode(tmp_path / "file") in one_line(command, done) and len(done.stderr.splitlines()) == 1
    assert (tmp_path / "file").read_bytes() == b"mine"


@full_disk
@pytest.mark.parametrize("command", [*WRITERS, "blur-score"])
def test_a_full_disk_behind_standard_output_is_told(run, bad, command):
    with open("/dev/full", "wb") as full:
        done = run(*work(command, bad), stdout=full)
    assert one_line(command, done) == f"{command}: standard output: No space left on device\n".encode()


@pytest.mark.parametrize("command", [*WRITERS, "blur-score"])
def test_nothing_of_ours_takes_the_place_of_a_closed_standard_output(run, bad, command):
    done = run(*work(command, bad), stdout=None, preexec_fn=lambda: os.close(1))
    assert (done.status, done.stderr) == (2, f"{command}: standard output: Bad file descriptor\n".encode())


def test_a_file_is_written_with_all_three_streams_closed(run, bad, tmp_path):
    assert run("blur-mask", bad / "good.npy", "-o", tmp_path / "out.png", stdin=None, preexec_fn=lambda: os.closerange(0, 3)).status == 0
    assert (tmp_path / "out.png").read_bytes() == run("blur-mask", bad / "good.npy").stdout


@full_disk
def test_a_full_disk_behind_standard_error_costs_nothing_but_the_words(run, bad, tmp_path):
    with open("/dev/full", "wb") as full:
        done = run("blur-mask", bad / "nan.npy", bad / "good.npy", "-o", f"{tmp_path}/", stderr=full)
    assert done.status == CONFUSED and os.listdir(tmp_path) == ["good.png"]


@full_disk
@pytest.mark.parametrize("command", WRITERS)
def test_a_full_disk_behind_an_output_file_is_told(run, bad, command):
    done = run(*work(command, bad), "-o", "/dev/full", "-f", "npy" if command != "blur-mask" else "png")
    assert one_line(command, done) == f"{command}: /dev/full: No space left on device\n".encode()


def test_a_folder_in_the_way_of_an_output_is_told_and_nothing_is_left_over(run, bad, tmp_path):
    (tmp_path / "good.png").mkdir()
    done = run("blur-mask", bad / "good.npy", "-o", f"{tmp_path}/")
    assert b"good.png: Is a directory" in one_line("blur-mask", done) and os.listdir(tmp_path) == ["good.png"]
    assert b"--output" in one_line("blur-mask", run("blur-mask", bad / "good.npy", "-o", "", cwd=tmp_path)) and os.listdir(tmp_path) == ["good.png"]


@pytest.mark.parametrize("kind", ["truncated", "words", "flipped", "missing", "a folder"])
@pytest.mark.parametrize(("method", "array"), [("zeng", b"filters.npy"), ("joint", b"enter.weight.npy")])
@pytest.mark.parametrize("command", ["blur-map", "blur-score"])
def test_damaged_weights_are_named_and_nothing_is_written(run, root, bad, tmp_path, command, method, array, kind):
    data = bytearray((root / "share" / "weights" / f"{method}.npz").read_bytes())
    path = tmp_path / "weights.npz"
    if kind == "flipped":
        place = data.index(array) + 200  # among its values
        data[place] ^= 0xFF
    elif kind == "truncated":
        data = data[: len(data) // 2]
    if kind == "a folder":
        path.mkdir()
    elif kind != "missing":
        path.write_bytes(b"some words" if kind == "words" else data)
    done = run(command, "--method", method, "--weights", path, bad / "good.png")
    assert os.fsencode(path) + b": " in one_line(command, done)
    assert done.stdout == b"" and len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("command", "option", "map_size", "line"),
    [
        ("blur-refine", "--guide", (4, 5), b"map is 5x4, photo is 120x90; they must agree"),
        ("blur-mask", "--cut", (4, 5), b"map is 5x4, photo is 120x90; they must agree"),
        ("blur-refine", None, (4, 5), b"--guide"),
    ],
)
def test_a_map_and_a_photo_that_do_not_fit_are_told_with_both_sizes(run, bad, command, option, map_size, line):
    words = [option, bad / "good.png"] if option else ["--method", "zeng"]
    done = run(command, *words, stdin=npy(np.full(map_size, 0.5, np.float32)))
    assert line in one_line(command, done) and done.stdout == b""


def test_patches_tells_of_a_photo_without_a_mask_and_of_one_of_another_size(run, bad, tmp_path):
    for name in ("lone.png", "other.png"):
        (tmp_path / name).write_bytes((bad / "good.png").read_bytes())
    Image.new("L", (7, 8)).save(tmp_path / "other.mask.png")
    done = run("blur-patches", "lone.png", "other.png", cwd=tmp_path)
    lone, other, none = done.stderr.splitlines()
    assert done.status == CONFUSED and done.stdout == b""
    assert lone.startswith(b"blur-patches: lone.png: no mask") and b"120x90, its mask is 7x8" in other and b"no patches" in none


def test_debug_shows_where_an_error_comes_from(run, bad):
    done = run("blur-map", "--debug", "text.jpg", cwd=bad)
    assert done.status == CONFUSED and b"Traceback" in done.stderr and done.stderr.splitlines()[-1].startswith(b"blur-map: text.jpg: ")


# ---- good, but odd --------------------------------------------------------------


@pytest.fixture(scope="module")
def odd_maps(run, photos, tmp_path_factory):
    """odd_maps(option, ...): a folder with the maps of all odd photos, from one run."""
    made = {}

    def maps(*options):
        if options not in made:
            out = tmp_path_factory.mktemp("odd")
            assert run("blur-map", *options, *ODD, "-o", f"{out}/", cwd=photos) == (GOOD, b"", b"")
            made[options] = out
        return made[options]

    return maps


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("options", [(), ("--raw",), ("--method", "zeng", "--as-published", "--raw")], ids=" ".join)
def test_an_odd_photo_has_a_map_of_its_upright_shape_within_0_and_1(odd_maps, options, name):
    sharpness = np.load(odd_maps(*options) / f"{name[:-4]}.npy")
    assert sharpness.shape == SHAPES.get(name, (90, 120))
    assert sharpness.dtype == np.float32 and np.isfinite(sharpness).all() and sharpness.min() >= 0 and sharpness.max() <= 1


def test_odd_photos_have_scores(run, photos):
    done = run("blur-score", *ODD, cwd=photos)
    assert done.status == GOOD and done.stderr == b""
    scores = dict(zip(ODD, (float(line.split(b"\t")[0]) for line in done.stdout.splitlines()), strict=True))
    assert np.isnan(scores.pop("dot.png")) and all(0 < score < 1 for score in scores.values())  # nothing to judge in a dot


def test_every_odd_photo_guides_and_is_cut_along_its_own_map(run, photos, tmp_path):
    stream = b"".join(npy(np.random.default_rng(0).random(SHAPES.get(name, (90, 120)), dtype=np.float32)) for name in ODD)
    guides = [word for name in ODD for word in ("--guide", name)]
    cuts = [word for name in ODD for word in ("--cut", name)]
    refined = run("blur-refine", *guides, stdin=stream, cwd=photos)
    assert refined.status == GOOD and refined.stderr == b""
    assert run("blur-mask", *cuts, "-o", f"{tmp_path}/", stdin=refined.stdout, cwd=photos) == (GOOD, b"", b"")
    assert len(os.listdir(tmp_path)) == len(ODD)


@pytest.mark.parametrize(("command", "name"), [("blur-map", "photo.png"), ("blur-mask", "grey.png"), ("blur-score", "photo.jpg")])
def test_a_small_file_needs_few_addresses(run, photos, command, name):
    few = 1 << 30  # bytes; half of it is code
    done = run(command, photos / name, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (few, few)))
    assert done.status == GOOD and done.stdout and not done.stderr


def test_a_stream_without_end_is_given_up():
    class Endless:
        def read(self, size):
            return bytes(size)

    with pytest.raises(InputError, match="more than 9000000 bytes"):
        inputs.read_all(Endless(), 9_000_000)
    assert inputs.read_all(io.BytesIO(bytes(9_000_000)), 9_000_000) == bytes(9_000_000)
