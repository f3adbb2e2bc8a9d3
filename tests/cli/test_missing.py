"""What is said where a package or a part of the system is missing: one line, no traceback."""

import configparser
import re
import sys

import numpy as np
import pytest

from blurkit.cli import packages
from tests.files import npy, one_line
from tests.screen import Terminal

WORK = {  # a module, and the words that come to need it
    "cv2": [("blur-map",), ("blur-score",), ("blur-score", "-j", 2), ("blur-patches", "--method", "park")],
    "PIL": [("blur-map",), ("blur-score",), ("blur-map", "-j", 2)],
    "skimage": [("blur-patches", "--compose", "--auto-segments")],
    "scipy": [("blur-map", "--method", "park", "--as-published")],
    "torch": [("blur-train",)],
}
CASES = [(module, words) for module, several in WORK.items() for words in several]


def without(folder, module, kind="ModuleNotFoundError", text=None):
    """The environment of a Python in which importing a module fails."""
    (folder / f"{module}.py").write_text(f"raise {kind}({text or f'No module named {module!r}'!r}, name={module!r})\n")
    return {"PYTHONPATH": str(folder), "BLURKIT_DEVICE": "cpu"}


@pytest.mark.parametrize(
    ("module", "words"), CASES, ids=lambda value: value if isinstance(value, str) else " ".join(map(str, value))
)
def test_a_missing_package_is_named_once_with_the_way_to_get_it(run, photos, tmp_path, module, words):
    package = (packages.REQUIRED | packages.EXTRA)[module]
    done = run(*words, photos / "photo.png", photos / "photo.jpg", env=without(tmp_path, module))
    text = f"{words[0]}: needs the package {package}, which is not installed: pip install {package}\n"
    assert done == (2, b"", text.encode())


@pytest.mark.parametrize(("module", "package"), [("cv2", "opencv-python-headless"), ("numpy", "numpy")])
@pytest.mark.parametrize(
    "words", [("blur-mask",), ("blur-refine", "--method", "zeng", "--as-published")], ids=lambda words: words[0]
)
def test_so_it_is_where_maps_are_read(run, tmp_path, words, module, package):
    done = run(*words, stdin=npy(np.zeros((9, 9), np.float32)), env=without(tmp_path, module))
    assert one_line(words[0], done).decode().endswith(f"pip install {package}\n")


@pytest.mark.parametrize("command", [f"blur-{name}" for name in ("patches", "train", "map", "refine", "mask", "score")])
def test_a_bare_python_is_told_all_that_is_missing(run, photos, command):
    done = run(command, photos / "photo.png", interpreter=("-S",))
    names = list(packages.REQUIRED.values())
    text = f"{command}: needs the packages {', '.join(names)}, which are not installed: pip install {' '.join(names)}\n"
    assert done == (2, b"", text.encode())
    assert run(command, "--help", interpreter=("-S",)).status == 0


def test_a_broken_package_is_told_as_what_it_is(run, photos, tmp_path):
    done = run(
        "blur-map",
        photos / "photo.png",
        env=without(tmp_path, "cv2", "ImportError", "libGL.so.1: cannot open shared object file"),
    )
    text = "cannot import the package opencv-python-headless: libGL.so.1: cannot open shared object file"
    assert (
        one_line("blur-map", done).decode()
        == f"blur-map: {text}: pip install --force-reinstall opencv-python-headless\n"
    )


def test_the_bar_needs_its_package_as_well(environment, root, photos, tmp_path):
    terminal = Terminal(200)
    variables = environment | without(tmp_path, "tqdm")
    terminal.start([sys.executable, root / "bin/blur-score", photos / "photo.png", photos / "photo.jpg"], variables)
    status, text = terminal.finish()
    assert (status, text) == (2, "blur-score: needs the package tqdm, which is not installed: pip install tqdm\r\n")


def test_another_missing_module_is_a_bug(run, photos, tmp_path):
    (tmp_path / "cv2.py").write_text("import nosuchmodule\n")
    done = run("blur-map", photos / "photo.png", env={"PYTHONPATH": str(tmp_path)})
    assert done.status == 2 and b"internal error: ModuleNotFoundError: No module named 'nosuchmodule'" in done.stderr


def test_the_table_names_what_the_installation_asks_for(root):
    config = configparser.ConfigParser()
    config.read(root / "setup.cfg")
    asked = {re.split("[><=]", line)[0] for line in config["options"]["install_requires"].split()}
    assert set(packages.REQUIRED.values()) == asked
    extras = config["options.extras_require"]
    users = [name for name in extras if name not in ("lint", "test", "docs")]
    named = {re.split("[><=]", line)[0] for name in users for line in extras[name].split()}
    assert named <= set(packages.REQUIRED.values()) | set(packages.EXTRA.values())


TAKEN = """
import os, signal, sys
for module, names in (
    (signal, ("SIGHUP", "SIGPIPE", "SIGQUIT", "SIGALRM", "pthread_sigmask")),
    (os, ("set_blocking", "fchmod", "getuid", "mkfifo")),
):
    for name in names:
        delattr(module, name)
import _signal
for name in ("SIGHUP", "SIGPIPE"):
    delattr(_signal, name)
"""  # what Windows does not have


@pytest.fixture
def poorer(tmp_path):
    """The environment of a Python without what Windows does not have."""
    (tmp_path / "poorer").mkdir()
    (tmp_path / "poorer" / "sitecustomize.py").write_text(TAKEN)
    return {"PYTHONPATH": str(tmp_path / "poorer")}


def test_the_commands_work_without_what_windows_does_not_have(run, masked, photos, tmp_path, poorer):
    photo, out = photos / "photo.png", tmp_path / "map.npy"
    assert run("blur-map", "-o", out, photo, env=poorer) == (0, b"", b"")
    assert run("blur-score", photo, env=poorer) == run("blur-score", photo)
    assert run("blur-mask", out, env=poorer) == run("blur-mask", out)
    raw = run("blur-map", "--raw", photo, env=poorer).stdout
    assert run("blur-refine", "--guide", photo, stdin=raw, env=poorer).stdout == out.read_bytes()
    words = "blur-patches", "--method", "zeng", "--per-photo", 9, masked / "p1.png"
    assert run(*words, env=poorer) == run(*words) and run(*words).status == 0
    assert run("blur-score", "--tpo", env=poorer).status == run("blur-train", "nosuch.npy", env=poorer).status == 2


@pytest.mark.parametrize("words", [("blur-map", "-j", "3"), ("blur-score",), ("blur-score", "--help")], ids=" ".join)
def test_a_reader_that_leaves_costs_no_traceback_without_sigpipe(start, photos, poorer, words):
    process = start(*words, *[photos / "photo.png"] * 5, stdin=None, env=poorer)
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(60) in (0, 2)
