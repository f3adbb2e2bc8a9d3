"""Help at any width, and what it ends in."""

import os
import re

import pytest

from blurkit.cli import completions, options, parser
from tests.screen import Screen, Terminal
from tests.test_manual import commands_of

PARSERS = dict(completions.parsers())
WIDTHS = (24, 40, 60, 80, 112, 120)


def help_of(run, command, columns):
    done = run(command, "--help", env={"COLUMNS": str(columns)})
    assert (done.status, done.stderr) == (0, b"")
    return done.stdout.decode()


def words_of(text):
    """The words of a help, in whatever lines they stand; choices and names of options are broken after commas."""
    return sorted(re.sub(r"(?<=,)\s+|\\", "", text).split())


@pytest.mark.parametrize("command", PARSERS)
@pytest.mark.parametrize("columns", WIDTHS)
def test_no_line_of_help_is_wider_than_the_terminal_and_no_word_is_broken(run, command, columns):
    text = help_of(run, command, columns)
    assert words_of(text) == words_of(help_of(run, command, 120))
    wide = [line for line in text.splitlines() if len(line) >= columns]
    assert columns < 40 and all(len(line.split()) <= 2 for line in wide) or not wide


@pytest.mark.parametrize("command", PARSERS)
def test_no_word_of_the_options_is_lost(run, command):
    text = " ".join(help_of(run, command, 60).split())
    for action in PARSERS[command]._actions:
        assert " ".join(action.help.replace("%%", "%").split()) in text


@pytest.mark.parametrize("columns", [40, 80, 120])
def test_help_takes_the_width_of_the_terminal_itself(start, environment, root, columns):
    terminal = Terminal(columns)
    terminal.start([os.sys.executable, root / "bin/blur-score", "--help"], environment | {"COLUMNS": ""})
    status, text = terminal.finish()
    rows = Screen(columns).feed(text).rows
    assert status == 0 and rows == text.replace("\r", "").rstrip("\n").split("\n")  # nothing has wrapped
    assert columns - 12 < max(map(len, rows)) < columns


@pytest.mark.parametrize(
    ("variable", "width"),
    [("", 80), ("0", 80), ("many", 80), ("-5", 80), ("\u00b2", 80), ("50", 50), ("3", 24), ("500", 120)],
)
def test_the_width_is_that_of_the_variable_or_80_without_a_terminal(run, variable, width):
    done = run("blur-map", "--help", env={"COLUMNS": variable})
    assert done.status == 0 and width - 12 < max(map(len, done.stdout.decode().splitlines())) < max(width, 36)


@pytest.mark.parametrize("command", PARSERS)
def test_help_ends_in_two_examples_and_the_page(run, command):
    text = help_of(run, command, 80)
    assert text.endswith(f"\n\nmore: man {command}\n") and len(PARSERS[command].examples) == 2
    for line, what in PARSERS[command].examples:
        assert f"\n  {line}\n      {what}\n" in text


@pytest.mark.parametrize("command", PARSERS)
def test_the_examples_are_of_the_command_and_its_parser_accepts_them(command):
    for line, _ in PARSERS[command].examples:
        shown = list(commands_of(line))
        assert command in [name for name, *_ in shown]
        for name, *words in shown:
            args = options.parse(name, __import__(f"blurkit.cli.{name[5:]}", fromlist=["describe"]).describe, words, "")
            options.check(args)


def test_a_long_example_is_folded_as_a_shell_takes_it():
    line = "blur-map --raw a.jpg | blur-refine --guide a.jpg > a.npy"
    lines = parser.folded(line, 30)
    assert all(len(part) <= 30 for part in lines) and all(part.endswith(" \\") for part in lines[:-1])
    assert "".join(part.removesuffix("\\") for part in lines).split() == line.split()
