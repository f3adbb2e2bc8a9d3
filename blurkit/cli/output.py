"""Where results go: standard output, one file, or a folder; never half a file."""

import contextlib
import functools
import os
import stat
import sys

from blurkit.cli import progress
from blurkit.errors import OutputError, UsageError

STDOUT = 1
SPECIAL = ("/dev/fd/", "/proc/")  # written to as they are, never replaced, even where they lead to a file
STDOUT_NAMES = ("/dev/stdout", "/dev/fd/1", "/proc/self/fd/1")
STDERR_NAMES = ("/dev/stderr", "/dev/fd/2", "/proc/self/fd/2")  # descriptor 2 itself leads nowhere while we work
LONGEST_START = 200  # bytes of a file's name that its temporary name keeps; systems allow 255 for a whole name
PART = ".part"  # temporary files are .NAME.PROCESS-RANDOM.part; on two machines or in two containers processes have the same number
READ = ("files0_from", "weights", "guide", "cut", "mask", "masks")  # options that name what is read besides the inputs


class Output:
    """Takes encoded results one after the other.

    Parameters
    ----------
    args : namespace with ``output``, ``format``, ``force``, maybe ``resume``
    forms : tuple of str
    default : str
    many : tuple of str
        The formats of which several can follow each other in one stream.
    """

    def __init__(self, args, forms, default, many=("npy",)):
        self.target, self.many = args.output, many
        if self.target == "-":
            self.target = None
        self.folder = self.target is not None and (self.target.endswith(os.sep) or os.path.isdir(self.target))
        suffix = os.path.splitext(self.target)[1][1:].lower() if self.target and not self.folder else ""
        suffix = {"tif": "tiff"}.get(suffix, suffix)
        if suffix and suffix not in forms and not args.format:
            raise UsageError(f"{self.target}: format .{suffix} is not known ({', '.join(forms)}); name one with -f")
        self.form = args.format or suffix or default
        self.waiting = None  # the one result that may be the first of several
        self.written = 0
        self.paths = set()
        self.read = {}  # all files that are read, by what tells them apart
        self.file = None
        self.resume = getattr(args, "resume", False)
        if self.target == "":
            raise UsageError("--output needs a name")
        if self.resume and not self.folder:
            raise UsageError("--resume needs a folder of results: -o FOLDER/")
        if self.target is None and os.isatty(STDOUT) and not args.force:
            raise UsageError("will not write binary data to a terminal; use -o FILE, a pipe, or --force")

    def claim(self, inputs, args):
        """Refuse, before any work, two inputs that would become one file, and an output that would replace an input."""
        if len(inputs) > 1 and not self.folder and self.form not in self.many:
            raise UsageError(f"one {self.form.upper()} holds one result; use -o FOLDER/ or -f {self.many[0]}")
        self.spare(inputs, args)
        seen = {}
        for item in inputs if self.folder else ():
            if item.stem in seen:
                raise UsageError(f"{seen[item.stem]} and {item.label} would both become {self.path_of(item)}")
            seen[item.stem] = item.label

    def spare(self, inputs, args):
        """Refuse an output that would replace what is read."""
        if self.target is None:
            return
        self.read = all_read(inputs, args)
        for path in [self.path_of(item) for item in inputs] if self.folder else [self.target]:
            check_replaces_none(path, self.read)

    def path_of(self, item):
        return os.path.join(self.target, f"{item.stem}.{self.form}")

    def is_done(self, item):
        """True if, with --resume, the result of an input is there and whole."""
        if not (self.resume and os.path.isfile(self.path_of(item))):
            return False
        from blurkit.whole import is_whole

        try:
            with open(self.path_of(item), "rb") as file:
                done = is_whole(file, self.form)
        except OSError:
            return False
        if done:
            self.take(item)
        return done

    def take(self, item):
        """The path of a result, which no other may have."""
        path = self.path_of(item)
        if path in self.paths:
            raise OutputError(f"two results would both become {path}")
        check_replaces_none(path, self.read)  # that of the second map of a stream was not known before
        self.paths.add(path)
        return path

    def write(self, item, pieces):
        """Write one result; in a folder it is there wholly or not at all."""
        self.written += 1
        if self.folder:
            with WholeFile(self.take(item)) as file:
                file.write(pieces)
            return
        if self.form in self.many:
            self.append(pieces)
        elif self.written > 1:
            raise OutputError(f"one {self.form.upper()} holds one result; use -o FOLDER/ or -f {self.many[0]}")
        else:
            self.waiting = pieces

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
        if self.waiting is not None and kind is None:
            self.append(self.waiting)
        if self.file is not None:
            self.file.__exit__(kind, *rest)


def all_read(inputs, args):
    """The files that a command reads: {identity: path}."""
    named = [getattr(args, option, None) or () for option in READ]
    more = [path for value in named for path in ([value] if isinstance(value, str) else value)]
    return {identity(path): path for path in [item.path for item in inputs if item.path is not None] + more}


def check_replaces_none(path, read):
    """Raise a UsageError where an output would replace one of the files of `all_read`."""
    replaced = read.get(identity(path))
    if replaced is not None and os.path.isfile(path):
        raise UsageError(f"{path} would replace the input {replaced}")


def identity(path):
    """What tells one existing file from another, whatever its names; the path itself where there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return path
    return found.st_dev, found.st_ino


class WholeFile:
    """A file that appears under its name only when it is complete."""

    def __init__(self, path):
        self.path = path
        self.special = path.startswith(SPECIAL) or path in STDOUT_NAMES + STDERR_NAMES or (os.path.exists(path) and not os.path.isfile(path))
        self.final = path if self.special else os.path.realpath(path)  # a link stays, what it points to is replaced

    def __enter__(self):
        try:
            self.temporary = self.final if self.special else self.create_beside()
            if self.special:
                self.descriptor = self.open_special()
        except OSError as error:
            raise OutputError(f"{self.path}: {error.strerror}") from error
        return self

    def open_special(self):
        """A descriptor of what is written to as it is; of our own streams the same, so that what stands in a file stays there."""
        if self.final in STDOUT_NAMES:
            return os.dup(STDOUT)
        return os.dup(sys.stderr.fileno()) if self.final in STDERR_NAMES else os.open(self.final, os.O_WRONLY)

    def create_beside(self):
        """Open a temporary file in the folder of the final one, with its permissions if it exists; the name."""
        folder, base = os.path.split(self.final)
        os.makedirs(folder, exist_ok=True)
        start = f".{os.fsdecode(os.fsencode(base)[:LONGEST_START])}"
        for left in left_over(folder).pop(start, ()):
            with contextlib.suppress(OSError):
                os.unlink(left)
        name = os.path.join(folder, f"{start}.{os.getpid()}-{os.urandom(4).hex()}{PART}")
        self.descriptor = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        if os.path.exists(self.final):
            os.fchmod(self.descriptor, stat.S_IMODE(os.stat(self.final).st_mode))
        return name

    def write(self, pieces):
        write_all(self.descriptor, pieces, self.path)

    def __exit__(self, kind, *rest):
        os.close(self.descriptor)
        if self.special:
            return
        try:
            if kind is None:
                os.replace(self.temporary, self.final)
        except OSError as error:
            raise OutputError(f"{self.path}: {error.strerror}") from error
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self.temporary)


@functools.cache
def left_over(folder):
    """Temporary files whose process was killed, by the start of their name: {".NAME": [path, ...]}.

    A folder is looked through once, before anything of ours is in it.
    """
    found = {}
    with contextlib.suppress(OSError):
        for name in os.listdir(folder):
            start, _, process = name.removesuffix(PART).rpartition(".")
            number = process.partition("-")[0]
            if name.endswith(PART) and number.isdecimal() and not is_running(int(number)):
                found.setdefault(start, []).append(os.path.join(folder, name))
    return found


def is_running(process):
    """True if another process than this one has this number."""
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return process != os.getpid()


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
    progress.clear(STDOUT)
    write_all(STDOUT, [os.fsencode(text) + b"\n"], "standard output")


def as_json(record):
    """One line of JSON; NaN as null."""
    import json

    def known(value):
        return [known(v) for v in value] if isinstance(value, list) else None if value != value else value

    return json.dumps({name: known(value) for name, value in record.items()})
