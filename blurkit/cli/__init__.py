"""What all commands share: one place that turns errors into words and an exit status."""

from blurkit.cli import signals  # isort: skip  # before all that takes time to import

import contextlib
import io
import os
import re
import sys
import warnings

from blurkit import __version__
from blurkit.cli import packages, progress
from blurkit.errors import BlurkitError

STDERR = 2
UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udc7f\udd00-\udfff]")  # control characters, and surrogates that are no byte of a file's name
OPENCV_NO_MEMORY = -4  # its code of that error, which is no MemoryError


class Console:
    """Words on stderr, and the exit status they lead to."""

    def __init__(self, command, verbose=False, debug=False):
        self.command, self.verbose, self.debug = command, verbose, debug
        self.status = 0

    def bad(self, what, error):
        """One input failed: say so, go on, exit with 2 in the end."""
        if self.debug:
            import traceback

            traceback.print_exception(error)
        self.say(f"{what}: {words(error)}")
        self.status = 2

    def detail(self, text):
        """Said with ``-v``."""
        if self.verbose:
            self.say(text)

    def say(self, text):
        """One line."""
        signals.check()
        progress.clear()
        line = UNPRINTABLE.sub(lambda found: ascii(found[0])[1:-1], f"{self.command}: {text}".replace("\n", " "))
        try:
            sys.stderr.buffer.write(os.fsencode(line) + b"\n")
            sys.stderr.flush()
        except BrokenPipeError:
            raise
        except OSError:
            pass  # a full disk: words are lost, the work is not


def words(error):
    """An exception as one plain phrase."""
    if isinstance(error, MemoryError) or getattr(error, "code", None) == OPENCV_NO_MEMORY:
        return "not enough memory"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if packages.package_of(error):
        return packages.words(error)
    if not isinstance(error, BlurkitError | OSError):
        return f"internal error: {type(error).__name__}: {error} (--debug shows where; please report it)"
    return str(error) or type(error).__name__


def run(command, describe, work, argv=None):
    """Parse, work, and turn whatever happens into an exit status.

    Parameters
    ----------
    command : str
        ``blur-map`` ...
    describe : callable
        ``describe(parser)`` adds the command's description and options.
    work : callable
        ``work(args, console)``; may return an exit status.
    argv : list of str, optional

    Returns
    -------
    int
        0 done; 1 the answer is no; 2 wrong usage or any input or output failed.
    """
    from blurkit.cli import options

    if argv is None:
        signals.take_over()
    hold_closed_descriptors()
    if hasattr(os, "set_blocking"):  # not so on Windows
        for descriptor in range(STDERR + 1):  # who started us may have left them so that they fail where they should wait
            os.set_blocking(descriptor, True)
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # closed by the caller: words are lost, the work is not
    try:
        args = options.parse(command, describe, argv, __version__)
    except SystemExit:  # help, version or wrong usage
        flush()
        raise
    with contextlib.nullcontext() if args.debug else only_our_words():
        return attempt(work, args, Console(command, args.verbose, args.debug))


def attempt(work, args, console):
    """``work(args, console)``, whatever happens in it, as an exit status."""
    from blurkit.cli import options

    try:
        with signals.AsExceptions():
            options.check(args)
            packages.check_numpy()
            return work(args, console) or console.status
    except BrokenPipeError:
        signals.die_of("SIGPIPE")
    except KeyboardInterrupt:
        signals.die_of("SIGINT")
    except SystemExit as stopped:  # by a signal: not to wait for the photos in work
        progress.end()
        os._exit(int(stopped.code or 0))
    except Exception as error:  # a bug, too, is told in one line
        progress.end()
        if args.debug:
            raise
        console.say(words(error))
    return 2


@contextlib.contextmanager
def only_our_words():
    """Silence what libraries say of damaged files, naming neither command nor file."""
    import logging

    os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")
    logging.disable()  # Pillow's
    try:
        with warnings.catch_warnings(action="ignore"), silent_descriptor():
            yield
    finally:
        logging.disable(logging.NOTSET)


def hold_closed_descriptors():
    """Where the caller has closed descriptors 0 to 2, none of our files takes their numbers: writing to them stays an error."""
    while (descriptor := os.open(os.devnull, os.O_RDONLY)) <= STDERR:
        pass
    os.close(descriptor)


@contextlib.contextmanager
def silent_descriptor():
    """Descriptor 2, to which C libraries speak, leads nowhere, and ``sys.stderr`` to where it led."""
    before = sys.stderr
    try:
        ours = before.fileno() == STDERR
    except (OSError, ValueError):
        ours = False
    if not ours:
        yield
        return
    kept, nowhere = os.dup(STDERR), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, STDERR)
    os.close(nowhere)
    try:
        bare = open(kept, "wb", buffering=0, closefd=False)  # what could not be written is not tried once more at the end
        with io.TextIOWrapper(bare, before.encoding, before.errors, write_through=True) as sys.stderr:
            yield
    finally:
        os.dup2(kept, STDERR)
        os.close(kept)
        sys.stderr = before


def flush():
    """Empty standard output while a reader that has left can still be told from an error."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        signals.die_of("SIGPIPE")
