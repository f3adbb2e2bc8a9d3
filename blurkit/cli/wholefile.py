"""A file that appears under its name only when it is complete."""

import contextlib
import functools
import os
import stat
import sys

from blurkit.cli import signals
from blurkit.cli.guard import STDERR_NAMES, STDOUT, STDOUT_NAMES, is_special
from blurkit.errors import OutputError

LONGEST_START = 200  # bytes of a file's name that its temporary name keeps; systems allow 255 for a whole name
# Temporary files are .NAME.PROCESS-RANDOM.part. On two machines or in two containers two processes may have one number.
PART = ".part"


class WholeFile:
    """A file that appears under its name only when it is complete, and only if a `guard.Guard` allows it."""

    def __init__(self, path, guard):
        self.path, self.guard = path, guard
        self.special = is_special(path)
        self.final = path if self.special else os.path.realpath(path)  # a link stays, what it points to is replaced

    def __enter__(self):
        self.guard.check(self.path)
        try:
            self.temporary = self.final if self.special else self.create_beside()
            if self.special:
                self.descriptor = self.open_special()
        except OSError as error:
            raise OutputError(f"{self.path}: {error.strerror}") from error
        return self

    def open_special(self):
        """A descriptor of a stream, pipe or device.

        The descriptors of our own streams are duplicated, so that a file behind them keeps its content.
        """
        if self.final in STDOUT_NAMES:
            return os.dup(STDOUT)
        if self.final in STDERR_NAMES:
            return os.dup(sys.stderr.fileno())
        return os.open(self.final, os.O_WRONLY)

    def create_beside(self):
        """Open a temporary file in the folder of the final one, with its permissions if it exists; the name."""
        folder, base = os.path.split(self.final)
        make_folder(folder)
        start = f".{os.fsdecode(os.fsencode(base)[:LONGEST_START])}"
        for left in left_over(folder).pop(start, ()):
            with contextlib.suppress(OSError):
                os.unlink(left)
        name = os.path.join(folder, f"{start}.{os.getpid()}-{os.urandom(4).hex()}{PART}")
        signals.temporary.add(name)
        self.descriptor = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        if os.path.exists(self.final):
            os.chmod(name, stat.S_IMODE(os.stat(self.final).st_mode))
        return name

    def write(self, pieces):
        write_all(self.descriptor, pieces, self.path)

    def __exit__(self, kind, *rest):
        try:
            os.close(self.descriptor)
            if kind is None and not self.special:
                self.guard.put(self.temporary, self.final)
        except OSError as error:
            raise OutputError(f"{self.path}: {error.strerror}") from error
        finally:
            if not self.special:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(self.temporary)
                signals.temporary.discard(self.temporary)


def make_folder(folder):
    """Make a folder and those above it; an OutputError names what stands in the way."""
    try:
        os.makedirs(folder, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        above = folder
        while not os.path.lexists(above):
            above = os.path.dirname(above)
        raise OutputError(f"{above}: is a file, not a folder") from error


@functools.cache
def left_over(folder):
    """Temporary files whose process was killed, by the start of their name: {".NAME": [path, ...]}.

    A folder is listed once, before this process writes into it.
    """
    leftovers = {}
    with contextlib.suppress(OSError):
        for name in os.listdir(folder):
            start, _, process = name.removesuffix(PART).rpartition(".")
            number = process.partition("-")[0]
            if name.endswith(PART) and number.isdecimal() and not is_running(int(number)):
                leftovers.setdefault(start, []).append(os.path.join(folder, name))
    return leftovers


def is_running(process):
    """True if another process than this one has this number, or if it cannot be asked."""
    if os.name == "nt":  # signal 0 is Ctrl-C there, so asking would interrupt the process
        return True
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return process != os.getpid()


def write_all(descriptor, pieces, name):
    """Write every byte; the system may take less than it is given."""
    for piece in pieces:
        view = memoryview(piece).cast("B")
        while view:
            try:
                view = view[os.write(descriptor, view) :]
            except BrokenPipeError:
                raise
            except OSError as error:
                raise OutputError(f"{name}: {error.strerror}") from error
