"""A terminal: a pseudo-terminal of some width to run commands on, and what a person would see there."""

import contextlib
import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import threading

SEQUENCE = re.compile(r"\x1b\[([?\d;]*)([A-Za-z])")


class Screen:
    """The rows of a terminal of `columns`, of endless height.

    It understands CR, LF, HT, BS, and the sequences that erase or move.

    As xterm does, it stays in the last column after a character there, and wraps before the next one.
    """

    def __init__(self, columns):
        self.columns, self.cells, self.row, self.column = columns, [[]], 0, 0

    @property
    def rows(self):
        """The text of each row, without the empty rows at the end."""
        texts = ["".join(row).rstrip() for row in self.cells]
        while texts and not texts[-1]:
            texts.pop()
        return texts

    def feed(self, text):
        """Show a text; return the screen."""
        while text:
            if match := SEQUENCE.match(text):
                self.control(match[1], match[2])
                text = text[match.end() :]
            else:
                self.put(text[0])
                text = text[1:]
        return self

    def put(self, character):
        if character == "\r":
            self.column = 0
        elif character == "\n":
            self.down()
        elif character == "\t":  # moves over the text there, and leaves it
            self.column = min(self.column // 8 * 8 + 8, self.columns - 1)
        elif character == "\b":
            self.column = max(self.column - 1, 0)
        else:
            assert character >= " ", f"no way to show {character!r}"
            if self.column == self.columns:
                self.column = 0
                self.down()
            row = self.cells[self.row]
            row.extend(" " * (self.column + 1 - len(row)))
            row[self.column] = character
            self.column += 1

    def down(self):
        self.row += 1
        if self.row == len(self.cells):
            self.cells.append([])

    def control(self, numbers, letter):
        """Erase in line, erase to the end of the screen, cursor up; colours change nothing here."""
        row = self.cells[self.row]
        if letter == "K" and numbers in ("", "0"):
            del row[self.column :]
        elif letter == "K" and numbers == "2":
            row.clear()
        elif letter == "J" and numbers in ("", "0"):
            del row[self.column :], self.cells[self.row + 1 :]
        elif letter == "A":
            self.row = max(self.row - int(numbers or 1), 0)
        else:
            assert letter == "m", f"no sequence {numbers}{letter}"


class Terminal:
    """A pseudo-terminal of some width, the controlling one of the program started on it.

    It keeps all that is written to it.
    """

    def __init__(self, columns, rows=50):
        self.columns = columns
        self.ours, self.theirs = pty.openpty()
        fcntl.ioctl(self.theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.written = b""
        self.reader = threading.Thread(target=self.read)

    def read(self):
        with contextlib.suppress(OSError):  # EIO once nobody has the other end
            while piece := os.read(self.ours, 1 << 16):
                self.written += piece

    def start(self, words, env, stdin=None, stdout=None, stderr=None):
        """Start a program; the streams that are not given are the terminal."""
        streams = [self.theirs if stream is None else stream for stream in (stdin, stdout, stderr)]
        self.process = subprocess.Popen(
            words, env=env, stdin=streams[0], stdout=streams[1], stderr=streams[2], preexec_fn=self.take
        )
        os.close(self.theirs)
        self.reader.start()
        return self.process

    def take(self):
        """In the child: make this the terminal of a new session, as a login does; Ctrl-C has its effect again."""
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.setsid()
        fcntl.ioctl(self.theirs, termios.TIOCSCTTY, 0)

    def type(self, keys):
        os.write(self.ours, keys)

    def finish(self, timeout=120):
        """Wait for the end; return the exit status and the text written to the terminal."""
        try:
            status = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        self.reader.join(timeout)
        os.close(self.ours)
        return status, self.written.decode(errors="replace")


def eager(command, *words, after=1e-6):
    """The words that start a command of the checkout whose progress bar appears after so many seconds."""
    name = command.removeprefix("blur-")
    lines = (
        "import sys",
        f"from blurkit.cli import {name}, progress",
        f"progress.APPEARS_AFTER = {after}",
        f"sys.exit({name}.main())",
    )
    return [sys.executable, "-c", "; ".join(lines), *map(str, words)]
