"""The database of kept scores: whatever is wrong with it, no wrong score is told."""

import os
import random
import sqlite3
import subprocess
import sys
import time

import pytest

from blurkit import database
from blurkit.cache import Cache, prune
from blurkit.errors import OutputError
from tests.caches import SETTINGS, kept, scores

FULL = """
import resource, sys
from blurkit import cache
from tests.caches import SETTINGS, kept
from blurkit.identity import file_at
with cache.Cache(print) as store:
    resource.setrlimit(resource.RLIMIT_FSIZE, (30000, 30000))
    for path in sys.argv[1:]:
        file = file_at(path, False)
        store.put(file, SETTINGS, kept(0.5, look=bytes(4000)))
"""


def test_no_flipped_byte_gives_a_wrong_score(filled, files):
    whole, rng, answers = filled.read_bytes(), random.Random(5), []
    for place in rng.sample(range(len(whole)), 300):
        data = bytearray(whole)
        data[place] ^= 1 << rng.randrange(8)
        filled.write_bytes(data)
        found, said = scores(files)
        assert all(score in (None, number / 100) for number, score in enumerate(found)) and len(said) < 2
        answers += found
    filled.write_bytes(whole[: len(whole) // 2])
    assert set(scores(files)[0]) <= {None, *(number / 100 for number in range(20))}
    assert 20 < answers.count(None) < len(answers)  # some of the bytes are in use


def test_a_row_that_fits_no_table_of_ours_is_no_score(filled, files):
    for column, value in (("record", 5), ("record", "[]"), ("path", "text"), ("digest", 10**12), ("look", 1.5)):
        with sqlite3.connect(filled) as connection:
            connection.execute(f"UPDATE scores SET {column} = ?", [value])
        connection.close()
        assert scores(files) == ([None] * 20, [])


def foreign(path):
    """A database of another program, with a change that was not finished and is still to be taken back."""
    script = f"""
import os, sqlite3
connection = sqlite3.connect({str(path)!r}, isolation_level=None)
connection.execute("CREATE TABLE notes (text)")
connection.execute("INSERT INTO notes VALUES (randomblob(1000000))")
connection.execute("PRAGMA cache_size = 1")
connection.execute("BEGIN")
connection.execute("UPDATE notes SET text = randomblob(1000000)")
os.kill(os.getpid(), 9)
"""
    subprocess.run([sys.executable, "-c", script], check=False)
    assert path.with_name(path.name + "-journal").stat().st_size


@pytest.mark.parametrize(
    ("make", "word"),
    [
        (foreign, "not written by blurkit"),
        (lambda path: path.write_text("some notes\n" * 500), "not written by blurkit"),
        (lambda path: path.symlink_to(path.parent / "target"), "a link"),
        (lambda path: path.mkdir(), "a folder"),
        (os.mkfifo, "a device"),
    ],
    ids=["database", "text", "link", "folder", "pipe"],
)
def test_what_is_not_ours_stays_as_it_is(make, word, files, home):
    folder = home / "blurkit"
    folder.mkdir(parents=True)
    path = folder / "scores.sqlite"
    make(path)

    def state():
        return {one.name: one.is_file() and one.read_bytes() for one in folder.iterdir()}

    before = state()
    found, (line,) = scores(files)
    assert found == [None] * 20 and word in line and line.startswith(f"{path}: ") and "measured anew" in line
    with Cache(lambda line: None) as store:
        store.put(files[0], SETTINGS, kept(0.5))
    with pytest.raises(OutputError, match=word):
        prune()
    assert state() == before


def test_a_newer_database_stays_as_it_is(filled, files):
    with sqlite3.connect(filled) as connection:
        connection.execute("PRAGMA user_version = 2")
    connection.close()
    before = filled.read_bytes()
    assert "another version" in scores(files)[1][0] and filled.read_bytes() == before


def test_an_empty_file_left_by_a_killed_run_is_begun_anew(files, home):
    (home / "blurkit").mkdir(parents=True)
    (home / "blurkit" / "scores.sqlite").touch()
    with Cache(pytest.fail) as store:
        store.put(files[0], SETTINGS, kept(0.5))
    assert scores(files[:1]) == ([0.5], [])


def test_a_locked_database_costs_one_line(filled, files):
    other = sqlite3.connect(filled, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    start = time.monotonic()
    found, (line,) = scores(files)
    assert found == [None] * 20 and "another program has locked it" in line and time.monotonic() - start < 2
    other.execute("ROLLBACK")
    other.execute("BEGIN IMMEDIATE")  # another one writes: what is there can be read
    said: list[str] = []
    with Cache(said.append) as store:
        assert repr(store.get(files[7], SETTINGS)) == repr(kept(0.07, look=b"\7" * 100))
        store.put(files[7], SETTINGS, kept(0.5))
        store.write()
        assert store.get(files[7], SETTINGS).figures["score"] == 0.07
    assert len(said) == 1 and said[0].endswith("scores are not kept")
    other.close()


def test_a_full_disk_costs_one_line_and_no_score(files, filled, root, environment):
    paths = [os.fsdecode(file.path) for file in files]
    done = subprocess.run(
        [sys.executable, "-c", FULL, *paths],
        cwd=root,
        env={**environment, "XDG_CACHE_HOME": str(filled.parent.parent)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") == 1 and "scores are not kept" in done.stdout
    assert scores(files) == ([number / 100 for number in range(20)], [])


def test_a_folder_that_cannot_be_made_costs_one_line(files, monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    found, (line,) = scores(files)
    assert found == [None] * 20 and "measured anew" in line


def test_a_database_that_cannot_be_written_is_read(filled, files):
    filled.chmod(0o400)
    filled.parent.chmod(0o500)
    if os.access(filled, os.W_OK):
        pytest.skip("root may write anywhere")
    try:
        said: list[str] = []
        with Cache(said.append) as store:
            assert store.get(files[5], SETTINGS).figures["score"] == 0.05
            store.put(files[5], SETTINGS, kept(0.5))
        assert len(said) == 1 and "cannot be written" in said[0]
    finally:
        filled.parent.chmod(0o700)


def test_relative_folders_of_caches_are_passed_over_as_xdg_wants(monkeypatch):
    monkeypatch.setenv("HOME", "/nowhere")
    for value in ("", "relative/folder"):
        monkeypatch.setenv("XDG_CACHE_HOME", value)
        assert database.place() == "/nowhere/.cache/blurkit/scores.sqlite"


def test_two_that_write_at_once_lose_nothing(files, tmp_path, root, environment, home):
    script = """
import sys
from blurkit import cache
from blurkit.identity import file_at
from tests.caches import SETTINGS, kept
cache.MOST_WAITING = 1
with cache.Cache(print) as store:
    for number in range(int(sys.argv[1]), 20, 2):
        store.put(file_at(f"{sys.argv[2]}/{number}.jpg", False), SETTINGS, kept(number / 100))
"""
    running = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(first), str(tmp_path / "photos")],
            cwd=root,
            env={**environment, "XDG_CACHE_HOME": str(home)},
            stdout=subprocess.PIPE,
        )
        for first in range(2)
    ]
    assert [process.communicate()[0] for process in running] == [b"", b""]
    assert scores(files) == ([number / 100 for number in range(20)], [])
