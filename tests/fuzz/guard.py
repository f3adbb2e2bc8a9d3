"""What no input may do, whatever it is: take much memory, take for ever, be unpickled."""

import importlib.util
import pickle
import re
import resource
import signal
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from unittest import mock

from mutations import REFUSE, SOUND
from targets import Trap

from blurkit.errors import BlurkitError

ROOM = 512 << 20  # bytes of addresses beyond what is in use before; no input of 100,000 pixels has a claim to more
RESIDENT = 160 << 20  # bytes of memory beyond: imports, and the networks of joint, 30 MB in each of two threads
SECONDS = 30


def checked(case):
    """('refused' or 'accepted', bytes of memory it took); an exception where the case shows a bug."""
    what, _, try_it, verdict = case
    before = status("VmRSS")
    with limited():
        try:
            try_it()
            outcome = "accepted"
        except BlurkitError as error:
            outcome = "refused"
            assert str(error).strip(), f"{what}: refused without a word"
    taken = max(0, status("VmHWM") - before)
    assert not Trap.sprung, f"{what}: unpickled"
    assert outcome != "accepted" or verdict != REFUSE, f"{what}: damaged, and accepted"
    assert outcome != "refused" or verdict != SOUND, f"{what}: sound, and refused"
    assert taken <= RESIDENT, f"{what}: took {taken >> 20} MiB"
    return outcome, taken


def ready():
    """Import what takes more memory than any input may."""
    if importlib.util.find_spec("torch"):
        torch = importlib.import_module("torch")
        torch.optim.AdamW([torch.zeros(1, requires_grad=True)])  # the first one imports a good deal more


@contextmanager
def limited():
    """Little memory, little time, no pickle; everything as before behind it."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    with ExitStack() as stack:
        for name in ("load", "loads"):
            stack.enter_context(mock.patch.object(pickle, name, unpickled))
        stack.callback(resource.setrlimit, resource.RLIMIT_AS, before)
        stack.callback(signal.alarm, 0)
        resource.setrlimit(resource.RLIMIT_AS, (status("VmSize") + ROOM, before[1]))
        signal.alarm(SECONDS)
        yield
    for number, handler in handlers.items():
        signal.signal(number, handler)


def unpickled(*_, **__):
    raise AssertionError("something was unpickled")


def status(name):
    """A line of /proc/self/status, bytes."""
    return int(re.search(rf"{name}:\s+(\d+) kB", Path("/proc/self/status").read_text())[1]) << 10
