"""Whole commands on harmed files and wild arguments: in this process, or in one of their own with few addresses."""

import importlib
import io
import os
import subprocess
import sys
import tempfile
import warnings
from collections import namedtuple
from functools import cache, partial
from pathlib import Path
from unittest import mock

import samples
import targets
from mutations import ANY, REFUSE, SOUND

from blurkit.cli import output
from blurkit.errors import InputError
from blurkit.methods import METHODS

Done = namedtuple("Done", "status stdout stderr")
ROOT = Path(__file__).resolve().parents[2]
BOUND = ("--max-pixels", str(targets.MAX_PIXELS))
ADDRESSES = 1 << 30  # bytes that a process of its own may address; Python and libraries take half
RESIDENT = 224 << 20  # bytes of memory it may take; libraries take half
NEVER_SAID = (b"Traceback", b"internal error", b"not enough memory", b"Error:")
BEYOND_TORCH = 512 << 20, 160 << 20  # the same, beyond what torch takes
TORCH = """\
import sys
sys.path[:0] = sys.argv[1:]
import guard
guard.ready()
print(guard.status("VmPeak"), guard.status("VmHWM"))
"""
LIMITED = """\
import re, resource, runpy, sys
_, addresses, *sys.argv = sys.argv
resource.setrlimit(resource.RLIMIT_AS, (int(addresses), int(addresses)))
try:
    runpy.run_path(sys.argv[0], run_name="__main__")
finally:
    peak = re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]
    sys.stderr.write("VmHWM: " + peak + " torch" * ("torch" in sys.modules))
"""


# ---- runners ----------------------------------------------------------------


def in_process(command, words, folder, stdin=b""):
    """A command run by its main(), in a folder: Done."""
    main = importlib.import_module(f"blurkit.cli.{command.removeprefix('blur-')}").main
    streams = {
        name: io.TextIOWrapper(io.BufferedRandom(io.BytesIO(data)), errors="backslashreplace")
        for name, data in (("stdin", stdin), ("stdout", b""), ("stderr", b""))
    }
    before = os.getcwd()
    os.chdir(folder)
    with (
        tempfile.TemporaryFile() as out,
        mock.patch.object(output, "STDOUT", out.fileno()),
        mock.patch.multiple(sys, **streams),
        warnings.catch_warnings(),
    ):
        try:
            code = main(list(map(str, words)))
        except SystemExit as end:
            code = end.code or 0
        finally:
            os.chdir(before)
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        out.seek(0)
        return Done(code, sys.stdout.buffer.raw.getvalue() + out.read(), sys.stderr.buffer.raw.getvalue())


def own_process(command, words, folder, stdin=b""):
    """A command as a process of its own that may address only so much: Done.

    An AssertionError where it takes too much memory.
    """
    addresses = with_torch()[0] if command == "blur-train" else ADDRESSES
    words = [sys.executable, "-c", LIMITED, str(addresses), ROOT / "bin" / command, *map(str, words)]
    done = subprocess.run(words, cwd=folder, input=stdin, capture_output=True, timeout=120)
    stderr, _, peak = done.stderr.rpartition(b"VmHWM:")
    taken, *torch = peak.split()
    taken = int(taken) << 10
    assert taken <= (with_torch()[1] if torch else RESIDENT), f"took {taken >> 20} MiB"
    return Done(done.returncode, done.stdout, stderr)


@cache
def with_torch():
    """Bytes that a process that trains may address, and take: torch built for GPUs takes four times as many alone."""
    done = subprocess.run([sys.executable, "-c", TORCH, ROOT, Path(__file__).parent], capture_output=True, check=True)
    return tuple(int(taken) + more for taken, more in zip(done.stdout.split(), BEYOND_TORCH, strict=True))


def ran(runner, command, words, folder, stdin=b""):
    """A finished command; AssertionError where it ended as no command may end."""
    done = runner(command, words, folder, stdin)
    case = f"{command} {' '.join(map(repr, words))}: status {done.status}, {done.stderr[-300:]!r}"
    assert done.status in (0, 1, 2), case
    assert not any(word in done.stderr for word in NEVER_SAID), case
    lines = done.stderr.splitlines()
    named = all(line.startswith(command.encode() + b": ") for line in lines)
    assert named or done.stderr.startswith(b"usage: "), case
    assert lines or done.status != 2, case
    assert not list(Path(folder).rglob(".*.part")), f"{case}: a temporary file is left"
    return done


# ---- harmed files -------------------------------------------------------------


def harmed_files(rng, runner=in_process):
    """A command on a file that came to harm, and where it takes several a good one behind it."""
    plan = rng.choice(sorted(PLANS))
    what, data, words, verdict = PLANS[plan](rng)
    return f"{plan}: {what}: {' '.join(words)}", data, partial(try_files, runner, words, data), verdict


def try_files(runner, words, data):
    """Run a command on "bad" and good files; an InputError where it complains."""
    command, *words = words
    with tempfile.TemporaryDirectory() as folder:
        for name, content in {**good_files(), "bad": data, "bad.mask.png": data, "other/one.seg.png": data}.items():
            path = Path(folder, name)
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)
        done = ran(runner, command, words, folder)
        outputs = sorted(path.stem for path in Path(folder, "out").glob("*"))
    if done.status == 2:
        check_good_one(command, words, outputs, done.stdout)
        raise InputError(done.stderr.decode(errors="replace").splitlines()[-1])
    expected = ["bad", "good"] if has_good_one(words) else ["one"]
    assert command == "blur-score" or outputs == expected, f"{words}: {outputs}"


def has_good_one(words):
    """True if there is a good file behind the harmed one."""
    return words[-1].startswith("good")


def check_good_one(command, words, outputs, stdout):
    """After a complaint about the harmed file, the good file behind it must be done, and nothing else."""
    if command == "blur-score":
        scored = stdout.endswith(b"\t" + words[-1].encode() + b"\n")
        assert scored or not has_good_one(words), f"{words}: the good one is not scored"
        return
    if command in ("blur-mask", "blur-refine"):  # the first maps of a harmed stream may be good
        outputs = [name for name in outputs if name == "good"]
    expected = ["good"] if has_good_one(words) else []
    assert outputs == expected, f"{words}: complained, and {outputs} are there"


@cache
def good_files():
    """{name: bytes} of what lies beside the harmed file."""
    return {
        "good.png": samples.photos()["png grey alpha"],
        "good.npy": samples.maps()["npy"],
        "good.mask.png": samples.masks()["truth"],
        "one.npy": samples.maps()["npy"],
        "one.png": samples.photos()["png grey alpha"],
        "raw.npy": samples.raw_map(),
    }


def photo_plan(command, *words, sound=True):
    """A plan whose harmed file is a photo; `sound` as for `plan_of`."""

    def plan(rng):
        what, data, _, verdict = targets.photo(rng)
        method = rng.choice(list(METHODS))
        filled = [word.replace("METHOD", method) for word in words]
        return what, data, [command, *BOUND, *filled], verdict if sound or verdict == REFUSE else ANY

    return plan


def plan_of(make, command, *words, sound=True):
    """A plan whose harmed file `make` gives as (what, data, verdict).

    Without `sound` it may be refused even if it is sound.
    """

    def plan(rng):
        what, data, verdict = make(rng)
        return what, data, [command, *words], verdict if sound or verdict == REFUSE else ANY

    return plan


def a_map(rng):
    what, data, _, verdict = targets.map(rng)
    return what, data, ANY if "raw" in what and verdict == SOUND else verdict


def a_mask(rng):
    how, data, verdict = targets.hurt(rng, "png", samples.masks()[rng.choice(["truth", "segments"])], ("png",))
    return how, data, verdict


def some_weights(rng):
    while True:
        what, data, _, verdict = targets.weights(rng)
        if what.startswith("zeng"):
            return what, data, verdict


def patches_of(learned):
    def make(rng):
        how, data, verdict = targets.hurt(rng, "npy", samples.patch_sets()[learned])
        return how, data, ANY if verdict == SOUND else verdict

    return make


OUT, ONE = ("-o", "out/"), ("-o", "out/one.npy")
PLANS = {
    "map": photo_plan("blur-map", "--method", "METHOD", *OUT, "bad", "good.png"),
    "map -j": photo_plan("blur-map", "-j", "2", *OUT, "bad", "good.png"),
    "kinds": photo_plan("blur-map", "--kind", *OUT, "bad", "good.png"),
    "score": photo_plan("blur-score", "bad", "good.png"),
    "score reduced": photo_plan("blur-score", "--max-size", "50", "bad", "good.png"),
    "cut": photo_plan("blur-mask", "-o", "out/one.png", "--cut", "bad", "one.npy", sound=False),
    "guide": photo_plan("blur-refine", *ONE, "--method", "zeng", "--guide", "bad", "one.npy", sound=False),
    "sharp photo": photo_plan("blur-patches", "--method", "park", "--copies", "1", *ONE, "bad", sound=False),
    "mask": plan_of(a_map, "blur-mask", *BOUND, *OUT, "bad", "good.npy"),
    "refine": plan_of(a_map, "blur-refine", *BOUND, *OUT, "--method", "zeng", "--as-published", "bad", "good.npy"),
    "refine raw": plan_of(
        a_map, "blur-refine", *BOUND, *ONE, "--method", "park", "--guide", "one.png", "bad", sound=False
    ),
    "score map": plan_of(a_map, "blur-score", "--maps", *BOUND, "bad", "good.npy"),
    "score in mask": plan_of(a_map, "blur-score", *BOUND, "--mask", "bad", "one.png", sound=False),
    "truth": plan_of(a_mask, "blur-score", *BOUND, "--truth", "bad.mask.png", "one.npy"),
    "drawn": plan_of(
        a_mask,
        *("blur-patches", *BOUND, "--method", "zeng"),
        *("--truth-is", "sharp", "--masks", "bad.mask.png", *ONE, "one.png"),
        sound=False,
    ),
    "segments": plan_of(
        a_mask, "blur-patches", *BOUND, "--compose", "--segments", "other", *ONE, "one.png", sound=False
    ),
    "weights": plan_of(some_weights, "blur-map", "--method", "zeng", "--weights", "bad", *ONE, "one.png"),
}
for method, part in samples.LEARNED:
    words = ["blur-train", "--method", method, "--for", part, "-o", "out/one.npz", "bad"]
    PLANS[f"train {method} {part}"] = plan_of(patches_of((method, part)), *words, sound=False)
