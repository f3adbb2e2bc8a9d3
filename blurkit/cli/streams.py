"""Bytes from files and from standard input, which may hold names of files by mistake."""

import io
import sys

from blurkit.defaults import MOST_BYTES
from blurkit.errors import InputError

PIECE = 1 << 20  # bytes read at a time; Python allocates all that it is asked for before it reads
FIRST = 64  # bytes in which a photo shows that it is no text


def read_all(stream, most=MOST_BYTES):
    """The rest of a stream; more than `most` bytes are refused."""
    held = io.BytesIO()
    while held.tell() <= most and (piece := stream.read(PIECE)):
        held.write(piece)
    if held.tell() > most:
        raise InputError(f"has more than {most} bytes")
    return held.getvalue()


def standard_input(args=None):
    """The binary stream behind standard input; an InputError if it is closed, or holds names of files."""
    stream = standard_stream()
    start = stream.peek(1)
    if is_text(start[:FIRST]):
        from blurkit.cli import hints

        if message := hints.names(start, args):
            raise InputError(message)
    return stream


def is_text(start):
    """True for bytes without other control characters than tab, line ends and NUL; no photo or array begins so."""
    return all(byte >= 32 or byte in b"\t\r\n\0" for byte in start)


def standard_stream():
    """The binary stream behind standard input, whatever it holds; an InputError if it is closed."""
    if sys.stdin is None:
        raise InputError("standard input is closed")
    return sys.stdin.buffer
