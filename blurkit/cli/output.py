"""Where results go: standard output, one file, or a folder; never half a file."""

import os

from blurkit.cli import progress
from blurkit.cli.guard import Guard, Refused, read_by
from blurkit.cli.wholefile import STDOUT, WholeFile, write_all
from blurkit.errors import OutputError, UsageError


class Output:
    """Takes encoded results one after the other.

    Parameters
    ----------
    args : namespace with ``output``, ``format``, ``force``, maybe ``resume`` and ``sigma``
    console : Console
        Reports files in a folder that may not be replaced.
    forms : tuple of str
    default : str
    many : tuple of str
        The formats of which several can follow each other in one stream.
    """

    def __init__(self, args, console, forms, default, many=("npy",)):
        self.target = args.output
        if self.target == "-":
            self.target = None
        self.console, self.many = console, many
        self.folder = self.target is not None and (self.target.endswith(os.sep) or os.path.isdir(self.target))
        self.form = self.form_of_name(args, forms) or args.format or self.form_of_suffix(forms) or default
        self.guard = Guard(self.form, args.force, getattr(args, "sigma", False) or bool(getattr(args, "stage", None)))
        self.waiting = None  # the one result that may be the first of several
        self.written = 0
        self.paths = set()
        self.file = None
        self.resume = getattr(args, "resume", False)
        self.name = getattr(args, "name", None)
        if self.name and not self.folder:
            raise UsageError(f"--name is about names in a folder; write -o {self.target or 'FOLDER'}/")
        if self.target == "":
            raise UsageError("--output needs a name")
        if self.resume and not self.folder:
            raise UsageError("--resume needs a folder of results: -o FOLDER/")
        if self.target is None:
            refuse_terminal(args)

    def form_of_suffix(self, forms):
        """The format that the suffix of the one output file names, None without one; a UsageError for others."""
        if not self.target or self.folder:
            return None
        suffix = os.path.splitext(self.target)[1][1:].lower()
        form = {"tif": "tiff"}.get(suffix, suffix)
        if form and form not in forms:
            way_out = "-o takes the name of the output, then come the inputs"
            if not os.path.exists(self.target):
                way_out = "name another, or the format with -f"
            raise UsageError(f"{self.target}: format .{suffix} is not known ({', '.join(forms)}); {way_out}")
        return form

    def form_of_name(self, args, forms):
        """The format that the names of --name end in, None without it; a UsageError for others."""
        name = getattr(args, "name", None)
        form = name and os.path.splitext(name)[1][1:].lower()
        if name and form not in forms:
            raise UsageError(f"--name {name}: the names must end in .{' or .'.join(forms)}")
        if name and args.format not in (None, form):
            raise UsageError(f"--name {name} does not go with -f {args.format}")
        return form

    def claim(self, items, args):
        """Check the outputs before any work.

        Raises a UsageError if two inputs would become one file, or an output would replace a file it must not.
        """
        if len(items) > 1 and not self.folder and self.form not in self.many:
            raise UsageError(f"one {self.form.upper()} holds one result; use -o FOLDER/ or -f {self.many[0]}")
        self.spare(items, args)
        labels = {}
        for item in items if self.folder else ():
            path = self.path_of(item)
            if path in labels:
                raise UsageError(f"{labels[path]} and {item.label} would both become {path}")
            labels[path] = item.label
            self.guard.check_input(self.path_of(item))

    def spare(self, items, args):
        """Raise a UsageError, before any work, if the one output file would replace an input or a file not ours."""
        self.guard.protect(read_by(args, items))
        if self.target is not None and not self.folder:
            self.guard.check(self.target)

    def path_of(self, item):
        name = item.named(self.name) if self.name else f"{item.stem}.{self.form}"
        return os.path.join(self.target, name)

    def wants(self, item):
        """False if the result of an input is there already (--resume), or would replace a file that must stay."""
        if not self.folder or not os.path.isfile(self.path_of(item)):
            return True
        try:
            self.guard.check(self.path_of(item))
        except Refused as error:
            self.refuse(error)
            return False
        done = self.resume and self.is_done(self.path_of(item))
        if done:
            self.take(item)
        return not done

    def is_done(self, path):
        """True if a file is a whole output of ours."""
        from blurkit.io.complete import is_whole

        try:
            with open(path, "rb") as file:
                return is_whole(file, self.form) and self.guard.is_ours(path)
        except OSError:
            return False

    def refuse(self, error):
        """Report a file that stays as it is."""
        self.console.bad(error.path, OutputError(error.reason))

    def take(self, item):
        """The path of a result; an OutputError if another result has it."""
        path = self.path_of(item)
        if path in self.paths:
            raise OutputError(f"two results would both become {path}")
        self.paths.add(path)
        return path

    def write(self, item, pieces):
        """Write one result; in a folder it is there wholly or not at all."""
        self.written += 1
        if self.folder:
            try:
                with WholeFile(self.take(item), self.guard) as file:
                    file.write(pieces)
            except Refused as error:  # it came while we worked
                self.refuse(error)
            return
        if self.form in self.many:
            self.append(pieces)
        elif self.written > 1:
            raise OutputError(f"one {self.form.upper()} holds one result; use -o FOLDER/ or -f {self.many[0]}")
        else:
            self.waiting = pieces

    def append(self, pieces):
        """Write to the one stream or file that takes all results."""
        if self.target is None:
            write_all(STDOUT, pieces, "standard output")
            return
        if self.file is None:
            self.file = WholeFile(self.target, self.guard).__enter__()  # stays None if it cannot be opened
        self.file.write(pieces)

    def __enter__(self):
        return self

    def __exit__(self, kind, *rest):
        if self.waiting is not None and kind is None:
            self.append(self.waiting)
        if self.file is not None:
            self.file.__exit__(kind, *rest)


def refuse_terminal(args):
    """Raise a UsageError if binary data would go to a terminal."""
    if os.isatty(STDOUT) and not args.force:
        raise UsageError("will not write binary data to a terminal; use -o FILE, a pipe, or --force")


def line(text, end="\n"):
    """One line of text on standard output, at once."""
    progress.clear(STDOUT)
    write_all(STDOUT, [os.fsencode(text + end)], "standard output")


def as_json(record):
    """One line of JSON; NaN as null."""
    import json

    return json.dumps({name: without_nan(value) for name, value in record.items()})


def without_nan(value):
    """A number, text or list of them, with None in place of NaN."""
    if isinstance(value, list):
        return [without_nan(element) for element in value]
    return None if value != value else value
