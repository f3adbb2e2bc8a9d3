"""Ctrl-C at any moment ends a command by that signal, and nothing is said."""

import signal
import subprocess
import sys
import time

import pytest

from tests.files import listed

OURS = """
import ast, os, sys
sys.argv = sys.argv[1:]
__file__ = sys.argv[0]
statements = ast.parse(open(__file__).read()).body
exec(compile(ast.Module(statements[:2], []), __file__, "exec"))  # SIGINT has its plain effect from here on
os.write(1, b"!")
exec(compile(ast.Module(statements[2:], []), __file__, "exec"))
"""  # Python itself has started, and after "!" all that runs is the rest of a file of bin/
MOMENTS = [n / 2 for n in range(1, 40)] + list(range(20, 120, 4)) + list(range(120, 310, 10))  # ms after that


def begin(words, environment, **more):
    """Start a process that is not deaf to SIGINT, as a background job of a shell would be."""
    hearing = {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)}
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen([sys.executable, *map(str, words)], env=environment, **{**hearing, **pipes, **more})


def interrupted_after(milliseconds, words, environment):
    """(status, stderr) of a command that gets SIGINT some time after its first two statements."""
    process = begin(["-c", OURS, *words], environment)
    assert process.stdout.read(1) == b"!"
    time.sleep(milliseconds / 1000)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    return process.returncode, err


@pytest.mark.parametrize("command", ["blur-score", "blur-map"])
def test_a_command_at_work_dies_of_it_at_any_moment(environment, root, photos, tmp_path, command):
    (tmp_path / "photos").mkdir()
    for number in range(400):
        (tmp_path / "photos" / f"{number}.png").symlink_to(photos / "photo.png")
    more = ["-j", 2, "-o", f"{tmp_path}/maps/"] if command == "blur-map" else []
    line = [root / "bin" / command, *more, "-r", tmp_path / "photos"]
    ended = {ms: interrupted_after(ms, line, environment) for ms in MOMENTS}
    assert {ms: result for ms, result in ended.items() if result != (-signal.SIGINT, b"")} == {}
    assert not [name for name in listed(tmp_path) if name.endswith(".part")]


@pytest.mark.parametrize("option", ["--help", "--nosuch"])
def test_so_does_one_that_only_says_something(environment, root, option):
    done = 0 if option == "--help" else 2
    for ms in MOMENTS[:50]:
        status, err = interrupted_after(ms, [root / "bin/blur-score", option], environment)
        assert status in (-signal.SIGINT, done) and b"Traceback" not in err and b"Interrupt" not in err


def test_what_is_started_deaf_to_it_stays_deaf(environment, root, photos):
    words = [root / "bin/blur-score", *[photos / "photo.png"] * 30]
    process = begin(words, environment, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN))
    for _ in range(20):
        time.sleep(0.02)
        process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err, out.count(b"\n")) == (0, b"", 30)


WAYS = {  # what becomes of the exception that the signal is
    "nothing": "kill()",
    "another": "try: kill()\n    except BaseException: raise ImportError('numpy C-extensions failed')",
    "passed over": "try: kill()\n    except BaseException: pass",
    "an input that failed": "try: kill()\n    except BaseException: console.bad('photo.jpg', InputError('is bad'))",
    "in a destructor": "Dying()",
    "twice": "try: kill()\n    finally: kill()",
    "in a callback": (
        "weakref.finalize(Dying, kill); thing = type('Thing', (), {})(); weakref.finalize(thing, kill); del thing"
    ),
}
WORK = """
import os, sys, time, weakref
sys.argv[0] = "blur-map"
from blurkit.cli import options
from blurkit.cli.run import run
from blurkit.errors import InputError
def kill():
    os.kill(os.getpid(), {number})
    time.sleep(5)
class Dying:
    def __del__(self): kill()
def work(args, console):
    {way}
sys.exit(run("blur-map", lambda parser: options.files(parser, "photos"), work))
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("way", WAYS)
def test_whatever_becomes_of_the_exception_the_process_dies_of_the_signal(environment, root, way, number):
    began = time.monotonic()
    process = begin(["-c", WORK.format(way=WAYS[way], number=int(number))], {**environment, "PYTHONPATH": str(root)})
    _, err = process.communicate(timeout=60)
    assert err == b"" and process.returncode in (
        (-signal.SIGINT,) if number == signal.SIGINT else (128 + number, -number)
    )
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    ("name", "effect"), [("blur-score", "SIG_DFL"), ("/usr/bin/blur-map", "SIG_DFL"), ("other", "default_int_handler")]
)
def test_the_effect_of_ctrl_c_is_changed_for_commands_alone(environment, root, name, effect):
    code = (
        f"import sys; sys.argv[0] = {name!r}; import blurkit.cli, signal; print(signal.getsignal(2) == signal.{effect})"
    )
    process = begin(["-c", code], {**environment, "PYTHONPATH": str(root)})
    assert process.communicate(timeout=60)[0] == b"True\n"
