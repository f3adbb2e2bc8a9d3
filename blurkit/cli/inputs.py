"""Which files a command works on, and their bytes."""

import io
import os
import stat
from collections import namedtuple
from contextlib import nullcontext

from blurkit.cli import options
from blurkit.cli.streams import MOST_BYTES, read_all, standard_input, standard_stream
from blurkit.errors import InputError, UsageError

MASKS = (
    ".mask.png",
    ".png",
    ".jpg",
    ".bmp",
)  # how the mask of a photo may end; the first one says itself what white means
SEGMENTS = (".seg.png",)
BESIDE_PHOTOS = (".mask.png", ".seg.png")  # not photos themselves
HIDDEN = "."  # how names begin that are not shown; a Mac leaves ._NAME beside every file on cards
SYSTEM_FOLDERS = {  # lower case: what systems and network drives keep beside photos, thumbnails and deleted ones among it
    *("__macosx", "$recycle.bin", "recycler", "system volume information", "lost+found"),
    *("@eadir", "@recycle", "@recently-snapshot", "#recycle", "#snapshot"),
}
NAMELESS = "stdin"
NONE_BELOW = InputError("no photos below this folder")


class Input(
    namedtuple("Input", "path stem data args", defaults=(None, None))
):  # dataclasses would double the time of --help
    """A file to read (`path` None: standard input), the relative name its output goes by, its bytes if already read.

    `args` are those of the command, for the way out where it names what it cannot mean.
    """

    __slots__ = ()

    @property
    def label(self):
        return "-" if self.path is None else self.path

    def read(self, most=MOST_BYTES):
        """All bytes, or an InputError in plain words; more than `most` are refused."""
        if self.data is not None:
            return self.data
        try:
            with nullcontext(self.open()) if self.path is None else open(self.path, "rb") as file:
                return read_all(file, most)
        except OSError as error:
            raise self.unreadable(error) from error

    def open(self):
        """A buffered binary stream."""
        if self.data is not None:
            return io.BytesIO(self.data)
        if self.path is None:
            return standard_input(self.args)
        try:
            return open(self.path, "rb")
        except OSError as error:
            raise self.unreadable(error) from error

    def unreadable(self, error):
        """An OSError in plain words; of a folder, with what is wanted in its place."""
        if self.path is not None and os.path.isdir(self.path):
            from blurkit.cli import hints

            return InputError(hints.folder(self.args))
        return InputError(error.strerror or str(error))


def from_args(args, console):
    """The inputs an ``options.files`` group names, in order; with -r `console` is told of folders without photos."""
    options.needs_input(args)
    names = list(args.files) + from_list(args)
    if "-" in names and (args.null or args.files0_from == "-"):
        raise UsageError("standard input holds the list of files; it cannot be an input as well (-)")
    if not names and not args.files0_from and not args.null:
        names = ["-"]
    if names.count("-") > 1:
        raise UsageError("standard input (-) can be named only once")
    found = []
    for name in names:
        if name == "-":
            found.append(Input(None, NAMELESS, None, args))
        elif getattr(args, "recursive", False) and os.path.isdir(name):
            photos = below(name)
            if not photos:
                console.bad(name, NONE_BELOW)
            found += photos
        else:
            found.append(Input(name, stem_of(os.path.basename(name)), None, args))
    return found


def from_list(args):
    """File names from --files0-from or -0."""
    source = "-" if args.null else args.files0_from
    if source is None:
        return []
    try:
        data = read_all(standard_stream()) if source == "-" else Input(source, "").read()
    except InputError as error:
        raise InputError(f"{source}: {error}") from error
    if b"\n" in data and b"\0" not in data and not os.path.lexists(os.fsdecode(data)):
        raise InputError(f"{source}: the names must end in NUL, not in newlines: find ... -print0, or tr '\\n' '\\0'")
    return [os.fsdecode(name) for name in data.split(b"\0") if name]


def below(folder):
    """All photos below a folder, in the order of their names; of a RAW file and the camera's own picture of it the latter.

    What is hidden, and what systems leave there, is passed over; not the folder itself, which somebody has named.
    """
    from blurkit.io.photo import PICTURE_SUFFIXES, RAW_SUFFIXES

    found = []

    def unreadable(error):
        found.append(
            Input(error.filename, os.path.join(os.path.relpath(error.filename, folder), ""))
        )  # reading it says why

    for here, folders, names in os.walk(folder, onerror=unreadable):
        folders[:] = sorted(
            name for name in folders if not name.startswith(HIDDEN) and name.lower() not in SYSTEM_FOLDERS
        )
        names = [name for name in names if not name.startswith(HIDDEN)]
        pictures = [
            name
            for name in names
            if name.lower().endswith(PICTURE_SUFFIXES) and not name.lower().endswith(BESIDE_PHOTOS)
        ]
        stems = {stem_of(name) for name in pictures}
        alone = [name for name in names if name.lower().endswith(RAW_SUFFIXES) and stem_of(name) not in stems]
        for path in (os.path.join(here, name) for name in sorted(pictures + alone)):
            if not waits(path):
                found.append(Input(path, stem_of(os.path.relpath(path, folder))))
    return found


def stem_of(name):
    """A name without its last suffix."""
    stem, suffix = os.path.splitext(name)
    return stem if suffix else name


def photo(item, args):
    """The photo in an input."""
    from blurkit.io.photo import decode_photo

    return decode_photo(item.read(), args.max_pixels, args.raw_develop)


def seekable(item):
    """An input that can be looked at twice: a pipe with a name is read, once and for all."""
    if item.path is not None and stat.S_ISFIFO(mode_of(item.path)):
        return item._replace(data=item.read())
    return item


def waits(path):
    """True for a pipe or a device, which may keep its reader waiting for ever."""
    mode = mode_of(path)
    return stat.S_ISFIFO(mode) or stat.S_ISCHR(mode) or stat.S_ISBLK(mode)


def mode_of(path):
    """The file mode, 0 where there is none."""
    try:
        return os.stat(path).st_mode
    except OSError:
        return 0


def holds_arrays(item):
    """True if an input begins like NPY."""
    from blurkit.io.npy import NPY_MAGIC

    if item.path is None:
        return standard_stream().peek(1).startswith(NPY_MAGIC[:1])
    with item.open() as file:
        return file.read(len(NPY_MAGIC)) == NPY_MAGIC


def maps(item, max_pixels, raw=False):
    """The maps in an input: every array of an NPY stream, or one PNG, TIFF or PFM.

    Yields (input, map), with `raw` of one or two planes; raises InputError where the stream breaks.
    """
    from blurkit.io.maps import as_map, decode_map
    from blurkit.io.npy import NPY_MAGIC, OnlyRead, read_npy

    stream = item.open()
    try:
        start = b""
        while len(start) < len(NPY_MAGIC) and (piece := stream.read(len(NPY_MAGIC) - len(start))):
            start += piece
        if not start:
            raise InputError("empty file" if item.path else "nothing on standard input")
        source = OnlyRead(stream, start)
        if start != NPY_MAGIC:
            yield item, decode_map(start + read_all(stream), max_pixels)
            return
        number = 0
        while (array := read_npy(source, max_pixels * (1 + raw))) is not None:
            number += 1
            named = item if number == 1 else Input(item.path, f"{item.stem}-{number}")
            check_pixels(array, max_pixels)
            yield named, as_map(array, raw)
    except OSError as error:
        raise InputError(error.strerror or str(error)) from error
    finally:
        if item.path is not None:
            stream.close()


def check_pixels(array, max_pixels):
    """Raise an InputError where a map has too many pixels, in one or two planes."""
    pixels = array.size // 2 if array.ndim == 3 and array.shape[0] == 2 else array.size
    if pixels > max_pixels:
        raise InputError(f"map has {pixels} pixels; --max-pixels allows {max_pixels}")


def maps_with_photos(items, paths, option, args, console, raw=False):
    """Every map of the inputs with the path of its photo (None where `paths` is empty).

    A map that cannot be read is reported and uses up its photo, so that the others keep theirs.
    """
    photos = iter(paths)
    count = 0
    for item in items:
        try:
            for named, found in maps(item, args.max_pixels, raw):
                count += 1
                path = next(photos, None)
                if paths and path is None:
                    raise UsageError(f"map {count} has no photo; give {option} once per map")
                yield named, found, path
        except InputError as error:
            console.bad(item.label, error)
            next(photos, None)
    left = len(list(photos))
    if left and not console.status:
        raise UsageError(f"there are {count} maps, but {count + left} photos; give {option} once per map")


def paths_beside(item, folder, suffixes):
    """Where the file that belongs to a photo may be: NAME + one of `suffixes`, in a folder or beside it."""
    folder = folder or os.path.dirname(item.path)
    name = stem_of(os.path.basename(item.path))
    return [os.path.join(folder, name + suffix) for suffix in suffixes]


def path_beside(item, folder, suffixes):
    """The first of `paths_beside` that is there, and not the photo itself; None where there is none."""
    for path in paths_beside(item, folder, suffixes):
        if os.path.isfile(path) and not (os.path.exists(item.path) and os.path.samefile(path, item.path)):
            return path
    return None


def beside(item, folder, suffixes, what):
    """The bytes of the file that belongs to a photo, and its path."""
    if item.path is None:
        raise InputError(f"standard input has no name by which to find its {what}")
    path = path_beside(item, folder, suffixes)
    if path is None:
        raise InputError(f"no {what}: there is no {' or '.join(paths_beside(item, folder, suffixes))}")
    try:
        return Input(path, "").read(), path
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def truth(item, args):
    """The truth that belongs to a photo or map: 255 in focus, 0 out of focus, else unknown."""
    from blurkit.io.maps import decode_truth

    if args.masks and os.path.isfile(args.masks):
        data, path = Input(args.masks, "").read(), args.masks
    else:
        data, path = beside(item, args.masks, MASKS, "mask")
    white = "sharp" if path.endswith(MASKS[0]) else args.truth_is
    if not white:
        raise UsageError("say what white means in the masks: --truth-is sharp or --truth-is blurred (CUHK: blurred)")
    try:
        return decode_truth(data, args.max_pixels, white)
    except InputError as error:
        raise InputError(f"its mask: {error}") from error


class Chained:
    """Several inputs as one stream with ``read``; an end of one is no end of the stream."""

    def __init__(self, items):
        self.items = list(items)
        self.stream = None
        self.label = "-"  # of the input that is being read

    def read(self, size):
        while True:
            if self.stream is None:
                if not self.items:
                    return b""
                self.label = self.items[0].label
                self.stream = self.items.pop(0).open()
            piece = self.stream.read(size)
            if piece:
                return piece
            self.stream.close()
            self.stream = None
