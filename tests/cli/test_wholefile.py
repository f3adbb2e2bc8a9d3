"""Temporary files: a result appears under its name when it is complete, and what a killed run left is removed."""

import os
import subprocess
import sys
import time
from types import SimpleNamespace

import numpy as np
import pytest

from blurkit.cli import wholefile
from blurkit.cli.guard import Guard
from blurkit.cli.wholefile import WholeFile, is_running, left_over
from blurkit.errors import OutputError
from tests.files import listed, npy

DEAD = subprocess.Popen([sys.executable, "-c", ""])  # the number of a process that is gone
DEAD.wait()


def test_what_a_killed_run_left_goes_with_the_next_that_makes_the_same(run, photos, tmp_path):
    gone, other, alive = (
        f".photo.npy.{DEAD.pid}.part",
        f".other.npy.{DEAD.pid}.part",
        f".photo.npy.{os.getpid()}.part",
    )
    strangers = [".photo.npy.part", f"photo.npy.{DEAD.pid}.part", f".photo.npy.{DEAD.pid}", ".photo.npy.x.part"]
    for name in (gone, other, alive, *strangers):
        (tmp_path / name).write_bytes(b"half")
    assert run("blur-map", photos / "photo.png", "-o", tmp_path) == (0, b"", b"")
    assert listed(tmp_path) == sorted([other, alive, *strangers, "photo.npy"])


def test_a_part_of_our_own_number_is_left_by_another(tmp_path):
    (tmp_path / f".a.npy.{os.getpid()}.part").write_bytes(b"half")  # numbers come again, above all in a container
    with WholeFile(str(tmp_path / "a.npy"), Guard("npy")) as file:
        file.write([b"whole"])
    assert listed(tmp_path) == ["a.npy"] and (tmp_path / "a.npy").read_bytes() == b"whole"
    assert is_running(os.getppid()) and not is_running(DEAD.pid) and not is_running(10**30)


def test_of_two_runs_of_one_number_none_publishes_what_the_other_has_half_done(tmp_path):
    one, other = WholeFile(str(tmp_path / "a.npy"), Guard("npy")), WholeFile(str(tmp_path / "a.npy"), Guard("npy"))
    one.__enter__().write([b"whole"])
    left_over.cache_clear()  # the other, in another container, takes what it finds for its own of before
    with other:
        other.write([b"wh"])
        with pytest.raises(OutputError, match="No such file"):
            one.__exit__(None)
        assert not (tmp_path / "a.npy").exists()
        other.write([b"ole"])
    assert listed(tmp_path) == ["a.npy"] and (tmp_path / "a.npy").read_bytes() == b"whole"


def test_a_run_killed_outright_leaves_no_half_file_under_a_final_name(start, run, tmp_path):
    stream = npy(*[np.random.default_rng(0).random((200, 300), dtype=np.float32)] * 3)
    process = start("blur-mask", "-f", "npy", "-o", tmp_path / "masks.npy")
    process.stdin.write(stream)
    process.stdin.flush()
    until = time.monotonic() + 30
    while not listed(tmp_path) and time.monotonic() < until:
        time.sleep(0.02)
    process.kill()
    process.communicate()
    (left,) = listed(tmp_path)
    assert left.startswith(f".masks.npy.{process.pid}-") and left.endswith(".part")
    assert run("blur-mask", "-f", "npy", "-o", tmp_path / "masks.npy", stdin=stream).status == 0
    assert listed(tmp_path) == ["masks.npy"]


def test_on_windows_no_process_is_asked(monkeypatch):
    monkeypatch.setattr(wholefile, "os", SimpleNamespace(name="nt"))  # os.kill would send Ctrl-C, and fails here
    assert is_running(DEAD.pid)
