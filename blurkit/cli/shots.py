"""The files of one shot: pictures, RAW and what other programs keep beside them, told by their names.

Two files belong to one shot if they lie in one folder and have the same stem, letter for letter: NAME of NAME.EXT,
where EXT is that of a picture, of RAW or one of `COMPANIONS`, and of NAME.EXT.xmp, where NAME.EXT is such a file.
darktable adds a number to the sidecars of further versions: NAME_01.EXT.xmp belongs to NAME, unless NAME_01.EXT is
there. What exiftool keeps of a file that it has changed, FILE_original, belongs where FILE does.
"""

import os
import re

from blurkit.cli.inputs import HIDDEN, is_photo, is_raw, stem_of
from blurkit.errors import InputError

SIDECARS = (".xmp", ".pp3", ".arp", ".dop")  # Adobe and others, RawTherapee, ART, DxO; behind NAME or NAME.EXT
COMPANIONS = (".mov", ".aae", ".wav")  # the video of a live photo, edits by Apple, a spoken note of the camera
KEPT = "_original"  # what exiftool adds to the name of a file as it was
VERSION = re.compile(r"(.+)_\d\d+")  # a stem with the number of a version


def is_of_shot(name):
    """True for the name of a file that a camera writes for a shot."""
    return is_photo(name) or name.lower().endswith(COMPANIONS)


def stem_in(name, names):
    """The stem of the shot that a file in a folder of these `names` belongs to; None if it belongs to none."""
    if name.startswith(HIDDEN):
        return None
    name = name.removesuffix(KEPT)
    stem = stem_of(name)
    if is_of_shot(name):
        return stem
    if not name.lower().endswith(SIDECARS):
        return None
    if not is_of_shot(stem):
        return stem
    version = VERSION.fullmatch(stem_of(stem))
    return version[1] if version and stem not in names else stem_of(stem)


def key(item):
    """What the inputs of one shot share, and no other; None for an input that is no photo by its name."""
    if item.path is None or item.frame is not None or not is_photo(os.path.basename(item.path)):
        return None
    return os.path.dirname(item.path), stem_of(os.path.basename(item.path))


def once(items, console):
    """One input of each shot, where several files of it are named: the first picture, or else the first RAW file.

    Of inputs that come one by one the first of a shot is taken.
    """
    best: dict = {}
    for item in items if isinstance(items, list) else ():
        shot = key(item)
        if shot is not None and (shot not in best or is_raw(best[shot].path) and not is_raw(item.path)):
            best[shot] = item
    for item in items:
        shot = key(item)
        if shot is None or best.setdefault(shot, item) is item:
            yield item
        else:
            console.detail(f"{item.path}: is of the shot of {best[shot].path}, which is scored")


def units(items):
    """For each of some inputs what it shares with those of its shot alone, a hashable."""
    return [key(item) or number for number, item in enumerate(items)]


class Siblings:
    """The paths of the shot of an input: its own first, then those of the others by name."""

    def __init__(self, console):
        self.console = console
        self.folder, self.state, self.names = None, None, {}  # of the last folder: {stem: names}

    def __call__(self, item):
        if item.path is None or item.frame is not None:
            self.console.bad(item.label, InputError("is no file of its own, which could have --siblings"))
            return []
        shot = key(item)
        others = [] if shot is None else self.beside(*shot)
        name = os.path.basename(item.path)
        return [item.path] + [os.path.join(shot[0], other) for other in others if other != name]

    def beside(self, folder, stem):
        """The names of a shot in a folder; the folder is read again when it has changed."""
        try:
            state = os.stat(folder or os.curdir).st_mtime_ns
            if (folder, state) != (self.folder, self.state):
                names = set(os.listdir(folder or os.curdir))
                self.names = {}
                for name in sorted(names):
                    self.names.setdefault(stem_in(name, names), []).append(name)
                self.folder, self.state = folder, state
        except OSError as error:
            self.console.bad(folder, error)
            return []
        return self.names.get(stem, [])
