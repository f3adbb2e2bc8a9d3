"""A slice of `make fuzz`: the same cases drawn by hypothesis, which looks for the simplest that fails."""

import io
import os
import signal
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))

import guard  # noqa: E402
import mutations  # noqa: E402
import run  # noqa: E402
import samples  # noqa: E402
from arguments import COMMANDS  # noqa: E402
from targets import READERS  # noqa: E402

from blurkit.io.photo import decode_photo  # noqa: E402

EXAMPLES = {
    "photos": 500,
    "streams": 300,
    "maps": 500,
    "weights": 150,
    "patch sets": 150,
    "commands": 80,
    "arguments": 150,
    "processes": 6,
}


@pytest.fixture(autouse=True)
def patience():
    """A case that takes too long fails, and does not end the tests."""

    def late(*_):
        raise AssertionError("took too long")

    before = signal.signal(signal.SIGALRM, late)
    yield
    signal.signal(signal.SIGALRM, before)


@pytest.mark.filterwarnings("ignore")  # what Pillow says
@pytest.mark.parametrize("kind", EXAMPLES)
def test_bad_input_is_refused_in_words_within_its_memory(kind):
    guard.ready()

    @settings(max_examples=EXAMPLES[kind], suppress_health_check=list(HealthCheck))
    @given(st.randoms(use_true_random=False))
    def tried(rng):
        guard.checked({**READERS, **COMMANDS}[kind](rng))

    tried()


def accepted():
    """Nothing is wrong."""


def unpickle():
    np.load(io.BytesIO(samples.npy(np.array([{}], object))), allow_pickle=True)


@pytest.mark.parametrize(
    ("try_it", "verdict", "error", "complaint"),
    [
        (accepted, mutations.REFUSE, AssertionError, "damaged, and accepted"),
        (lambda: decode_photo(b""), mutations.SOUND, AssertionError, "sound, and refused"),
        (lambda: bytearray(2 * guard.ROOM), mutations.ANY, MemoryError, None),
        (lambda: bytearray(guard.RESIDENT + (9 << 20)), mutations.ANY, AssertionError, "took"),
        (unpickle, mutations.ANY, AssertionError, "unpickled"),
    ],
    ids=["damage", "refusal", "addresses", "memory", "pickle"],
)
def test_the_guard_sees_what_it_is_there_for(try_it, verdict, error, complaint):
    with pytest.raises(error, match=complaint):
        guard.checked(("what", b"", try_it, verdict))


def test_the_runner_counts_every_case_and_ends_badly_where_one_failed(tmp_path, monkeypatch, capsys):
    def outcome(args, kind, number):
        if number == 3:
            os._exit(1)
        return ("a bug" if number == 5 else "refused"), 0

    monkeypatch.setattr(run, "outcome", outcome)
    monkeypatch.setattr("sys.argv", ["run.py", "--cases", "9", "--kind", "maps", "--keep", str(tmp_path)])
    with pytest.raises(SystemExit, match="True"):
        run.main()
    *_, row, died, bug, last = capsys.readouterr().out.splitlines()
    assert row.split() == ["maps", "9", "7", "0", "0.0", "0", "2"] and last.startswith("2 failures")
    assert died.endswith("--number 3: the process died: 1") and bug.endswith("--number 5: a bug")
