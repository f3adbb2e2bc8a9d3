"""Runs over very many files: they go on after bad ones, can be taken up again, and stop at once."""

import io
import os
import signal
import subprocess
import time

import numpy as np
import pytest

from blurkit.cli import inputs
from blurkit.io.complete import is_whole
from tests.files import listed, npy


def made(folder):
    """{name: (bytes, time of writing)} of all files below a folder."""
    return {name: ((folder / name).read_bytes(), (folder / name).stat().st_mtime_ns) for name in listed(folder)}


@pytest.fixture
def tree(photos, tmp_path):
    """A tree of four photos and a damaged one."""
    for name in ("a/one.png", "a/two.png", "b/one.png", "c.png", "b/bad.png"):
        (tmp_path / "tree" / name).parent.mkdir(parents=True, exist_ok=True)
        data = (photos / ("photo.png" if "one" in name else "grey.png")).read_bytes()
        (tmp_path / "tree" / name).write_bytes(data[:500] if "bad" in name else data)
    return tmp_path / "tree"


def test_what_is_no_file_below_a_folder_is_left_out(run, tree, tmp_path):
    os.mkfifo(tree / "a/pipe.png")  # nobody will ever write to it
    (tree / "b/endless.png").symlink_to("/dev/zero")
    (tree / "b/round").symlink_to(tree)
    (tree / "b/bad.png").unlink()
    (tree / "lost.png").symlink_to("nowhere")
    done = run("blur-map", "-r", "-o", f"{tmp_path}/out/", tree)
    assert (done.status, done.stderr) == (2, f"blur-map: {tree}/lost.png: No such file or directory\n".encode())
    assert listed(tmp_path / "out") == ["a/one.npy", "a/two.npy", "b/one.npy", "c.npy"]


def test_a_folder_without_photos_is_told_and_the_others_are_done(run, tree, tmp_path):
    (tmp_path / "empty").mkdir()
    for more, count in (([tree / "a"], 2), ([], 0)):
        done = run("blur-map", "-r", "-o", f"{tmp_path}/out{count}/", tmp_path / "empty", *more)
        assert (done.status, done.stderr) == (2, f"blur-map: {tmp_path}/empty: no photos below this folder\n".encode())
        assert len(listed(tmp_path / f"out{count}")) == count


def test_folders_that_cannot_be_read_are_told_and_cost_nothing_else(tree, tmp_path, monkeypatch):
    def walk(folder, onerror):
        for name in ("a", "c", "d"):
            onerror(PermissionError(13, "Permission denied", f"{folder}/{name}"))
        yield str(folder), ["a", "c", "d"], ["c.png"]

    monkeypatch.setattr(os, "walk", walk)
    items = inputs.below(str(tree))
    assert [item.path for item in items] == [f"{tree}/{name}" for name in ("a", "c", "d", "c.png")]
    assert len({item.stem for item in items}) == 4  # none is refused as another's namesake


@pytest.mark.parametrize("form", ["npy", "png", "tiff", "pfm"])
def test_resume_makes_what_is_missing_or_cut_short_and_nothing_else(run, tree, tmp_path, form):
    words, out = ["-r", "-f", form, "-o", f"{tmp_path}/out/", tree], tmp_path / "out"
    first = run("blur-map", *words)
    assert first.status == 2 and first.stderr.count(b"\n") == 1 and b"b/bad.png: " in first.stderr
    before = made(out)
    assert list(before) == [f"{name}.{form}" for name in ("a/one", "a/two", "b/one", "c")]
    (out / f"a/two.{form}").unlink()
    os.truncate(out / f"c.{form}", len(before[f"c.{form}"][0]) - 1)
    again = run("blur-map", "--resume", "-j", 2, "-v", *words)
    assert (
        again.status == 2
        and [line for line in again.stderr.splitlines() if b"bad" in line] == first.stderr.splitlines()
    )
    assert b"2 of 5 maps are there" in again.stderr
    after = made(out)
    assert {name: data for name, (data, _) in after.items()} == {name: data for name, (data, _) in before.items()}
    kept = {name for name in before if before[name][1] == after[name][1]}
    assert {f"a/one.{form}", f"b/one.{form}"} <= kept and f"c.{form}" not in kept
    (tree / "b/bad.png").unlink()
    assert run("blur-map", "--resume", *words) == (0, b"", b"") and made(out) == after


def test_without_resume_all_is_made_anew(run, tree, tmp_path):
    words = ["-o", f"{tmp_path}/out/", tree / "c.png"]
    assert run("blur-map", *words).status == 0
    before = made(tmp_path / "out")
    again = run("blur-map", "-v", *words)
    assert again.status == 0 and b"maps are there" not in again.stderr
    after = made(tmp_path / "out")
    assert before["c.npy"][0] == after["c.npy"][0] and before["c.npy"][1] != after["c.npy"][1]


def test_a_stream_is_taken_up_again_map_by_map_each_with_its_own_photo(run, photos, tmp_path):
    maps = [np.random.default_rng(n).random((90, 120), dtype=np.float32) for n in range(3)]
    names = [photos / "photo.png", photos / "grey.png", photos / "photo.jpg"]
    for command, option in (("blur-refine", "--guide"), ("blur-mask", "--cut")):
        out = tmp_path / command
        words = [*(w for name in names for w in (option, name)), "-o", f"{out}/"]
        assert run(command, *words, stdin=npy(*maps)).status == 0
        before = made(out)
        missing = next(name for name in before if name.startswith("stdin-2."))
        (out / missing).unlink()
        assert run(command, "--resume", *words, stdin=npy(*maps)) == (0, b"", b"")
        after = made(out)
        assert after[missing][0] == before.pop(missing)[0] and before.items() <= after.items()


def test_resume_does_not_take_one_result_for_two(run, tmp_path):
    (tmp_path / "a.npy").write_bytes(npy(np.zeros((2, 3), np.float32), np.zeros((2, 3), np.float32)))
    (tmp_path / "a-2.npy").write_bytes(npy(np.ones((2, 3), np.float32)))
    words = [tmp_path / "a.npy", tmp_path / "a-2.npy", "-o", f"{tmp_path}/out/", "-f", "npy"]
    for more in ([], ["--resume"]):
        done = run("blur-mask", *more, *words)
        assert done.status == 2 and b"two results would both become" in done.stderr


@pytest.mark.parametrize("command", ["blur-map", "blur-refine", "blur-mask"])
@pytest.mark.parametrize("out", [[], ["-o", "-"], ["-o", "out.npy"]], ids=" ".join)
def test_resume_needs_a_folder(run, tmp_path, command, out):
    done = run(command, "--resume", *out, "a.npy", cwd=tmp_path)
    assert done == (2, b"", f"{command}: --resume needs a folder of results: -o FOLDER/\n".encode()) and not listed(
        tmp_path
    )


@pytest.mark.parametrize(
    ("number", "status"),
    [(signal.SIGINT, -signal.SIGINT), (signal.SIGTERM, 128 + signal.SIGTERM), (signal.SIGKILL, -signal.SIGKILL)],
)
def test_a_run_of_several_workers_stops_at_once_and_is_taken_up_again(start, run, photos, tmp_path, number, status):
    for n in range(100):
        (tmp_path / f"{n:03}.png").symlink_to(photos / "photo.png")
    words, out = ["-j", 2, "-r", "-o", f"{tmp_path}/out/", tmp_path], tmp_path / "out"
    process = start("blur-map", *words, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    until = time.monotonic() + 30
    while not out.exists() and time.monotonic() < until:
        time.sleep(0.01)
    process.send_signal(number)
    began = time.monotonic()
    assert process.communicate(timeout=30) == (b"", b"") and process.returncode == status
    assert time.monotonic() - began < 5
    kept = made(out)
    assert all(is_whole(io.BytesIO(data), "npy") for name, (data, _) in kept.items() if not name.startswith("."))
    assert len(kept) < 100 and (number == signal.SIGKILL or not any(name.startswith(".") for name in kept))
    whole = run("blur-map", photos / "photo.png").stdout
    assert run("blur-map", "--resume", *words) == (0, b"", b"")
    assert {data for data, _ in made(out).values()} == {whole} and len(made(out)) == 100


def test_a_hangup_that_is_ignored_as_under_nohup_does_not_end_a_run(start, photos, tmp_path):
    for n in range(20):
        (tmp_path / f"{n:02}.png").symlink_to(photos / "photo.png")
    out = tmp_path / "out"
    process = start(
        "blur-map", "-r", "-o", f"{out}/", tmp_path, preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)
    )
    until = time.monotonic() + 30
    while not out.exists() and time.monotonic() < until:
        time.sleep(0.01)
    process.send_signal(signal.SIGHUP)
    assert process.communicate(timeout=60) == (b"", b"") and process.returncode == 0 and len(listed(out)) == 20


KINDS = [np.dtype(kind) for kind in ("<f4", ">f4", "<f8", ">f8", "<f2", ">f2", "u1", "<u2", ">u2", "?")]


@pytest.mark.parametrize(
    "command",
    [("blur-mask", "-f", "npy"), ("blur-score",), ("blur-refine", "--method", "zeng", "--as-published")],
    ids=lambda w: w[0],
)
def test_maps_of_all_types_byte_orders_and_both_orders_of_axes_mean_the_same(run, command):
    ones = np.random.default_rng(3).random((40, 30)) < 0.4
    whole = {"u": lambda kind: np.iinfo(kind).max}
    several = [
        np.array(ones * whole.get(kind.kind, lambda _: 1)(kind), kind, order=order) for kind in KINDS for order in "CF"
    ]
    first, all_of_them = run(*command, stdin=npy(several[0])), run(*command, stdin=npy(*several))
    assert first.status == all_of_them.status == 0 and first.stdout
    assert all_of_them.stdout == first.stdout * len(several)


@pytest.mark.parametrize("command", [("blur-mask", "-f", "npy"), ("blur-score",)], ids=" ".join)
def test_the_memory_for_a_stream_does_not_grow_with_it(start, command):
    one = npy(np.random.default_rng(0).random((12, 16), dtype=np.float32))
    peaks = []
    for count in (200, 6000):
        process = start(*command, stdout=subprocess.DEVNULL)
        process.stdin.write(one * count)
        process.stdin.close()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = status
        assert process.stderr.read() == b"" and status == 0
        process.stderr.close()
        peaks.append(used.ru_maxrss)
    assert peaks[1] < 1.03 * peaks[0]
