"""Where results go: folders, files, formats by suffix; nothing is overwritten by chance, failed writes are reported."""

import io
import os
import tempfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.files import CONFUSED, GOOD, TAKES, arrays, listed, npy, one_line

full_disk = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")


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
    assert [np.array_equal(m == 255, s > 0.5) for m, s in zip(arrays(done.stdout), arrays(stream), strict=True)] == [
        True
    ] * 3


def test_several_pngs_in_one_stream_are_refused_before_a_byte_is_written(run, three, stream):
    for done in (run("blur-mask", stdin=stream), run("blur-map", "-f", "png", *three)):
        assert done.status == 2 and not done.stdout and b"one PNG holds one result" in done.stderr
    assert run("blur-mask", "-f", "npy", stdin=stream).stdout.count(b"\x93NUMPY") == 3


def test_an_unknown_suffix_is_refused(run, three, tmp_path):
    done = run("blur-map", three[0], "-o", tmp_path / "map.jpg")
    assert done.status == 2 and b".jpg is not known" in done.stderr and not list(tmp_path.iterdir())


def test_a_dash_as_output_is_standard_output(run, photos, tmp_path):
    done = run("blur-map", "-o", "-", photos / "photo.png", cwd=tmp_path)
    assert done == run("blur-map", photos / "photo.png") and done.status == 0
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("form", "step"), [("png", 0.5 / 65535 + 1e-7), ("tiff", 0), ("pfm", 0)])
def test_other_formats_hold_the_map_within_their_precision(run, photos, tmp_path, stream, form, step):
    by_suffix = tmp_path / f"map.{form}"
    assert run("blur-map", photos / "photo.png", "-o", by_suffix) == (0, b"", b"")
    assert run("blur-map", "-f", form, photos / "photo.png").stdout == by_suffix.read_bytes()
    data = run("blur-mask", "-f", "npy", "-t", "0.4", by_suffix)
    expected = arrays(stream)[0]
    if form != "pfm":
        picture = cv2.imread(str(by_suffix), cv2.IMREAD_UNCHANGED)
        picture = picture / np.float32(65535) if form == "png" else picture
        assert np.abs(picture - expected).max() <= step
    sure = np.abs(expected - 0.4) > step
    assert np.array_equal((np.load(io.BytesIO(data.stdout)) == 255)[sure], (expected > 0.4)[sure])


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
        ("blur-score", "--force", "--report", "photo.html", "photo.html"),
        ("blur-score", "--force", "--report", "mask.html", "--mask", "mask.html", "photo.png"),
        ("blur-patches", "--method", "park", "--copies", "1", "-f", "npy", "-o", "photo.png", "photo.png"),
        ("blur-train", "-f", "npz", "-o", "map.npy", "map.npy"),
        ("blur-map", "--weights", "joint.npz", "-f", "npy", "-o", "joint.npz", "photo.png"),
        ("blur-mask", "--files0-from", "list", "-f", "npy", "-o", "list"),
        (
            "blur-mask",
            "--cut",
            "photo.png",
            "--cut",
            "map-2.png",
            "-o",
            ".",
            "map.npy",
        ),  # what the second map of a stream becomes
    ],
    ids=" ".join,
)
def test_nothing_that_is_read_is_replaced(run, root, photos, stream, tmp_path, words):
    for name, data in {
        "map.npy": stream,
        "list": b"map.npy\0",
        "joint.npz": (root / "share/weights/joint.npz").read_bytes(),
    }.items():
        (tmp_path / name).write_bytes(data)
    for name in ("photo.png", "map-2.png", "photo.html", "mask.html"):
        (tmp_path / name).write_bytes((photos / "photo.png").read_bytes())
    before = {name: (tmp_path / name).read_bytes() for name in listed(tmp_path)}
    done = run(*words, cwd=tmp_path)
    assert done.status == 2 and b"would replace the input" in done.stderr
    assert {name: (tmp_path / name).read_bytes() for name in before} == before


def test_a_link_stays_a_link_and_a_file_keeps_its_permissions(run, three, tmp_path):
    (tmp_path / "real.npy").write_bytes(npy(np.zeros((2, 3), np.float32)))
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
        assert (
            run("blur-map", three[0], "-o", out).status == 0
            and out.read_bytes() == whole == run("blur-map", three[0]).stdout
        )


@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
def test_standard_output_by_name_is_appended_to_where_the_shell_appends(run, three, tmp_path, name):
    with open(tmp_path / "maps.npy", "ab") as out:
        out.write(b"before")
        out.flush()
        assert run("blur-map", three[0], "-o", name, stdout=out).status == 0
    assert (tmp_path / "maps.npy").read_bytes() == b"before" + run("blur-map", three[0]).stdout


# ---- what cannot be written ----------------------------------------------------


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
    assert (
        run(
            "blur-mask",
            bad / "good.npy",
            "-o",
            tmp_path / "out.png",
            stdin=None,
            preexec_fn=lambda: os.closerange(0, 3),
        ).status
        == 0
    )
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
    assert b"--output" in one_line(
        "blur-mask", run("blur-mask", bad / "good.npy", "-o", "", cwd=tmp_path)
    ) and os.listdir(tmp_path) == ["good.png"]


def test_standard_error_can_still_be_written_to_by_name(run, bad):
    done = run("blur-mask", "-o", "/dev/stderr", "-f", "npy", bad / "good.npy")
    assert done.status == GOOD and done.stderr.startswith(b"\x93NUMPY") and len(done.stderr) > 128


def test_a_file_where_a_folder_should_be_is_named(run, bad, tmp_path):
    (tmp_path / "maps").write_bytes(b"mine")
    for out in ("maps/", "maps/deep/", "maps/x.png"):
        done = run("blur-mask", bad / "good.npy", "-o", out, cwd=tmp_path)
        assert done.status == 2 and done.stderr == f"blur-mask: {tmp_path}/maps: is a file, not a folder\n".encode()
    assert (tmp_path / "maps").read_bytes() == b"mine"


def test_a_photo_named_as_the_output_is_told_without_a_way_to_lose_it(run, photos, tmp_path):
    (tmp_path / "a.jpg").write_bytes((photos / "photo.jpg").read_bytes())
    done = run("blur-map", "-o", "a.jpg", photos / "photo.png", cwd=tmp_path)
    assert done.status == 2 and b"-o takes the name of the output, then come the inputs" in done.stderr
    assert b"-f" not in done.stderr and b"--force" not in done.stderr
