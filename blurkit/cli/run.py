"""The run of a command: parse, work, turn every error into one line and an exit status."""

import contextlib
import io
import os
import sys
import warnings

from blurkit import __version__
from blurkit.cli import packages, progress, signals
from blurkit.cli.console import Console, words

STDERR = 2


def run(command, describe, work, argv=None):
    """Parse the arguments, work, and return the exit status.

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
        for descriptor in range(STDERR + 1):  # the parent process may have left them so that they fail, not wait
            os.set_blocking(descriptor, True)
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # closed by the caller: messages are lost, the work is not
    try:
        args = options.parse(command, describe, argv, __version__)
    except SystemExit:  # help, version or wrong usage
        flush()
        raise
    with contextlib.nullcontext() if args.debug else only_our_words():
        return attempt(work, args, Console(command, args.verbose, args.debug))


def attempt(work, args, console):
    """The exit status of ``work(args, console)``; errors become one line."""
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
        signals.remove_temporary()
        os._exit(int(stopped.code or 0))
    except Exception as error:  # a bug is reported in one line as well
        progress.end()
        if args.debug:
            raise
        console.say(words(error))
    return 2


@contextlib.contextmanager
def only_our_words():
    """Silence the messages of libraries on damaged files, which name neither command nor file."""
    import logging

    os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")
    logging.disable()  # Pillow's
    try:
        with warnings.catch_warnings(action="ignore"), silent_descriptor():
            yield
    finally:
        logging.disable(logging.NOTSET)


def hold_closed_descriptors():
    """Occupy descriptors 0 to 2 if the caller has closed them.

    None of our files takes their numbers then, and writing to them stays an error.
    """
    while (descriptor := os.open(os.devnull, os.O_RDONLY)) <= STDERR:
        pass
    os.close(descriptor)


@contextlib.contextmanager
def silent_descriptor():
    """Silence C libraries: descriptor 2 leads nowhere, and ``sys.stderr`` goes on as before."""
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
        # Without a buffer, so that a failed write is not tried again at the end.
        bare = open(kept, "wb", buffering=0, closefd=False)
        with io.TextIOWrapper(bare, before.encoding, before.errors, write_through=True) as sys.stderr:
            yield
    finally:
        os.dup2(kept, STDERR)
        os.close(kept)
        sys.stderr = before


def flush():
    """Flush standard output while a reader that has left can still be told apart from an error."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        signals.die_of("SIGPIPE")
