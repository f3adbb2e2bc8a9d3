"""Where results go: standard output, one file, or a folder; never half a file."""

import contextlib
import os
import stat
import sys

from blurkit.errors import OutputError, UsageError

STDOUT = 1
LONGEST_START = 200  # bytes of a file's name that its temporary name keeps; systems allow 255 for a whole name


class Output:
    """Takes encoded results one after the other.

    Parameters
    ----------
    args : namespace with ``output``, ``format``, ``force``
    forms : tuple of str
    default : str
    many : tuple of str
        The formats of which several can follow each other in one stream.
    """

    def __init__(self, args, forms, default, many=("npy",)):
        self.target, self.many = args.output, many
        self.folder = self.target is not None and (self.target.endswith(os.sep) or os.path.isdir(self.target))
        suffix = os.path.splitext(self.target)[1][1:].lower() if self.target and not self.folder else ""
        suffix = {"tif": "tiff"}.get(suffix, suffix)
        self.form = args.format or (suffix if suffix in forms else default)
        self.written = 0
        self.paths = set()
        self.file = None
        if self.target == "":
            raise UsageError("--output needs a name")
        if self.target is None and os.isatty(STDOUT) and not args.force:
            raise UsageError("will not write binary data to a terminal; use -o FILE, a pipe, or --force")

    def claim(self, inputs):
        """Refuse two inputs that would become one file, before any work."""
        if not self.folder:
            return
        seen = {}
        for item in inputs:
            if item.stem in seen:
                raise UsageError(f"{seen[item.stem]} and {item.label} would both become {self.path_of(item)}")
            seen[item.stem] = item.label

    def path_of(self, item):
        return os.path.join(self.target, f"{item.stem}.{self.form}")

    def write(self, item, pieces):
        """Write one result; in a folder it is there wholly or not at all."""
        self.written += 1
        if self.folder:
            if self.path_of(item) in self.paths:
                raise OutputError(f"two results would both become {self.path_of(item)}")
            self.paths.add(self.path_of(item))
            with WholeFile(self.path_of(item)) as file:
                file.write(pieces)
            return
        if self.written > 1 and self.form not in self.many:
            raise OutputError(f"one {self.form.upper()} holds one result; use -o FOLDER/ or -f {self.many[0]}")
        self.append(pieces)

    def append(self, pieces):
        """More bytes to the one stream or file that takes all results."""
        if self.target is None:
            write_all(STDOUT, pieces, "standard output")
            return
        if self.file is None:
            self.file = WholeFile(self.target).__enter__()  # not ours to close if it cannot be opened
        self.file.write(pieces)

    def __enter__(self):
        return self

    def __exit__(self, kind, *rest):
        if self.file is not None:
            self.file.__exit__(kind, *rest)


class WholeFile:
    """A file that appears under its name only when it is complete."""

    def __init__(self, path):
        self.path = path

    def __enter__(self):
        try:
            folder = os.path.dirname(self.path)
            if folder:
                os.makedirs(folder, exist_ok=True)
            self.special = os.path.exists(self.path) and not stat.S_ISREG(os.stat(self.path).st_mode)
            start = os.fsdecode(os.fsencode(os.path.basename(self.path))[:LONGEST_START])
            name = f".{start}.{os.getpid()}.part"
            self.temporary = self.path if self.special else os.path.join(folder, name)
            flags = os.O_WRONLY if self.special else os.O_WRONLY | os.O_CREAT | os.O_EXCL
            self.descriptor = os.open(self.temporary, flags, 0o666)
        except OSError as error:
            raise OutputError(f"{self.path}: {error.strerror}") from error
        return self

    def write(self, pieces):
        write_all(self.descriptor, pieces, self.path)

    def __exit__(self, kind, *rest):
        os.close(self.descriptor)
        if self.special:
            return
        try:
            if kind is None:
                os.replace(self.temporary, self.path)
        except OSError as error:
            raise OutputError(f"{self.path}: {error.strerror}") from error
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self.temporary)


def write_all(descriptor, pieces, name):
    """Write every byte, however small the bites the system takes."""
    for piece in pieces:
        view = memoryview(piece).cast("B")
        while view:
            try:
                view = view[os.write(descriptor, view) :]
            except BrokenPipeError:
                raise
            except OSError as error:
                raise OutputError(f"{name}: {error.strerror}") from error


def line(text):
    """One line of text on standard output, at once."""
    write_all(STDOUT, [os.fsencode(text) + b"\n"], "standard output")


def progress(total, args, what):
    """A bar on a terminal for what takes over a second, else nothing; has ``update`` and ``close``."""
    if args.quiet or total < 2 or not sys.stderr.isatty():
        return Silence()
    from tqdm import tqdm

    return tqdm(total=total, unit=what, delay=1, file=sys.stderr, leave=False)


class Silence:
    """A progress bar that says nothing."""

    def update(self, count=1):
        pass

    def set_postfix(self, **_):
        pass

    def close(self):
        pass
