"""Which files an output may replace: never an input, and other files only if blurkit wrote them."""

import contextlib
import os
import re
import stat

from blurkit.errors import OutputError, UsageError

STDIN, STDOUT = 0, 1
# Written to as they are, even if they lead to a file.
OF_DESCRIPTORS = re.compile(r"/dev/fd/|/proc/[^/]+/(task/[^/]+/)?fd/")
STDOUT_NAMES = ("/dev/stdout", "/dev/fd/1", "/proc/self/fd/1")
STDERR_NAMES = ("/dev/stderr", "/dev/fd/2", "/proc/self/fd/2")  # descriptor 2 itself leads nowhere while we work
READ = (  # options whose values are files that are read besides the inputs
    *("files0_from", "weights", "guide", "cut", "mask", "masks", "truth", "boxes"),
)


class Refused(OutputError):
    """A file that blurkit did not write, and that stays."""

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
        self.inputs = {}  # {identity: path} of every file that is read
        self.ours = set()  # (device, inode, size, time of the last change) of outputs of blurkit

    def protect(self, paths):
        """Add files that are read, the one behind standard input as well.

        Raises a UsageError if standard output leads to one of them.
        """
        self.inputs |= {identity(path): path for path in paths}
        if (stdin := regular(STDIN)) is not None:
            self.inputs.setdefault(stdin, "on standard input")
        if (stdout := regular(STDOUT)) in self.inputs:
            raise UsageError(f"standard output would be added to the input {self.inputs[stdout]}")

    def check_input(self, path):
        """Raise a UsageError if a path leads to an input."""
        replaced = self.inputs.get(identity(path))
        if replaced is not None and os.path.isfile(path):
            raise UsageError(f"{path} would replace the input {replaced}")

    def check(self, path):
        """Raise a UsageError if a path leads to an input, or `Refused` if it leads to a file that is not ours."""
        self.check_input(path)
        if os.path.isfile(path) and not is_special(path) and not self.force and not self.is_ours(path):
            raise Refused(
                path,
                f"exists, and is not known to be {self.form.upper()} of blurkit; name another file, or --force",
            )

    def is_ours(self, path):
        """True if blurkit wrote a file; each file is looked into once, unless it changes."""
        from blurkit.io.marks import is_output

        try:
            with open(path, "rb") as file:
                state = os.fstat(file.fileno())
                signature = state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns
                if signature not in self.ours and is_output(file, self.form, self.sigma):
                    self.ours.add(signature)
        except OSError:
            return False  # a file that cannot be read may be anybody's
        return signature in self.ours

    def put(self, temporary, final):
        """Give a complete file its final name; a file that came there meanwhile is treated as in `check`."""
        try:
            os.link(temporary, final)  # fails if there is a file, however late it came
        except (NotImplementedError, OSError):  # there is one, or the disk has no hard links
            self.check(final)
            os.replace(temporary, final)


def is_special(path):
    """True for what is written to as it is, never replaced: our own streams, pipes, devices."""
    named = OF_DESCRIPTORS.match(path) is not None or path in STDOUT_NAMES + STDERR_NAMES
    return named or os.path.exists(path) and not os.path.isfile(path)


def regular(descriptor):
    """The identity of the file behind a descriptor; None if it is empty, a pipe, a device or closed."""
    with contextlib.suppress(OSError):
        state = os.fstat(descriptor)
        if stat.S_ISREG(state.st_mode) and state.st_size:
            return state.st_dev, state.st_ino
    return None


def identity(path):
    """(device, inode) of an existing file, the same for all its names; the path itself if there is no file."""
    try:
        state = os.stat(path)
    except OSError:
        return path
    return state.st_dev, state.st_ino


def read_by(args, items):
    """Paths of all files that a command reads: inputs, lists, guides, masks, companions of photos, and weights."""
    paths = [item.path for item in items if item.path is not None]
    for option in READ:
        value = getattr(args, option, None) or ()
        paths += [value] if isinstance(value, str) else value
    return paths + companions(args, items) + weights(args)


def companions(args, items):
    """Paths of the masks and segmentations that belong to photos, if a command looks for any."""
    from blurkit.cli.companions import MASKS, SEGMENTS, path_beside

    searches: list[tuple[str | None, tuple[str, ...]]] = []
    if getattr(args, "source", None) == "masks":  # blur-patches
        searches.append((args.masks, MASKS))
    if getattr(args, "truth", None) and not os.path.isfile(args.truth):  # blur-score
        searches.append((args.truth, MASKS))
    if getattr(args, "compose", False) and not args.auto_segments:
        searches.append((args.segments, SEGMENTS))
    photos = [item for item in items if item.path is not None]
    paths = [path_beside(photo, folder, suffixes) for folder, suffixes in searches for photo in photos]
    return [path for path in paths if path]


def weights(args):
    """The paths of the default weights that a command may use; none if it uses none, and without those not there."""
    if not hasattr(args, "weights") or args.weights:
        return []  # those that are named are among `READ`
    from blurkit import methods
    from blurkit.errors import WeightsError
    from blurkit.io.weights import find_weights

    is_published = getattr(args, "as_published", False)
    paths = []
    for name in {methods.weights_name(args.method, part, is_published) for part in methods.PARTS}:
        with contextlib.suppress(WeightsError):
            paths.append(os.fspath(find_weights(name, methods.file_of(args.method))))
    return paths
