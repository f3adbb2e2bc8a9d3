"""What a training tells of its steps: a bar on a terminal, lines elsewhere, and the table of --log."""

import math
import os
import sys
import time

from blurkit.cli import progress
from blurkit.cli.guard import STDOUT_NAMES, Guard, is_special
from blurkit.cli.wholefile import WholeFile, write_all
from blurkit.defaults import LOG_COLUMNS
from blurkit.errors import OutputError, UsageError

NEWEST = 0.02  # share of the newest step in the means that are shown
SILENCE = 30.0  # seconds; without a bar, a line comes at least this often, and one at the end of each phase


class Report:
    """Tells of every step; the last argument of ``Method.fit``.

    Parameters
    ----------
    args : namespace with ``quiet`` and what `progress.start` takes
    console : Console
    log : callable or None
        Called with the row of every step, a dict of `LOG_COLUMNS`.
    """

    def __init__(self, args, console, log=None):
        self.args, self.console, self.log = args, console, log
        self.bar, self.phase, self.shown = progress.Silence(), None, {}
        self.has_lines = not (args.quiet or progress.can_show(sys.stderr))
        self.said = time.monotonic()  # when the last line was

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.bar.close()

    def __call__(self, phase, step, steps, loss, accuracy):
        if phase != self.phase:
            self.bar, self.phase, self.shown = progress.start(steps, self.args, "step", phase), phase, {}
        if self.log:
            self.log(dict(zip(LOG_COLUMNS, (step, loss, accuracy, phase), strict=True)))
        for name, value in (("loss", loss), ("accuracy", accuracy)):
            if math.isfinite(value):  # what is not measured is not shown
                before = self.shown.get(name, value)
                self.shown[name] = before + NEWEST * (value - before)
        texts = {name: f"{value:.3f}" for name, value in self.shown.items()}
        self.bar.set_postfix(**texts)
        self.bar.update()
        if self.has_lines and (step == steps or time.monotonic() - self.said >= SILENCE):
            self.said = time.monotonic()
            figures = "".join(f", {name} {text}" for name, text in texts.items())
            self.console.say(f"{phase}: step {step} of {steps}{figures}")


def open_log(args, inputs):
    """The function that writes a row of --log at once, or None without the option; raises before any work.

    The file is written as the training goes, and stays whatever becomes of the training. `inputs` are the paths of the
    files that are read.
    """
    from blurkit.cli.table import Table

    if args.log is None:
        return None
    if args.log in ("-", *STDOUT_NAMES):
        raise UsageError("--log needs a file; standard output is for the weights")
    if args.output and os.path.realpath(args.log) == os.path.realpath(args.output):
        raise UsageError(f"{args.log} cannot be both the weights and the log")
    guard = Guard("log", args.force)
    guard.protect(inputs)
    guard.check(args.log)
    try:
        if is_special(args.log):
            descriptor = WholeFile(args.log, guard).open_special()
        else:
            descriptor = os.open(args.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
    except OSError as error:
        raise OutputError(f"{args.log}: {error.strerror}") from error
    return Table(LOG_COLUMNS, lambda text: write_all(descriptor, [text.encode()], args.log)).row
