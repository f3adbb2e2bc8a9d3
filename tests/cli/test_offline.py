"""No command needs a network: all six, by every method, under a guard that ends whatever reaches for one."""

import os
import subprocess
import sys

import pytest

from blurkit.methods import METHODS, info

COMMANDS = ("blur-patches", "blur-train", "blur-map", "blur-refine", "blur-mask", "blur-score")
FORBIDDEN = 99  # exit status
GUARD = f"""
import os, sys

def refuse(event, given):  # a program that is started might do what Python must not
    if event == "subprocess.Popen" and given[0] == "/sbin/ldconfig":
        return  # lists libraries, for torch where it knows GPUs
    forbidden = ("socket.", "urllib.", "ftplib.", "smtplib.", "http.")
    forbidden += ("subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.spawn")
    if event.startswith(forbidden):
        os.write(2, b"forbidden: " + event.encode())
        os._exit({FORBIDDEN})  # no handler catches it

sys.addaudithook(refuse)
"""
REACHING = {
    "socket": "import socket; socket.socket()",
    "name": "import socket; socket.getaddrinfo('localhost', 80)",
    "connection": "import socket; socket.create_connection(('127.0.0.1', 9))",
    "caught": "import socket\ntry: socket.socket()\nexcept BaseException: pass",
    "address": "import urllib.request; urllib.request.urlopen('http://127.0.0.1:9/')",
    "thread": "import socket, threading; threading.Thread(target=socket.socket).start()",
    "program": "import subprocess; subprocess.run(['true'])",
    "shell": "import os; os.system('true')",
}
PATCHES = {"joint": ("--copies", 1), "zeng": ("--per-photo", 120), "park": ("--copies", 6, "--per-photo", 20)}


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    """guarded(folder, ...): environment in which Python starts with the guard, and imports from the folders first."""
    guard = tmp_path_factory.mktemp("guard")
    (guard / "sitecustomize.py").write_text(GUARD)

    def guarded(*folders):
        paths = [guard, *folders, *filter(None, [os.environ.get("PYTHONPATH")])]
        return {"PYTHONPATH": os.pathsep.join(map(str, paths))}

    return guarded


@pytest.mark.parametrize("reach", REACHING)
def test_the_guard_ends_whatever_reaches_for_the_network(guarded, reach):
    done = subprocess.run([sys.executable, "-c", REACHING[reach]], env={**os.environ, **guarded()}, capture_output=True)
    assert done.returncode == FORBIDDEN and done.stderr.startswith(b"forbidden: ")


@pytest.mark.parametrize("command", COMMANDS)
def test_the_guard_ends_a_command_that_comes_upon_a_library_that_does(run, guarded, photos, tmp_path, command):
    (tmp_path / "numpy.py").write_text(REACHING["caught"])
    done = run(command, "--debug", photos / "photo.png", env=guarded(tmp_path))  # otherwise descriptor 2 leads nowhere
    assert done == (FORBIDDEN, b"", b"forbidden: socket.__new__")


@pytest.mark.parametrize("method", METHODS)
def test_maps_masks_and_scores_need_no_network(run, guarded, photos, method):
    photo, words = photos / "photo.jpg", ("--method", method)
    ways = [(), ("--as-published",)] if info(method).is_published else [()]
    for way in ways:
        whole = quiet(run("blur-map", *words, *way, photo, env=guarded()))
        raw = quiet(run("blur-map", *words, *way, "--raw", "-j", 2, photo, env=guarded()))
        assert quiet(run("blur-refine", *words, *way, "--guide", photo, stdin=raw, env=guarded())) == whole
        quiet(run("blur-mask", stdin=whole, env=guarded()))
    quiet(run("blur-score", *words, photo, photos / "grey.png", env=guarded()))


@pytest.mark.parametrize("method", METHODS)
def test_training_needs_no_network(run, guarded, masked, method):
    pytest.importorskip("torch")
    names = sorted(path for path in masked.glob("p*.png") if not path.name.endswith(".mask.png"))
    records = quiet(run("blur-patches", "--method", method, *PATCHES[method], *names, env=guarded()))
    quiet(run("blur-train", "--method", method, "--epochs", 1, "--min-accuracy", 0, "-q", stdin=records, env=guarded()))


def quiet(done):
    """What a command has written that had nothing to complain of."""
    assert (done.status, done.stderr) == (0, b"") and done.stdout
    return done.stdout
