"""The messages that OpenCV and the libraries below it write to descriptor 2, their only sign of a damaged file."""

import os
import tempfile
import threading
from contextlib import contextmanager

import cv2

STDERR = 2
LOCK = threading.Lock()
LOG = cv2 if hasattr(cv2, "setLogLevel") else cv2.utils.logging  # OpenCV 4, OpenCV 5
WARNINGS = 3  # the level of the log at which decoders say what is damaged
OF_DECODERS = (  # parts of lines that decoders write: the source file of a decoder of OpenCV, messages of libjpeg
    *("grfmt_", "Corrupt JPEG data", "Premature end of JPEG file", "Inconsistent progression sequence"),
)


class Overheard:
    """The messages in `text`, once the context has ended."""

    text = ""


@contextmanager
def overheard():
    """Collect the messages of OpenCV's decoders in an `Overheard`, one thread at a time.

    The descriptor belongs to the whole process: other messages are written a moment later.
    """
    heard, level = Overheard(), LOG.getLogLevel()
    with LOCK, tempfile.TemporaryFile() as file:
        LOG.setLogLevel(WARNINGS)
        with led_into(file):
            yield heard
        LOG.setLogLevel(level)
        file.seek(0)
        lines = file.read().decode("utf-8", "surrogateescape").splitlines(keepends=True)
        heard.text = "".join(line for line in lines if is_of_decoder(line))
        others = "".join(line for line in lines if not is_of_decoder(line))
        if others:
            os.write(STDERR, others.encode("utf-8", "surrogateescape"))


def is_of_decoder(line):
    """True for a line that a decoder has written."""
    return any(words in line for words in OF_DECODERS)


@contextmanager
def led_into(file):
    """Descriptor 2 leads into a file."""
    try:
        kept = os.dup(STDERR)
    except OSError:
        kept = None  # closed by the caller
    os.dup2(file.fileno(), STDERR)
    try:
        yield
    finally:
        if kept is None:
            os.close(STDERR)
        else:
            os.dup2(kept, STDERR)
            os.close(kept)
