"""Tab in the shells themselves, with the completion files of the checkout."""

import configparser
import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from tests.roff import examples, section
from tests.screen import Terminal

ROOT = Path(__file__).resolve().parent.parent
FILES = ROOT / "share" / "completions"
# (what is typed before Tab, how it goes on); the files apple.jpg and berry.npy and the folder shots/ exist
CASES = [
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
BASH, ZSH = (
    "for file in {0}/blur-*; do [[ $file = *.fish ]] || . $file; done",
    "fpath+=({0}); autoload -Uz compinit; compinit -u -D",
)
QUIET = {
    "bash": "bind 'set enable-bracketed-paste off'",
    "zsh": "unset zle_bracketed_paste",
}  # no sequences but what is typed
ARGUMENTS = {"bash": ["--norc", "--noprofile", "-i"], "zsh": ["-f", "-i"]}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("folder")
    for name in ("apple.jpg", "berry.npy"):
        (made / name).write_bytes(b"")
    (made / "shots").mkdir()
    return made


def offered(shell, setup, folder, typed):
    """What a line has become after Tab in an interactive shell: the arguments that `printf` then gets."""
    terminal = Terminal(200)
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "TERM": "dumb", "PWD": str(folder)}
    terminal.start(["env", "-C", folder, shell, *ARGUMENTS[shell]], environment)
    command, _, rest = typed.partition(" ")
    result = folder / "result"
    result.unlink(missing_ok=True)
    terminal.type(f'{QUIET[shell]}; {setup}\n{command}() {{ printf "%s\\n" "$@" > result; }}; echo read""y\n'.encode())
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
    """The last word has become what is expected, the others are as before.

    zsh takes its slash back at the end of a line.
    """
    assert words[-1].rstrip("/") == last.rstrip("/") and words[:-1] == (
        rest.split() if rest.endswith(" ") else rest.split()[:-1]
    )


@pytest.mark.skipif(not shutil.which("bash"), reason="bash is not installed")
@pytest.mark.parametrize(("typed", "last"), CASES, ids=IDS)
def test_bash_completes(folder, typed, last):
    check(*offered("bash", BASH.format(FILES), folder, typed), last)


@pytest.mark.skipif(not shutil.which("zsh"), reason="zsh is not installed")
@pytest.mark.parametrize(("typed", "last"), CASES, ids=IDS)
def test_zsh_completes(folder, typed, last):
    check(*offered("zsh", ZSH.format(FILES), folder, typed), last)


@pytest.mark.skipif(not shutil.which("fish"), reason="fish is not installed")
@pytest.mark.parametrize(("typed", "last"), CASES, ids=IDS)
def test_fish_completes(folder, typed, last):
    source = "; ".join(f"source {path}" for path in sorted(FILES.glob("*.fish")))
    done = subprocess.run(
        ["fish", "--no-config", "-c", f"{source}; complete -C '{typed}'"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert [line.split("\t")[0] for line in done.stdout.splitlines()] == [last]


@pytest.fixture(scope="module")
def switches(tmp_path_factory):
    """What the tour says to switch completions on: {shell: lines}, for a prefix laid out as pip does."""
    prefix, config = tmp_path_factory.mktemp("prefix"), configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    for place, files in config["options.data_files"].items():
        (prefix / place).mkdir(parents=True)
        for name in files.split():
            if name.startswith(("share/completions", "man")):
                shutil.copy(ROOT / name, prefix / place)
    shown = section(ROOT / "man/blurkit.7", "AT THE TERMINAL").partition(".SS Completions")[2]
    lines = [block.replace("PREFIX", str(prefix)) for block in examples(shown)]
    return dict(zip(("bash", "zsh", "fish"), lines, strict=True)) | {"prefix": prefix}


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_the_lines_of_the_tour_switch_completions_on(folder, switches, shell):
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")
    check(
        *offered(shell, switches[shell].replace("compinit\n", "compinit -u\n"), folder, "blur-score --keep"),
        "--keep-best",
    )


@pytest.mark.skipif(not shutil.which("fish"), reason="fish is not installed")
def test_the_line_of_the_tour_switches_them_on_in_fish(folder, switches):
    command = switches["prefix"] / "bin/blur-score"  # fish looks only for completions of commands that are there
    command.parent.mkdir(exist_ok=True)
    command.touch(0o755)
    code = f"set -p PATH {command.parent}; {switches['fish']}complete -C 'blur-score --keep'"
    done = subprocess.run(["fish", "--no-config", "-c", code], cwd=folder, capture_output=True, text=True, timeout=60)
    assert done.stdout.split("\t")[0] == "--keep-best"


def test_the_readme_points_to_the_tour():
    sentence = "`man blurkit` is a tour,? and says how to switch on completions for bash, zsh and fish"
    assert re.search(sentence.replace(" ", r"\s+"), (ROOT / "README.md").read_text())


@pytest.mark.skipif(not shutil.which("man"), reason="man is not installed")
@pytest.mark.parametrize("page", ["blurkit", "blurkit-formats", "blur-score"])
def test_man_opens_the_page_of_that_name(switches, page):
    title = {"blurkit": "BLURKIT(7)", "blurkit-formats": "BLURKIT-FORMATS(5)"}.get(page, "BLUR-SCORE(1)")
    environment = {
        "PATH": os.environ["PATH"],
        "MANPATH": f"{switches['prefix']}/share/man",
        "MANPAGER": "cat",
        "MANWIDTH": "80",
        "LC_ALL": "C",
    }
    done = subprocess.run(["man", page], env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and done.stdout.split()[0] == title
