"""What a terminal shows while a command works: a bar that no line shares a row with, and of which nothing stays."""

import os
import re
import subprocess
import time

import numpy as np
import pytest
from PIL import Image

from tests.screen import Screen, Terminal, eager

WIDTHS = (20, 40, 80, 120)
BAR = "%|"  # what every bar has and no line
COUNT = 24


@pytest.fixture(scope="module")
def roll(tmp_path_factory, scene):
    """Photos of which every fifth is no photo, and one has a long name."""
    folder = tmp_path_factory.mktemp("roll")
    for number in range(COUNT):
        name = f"{number:02}{'-long' * 20 if number == 7 else ''}.jpg"
        Image.fromarray(np.roll(scene, number, 1)).save(folder / name, quality=90)
    for number in range(0, COUNT, 5):
        (folder / f"{number:02}.jpg").write_text("words\n")
    return folder


@pytest.fixture
def shown(environment, root):
    """shown(words, columns, ...): (status, bytes written to the terminal, its rows); streams as for Terminal.start."""

    def shown(words, columns, **streams):
        terminal = Terminal(columns)
        terminal.start(words, {**environment, "PYTHONPATH": str(root)}, **streams)
        status, text = terminal.finish()
        return status, text, Screen(columns).feed(text).rows

    return shown


def names(folder):
    return sorted(str(path) for path in folder.iterdir())


def as_rows(lines, columns):
    """Lines as a terminal shows them."""
    return Screen(columns).feed("".join(line + "\r\n" for line in lines)).rows


def check_bars(text, columns):
    """There was a bar, and at no time did it reach the last column, where the terminal would wrap."""
    bars = [part.partition("\x1b")[0] for part in text.replace("\n", "\r").split("\r") if BAR in part]
    assert bars and max(map(len, bars)) < columns - 2


def plain_lines(run, command, *words):
    """What a command says without a terminal: (lines of results, lines of complaints)."""
    done = run(command, *words)
    return done.stdout.decode().splitlines(), done.stderr.decode().splitlines()


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("columns", WIDTHS)
def test_results_and_complaints_have_rows_of_their_own(run, shown, roll, columns, jobs):
    results, complaints = plain_lines(run, "blur-score", *names(roll))
    assert len(results) == COUNT - len(complaints) and len(complaints) == 5
    status, text, rows = shown(eager("blur-score", "-j", jobs, *names(roll)), columns)
    in_order = sorted(
        results + complaints, key=lambda line: next(n for n, name in enumerate(names(roll)) if name in line)
    )
    assert status == 2 and rows == as_rows(in_order, columns)
    check_bars(text, columns)


@pytest.mark.parametrize("columns", WIDTHS)
def test_results_in_a_pipe_leave_the_bar_where_it_is_and_complaints_do_not_touch_it(run, shown, roll, columns):
    results, complaints = plain_lines(run, "blur-score", *names(roll))
    status, text, rows = shown(eager("blur-score", *names(roll)), columns, stdout=subprocess.DEVNULL)
    assert status == 2 and rows == as_rows(complaints, columns)
    check_bars(text, columns)
    # Taken away for complaints alone; a bar that is cut off at the last column ends in the same signs.
    assert text.count("\r\x1b[K\r") <= 2 * len(complaints) + 2


def test_a_list_that_may_grow_has_a_count_in_place_of_a_bar_and_nothing_of_it_stays(run, shown, roll, tmp_path):
    results, complaints = plain_lines(run, "blur-score", *names(roll))
    (tmp_path / "list").write_bytes(b"".join(os.fsencode(name) + b"\0" for name in names(roll)))
    for columns in WIDTHS:
        with open(tmp_path / "list", "rb") as source:
            status, text, rows = shown(eager("blur-score", "-0"), columns, stdin=source, stdout=subprocess.DEVNULL)
        assert status == 2 and rows == as_rows(complaints, columns) and re.search(r"\d+(/\?| ?photo)", text)


def test_results_on_the_terminal_and_complaints_in_a_file_have_no_bar(run, shown, roll, tmp_path):
    results, complaints = plain_lines(run, "blur-score", *names(roll))
    with open(tmp_path / "log", "wb") as log:
        status, text, rows = shown(eager("blur-score", *names(roll)), 80, stderr=log)
    assert (status, rows) == (2, as_rows(results, 80)) and text == "".join(line + "\r\n" for line in results)
    assert (tmp_path / "log").read_text().splitlines() == complaints


@pytest.mark.parametrize("why", ["-q", "--debug", "dumb"])
def test_there_is_no_bar_where_none_is_wanted(shown, roll, environment, monkeypatch, why):
    words = [word for word in names(roll) if not word.endswith(("0.jpg", "5.jpg"))]
    if why == "dumb":
        monkeypatch.setitem(environment, "TERM", "dumb")
    status, text, rows = shown(eager("blur-score", *words, *([] if why == "dumb" else [why])), 200)
    assert status == 0 and len(rows) == len(words) and BAR not in text and "\x1b" not in text


def test_what_is_over_soon_has_no_bar_and_so_has_a_single_photo(shown, roll):
    for words in (eager("blur-score", *names(roll), after=100.0), eager("blur-score", names(roll)[1])):
        _, text, _ = shown(words, 80)
        assert "\x1b" not in text and BAR not in text


@pytest.mark.parametrize("columns", WIDTHS)
def test_what_is_said_by_the_way_has_rows_of_its_own(run, shown, roll, tmp_path, columns):
    _, complaints = plain_lines(run, "blur-map", "-v", "-o", f"{tmp_path}/a/", *names(roll))
    assert len(complaints) == 6 and "weights" in complaints[0]
    status, text, rows = shown(eager("blur-map", "-v", "-o", f"{tmp_path}/b/", *names(roll)), columns)
    assert (status, rows) == (2, as_rows(complaints, columns))
    check_bars(text, columns)


@pytest.mark.parametrize("columns", WIDTHS)
def test_patches_are_cut_under_a_bar_of_which_nothing_stays(run, shown, roll, tmp_path, columns):
    words = "--method", "park", "--copies", "1", "--per-photo", "5", "-v", *names(roll)
    _, complaints = plain_lines(run, "blur-patches", *words, "-o", tmp_path / "a.npy")
    status, text, rows = shown(eager("blur-patches", *words, "-o", tmp_path / "b.npy"), columns)
    assert (status, rows) == (0 if not complaints else 2, as_rows(complaints, columns))
    check_bars(text, columns)
    assert (tmp_path / "a.npy").read_bytes() == (tmp_path / "b.npy").read_bytes()


TRAINING = """
import argparse, time
from blurkit.cli import progress, train, training
from blurkit.cli.console import Console
progress.APPEARS_AFTER = 1e-6
args = argparse.Namespace(quiet=False, debug=False, method="joint", output="weights.npz")
console = Console("blur-train", verbose=True)
console.detail("128 patches")
with training.Report(args, console) as report:
    for phase in ("network", "a second one of a rather long name"):
        for step in range(40):
            report(phase, step, 40, 0.5, 0.75)
            time.sleep(0.005)
        console.detail("between")
train.table({"accuracy": 0.9, "loss": 0.3}, args)
"""


@pytest.mark.parametrize("columns", WIDTHS)
def test_the_phases_of_training_and_its_table_have_rows_of_their_own(shown, start, columns):
    words = eager("blur-train")
    words[2] = TRAINING
    status, text, rows = shown(words, columns)
    assert status == 0 and rows[:1] == as_rows(["blur-train: 128 patches"], columns)[:1]
    assert not any(BAR in row or "/40" in row for row in rows) and "".join(rows).count("between") == 2
    assert columns < 40 or any("accuracy" in row and "0.9000" in row for row in rows)
    check_bars(text, columns)


@pytest.mark.parametrize(
    ("how", "number", "ended"), [("typed", 2, -2), ("sent", 2, -2), ("sent", 15, 143), ("sent", 1, 129)]
)
@pytest.mark.parametrize("columns", WIDTHS)
def test_of_an_interrupted_run_only_its_lines_stay(run, environment, root, roll, columns, how, number, ended):
    results, complaints = plain_lines(run, "blur-score", *names(roll))
    terminal = Terminal(columns)
    process = terminal.start(eager("blur-score", *names(roll) * 50), {**environment, "PYTHONPATH": str(root)})
    until = time.monotonic() + 60
    while terminal.written.count(b"\n") < 10 and time.monotonic() < until:
        time.sleep(0.005)
    terminal.type(b"\x03") if how == "typed" else process.send_signal(number)
    status, text = terminal.finish()
    assert status == ended and BAR in text and "Traceback" not in text and "Interrupt" not in text
    lines = (
        sorted(results + complaints, key=lambda line: next(n for n, name in enumerate(names(roll)) if name in line))
        * 50
    )
    rows = Screen(columns).feed(text.replace("^C", "")).rows  # the terminal writes it wherever the cursor is
    assert rows == as_rows(lines, columns)[: len(rows)] and len(rows) >= 10


def test_a_reader_that_leaves_takes_the_bar_along(environment, root, roll):
    terminal, (reader, writer) = Terminal(80), os.pipe()
    process = terminal.start(
        eager("blur-score", *names(roll)[1:5] * 50), {**environment, "PYTHONPATH": str(root)}, stdout=writer
    )
    os.close(writer)
    os.read(reader, 10)
    os.close(reader)
    status, text = terminal.finish()
    assert process.returncode == status == -13 and Screen(80).feed(text).rows == []


def test_arrays_on_a_terminal_have_no_bar_among_them(environment, root, roll):
    terminal = Terminal(80)
    terminal.start(eager("blur-map", "--force", *names(roll)[1:4]), {**environment, "PYTHONPATH": str(root)})
    status, text = terminal.finish()
    assert status == 0 and "photo/s" not in text and text.count("NUMPY") == 3


def test_the_screen_is_that_of_a_terminal():
    screen = Screen(5).feed("abcdefg\r\nxyz\r1\x1b[K\r\n\x1b[1mbold\x1b[0m\b!")
    assert screen.rows == ["abcde", "fg", "1", "bol!"]
    assert Screen(4).feed("abcd\re").rows == ["ebcd"]  # no row is begun before there is more
