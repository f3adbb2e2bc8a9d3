"""Which files a command works on, and their bytes."""

import io
import os
import re
import stat
from collections import namedtuple
from contextlib import nullcontext
from itertools import chain

from blurkit.cli import lists, options
from blurkit.cli.streams import read_all, standard_input, standard_stream
from blurkit.defaults import MOST_BYTES
from blurkit.errors import InputError, UsageError

BESIDE_PHOTOS = (".mask.png", ".seg.png")  # not photos themselves
MARKED_SUFFIXES = (".png", ".tif", ".tiff")  # of pictures that say that blurkit wrote them
HIDDEN = "."  # how the names of hidden files begin; a Mac leaves ._NAME beside every file on cards
# Lower case: what systems and network drives keep beside photos, such as thumbnails and deleted files.
SYSTEM_FOLDERS = {
    *("__macosx", "$recycle.bin", "recycler", "system volume information", "lost+found"),
    *("@eadir", "@recycle", "@recently-snapshot", "#recycle", "#snapshot"),
    "blurkit-pictures",  # ours, beside a page of --report
}
NAMELESS = "stdin"
NONE_BELOW = InputError("no photos below this folder")


# A namedtuple, because importing dataclasses would double the time of --help.
class Input(
    namedtuple("Input", "path stem data args frame time order others", defaults=(None, None, None, None, None, 0))
):
    """A file to read, or one picture of it.

    `path` is None for standard input, `stem` the relative name of its output without suffix, `data` its bytes if
    they are read already, its stream if it is open, or the InputError that reading it gave, `args` the arguments of the
    command, for hints in errors. `frame` is the number of the picture, from 1, where there are several, and `time` when
    it was taken, in seconds from the first, a Fraction, if that is known. `order` is the number of a picture that is
    alone among all of those. `others` counts the pages of its TIFF that are passed over.
    """

    __slots__ = ()

    @property
    def name(self):
        return "-" if self.path is None else self.path

    @property
    def label(self):
        return self.name if self.frame is None else f"{self.name}:{self.frame}"

    def named(self, pattern):
        """A name made by a pattern of --name."""
        suffix = os.path.splitext(self.path)[1] if self.path and self.frame is None else ""
        words = {"{path}": self.stem + suffix, "{stem}": self.stem}
        return re.sub(r"\{path\}|\{stem\}", lambda match: words[match[0]], pattern)

    @property
    def is_bad(self):
        """True if reading it has failed."""
        return isinstance(self.data, InputError)

    def read(self, most=MOST_BYTES):
        """All bytes; an InputError if it cannot be read or has more than `most`."""
        if self.is_bad:
            raise self.data
        if isinstance(self.data, bytes):
            return self.data
        try:
            with nullcontext(self.open()) if self.path is None else self.open() as file:
                return read_all(file, most)
        except OSError as error:
            raise self.unreadable(error) from error

    def open(self):
        """A buffered binary stream."""
        if isinstance(self.data, bytes):
            return io.BytesIO(self.data)
        if self.data is not None:
            return self.data
        if self.path is None:
            return standard_input(self.args)
        try:
            return open(self.path, "rb")
        except OSError as error:
            raise self.unreadable(error) from error

    def unreadable(self, error):
        """The InputError for an OSError, with a hint if the path is a folder."""
        if self.path is not None and os.path.isdir(self.path):
            from blurkit.cli import hints

            return InputError(hints.folder(self.args))
        return InputError(error.strerror or str(error))


def from_args(args, console):
    """The inputs that an ``options.files`` group names, in order; `console` reports folders without photos (-r)."""
    return list(as_they_come(args, console))


def as_they_come(args, console):
    """The inputs of `from_args`, those of a list as soon as it names them; wrong usage is told at once."""
    options.needs_input(args)
    is_listed = args.null or args.files0_from
    if "-" in args.files and (args.null or args.files0_from == "-"):
        raise UsageError("standard input holds the list of files; it cannot be an input as well (-)")
    if args.files.count("-") > 1:
        raise UsageError("standard input (-) can be named only once")
    names = chain(args.files, from_list(args)) if args.files or is_listed else ["-"]
    return (item for name in names for item in named(name, args, console))


def named(name, args, console):
    """The inputs that one name stands for."""
    if name == "-":
        return [Input(None, NAMELESS, None, args)]
    if getattr(args, "recursive", False) and os.path.isdir(name):
        photos = below(name, outputs=getattr(args, "maps", False))
        if not photos:
            console.bad(name, NONE_BELOW)
        return photos
    return [Input(name, stem_of(os.path.basename(name)), None, args)]


def from_list(args):
    """File names from --files0-from or -0, one by one."""
    source = "-" if args.null else args.files0_from
    if source is None:
        return
    try:
        with nullcontext(standard_stream()) if source == "-" else Input(source, "").open() as stream:
            for name in lists.names(stream):
                if name == "-" and source == "-":
                    raise InputError("names standard input (-), which holds the list itself; ./- is a file")
                yield name
    except OSError as error:
        raise InputError(f"{source}: {error.strerror}") from error
    except InputError as error:
        raise InputError(f"{source}: {error}") from error


def below(folder, outputs=False):
    """All photos below a folder, in the order of their names.

    Hidden files, those that systems leave and pictures that blurkit wrote are left out, but not the folder itself,
    which somebody has named. With `outputs` the pictures that blurkit wrote are wanted.
    A folder that cannot be read is an input as well: reading it gives the error.
    """
    items = []

    def add_unreadable(error):
        items.append(Input(error.filename, os.path.join(os.path.relpath(error.filename, folder), "")))

    for here, folders, names in os.walk(folder, onerror=add_unreadable):
        folders[:] = sorted(name for name in folders if not is_left_out(name))
        for name in sorted(photos_among(names)):
            path = os.path.join(here, name)
            if not waits(path) and (outputs or not is_output(path)):
                items.append(Input(path, stem_of(os.path.relpath(path, folder))))
    return items


def is_output(path):
    """True for a picture that blurkit wrote: what a run left below a folder is no photo of the next."""
    if not path.lower().endswith(MARKED_SUFFIXES):
        return False
    from blurkit.io.marks import is_marked_picture

    try:
        with open(path, "rb") as file:
            return is_marked_picture(file)
    except OSError:
        return False  # reading it gives the error


def is_left_out(folder):
    """True for the name of a folder that is hidden, or that systems keep beside photos."""
    return folder.startswith(HIDDEN) or folder.lower() in SYSTEM_FOLDERS


def photos_among(names):
    """The names of photos among those of a folder; a RAW file only without the camera's own picture of it."""
    photos = [name for name in names if is_photo(name) and not name.startswith(HIDDEN)]
    stems = {stem_of(name) for name in photos if not is_raw(name)}
    return [name for name in photos if not (is_raw(name) and stem_of(name) in stems)]


def is_photo(name):
    """True for the name of a picture or a RAW file that may be a photo."""
    from blurkit.io.photo import PICTURE_SUFFIXES

    lower = name.lower()
    return (lower.endswith(PICTURE_SUFFIXES) or is_raw(name)) and not lower.endswith(BESIDE_PHOTOS)


def is_raw(name):
    """True for the name of a RAW file."""
    from blurkit.io.photo import RAW_SUFFIXES

    return name.lower().endswith(RAW_SUFFIXES)


def stem_of(name):
    """A name without its last suffix."""
    stem, suffix = os.path.splitext(name)
    return stem if suffix else name


def photo(item, args):
    """The photo in an input."""
    from blurkit.io.photo import decode_photo

    return decode_photo(item.read(), args.max_pixels, args.raw_develop)


def opened(item):
    """An input whose start can be looked at before it is read: a named pipe is opened once, and stays open."""
    if item.path is not None and stat.S_ISFIFO(mode_of(item.path)):
        return item._replace(data=item.open())
    return item


def waits(path):
    """True for a pipe or a device, which may never end."""
    mode = mode_of(path)
    return stat.S_ISFIFO(mode) or stat.S_ISCHR(mode) or stat.S_ISBLK(mode)


def mode_of(path):
    """The file mode, 0 if there is no file."""
    try:
        return os.stat(path).st_mode
    except OSError:
        return 0


def holds_arrays(item):
    """True if an input begins like NPY."""
    from blurkit.io.npy import NPY_MAGIC

    if item.path is None or item.data is not None:
        stream = standard_stream() if item.path is None else item.data
        return stream.peek(1).startswith(NPY_MAGIC[:1])
    with item.open() as file:
        return file.read(len(NPY_MAGIC)) == NPY_MAGIC


def maps(item, max_pixels, raw=False, sigma=False):
    """The maps in an input: every array of an NPY stream, or every picture, PNG, TIFF or PFM.

    Yields (input, map), with `raw` of one or two planes, with `sigma` of blur in pixels; raises InputError if the
    stream breaks.
    """
    from blurkit.io.npy import NPY_MAGIC, OnlyRead

    stream = item.open()
    try:
        start = b""
        while len(start) < len(NPY_MAGIC) and (piece := stream.read(len(NPY_MAGIC) - len(start))):
            start += piece
        if not start:
            raise InputError("empty file" if item.path else "nothing on standard input")
        source = OnlyRead(stream, start)
        several = (arrays if start == NPY_MAGIC else map_pictures)(source, max_pixels, raw, sigma)
        for number, sharpness in enumerate(several, 1):
            yield item if number == 1 else Input(item.path, f"{item.stem}-{number}"), sharpness
    except OSError as error:
        raise InputError(error.strerror or str(error)) from error
    finally:
        if item.path is not None:
            stream.close()


def arrays(stream, max_pixels, raw, sigma):
    """Every map of an NPY stream."""
    from blurkit.io.maps import as_map
    from blurkit.io.npy import read_npy

    while (array := read_npy(stream, max_pixels * (1 + raw))) is not None:
        check_pixels(array, max_pixels)
        yield as_map(array, raw, sigma)


def map_pictures(stream, max_pixels, _, sigma):
    """Every map of a stream of pictures."""
    from blurkit.io.maps import decode_map
    from blurkit.io.pictures import pictures

    for picture in pictures(stream, max_pixels):
        yield decode_map(picture.data, max_pixels, sigma)


def check_pixels(array, max_pixels):
    """Raise an InputError if a map has too many pixels, in one or two planes."""
    pixels = array.size // 2 if array.ndim == 3 and array.shape[0] == 2 else array.size
    if pixels > max_pixels:
        raise InputError(f"map has {pixels} pixels; --max-pixels allows {max_pixels}")
