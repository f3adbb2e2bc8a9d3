"""Bytes from files and from standard input, which may hold what was not meant."""

import io
import sys

from blurkit.errors import InputError

MOST_BYTES = 2 << 30  # of a photo or map file; what is larger is no photo
PIECE = 1 << 20  # bytes read at a time; Python sets aside all that it is asked for before it reads
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
    """The binary stream behind standard input; an InputError where the caller has closed it, or it holds names of files."""
    stream = standard_stream()
    start = stream.peek(1)
    if is_text(start[:FIRST]):
        from blurkit.cli import hints

        if said := hints.names(start, args):
            raise InputError(said)
    return stream


def is_text(start):
    """True for bytes without control characters, but for those between and after names; no photo or array begins so."""
    return all(byte >= 32 or byte in b"\t\r\n\0" for byte in start)


def standard_stream():
    """The binary stream behind standard input, whatever it holds."""
    if sys.stdin is None:
        raise InputError("standard input is closed")
    return sys.stdin.buffer
