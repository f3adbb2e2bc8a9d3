"""How Ctrl-C and other signals end a command: at once, by that signal as a shell sees it, without a message.

Before a command works there is nothing to undo, and SIGINT has its plain effect. A process that was started as one
of the commands arranges this when it imports this module, before any other.

While a command works a signal is an exception, so that temporary files are removed. Some code replaces or ignores that
exception, as the import of NumPy does. So it is raised again before any message, and callbacks and destructors, which
would print it, end the process.
"""

import _signal as signal  # type: ignore[import-not-found]  # signal itself brings enum, and with it milliseconds
import os
import sys

COMMANDS = "blur-"  # how their names begin
FAILED = 2  # exit status if the system does not have a signal

arrived: BaseException | None = None  # the exception of the signal that has come
temporary: set[str] = set()  # files that are not complete yet; they go with the process


class AsExceptions:
    """A context in which SIGINT raises KeyboardInterrupt, SIGTERM and SIGHUP SystemExit, unless they are ignored."""

    def __init__(self):
        self.before = {}

    def __enter__(self):
        global arrived
        arrived = None
        for name, action in (("SIGTERM", stopped), ("SIGHUP", stopped), ("SIGINT", interrupted)):
            number = getattr(signal, name, None)  # Windows has no SIGHUP
            if number is not None and signal.getsignal(number) != signal.SIG_IGN:  # nohup ignores SIGHUP
                self.before[number] = signal.signal(number, action)
        return self

    def __exit__(self, *_):
        for number, action in self.before.items():
            signal.signal(number, action)
        check()


def interrupted(number, _):
    """Handle the first SIGINT; a second one ends the process."""
    global arrived
    arrived = KeyboardInterrupt()
    signal.signal(number, lambda *_: die_of("SIGINT"))
    raise arrived


def stopped(number, _):
    """Handle SIGTERM or SIGHUP."""
    global arrived
    arrived = SystemExit(128 + number)
    raise arrived


def check():
    """Raise the exception of a signal that has come, in case some code has swallowed it."""
    if arrived is not None:
        raise arrived


def uncaught(kind, error, trace):
    """``sys.excepthook``: called for exceptions that nobody has caught, and by C code for those that it ignores."""
    if issubclass(kind, KeyboardInterrupt):
        die_of("SIGINT")
    sys.__excepthook__(kind, error, trace)


def unraisable(what):
    """``sys.unraisablehook``: called for exceptions in callbacks and destructors, which Python would only print."""
    if what.exc_type is not None and issubclass(what.exc_type, KeyboardInterrupt | SystemExit):
        die_of("SIGINT" if issubclass(what.exc_type, KeyboardInterrupt) else "SIGTERM")
    sys.__unraisablehook__(what)


def die_of(name):
    """End as by the signal, so that the shell sees it; the progress bar is taken away."""
    from blurkit.cli import progress

    number = getattr(signal, name, None)
    if number is not None:
        signal.signal(number, signal.SIG_DFL)
    progress.end()
    remove_temporary()
    os.kill(os.getpid(), number) if number is not None else os._exit(FAILED)


def remove_temporary():
    """Remove the files that are not complete yet."""
    for path in tuple(temporary):
        try:  # noqa: SIM105  # contextlib is not imported yet
            os.unlink(path)
        except OSError:  # it has its final name by now, or never came to be
            pass


def take_over():
    """Let SIGINT end this process without a traceback, unless it is ignored."""
    if signal.getsignal(signal.SIGINT) == signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.excepthook, sys.unraisablehook = uncaught, unraisable


if sys.argv and os.path.basename(sys.argv[0]).startswith(COMMANDS):
    take_over()
