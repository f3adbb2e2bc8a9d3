"""The commands through real pipes, as a shell runs them."""

import io
import json
import os
import pty
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from tests.files import listed, npy

COMMANDS = ("blur-map", "blur-mask", "blur-patches", "blur-refine", "blur-score", "blur-train")


def arrays(data):
    """All arrays of an NPY stream."""
    stream, found = io.BytesIO(data), []
    while stream.tell() < len(data):
        found.append(np.load(stream))
    return found


@pytest.fixture(scope="module")
def three(photos):
    """Three photos of one size."""
    return [photos / "photo.png", photos / "photo.jpg", photos / "grey.png"]


@pytest.fixture(scope="module")
def stream(run, three):
    """Their maps, in one stream."""
    done = run("blur-map", *three)
    assert done.status == 0 and done.stderr == b""
    return done.stdout


@pytest.mark.parametrize("method", [(), ("--method", "zeng")], ids=str)
def test_the_sharp_half_of_a_photo_has_the_higher_map(run, photos, method):
    found = run("blur-map", *method, photos / "photo.jpg")
    sharpness = np.load(io.BytesIO(found.stdout))
    assert sharpness.shape == (90, 120) and sharpness.dtype == np.float32 and sharpness.min() >= 0 and sharpness.max() <= 1
    assert sharpness[:, :55].mean() > sharpness[:, 65:].mean()


def test_a_pipe_from_photo_to_mask_is_the_line_on_the_box(start, photos, stream):
    first = start("blur-map", photos / "photo.png", stdin=subprocess.DEVNULL)
    second = start("blur-mask", stdin=first.stdout)
    first.stdout.close()
    out, err = second.communicate(timeout=60)
    assert (first.wait(), second.returncode, first.stderr.read(), err) == (0, 0, b"", b"")
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


def test_a_folder_holds_what_the_stream_holds(run, photos, tmp_path, stream):
    done = run("blur-map", photos / "photo.png", photos / "grey.png", "-o", f"{tmp_path}/maps/")
    assert done == (0, b"", b"") and listed(tmp_path) == ["maps/grey.npy", "maps/photo.npy"]
    first, _, third = arrays(stream)
    assert (tmp_path / "maps" / "photo.npy").read_bytes() == npy(first)
    assert (tmp_path / "maps" / "grey.npy").read_bytes() == npy(third)


def test_a_stream_into_a_folder_numbers_its_maps(run, tmp_path, stream):
    assert run("blur-mask", "-o", f"{tmp_path}/", stdin=stream) == (0, b"", b"")
    assert listed(tmp_path) == ["stdin-2.png", "stdin-3.png", "stdin.png"]


def test_two_results_that_would_be_one_file_are_refused_not_overwritten(run, tmp_path):
    (tmp_path / "a.npy").write_bytes(npy(np.zeros((2, 3), np.float32), np.zeros((2, 3), np.float32)))
    (tmp_path / "a-2.npy").write_bytes(npy(np.ones((2, 3), np.float32)))
    done = run("blur-mask", tmp_path / "a.npy", tmp_path / "a-2.npy", "-o", f"{tmp_path}/out/", "-f", "npy")
    assert done.status == 2 and b"a-2" in done.stderr
    assert not np.load(tmp_path / "out" / "a-2.npy").any()  # the second map of a.npy


def test_two_inputs_of_one_name_are_refused_before_any_work(run, photos, tmp_path):
    done = run("blur-map", photos / "photo.jpg", photos / "photo.png", "-o", f"{tmp_path}/")
    assert done.status == 2 and done.stdout == b"" and listed(tmp_path) == []
    assert b"photo.jpg and " in done.stderr and b"both become" in done.stderr


def test_a_file_appears_whole_and_leaves_nothing_beside_it(run, three, tmp_path, stream):
    assert run("blur-map", *three, "-o", tmp_path / "maps.npy") == (0, b"", b"")
    assert (tmp_path / "maps.npy").read_bytes() == stream and listed(tmp_path) == ["maps.npy"]


def test_several_results_do_not_fit_into_one_picture(run, tmp_path, stream):
    done = run("blur-mask", "-o", tmp_path / "mask.png", stdin=stream)
    assert done.status == 2 and b"one PNG holds one result" in done.stderr and listed(tmp_path) == []
    done = run("blur-mask", "-f", "npy", stdin=stream)
    assert [np.array_equal(m == 255, s > 0.5) for m, s in zip(arrays(done.stdout), arrays(stream), strict=True)] == [True] * 3


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


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, -signal.SIGINT), (signal.SIGTERM, 128 + signal.SIGTERM)])
def test_an_interrupted_command_leaves_no_half_written_file_and_says_nothing(start, tmp_path, stream, number, status):
    # A background job of a shell ignores SIGINT, and so would its children.
    process = start("blur-mask", "-f", "npy", "-o", tmp_path / "masks.npy", preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
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
    assert run("blur-refine", "--guide", three[0], stdin=raw, env={"PYTHONUNBUFFERED": "1"}).stdout == npy(arrays(stream)[0])


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
        told = file.read()
    assert (process.communicate(timeout=60)[1], process.returncode) == (b"", 0)
    assert len(arrays(told)) == 1 if command == "blur-mask" else told.count(b"\n") == 1


def test_a_map_larger_than_a_pipe_goes_through_unbuffered(run):
    large = np.random.default_rng(0).random((700, 900), dtype=np.float32)
    done = run("blur-mask", "-f", "npy", stdin=npy(large), env={"PYTHONUNBUFFERED": "1"})
    assert np.array_equal(np.load(io.BytesIO(done.stdout)) == 255, large > 0.5)


@pytest.mark.parametrize("how", [("--files0-from",), ("--files0-from", "-"), ("-0",)], ids=" ".join)
def test_names_are_read_from_a_list(run, three, tmp_path, stream, how):
    names = b"\0".join(map(os.fsencode, three)) + b"\0"
    if how == ("--files0-from",):
        (tmp_path / "list").write_bytes(names)
        assert run("blur-map", f"--files0-from={tmp_path}/list").stdout == stream
    else:
        assert run("blur-map", *how, stdin=names).stdout == stream


def test_an_empty_list_is_no_work(run):
    assert run("blur-map", "-0", stdin=b"") == (0, b"", b"")


def test_a_list_that_is_not_there_is_named(run):
    done = run("blur-map", "--files0-from=/nowhere/list")
    assert done.status == 2 and done.stderr == b"blur-map: /nowhere/list: No such file or directory\n"


@pytest.mark.parametrize("name", [b"caf\xe9.png", b"two\nlines.png", b" spaces and 'quotes' .png", b"-dash.png", "Überblick 写真.png".encode()])
def test_odd_file_names_pass_through_unchanged(run, photos, tmp_path, name):
    folder = os.fsencode(tmp_path)
    os.symlink(os.fsencode(photos / "photo.png"), os.path.join(folder, name))
    done = run("blur-score", b"./" + name, cwd=tmp_path)
    assert done.status == 0 and done.stdout[6:] == b"\t./" + name + b"\n"
    assert run("blur-map", "-0", "-o", "out/", cwd=tmp_path, stdin=b"./" + name) == (0, b"", b"")
    assert os.listdir(os.path.join(folder, b"out")) == [name.removesuffix(b".png") + b".npy"]


def test_a_missing_file_of_an_odd_name_is_told_in_one_line(run, tmp_path):
    done = run("blur-map", b"caf\xe9\n.png", cwd=tmp_path)
    assert done == (2, b"", b"blur-map: caf\xe9 .png: No such file or directory\n")


def test_the_longest_file_name_can_be_written(run, photos, tmp_path):
    name = "n" * 251
    os.symlink(photos / "photo.png", tmp_path / f"{name}.png")
    assert run("blur-map", tmp_path / f"{name}.png", "-o", f"{tmp_path}/out/") == (0, b"", b"")
    assert listed(tmp_path / "out") == [f"{name}.npy"]


def test_recursion_mirrors_the_tree_and_leaves_masks_and_words_out(run, photos, tmp_path):
    for place in ("tree/a/one.png", "tree/b/one.png", "tree/two.PNG", "tree/two.mask.png", "tree/words.txt"):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        os.symlink(photos / "photo.png", tmp_path / place)
    assert run("blur-map", "-r", tmp_path / "tree", "-o", f"{tmp_path}/out/") == (0, b"", b"")
    assert listed(tmp_path / "out") == ["a/one.npy", "b/one.npy", "two.npy"]
    scores = run("blur-score", "-r", "tree", cwd=tmp_path).stdout.decode().splitlines()
    assert [line.split("\t")[1] for line in scores] == ["tree/two.PNG", "tree/a/one.png", "tree/b/one.png"]


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


@pytest.mark.parametrize(("form", "step"), [("png", 0.5 / 65535 + 1e-7), ("tiff", 0), ("pfm", 0)])
def test_other_formats_hold_the_map_within_their_precision(run, photos, tmp_path, stream, form, step):
    by_suffix = tmp_path / f"map.{form}"
    assert run("blur-map", photos / "photo.png", "-o", by_suffix) == (0, b"", b"")
    assert run("blur-map", "-f", form, photos / "photo.png").stdout == by_suffix.read_bytes()
    data = run("blur-mask", "-f", "npy", "-t", "0.4", by_suffix)
    expected = arrays(stream)[0]
    if form != "pfm":
        found = cv2.imread(str(by_suffix), cv2.IMREAD_UNCHANGED)
        found = found / np.float32(65535) if form == "png" else found
        assert np.abs(found - expected).max() <= step
    sure = np.abs(expected - 0.4) > step
    assert np.array_equal((np.load(io.BytesIO(data.stdout)) == 255)[sure], (expected > 0.4)[sure])


def test_the_alpha_of_a_cut_is_the_mask(run, photos, scene, stream):
    first = npy(arrays(stream)[0])
    cut = run("blur-mask", "--cut", photos / "photo.png", stdin=first)
    mask = run("blur-mask", stdin=first)
    found = np.asarray(Image.open(io.BytesIO(cut.stdout)))
    assert np.array_equal(found[..., 3], np.asarray(Image.open(io.BytesIO(mask.stdout)))) and np.array_equal(found[..., :3], scene)


def test_a_guide_too_few_or_too_many_is_told(run, photos, stream):
    done = run("blur-refine", *["--guide", photos / "photo.png"] * 2, stdin=stream)
    assert done.status == 2 and b"map 3 has no photo" in done.stderr
    done = run("blur-refine", *["--guide", photos / "photo.png"] * 4, stdin=stream)
    assert done.status == 2 and b"3 maps, but 4 photos" in done.stderr


@pytest.mark.parametrize(("command", "option"), [("blur-refine", "--guide"), ("blur-mask", "--cut")])
def test_a_broken_map_uses_up_its_own_photo_not_the_next_maps(run, photos, tmp_path, command, option):
    (tmp_path / "bad.npy").write_bytes(b"\x93NUMPY rubbish")
    (tmp_path / "good.npy").write_bytes(npy(np.full((90, 120), 0.75, np.float32)))
    (tmp_path / "end.npy").write_bytes(npy(np.full((1, 1), 0.75, np.float32)))
    guides = [option, photos / "grey.png", option, photos / "photo.png", option, photos / "dot.png"]
    done = run(command, *guides, tmp_path / "bad.npy", tmp_path / "good.npy", tmp_path / "end.npy", "-o", f"{tmp_path}/out/")
    assert done.status == 2 and len(done.stderr.splitlines()) == 1 and b"bad.npy" in done.stderr
    alone = run(command, option, photos / "photo.png", tmp_path / "good.npy")
    [written] = (tmp_path / "out").glob("good.*")
    assert written.read_bytes() == alone.stdout and len(listed(tmp_path / "out")) == 2


def test_every_map_of_a_stream_has_a_score_and_a_picture_of_a_map_the_same(run, three, tmp_path):
    raw = run("blur-map", "--raw", *three).stdout
    by_map = run("blur-score", stdin=raw).stdout.decode().splitlines()
    assert len(by_map) == len(three) and all(line.endswith("\t-") for line in by_map)
    assert run("blur-map", "--raw", three[0], "-o", tmp_path / "m.png").status == 0
    by_picture = run("blur-score", "--maps", tmp_path / "m.png").stdout.split(b"\t")[0]
    assert float(by_picture) == pytest.approx(float(by_map[0].split("\t")[0]), abs=1e-2)


def test_a_photo_scores_higher_than_its_blurred_copies(run, data, tmp_path):
    photo = cv2.imread(str(data / "labelled" / "lytro_03_1.png"))
    for sigma in (0.75, 1.5, 3):
        cv2.imwrite(str(tmp_path / f"{sigma}.png"), cv2.GaussianBlur(photo, (0, 0), sigma))
    names = [data / "labelled" / "lytro_03_1.png", *(tmp_path / f"{sigma}.png" for sigma in (0.75, 1.5, 3))]
    scores = [float(line.split("\t")[0]) for line in run("blur-score", *names).stdout.decode().splitlines()]
    assert all(above > below for above, below in zip(scores, scores[1:], strict=False))


def test_a_photo_reduced_first_scores_as_its_reduced_copy(run, photos, scene, tmp_path):
    cv2.imwrite(str(tmp_path / "large.png"), cv2.resize(scene, (480, 360), interpolation=cv2.INTER_CUBIC)[..., ::-1])
    reduced = cv2.resize(cv2.imread(str(tmp_path / "large.png")), (200, 150), interpolation=cv2.INTER_AREA)
    cv2.imwrite(str(tmp_path / "reduced.png"), reduced)
    score = run("blur-score", "--max-size", 200, tmp_path / "large.png").stdout.split(b"\t")[0]
    assert score == run("blur-score", tmp_path / "reduced.png").stdout.split(b"\t")[0] != run("blur-score", tmp_path / "large.png").stdout.split(b"\t")[0]
    done = run("blur-score", "--max-size", 200, "--truth", tmp_path, tmp_path / "large.png")
    assert (done.status, done.stdout) == (2, b"") and b"--max-size does not go with --truth" in done.stderr


def test_a_named_pipe_is_read_once(run, three, tmp_path):
    (tmp_path / "raw.npy").write_bytes(run("blur-map", "--raw", three[0]).stdout)
    for source, command in ((three[0], ["blur-score"]), (tmp_path / "raw.npy", ["blur-score"]), (three[0], ["blur-map"])):
        os.mkfifo(tmp_path / "pipe")
        writer = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=[source.read_bytes()])
        writer.start()
        done = run(*command, tmp_path / "pipe")
        writer.join()
        os.unlink(tmp_path / "pipe")
        assert (done.status, done.stderr) == (0, b"")
        assert done.stdout.split(b"\t")[0] == run(*command, source).stdout.split(b"\t")[0]


def test_an_output_never_replaces_an_input(run, three, tmp_path):
    photo = tmp_path / "photo.png"
    photo.write_bytes(three[0].read_bytes())
    (tmp_path / "link.png").symlink_to(photo)
    for words in (["-o", tmp_path], ["-o", photo], ["-o", tmp_path / "link.png"]):
        done = run("blur-map", "-f", "png", photo, *words)
        assert done.status == 2 and b"would replace the input" in done.stderr
    done = run("blur-refine", "--guide", photo, "-o", photo, stdin=run("blur-map", "--raw", photo).stdout)
    assert done.status == 2 and photo.read_bytes() == three[0].read_bytes()


@pytest.mark.parametrize(
    "words",
    [
        ("blur-score", "--report", "photo.png", "photo.png"),
        ("blur-score", "--report", "mask.png", "--mask", "mask.png", "photo.png"),
        ("blur-patches", "--method", "park", "--copies", "1", "-f", "npy", "-o", "photo.png", "photo.png"),
        ("blur-train", "-f", "npz", "-o", "map.npy", "map.npy"),
        ("blur-map", "--weights", "joint.npz", "-f", "npy", "-o", "joint.npz", "photo.png"),
        ("blur-mask", "--files0-from", "list", "-f", "npy", "-o", "list"),
        ("blur-mask", "--cut", "photo.png", "--cut", "map-2.png", "-o", ".", "map.npy"),  # what the second map of a stream becomes
    ],
    ids=" ".join,
)
def test_nothing_that_is_read_is_replaced(run, root, photos, stream, tmp_path, words):
    for name, data in {"map.npy": stream, "list": b"map.npy\0", "joint.npz": (root / "share/weights/joint.npz").read_bytes()}.items():
        (tmp_path / name).write_bytes(data)
    for name in ("photo.png", "map-2.png", "mask.png"):
        (tmp_path / name).write_bytes((photos / "photo.png").read_bytes())
    before = {name: (tmp_path / name).read_bytes() for name in listed(tmp_path)}
    done = run(*words, cwd=tmp_path)
    assert done.status == 2 and b"would replace the input" in done.stderr
    assert {name: (tmp_path / name).read_bytes() for name in before} == before


def test_a_link_stays_a_link_and_a_file_keeps_its_permissions(run, three, tmp_path):
    (tmp_path / "real.npy").write_bytes(b"old")
    (tmp_path / "real.npy").chmod(0o640)
    (tmp_path / "link.npy").symlink_to("real.npy")
    assert run("blur-map", three[0], "-o", tmp_path / "link.npy").status == 0
    assert (tmp_path / "link.npy").is_symlink() and (tmp_path / "real.npy").stat().st_mode & 0o777 == 0o640
    assert (tmp_path / "real.npy").read_bytes() == run("blur-map", three[0]).stdout


@pytest.mark.skipif(not os.access("/dev/shm", os.W_OK), reason="there is no /dev/shm")
def test_a_file_below_dev_is_made_and_replaced_like_any_other(run, three):
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        out = Path(folder, "new", "map.npy")
        assert run("blur-map", three[0], "-o", out).status == 0
        whole = out.read_bytes()
        out.write_bytes(2 * whole)
        assert run("blur-map", three[0], "-o", out).status == 0 and out.read_bytes() == whole == run("blur-map", three[0]).stdout


@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
def test_standard_output_by_name_is_appended_to_where_the_shell_appends(run, three, tmp_path, name):
    with open(tmp_path / "maps.npy", "ab") as out:
        out.write(b"before")
        out.flush()
        assert run("blur-map", three[0], "-o", name, stdout=out).status == 0
    assert (tmp_path / "maps.npy").read_bytes() == b"before" + run("blur-map", three[0]).stdout


def test_several_pngs_in_one_stream_are_refused_before_a_byte_is_written(run, three, stream):
    for done in (run("blur-mask", stdin=stream), run("blur-map", "-f", "png", *three)):
        assert done.status == 2 and not done.stdout and b"one PNG holds one result" in done.stderr
    assert run("blur-mask", "-f", "npy", stdin=stream).stdout.count(b"\x93NUMPY") == 3


def test_an_unknown_suffix_is_refused(run, three, tmp_path):
    done = run("blur-map", three[0], "-o", tmp_path / "map.jpg")
    assert done.status == 2 and b".jpg is not known" in done.stderr and not list(tmp_path.iterdir())


def test_a_closed_standard_error_costs_nothing_but_the_words(run, three, tmp_path):
    script = 'exec 2>&-; exec "$0" "$@"'
    command = [sys.executable, Path(__file__).resolve().parents[2] / "bin" / "blur-map", "nosuch.jpg", three[0], "-o", f"{tmp_path}/out/"]
    assert subprocess.run(["sh", "-c", script, *map(str, command)]).returncode == 2
    assert len(list((tmp_path / "out").iterdir())) == 1


def test_score_with_truth_tells_how_right_a_map_is(run, tmp_path):
    sharpness = np.zeros((20, 30), np.float32)
    sharpness[:, :15] = 1
    np.save(tmp_path / "photo.npy", sharpness)
    for name, left in (("photo.mask.png", 255), ("blurred/photo.png", 0)):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        truth = np.full((20, 30), 255 - left, np.uint8)
        truth[:, :15] = left
        Image.fromarray(truth).save(tmp_path / name)
    perfect = "1.0000\tauc\n1.0000\tf_max\n1.0000\tf_adaptive\n1.0000\tf_blurred\n0.0000\tmae\n1.0000\taccuracy\n1.0000\tprecision\n1.0000\trecall\n1\tphotos\n"
    assert run("blur-score", "--truth", tmp_path, tmp_path / "photo.npy") == (0, perfect.encode(), b"")
    assert run("blur-score", "--truth", tmp_path / "blurred", "--truth-is", "blurred", tmp_path / "photo.npy").stdout == perfect.encode()


def test_curves_are_precision_recall_and_accuracy_at_every_threshold(run, tmp_path):
    rng = np.random.default_rng(2)
    for name, truth in (("both", rng.random((20, 30)) < 0.4), ("one", np.ones((20, 30), bool))):
        np.save(tmp_path / f"{name}.npy", np.clip(0.3 * truth + rng.random(truth.shape), 0, 1).astype(np.float32))
        Image.fromarray(np.uint8(255 * truth)).save(tmp_path / f"{name}.mask.png")
    done = run("blur-score", "--truth", tmp_path, "--json", "--curves", tmp_path / "both.npy", tmp_path / "one.npy")
    both, one, whole = map(json.loads, done.stdout.splitlines())
    values, truth = np.load(tmp_path / "both.npy"), np.array(Image.open(tmp_path / "both.mask.png")) == 255
    for k in (0, 1, 77, 128, 200, 255):
        found = values >= k / 256
        expected = [(found & truth).sum() / found.sum(), (found & truth).sum() / truth.sum(), (found == truth).mean()]
        assert [both[name][k] for name in ("precision", "recall", "accuracy")] == pytest.approx(expected)
    assert len(both["recall"]) == 256 and one["recall"] == [None] * 256 and one["accuracy"][0] == 1
    assert whole["precision"] == pytest.approx(both["precision"][128])


def test_curves_need_json_and_a_truth(run, tmp_path):
    for words in (["--curves"], ["--curves", "--json"], ["--curves", "--truth", tmp_path]):
        done = run("blur-score", *words, "photo.png", cwd=tmp_path)
        assert done.status == 2 and b"--curves goes with --truth and --json" in done.stderr


def test_the_refinement_of_the_paper_stops_where_told(run, photos):
    raw = run("blur-map", "--method", "zeng", "--as-published", "--raw", photos / "photo.png").stdout
    mixed, *after = (
        np.load(io.BytesIO(run("blur-refine", "--method", "zeng", "--as-published", *words, stdin=raw).stdout))
        for words in ([], ["--steps", 10], ["--steps", 50], ["--steps", 100])
    )
    shares, tops = np.array([0.3, 0.2, 0.5]), np.ones(101)
    for step in range(1, 101):
        tops[step] = np.tanh(tops[step - 1])
    shares = shares * tops[[10, 50, 100]]
    assert mixed == pytest.approx(np.tensordot(shares / shares.sum(), np.stack(after), 1), abs=1e-5)
    assert (after[0] != after[1]).any() and (after[1] != after[2]).any()


@pytest.mark.parametrize("words", [["--method", "zeng"], ["--method", "joint"], ["--method", "park", "--as-published"]])
def test_other_refinements_go_in_no_steps(run, photos, words):
    done = run("blur-refine", *words, "--steps", 10, "--guide", photos / "photo.png", stdin=npy(np.zeros((90, 120), np.float32)))
    assert (done.status, done.stdout) == (2, b"") and b"--method zeng --as-published" in done.stderr


def test_a_real_photo_goes_through_the_whole_pipe(run, data):
    photo = data / "labelled" / "books_1.jpg"
    mapped = run("blur-map", photo)
    assert mapped.status == 0
    with Image.open(photo) as picture:
        assert np.load(io.BytesIO(mapped.stdout)).shape == picture.size[::-1]
    assert run("blur-mask", "-t", "otsu", stdin=mapped.stdout).stdout.startswith(b"\x89PNG")


def test_a_dash_as_output_is_standard_output(run, photos, tmp_path):
    done = run("blur-map", "-o", "-", photos / "photo.png", cwd=tmp_path)
    assert done == run("blur-map", photos / "photo.png") and done.status == 0
    assert not list(tmp_path.iterdir())
