"""Tab in the shells themselves, with the completion files of the checkout."""

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from tests.screen import Terminal

FILES = Path(__file__).resolve().parent.parent / "share" / "completions"
CASES = [  # (what is typed before Tab, how it goes on); there are the files apple.jpg and berry.npy, and the folder shots/
    ("blur-score a", "apple.jpg"),
    ("blur-score -r ", "shots/"),
    ("blur-score --recursive ", "shots/"),
    ("blur-map -qr ", "shots/"),
    ("blur-patches --masks ", "shots/"),
    ("blur-score --calibrate ", "shots/"),
    ("blur-score --calibrate shots/ ", "shots/"),
    ("blur-score --keep", "--keep-best"),
    ("blur-map --method z", "zeng"),
    ("blur-mask -t o", "otsu"),
    ("blur-refine --guide a", "apple.jpg"),
    ("blur-score --truth s", "shots/"),
]
IDS = [typed for typed, _ in CASES]
BASH = "PS1='> '; bind 'set bell-style none'; bind 'set enable-bracketed-paste off'; for f in {0}/blur-*; do [[ $f = *.fish ]] || . $f; done"
ZSH = "PS1='> '; unsetopt beep zle_bracketed_paste; unset zle_bracketed_paste; fpath=({0} $fpath); autoload -Uz compinit; compinit -u -D"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("folder")
    for name in ("apple.jpg", "berry.npy"):
        (made / name).write_bytes(b"")
    (made / "shots").mkdir()
    return made


def offered(shell, arguments, setup, folder, typed):
    """What a line has become after Tab in an interactive shell: the arguments that `printf` then gets."""
    terminal = Terminal(200)
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "TERM": "dumb", "PWD": str(folder)}
    terminal.start(["env", "-C", folder, shell, *arguments], environment)
    command, _, rest = typed.partition(" ")
    result = folder / "result"
    result.unlink(missing_ok=True)
    terminal.type(setup.format(FILES).encode() + f'\n{command}() {{ printf "%s\\n" "$@" > result; }}; echo read""y\n'.encode())
    wait_for(lambda: b"ready" in terminal.written)
    terminal.type(typed.encode() + b"\t\n")
    wait_for(result.exists)
    terminal.type(b"exit\n")
    terminal.finish(30)
    return rest, result.read_text().split()


def wait_for(condition):
    until = time.monotonic() + 30
    while not condition() and time.monotonic() < until:
        time.sleep(0.02)
    assert condition()


def check(rest, words, last):
    """The words before the last one stand, and it has become what is expected; zsh takes its slash back at the end of a line."""
    assert words[-1].rstrip("/") == last.rstrip("/") and words[:-1] == (rest.split() if rest.endswith(" ") else rest.split()[:-1])


@pytest.mark.skipif(not shutil.which("bash"), reason="bash is not installed")
@pytest.mark.parametrize(("typed", "last"), CASES, ids=IDS)
def test_bash_completes(folder, typed, last):
    check(*offered("bash", ["--norc", "--noprofile", "-i"], BASH, folder, typed), last)


@pytest.mark.skipif(not shutil.which("zsh"), reason="zsh is not installed")
@pytest.mark.parametrize(("typed", "last"), CASES, ids=IDS)
def test_zsh_completes(folder, typed, last):
    check(*offered("zsh", ["-f", "-i"], ZSH, folder, typed), last)


@pytest.mark.skipif(not shutil.which("fish"), reason="fish is not installed")
@pytest.mark.parametrize(("typed", "last"), CASES, ids=IDS)
def test_fish_completes(folder, typed, last):
    source = "; ".join(f"source {path}" for path in sorted(FILES.glob("*.fish")))
    done = subprocess.run(["fish", "--no-config", "-c", f"{source}; complete -C '{typed}'"], cwd=folder, capture_output=True, text=True, timeout=60)
    assert [line.split("\t")[0] for line in done.stdout.splitlines()] == [last]
