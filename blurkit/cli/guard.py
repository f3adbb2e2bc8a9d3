"""What an output may take the place of: never an input, and another file only if it is such an output itself."""

import contextlib
import os
import re
import stat

from blurkit.errors import OutputError, UsageError

STDIN, STDOUT = 0, 1
OF_DESCRIPTORS = re.compile(
    r"/dev/fd/|/proc/[^/]+/(task/[^/]+/)?fd/"
)  # written to as they are, even where they lead to a file
STDOUT_NAMES = ("/dev/stdout", "/dev/fd/1", "/proc/self/fd/1")
STDERR_NAMES = ("/dev/stderr", "/dev/fd/2", "/proc/self/fd/2")  # descriptor 2 itself leads nowhere while we work
READ = ("files0_from", "weights", "guide", "cut", "mask", "masks")  # options that name what is read besides the inputs


class Refused(OutputError):
    """A file is none of ours, and stays."""

    def __init__(self, path, reason):
        super().__init__(f"{path}: {reason}")
        self.path, self.reason = path, reason


class Guard:
    """Decides for every path whether it may be written, before the work and once more when the result is there.

    Parameters
    ----------
    form : str
        Format of what is written, one of those of ``marks.is_output``.
    force : bool
        Replace files that are not ours as well; inputs stay whatever it says.
    sigma : bool
        What is written is blur in pixels.
    """

    def __init__(self, form, force=False, sigma=False):
        self.form, self.force, self.sigma = form, force, sigma
        self.inputs = {}  # path of every file that is read, by what tells one file from another
        self.ours = set()  # files that were looked at: what tells them apart, size, time of the last change

    def protect(self, paths):
        """Add files that are read, those behind standard input among them; standard output must not lead to any of them."""
        self.inputs |= {identity(path): path for path in paths}
        if (stdin := regular(STDIN)) is not None:
            self.inputs.setdefault(stdin, "on standard input")
        if (stdout := regular(STDOUT)) in self.inputs:
            raise UsageError(f"standard output would be added to the input {self.inputs[stdout]}")

    def check_input(self, path):
        """Raise a UsageError where a path is that of an input."""
        replaced = self.inputs.get(identity(path))
        if replaced is not None and os.path.isfile(path):
            raise UsageError(f"{path} would replace the input {replaced}")

    def check(self, path):
        """Raise a UsageError where a path is that of an input, or `Refused` where it is that of a file that is not ours."""
        self.check_input(path)
        if os.path.isfile(path) and not is_special(path) and not self.force and not self.is_ours(path):
            raise Refused(
                path, f"exists, and is no {self.form.upper()} that blurkit wrote; name another file, or --force"
            )

    def is_ours(self, path):
        """True if a file is such an output itself; looked into once, unless it changes."""
        from blurkit.io.marks import is_output

        try:
            with open(path, "rb") as file:
                state = os.fstat(file.fileno())
                signature = state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns
                if signature not in self.ours and is_output(file, self.form, self.sigma):
                    self.ours.add(signature)
        except OSError:
            return False  # what cannot be read cannot be known
        return signature in self.ours

    def put(self, temporary, final):
        """Give a complete file its final name; what another program has put there meanwhile is treated as in `check`."""
        try:
            os.link(temporary, final)  # fails where there is a file, however late it came
        except (NotImplementedError, OSError):  # there is one, or the disk has no hard links
            self.check(final)
            os.replace(temporary, final)


def is_special(path):
    """True for what is written to as it is, never replaced: our own streams, pipes, devices."""
    named = OF_DESCRIPTORS.match(path) is not None or path in STDOUT_NAMES + STDERR_NAMES
    return named or os.path.exists(path) and not os.path.isfile(path)


def regular(descriptor):
    """What tells the file behind a descriptor from another; None where it is empty, a pipe, a device or closed."""
    with contextlib.suppress(OSError):
        state = os.fstat(descriptor)
        if stat.S_ISREG(state.st_mode) and state.st_size:
            return state.st_dev, state.st_ino
    return None


def identity(path):
    """What tells one existing file from another, whatever its names; the path itself where there is none."""
    try:
        state = os.stat(path)
    except OSError:
        return path
    return state.st_dev, state.st_ino


def read_by(args, items):
    """Paths of all files that a command reads: inputs, lists, guides, masks, those that belong to photos, and weights."""
    paths = [item.path for item in items if item.path is not None]
    for option in READ:
        value = getattr(args, option, None) or ()
        paths += [value] if isinstance(value, str) else value
    return paths + companions(args, items) + weights(args)


def companions(args, items):
    """Paths of the masks and segmentations that belong to photos, where a command looks for any."""
    from blurkit.cli import inputs

    places: list[tuple[str | None, tuple[str, ...]]] = []
    if getattr(args, "source", None) == "masks" or getattr(args, "masks", None) and not os.path.isfile(args.masks):
        places.append((args.masks, inputs.MASKS))
    if getattr(args, "compose", False) and not args.auto_segments:
        places.append((args.segments, inputs.SEGMENTS))
    named = [item for item in items if item.path is not None]
    return [
        path for folder, suffixes in places for item in named if (path := inputs.path_beside(item, folder, suffixes))
    ]


def weights(args):
    """The path of the weights that a command uses, in a list; an empty one where it uses none, or there are none."""
    if not hasattr(args, "weights") or args.weights:
        return []  # those that are named are among `READ`
    from blurkit.errors import WeightsError
    from blurkit.io.weights import find_weights

    try:
        return [os.fspath(find_weights(args.method))]
    except WeightsError:
        return []
