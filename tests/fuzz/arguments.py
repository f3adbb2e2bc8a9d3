"""Commands with options, values and files taken at random from what is good and what is not."""

import os
import tempfile
from functools import cache, partial
from pathlib import Path
from unittest import mock

import samples
from commands import good_files, harmed_files, in_process, own_process, ran
from mutations import ANY

from blurkit.cli import completions
from blurkit.errors import InputError

# two of them are numbers in one way of reading only
SMALL = ("1", "2", "3", "0", "-1", "", " 2 ", "x", "1.5", "nan", "\u0662", "0x10", "-0")
NUMBERS = (
    *(*SMALL, "inf", "-inf", "1e999", "1e-999", "9" * 30, "9" * 5000),
    *("65535", "65536", "1_0", ".5", "100", "2147483648", "-2147483649", "\u00b2"),
)
DEVICES = ("cuda:\u00b2", "cuda:99999999999999999999", "torch-cpu", "cuda:")
TEXTS = (*SMALL, *DEVICES, "best:10%", "best:0%", "best:nan%", "all", "mask", "otsu", "\udcff", "a\nb", "\x1b[31m")
PATTERNS = ("(", "a{99999999999999999999}", "(" * 500, "[", "(?P<x>.)", "(o)(n)?", "\udcff", "(?i)G", "\\", "*")
ODD_NAMES = ("", "-", "/dev/null", "x" * 300, "\udcff.npy", "a\nb.png", "\x1b[31m.png", "one.png/x", "folder")
FILES = (*ODD_NAMES, "one.png", "one.npy", "raw.npy", "good.png", "bad", "missing", ".")
OUTS = (*ODD_NAMES, "out.npy", "out/", "out.png", "out.tiff", "out", "/dev/full", "one.png", "out.xyz")
COSTLY = ("--steps", "--copies", "--epochs")  # a large number is large work, and no error
UNUSED = ("--debug",)  # which is there to show a traceback
VARIABLES = {"BLURKIT_THREADS": NUMBERS, "BLURKIT_DEVICE": TEXTS, "BLURKIT_WEIGHTS": FILES}


@cache
def parsers():
    """{command: its options}"""
    return {command: completions.switches(parser) for command, parser in completions.parsers()}


def arguments(rng, runner=in_process):
    """One such command, as the readers of ``targets`` are given."""
    command = rng.choice(sorted(parsers()))
    switches = [switch for switch in parsers()[command] if switch[0].option_strings[0] not in UNUSED]
    words = []
    for _ in range(rng.choice([0, 1, 1, 2, 3, 5])):
        words += option(rng, *rng.choice(switches))
    words += [rng.choice(FILES) for _ in range(rng.choice([0, 1, 1, 2, 3]))]
    if rng.random() < 0.5:
        rng.shuffle(words)
    stdin = rng.choice([b"", samples.maps()["npy"], b"one.png\0one.npy\0", b"\0\0", b"\xff" * 99])
    variables = {name: rng.choice(values) for name, values in VARIABLES.items() if rng.random() < 0.1}
    try_it = partial(try_arguments, runner, command, words, stdin, variables)
    return f"{command} {words} {variables}", stdin, try_it, ANY


def option(rng, action, kind, choices):
    """An option as words, its values good or bad."""
    name = rng.choice(action.option_strings)
    if kind == "none":
        return [name]
    pool = values_for(name, action.metavar, kind, choices)
    values = [rng.choice(pool) for _ in range(action.nargs or 1)]
    if name.startswith("--") and len(values) == 1 and rng.random() < 0.3:
        return [f"{name}={values[0]}"]
    return [name, *values]


def values_for(name, metavar, kind, choices):
    """Values that an option may be given here, those of its choices among them."""
    if metavar == "OUT":
        return OUTS
    if kind in ("files", "folders"):
        return FILES
    if metavar == "REGEX":
        return PATTERNS
    if name in COSTLY:
        return (*choices, *SMALL)
    return (*choices, *TEXTS) if choices else NUMBERS + TEXTS


def try_arguments(runner, command, words, stdin, variables):
    """Run a command in a folder of small files; an InputError where it complains."""
    with tempfile.TemporaryDirectory() as folder, mock.patch.dict(os.environ, variables):
        for name, content in {**good_files(), "bad": b"\xff\xd8\xffbad"}.items():
            Path(folder, name).write_bytes(content)
        Path(folder, "folder").mkdir()
        done = ran(runner, command, words, folder, stdin)
    if done.status == 2:
        raise InputError(done.stderr.decode(errors="replace").splitlines()[-1])


def processes(rng):
    """A harmed file or wild arguments, for a command in a process of its own."""
    return rng.choice([harmed_files, harmed_files, arguments])(rng, own_process)


COMMANDS = {"commands": harmed_files, "arguments": arguments, "processes": processes}
