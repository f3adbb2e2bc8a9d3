"""The pictures that blur-score has chosen, as files in a folder: --save."""

import os

from blurkit.cli import inputs, pictures
from blurkit.cli.culling import waits
from blurkit.cli.guard import Guard, Refused, read_by
from blurkit.cli.wholefile import WholeFile
from blurkit.errors import InputError, OutputError, UsageError

OF_PNM = {b"1": ".pbm", b"2": ".pgm", b"3": ".ppm", b"4": ".pbm", b"5": ".pgm", b"6": ".ppm", b"7": ".pam"}


class Keep(Guard):
    """Lets nothing that is there be replaced."""

    def check(self, path):
        """Raise a `Refused` if there is a file."""
        if os.path.lexists(path):
            raise Refused(path, "exists, and is another file; it stays")


class Saver:
    """Writes pictures as they came into a folder; one that is there already stays, and is not written again."""

    def __init__(self, items, args, console):
        self.args, self.console = args, console
        self.guard = Keep("photo")
        self.guard.protect(read_by(args, items))

    def __call__(self, pairs):
        """(input, result) pairs, each saved as it comes."""
        for item, result in pairs:
            self.put(item, result)
            yield item, result

    def again(self, pairs):
        """The same, a list, of pairs whose bytes have been let go: their files are read once more."""
        pairs = list(pairs)
        wanted: dict = {}  # {path: {frame: pairs}}
        for pair in pairs:
            wanted.setdefault(pair[0].path, {}).setdefault(pair[0].frame, []).append(pair)
        for path, frames in wanted.items():
            for picture in pictures.of(inputs.Input(path, "", None, self.args), self.args, Silent()):
                for item, result in frames.pop(picture.frame, ()):
                    self.put(item._replace(data=picture.data), result)
                if not frames:
                    break
        return pairs

    def put(self, item, result):
        """Save a picture, with its path in the result; an error is told."""
        try:
            result["saved"] = self.save(item)
        except Refused as error:
            self.console.bad(error.path, OutputError(error.reason))
        except InputError as error:
            self.console.bad(item.label, error)

    def save(self, item):
        """The path of the file that holds a picture."""
        suffix, data = as_file(item, self.args)
        path = os.path.join(self.args.save, item.stem + suffix)
        if not holds(path, data):
            with WholeFile(path, self.guard) as file:
                file.write([data])
        return path


class Silent:
    """A console for what has been said before."""

    def say(self, text):
        pass


def opened(items, args, console):
    """The `Saver` of a run, None without --save.

    A UsageError if what is chosen is known at the end alone, and cannot be read a second time.
    """
    if not args.save:
        return None
    if waits(args) and any(item.path is None or inputs.waits(item.path) for item in items):
        raise UsageError(
            "what is chosen is known only at the end of the stream, which cannot be read again for --save: "
            "name a file, or choose with --window or --every"
        )
    return Saver(items, args, console)


def as_file(item, args):
    """(suffix, bytes) of the file of a picture: as it came, but for frames of a Y4M, which become PNG."""
    from blurkit.io import y4m
    from blurkit.io.encode import encode_photo
    from blurkit.io.photo import decode_photo, format_of

    is_whole = item.frame is None and item.path is not None and not inputs.waits(item.path)
    data = item._replace(data=None).read() if is_whole else item.read()  # with what stands behind the photo
    if y4m.is_y4m(data):
        return ".png", encode_photo(decode_photo(data, args.max_pixels))
    suffix = os.path.splitext(item.path)[1] if is_whole else ""
    row = format_of(data)
    return suffix or (OF_PNM[data[1:2]] if row.name == "PNM" else row.suffixes[0]), data


def holds(path, data):
    """True if a file has just these bytes."""
    try:
        with open(path, "rb") as file:
            return os.fstat(file.fileno()).st_size == len(data) and file.read(len(data) + 1) == data
    except OSError:
        return False
