"""What a command says on standard error, and the exit status that follows from it."""

import os
import re
import sys
from types import ModuleType

from blurkit import methods
from blurkit.cli import packages, progress, signals
from blurkit.errors import BlurkitError

# Control characters, and surrogates that do not stand for a byte of a file's name.
UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udc7f\udd00-\udfff]")
ARGUMENTS = {  # of the library, and the options of the commands that set them
    "max_pixels": "--max-pixels",
    "max_bytes": "--max-bytes",
    "per_photo": "--per-photo",
    "develop_raw": "--raw-develop",
    "as_published": "--as-published",
    "working_size": "--working-size",
    "the argument photo": "--guide",
    "the argument steps": "--steps",
}
NAMED = re.compile(rf"(?<![\w./-])({'|'.join(ARGUMENTS)})(?![\w./-])")  # but not within the name of a file
OPENCV_NO_MEMORY = -4  # its code of that error, which is no MemoryError


class Console:
    """Words on stderr, and the exit status they lead to."""

    def __init__(self, command, verbose=False, debug=False):
        self.command, self.verbose, self.debug = command, verbose, debug
        self.status = 0

    def bad(self, what, error):
        """One input failed: say so, go on, exit with 2 in the end."""
        if self.debug:
            import traceback

            traceback.print_exception(error)
        self.say(f"{what}: {words(error)}")
        self.status = 2

    def detail(self, text):
        """Said with ``-v``."""
        if self.verbose:
            self.say(text)

    def say(self, text):
        """One line."""
        signals.check()
        progress.clear()
        line = f"{self.command}: {text}".replace("\n", " ")
        line = UNPRINTABLE.sub(lambda match: ascii(match[0])[1:-1], line)
        try:
            sys.stderr.buffer.write(os.fsencode(line) + b"\n")
            sys.stderr.flush()
        except BrokenPipeError:
            raise
        except OSError:
            pass  # a full disk: words are lost, the work is not


def words(error):
    """An exception as one plain phrase."""
    if isinstance(error, MemoryError) or getattr(error, "code", None) == OPENCV_NO_MEMORY:
        return "not enough memory"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if packages.package_of(error):
        return packages.words(error)
    if name := packages.method_of(error):
        return f"{methods.full_name(name)}: {words_of_method(error)}"
    if not isinstance(error, BlurkitError | OSError):
        return f"internal error: {type(error).__name__}: {error} (--debug shows where; please report it)"
    return NAMED.sub(lambda match: ARGUMENTS[match[0]], str(error)) or type(error).__name__


def words_of_method(error):
    """What a method of another package raised, as one plain phrase."""
    if isinstance(error, BlurkitError):
        return str(error)
    if isinstance(error, AttributeError) and type(error.obj) is ModuleType:
        return f"lacks {error.name}, see blurkit.methods.contract"
    return f"{type(error).__name__}: {error} (--debug shows where)"
