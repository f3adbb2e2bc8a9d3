"""How Ctrl-C and other signals end a command: at once, by that signal as a shell sees it, without a word.

Until a command works nothing is to be undone, and SIGINT has its plain effect: that is arranged here when this module is
imported, before any other, by a process that was started as one of the commands. While a command works a signal is an
exception, so that temporary files go. Some code makes another of it or passes over it, as the import of NumPy does; so it
is raised once more before anything is said, and callbacks and destructors, which would print it, end the process.
"""

import _signal as signal  # type: ignore[import-not-found]  # signal itself brings enum, and with it milliseconds
import os
import sys

COMMANDS = "blur-"  # how their names begin
FAILED = 2  # exit status where the system does not have a signal

arrived: BaseException | None = None  # the exception of the signal that has come


class AsExceptions:
    """While this is entered SIGINT raises KeyboardInterrupt, SIGTERM and SIGHUP SystemExit; what is ignored stays so."""

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
    """The first SIGINT; whoever is impatient ends the process by the second."""
    global arrived
    arrived = KeyboardInterrupt()
    signal.signal(number, lambda *_: die_of("SIGINT"))
    raise arrived


def stopped(number, _):
    """SIGTERM or SIGHUP."""
    global arrived
    arrived = SystemExit(128 + number)
    raise arrived


def check():
    """Raise the exception of a signal that has come, whatever has become of it."""
    if arrived is not None:
        raise arrived


def uncaught(kind, error, trace):
    """What Python calls for an exception that nobody has caught, and C code for one that it passes over."""
    if issubclass(kind, KeyboardInterrupt):
        die_of("SIGINT")
    sys.__excepthook__(kind, error, trace)


def unraisable(what):
    """What Python calls for an exception in a callback or a destructor, which it would print and forget."""
    if what.exc_type is not None and issubclass(what.exc_type, KeyboardInterrupt | SystemExit):
        die_of("SIGINT" if issubclass(what.exc_type, KeyboardInterrupt) else "SIGTERM")
    sys.__unraisablehook__(what)


def die_of(name):
    """End as the signal would have ended us, so that the shell sees it; the terminal is left tidy."""
    from blurkit.cli import progress

    number = getattr(signal, name, None)
    if number is not None:
        signal.signal(number, signal.SIG_DFL)
    progress.end()
    os.kill(os.getpid(), number) if number is not None else os._exit(FAILED)


def take_over():
    """From here on SIGINT ends this process without a traceback; where it is ignored, it stays so."""
    if signal.getsignal(signal.SIGINT) == signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.excepthook, sys.unraisablehook = uncaught, unraisable


if sys.argv and os.path.basename(sys.argv[0]).startswith(COMMANDS):
    take_over()
