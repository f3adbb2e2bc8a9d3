"""A stream of bytes that is looked into before anything is taken from it."""

from blurkit.errors import InputError

PIECE = 1 << 16  # bytes asked for at a time, as many as a pipe of Linux holds; it gives what it has


class Reader:
    """The bytes of a binary stream, held until they are taken; never more than `most` and a piece.

    Attributes
    ----------
    held : bytearray
        What has been read and not been taken.
    """

    def __init__(self, stream, most):
        # read would wait until all that is asked for is there
        self._read = stream.read1 if hasattr(stream, "read1") else stream.read
        self.most = most
        self.held = bytearray()
        self.is_ended = False

    def more(self):
        """Read another piece; False at the end of the stream."""
        if self.is_ended:
            return False
        if len(self.held) > self.most:
            raise InputError(f"has more than {self.most} bytes")
        piece = self._read(PIECE)
        self.is_ended = not piece
        self.held += piece
        return not self.is_ended

    def fill(self, count):
        """True if so many bytes are held, after reading; False if the stream ends before."""
        while len(self.held) < count and self.more():
            pass
        return len(self.held) >= count

    def find(self, mark, at=0, most=None):
        """The place of the first `mark` from `at` on, within the first `most` bytes; -1 if it is not there."""
        start = at
        while (place := self.held.find(mark, start, most)) < 0:
            start = max(at, len(self.held) - len(mark) + 1)
            if most is not None and len(self.held) >= most or not self.more():
                return -1
        return place

    def search(self, pattern, at, overlap):
        """The place of the first match of a pattern, of at most `overlap` bytes, from `at` on; -1 if there is none."""
        while not (match := pattern.search(self.held, at)):
            at = max(at, len(self.held) - overlap + 1)
            if not self.more():
                return -1
        return match.start()

    def take(self, count):
        """The next bytes, which are held no longer."""
        with memoryview(self.held) as view:
            data = bytes(view[:count])
        del self.held[:count]
        return data

    def rest(self):
        """All that is left of the stream."""
        while self.more():
            pass
        return self.take(len(self.held))
