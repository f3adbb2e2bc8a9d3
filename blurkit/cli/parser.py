"""The parser of the commands: help at the width of the terminal with examples, errors in one line with a hint."""

import argparse
import os
import re
import textwrap

STDOUT = 1
UNKNOWN = 80  # columns without a terminal
NARROWEST, WIDEST = 24, 120  # columns of the help
TWO_COLUMNS = 60  # columns; from this width on explanations stand beside the options, else below them
BESIDE, BELOW = 24, 8  # columns in front of explanations
FURTHER = "    "  # before the continuation of a line
NEGATIVE = re.compile(r"-(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")  # a negative number


class Parser(argparse.ArgumentParser):
    """A parser whose help ends in examples, and whose errors are one line.

    ``examples`` are (command line, what it does); ``words`` the arguments that are parsed, for hints in errors.
    """

    examples = ()
    words = ()

    def __init__(self, command):
        super().__init__(prog=command, add_help=False, allow_abbrev=False, formatter_class=Layout)
        self.color = False  # of Python 3.14, whose sequences would count as letters

    def format_help(self):
        """The help, the examples, and the name of the manual page."""
        width = columns()
        lines = ["", "examples:"]
        for line, what in self.examples:
            lines += folded(line, width - 2) + wrapped(what, width, " " * 6)
        return super().format_help() + "\n".join([*lines, "", f"more: man {self.prog}", ""])

    def with_values_joined(self, words):
        """Arguments with a negative number joined to the option it is the value of: ``--fail-below=-1``.

        argparse itself takes ``-1`` for options of one digit, because there is the option -0. An option that may do
        without its value gets the one it has then, else it would take the next word for it.
        """
        joined = []
        for word in words:
            alone = self._option_string_actions.get(word)
            if alone is not None and alone.nargs == "?":
                word = f"{word}={alone.const}"
            action = self._option_string_actions.get(joined[-1]) if joined else None
            takes_number = action is not None and action.type is not None and action.nargs is None
            if takes_number and NEGATIVE.fullmatch(word):
                joined[-1] += f"={word}" if joined[-1].startswith("--") else word
            else:
                joined.append(word)
        return joined

    def error(self, message):
        """Write the error in one line, with a hint if there is one, and exit with 2."""
        from blurkit.cli import hints
        from blurkit.cli.console import Console

        Console(self.prog).say(hints.with_way_out(self, message))
        self.exit(2)

    def _check_value(self, action, value):
        if action.choices is not None and value not in action.choices:
            from blurkit.cli.hints import did_you_mean

            words = action.choices.all() if hasattr(action.choices, "all") else action.choices
            text = f"{value!r} is none of {', '.join(words)}{did_you_mean(value, words)}"
            raise argparse.ArgumentError(action, text)


class Layout(argparse.HelpFormatter):
    """Help as wide as the terminal, in which no word is broken."""

    def __init__(self, prog):
        width = columns()
        super().__init__(prog, max_help_position=BESIDE if width >= TWO_COLUMNS else BELOW, width=width)

    def _split_lines(self, text, width):
        return wrapped(text, width)

    def _fill_text(self, text, width, indent):
        return "\n".join(wrapped(text, width, indent))

    def _format_usage(self, *about):
        text = super()._format_usage(*about)
        return "\n".join(wrapped(text, self._width, "", " " * 7)) + "\n\n"

    def _format_action_invocation(self, action):
        """The names of an option and what it takes; broken after commas where that is too long."""
        text = super()._format_action_invocation(action)
        if action.nargs == "?" and action.option_strings:
            text = text.replace(" [", "[=")
        room = self._width - self._current_indent
        if len(text) <= room:
            return text
        parts = text.replace(", -", ", \0-").split("\0")
        if any(len(part) + len(FURTHER) > room for part in parts):
            parts = text.replace(",", ",\0").split("\0")
        lines = [""]
        for part in parts:
            if len(lines[-1] + part.rstrip()) > room:
                lines.append(FURTHER + part.lstrip())
            else:
                lines[-1] += part
        return ("\n" + " " * self._current_indent).join(line.rstrip() for line in lines)


def columns():
    """Columns to set help in: $COLUMNS, or those of the terminal, less one that some terminals need."""
    text = os.environ.get("COLUMNS", "")
    width = int(text) if text.isdecimal() else 0
    if not width:
        try:
            width = os.get_terminal_size(STDOUT).columns
        except OSError:
            width = 0
    return min(max(width or UNKNOWN, NARROWEST), WIDEST) - 1


def wrapped(text, width, indent="", further=None):
    """A text in lines of at most `width`, but for words that are longer."""
    return textwrap.wrap(
        " ".join(text.split()),
        width,
        initial_indent=indent,
        subsequent_indent=indent if further is None else further,
        break_long_words=False,
        break_on_hyphens=False,
    )


def folded(line, width):
    """A command line in lines of at most `width`, as a shell takes it."""
    lines = wrapped(line, width - 2, "  ", "  " + FURTHER) if len(line) > width else [f"  {line}"]
    return [f"{part} \\" for part in lines[:-1]] + lines[-1:]
