"""The bar on a terminal that shows how far a run is, and how lines of text get past it."""

import os
import stat
import sys
import time
from contextlib import suppress

STDOUT = 1
APPEARS_AFTER = 1.0  # seconds; shorter runs have no bar
KEPT_FREE = 3  # columns right of the bar; the terminal writes ^C there, which would wrap the row else
NARROW = 60  # columns beside the values; a narrower bar does without rate and past time
NARROW_BAR = "{l_bar}{bar}| {n_fmt}/{total_fmt} {remaining}{postfix}"
ERASE = "\x1b[K"  # to the end of the row (ECMA-48, EL)
OF_THE_TERMINAL = ("/dev/tty", "/dev/stderr", "/dev/fd/2", "/proc/self/fd/2")
UNKNOWN = 80  # columns of a terminal that does not report them

showing = None  # the one bar there may be


def start(total, args, what, phase=None):
    """A `Bar` of `total` steps (None: not known yet), called `what`, or a `Silence`.

    A bar needs a terminal and more than one step. There is none with ``--quiet``, with ``--debug``, since libraries
    may write to the terminal then, and if arrays go to a terminal (``--force``).
    """
    global showing
    end()
    is_silent = args.quiet or args.debug or total is not None and total < 2
    if is_silent or not can_show(sys.stderr) or is_terminal(getattr(args, "output", "")):
        return Silence()
    showing = Bar(total, what, phase)
    return showing


def clear(descriptor=None):
    """Take the bar away before a line is written to a descriptor, if that is a terminal; ``update`` draws it again.

    None stands for standard error, which has the bar.
    """
    if showing is not None and showing.on_screen and (descriptor is None or os.isatty(descriptor)):
        showing.clear()


def end():
    """Take away the bar, if there is one, for good."""
    global showing
    if showing is not None:
        bar, showing = showing, None
        bar.close()


def can_show(stream):
    """True if a bar can be drawn on a stream: a terminal whose cursor goes back."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def is_terminal(output):
    """True if the value of --output leads to the terminal of the bar; None and - are standard output."""
    if output in (None, "-"):
        return os.isatty(STDOUT)
    if output in OF_THE_TERMINAL:
        return True
    try:
        state = os.stat(output)
    except OSError:
        return False
    return stat.S_ISCHR(state.st_mode) and state.st_rdev == os.fstat(sys.stderr.fileno()).st_rdev


class Bar:
    """A bar of tqdm that can be taken away and put back."""

    def __init__(self, total, what, phase):
        from tqdm import tqdm

        tqdm.monitor_interval = 0  # else a thread draws the bar whenever it likes
        self.stream = sys.stderr
        self.on_screen = False
        self.appears = time.monotonic() + APPEARS_AFTER
        self.meter = tqdm(
            total=total, unit=what, desc=phase, delay=APPEARS_AFTER, miniters=1, file=self.stream, leave=False
        )
        self.meter.dynamic_ncols = self.size
        if os.name != "nt":  # consoles of Windows may not know the sequence; tqdm writes blanks there
            self.meter.sp = self.draw

    def size(self, _):
        """Columns for the bar, and rows (None: as many as tqdm likes); asked for before it is drawn."""
        try:
            columns = os.get_terminal_size(self.stream.fileno()).columns or UNKNOWN
        except OSError:
            columns = UNKNOWN
        self.meter.bar_format = NARROW_BAR if columns - len(self.meter.postfix or "") < NARROW else None
        return max(columns - KEPT_FREE, 1), None

    def draw(self, text):
        """Put a text in place of what stands in the row; a terminal that is gone costs the bar, not the work."""
        with suppress(OSError):
            self.stream.write(f"\r{text}{ERASE}")
            self.stream.flush()

    def update(self, count=1):
        """`count` steps more; draws the bar if it was taken away, or ten times a second."""
        late = time.monotonic() >= self.appears
        cleared = late and not self.on_screen
        self.on_screen = late  # before it is: drawn by half it must go as well
        if not self.meter.update(count) and cleared:
            self.meter.refresh()

    def set_postfix(self, **values):
        """Values beside the bar."""
        self.meter.set_postfix(**values, refresh=False)

    def clear(self):
        """Leave an empty row."""
        self.meter.clear()
        self.on_screen = False

    def close(self):
        """Leave an empty row for good."""
        global showing
        if self.on_screen:
            self.clear()
        self.meter.close()
        if showing is self:
            showing = None


class Silence:
    """A bar that is not there."""

    def update(self, count=1):
        pass

    def set_postfix(self, **_):
        pass

    def close(self):
        pass
