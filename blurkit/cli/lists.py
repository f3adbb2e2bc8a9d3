"""Names of files in a list, each ended by a NUL byte, one after the other as they come."""

import os

from blurkit.cli.streams import PIECE
from blurkit.errors import InputError

LONGEST = 1 << 15  # bytes of a name; no system opens a file of a longer one
LINES = InputError("the names must end in NUL, not in newlines: find ... -print0, or tr '\\n' '\\0'")


def names(stream):
    """The names in a binary stream, each as soon as it is complete; the last may lack its NUL.

    Raises
    ------
    InputError
        The names end in newlines, or one is too long to be a name.
    """
    rest, is_list = b"", False
    while piece := stream.read1(PIECE):
        *complete, rest = (rest + piece).split(b"\0")
        is_list = is_list or bool(complete)
        if not is_list and holds_lines(rest):
            raise LINES
        if len(rest) > LONGEST:
            raise InputError(f"holds a name of more than {LONGEST} bytes; names end in NUL")
        yield from (os.fsdecode(name) for name in complete if name)
    if b"\n" in rest and not is_list and not os.path.lexists(os.fsdecode(rest)):
        raise LINES
    if rest:
        yield os.fsdecode(rest)


def holds_lines(start):
    """True if the start of a list, without any NUL, is a line that names a file: no other program need be waited for.

    A name may hold newlines, so that this shows otherwise at the end alone.
    """
    line, newline, _ = start.partition(b"\n")
    return bool(newline and line) and os.path.lexists(os.fsdecode(line)) and not os.path.lexists(os.fsdecode(start))
