"""Options, variables and weights that are wrong: status 2 and one plain line."""

import os

import pytest

from blurkit.io.weights import write_weights
from tests.files import TAKES, one_line


@pytest.mark.parametrize(
    "words", [["--no-such-option"], ["--method", "astrology"], ["--max-pixels", "none"], ["-f", "jpeg"]], ids=" ".join
)
@pytest.mark.parametrize("command", TAKES)
def test_wrong_usage_is_told_before_any_work(run, command, words):
    done = run(command, *words, "missing.jpg")
    assert words[0].encode() in one_line(command, done) and done.stdout == b""


@pytest.mark.parametrize(
    ("command", "variables", "complaint"),
    [
        ("blur-map", {"BLURKIT_THREADS": "99999"}, b"BLURKIT_THREADS: '99999' is more than 1024"),
        ("blur-map", {"BLURKIT_DEVICE": "abacus"}, b"abacus"),
        ("blur-map", {"BLURKIT_THREADS": "many"}, b"BLURKIT_THREADS: 'many'"),
        ("blur-score", {"BLURKIT_WEIGHTS": "/nowhere"}, b"/nowhere"),
    ],
)
def test_a_wrong_environment_variable_is_told_in_one_line(run, bad, command, variables, complaint):
    done = run(command, bad / ("good.npy" if command == "blur-mask" else "good.png"), env=variables)
    assert complaint in one_line(command, done) and len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--keep-best", "--group", "a{99999999999999999999}"], b"not a regular expression"),
        (["--keep-best", "--group", "(" * 9999], b"not a regular expression"),
        (["--threads", "99999999999"], b"is more than 1024"),
        (["-j", "1025"], b"is more than 1024"),
        (["--device", "cuda:\u00b2"], b"unknown device"),
        (["--weights", ""], b"--weights has an empty value"),
        (["--truth", ""], b"--truth has an empty value"),
    ],
    ids=str,
)
def test_a_value_that_cannot_be_meant_is_told_in_one_line(run, bad, words, complaint):
    done = run("blur-score", *words, bad / "good.png")
    assert complaint in one_line("blur-score", done) and done.stdout == b""


@pytest.mark.parametrize("method", ["\ud800", "a\nb\x1b[31m\u009b", "a" * 10**6])
def test_what_a_file_says_of_itself_cannot_harm_the_line_that_repeats_it(run, bad, tmp_path, method):
    (tmp_path / "weights.npz").write_bytes(write_weights({}, {"method": method}))
    done = run("blur-map", "--weights", tmp_path / "weights.npz", bad / "good.png")
    line = one_line("blur-map", done).decode()
    assert line[:-1].isprintable() and len(line) < 300 and len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("kind", ["truncated", "words", "flipped", "missing", "a folder"])
@pytest.mark.parametrize(("method", "array"), [("zeng", b"filters.npy"), ("joint", b"context.npy")])
@pytest.mark.parametrize("command", ["blur-map", "blur-score"])
def test_damaged_weights_are_named_and_nothing_is_written(run, root, bad, tmp_path, command, method, array, kind):
    data = bytearray((root / "share" / "weights" / f"{method}.npz").read_bytes())
    path = tmp_path / "weights.npz"
    if kind == "flipped":
        place = data.index(array) + 200  # among its values
        data[place] ^= 0xFF
    elif kind == "truncated":
        data = data[: len(data) // 2]
    if kind == "a folder":
        path.mkdir()
    elif kind != "missing":
        path.write_bytes(b"some words" if kind == "words" else data)
    done = run(command, "--method", method, "--weights", path, bad / "good.png")
    assert os.fsencode(path) + b": " in one_line(command, done)
    assert done.stdout == b"" and len(done.stderr.splitlines()) == 1
