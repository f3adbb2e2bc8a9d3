"""Scores kept from run to run in a database of SQLite, so that a photo is measured once.

A score is given back only for the same file, measured with the same settings by the same code, and only if the row that
holds it is whole. Whatever is wrong with the database costs time alone: it is told once, and photos are measured anew.
"""

import json
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from blurkit.database import Transaction, connect, error_of, place
from blurkit.errors import OutputError
from blurkit.identity import File, digest, formula, state_at
from blurkit.model import Model
from blurkit.results import Score

if TYPE_CHECKING:
    import sqlite3

COLUMNS = "key, formula, path, state, record, look, digest"
FIGURES = tuple(name for name in Score._fields if name not in ("method", "weights"))
MOST_WAITING = 2000  # scores, and
MOST_WAITING_BYTES = 32 << 20  # bytes of looks, and
LONGEST_WAIT = 30.0  # seconds, until what waits is written: few writes spare flash memory
MOST_BYTES = 1 << 30  # of the database; then the tenth that was written first goes
SIZES = ("page_count", "freelist_count", "page_size")  # pragmas
HASTE = "PRAGMA busy_timeout = 500"  # milliseconds to wait for another process, once the run has been stopped


class Kept(NamedTuple):
    """What is kept of a photo."""

    figures: dict[str, Any]
    """The fields of `Score`, but for method and weights, by which it is found."""
    no_score: str | None
    """Why there is no score."""
    others: int
    """Pages of the same TIFF that are passed over."""
    taken: Any = None
    """When and how it was taken, as lists of JSON; None if nobody wanted to know."""
    look: bytes | None = None
    """What of it is compared with its neighbours; None if nobody wanted to know."""

    def score(self, model: Model) -> dict[str, Any]:
        """The fields of its `Score`, by the model whose settings it was found by."""
        return {**self.figures, "method": model.method, "weights": model.weights_of("score")}


class Cache:
    """The kept scores of a run; a context, at whose end the new ones are written.

    Parameters
    ----------
    say : callable
        Takes a line about what is wrong with the database, once.
    """

    def __init__(self, say: Callable[[str], None]):
        self.say, self.path = say, place()
        self.connection: sqlite3.Connection | None = None
        self.is_readable = self.is_writable = True
        self.waiting: list[tuple] = []
        self.waiting_bytes, self.since = 0, 0.0
        self.attempt(self.open)

    def __enter__(self) -> "Cache":
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is not None and self.connection is not None:
            self.connection.execute(HASTE)
        self.write()
        if self.connection is not None:
            self.connection.close()

    def open(self) -> None:
        """Open the database; a missing one is begun."""
        self.connection = connect(self.path, create=True)

    def get(self, file: File, settings: bytes) -> Kept | None:
        """What is kept of a file, None if that is nothing."""
        rows: list[tuple] = []
        wanted = digest(file.key, settings), formula()
        if self.is_readable:
            self.attempt(lambda: rows.extend(self.ask(f"SELECT {COLUMNS} FROM scores WHERE key = ?", wanted[0])))
        if not rows or rows[0][-1] != digest_of(rows[0]) or rows[0][:2] != wanted:
            return None
        path, state, record, look = rows[0][2:6]
        is_here = (path, state) == (file.path, file.state.packed())
        if not file.is_by_content and not is_here:
            return None
        figures, no_score, others, taken = json.loads(record)
        kept = Kept(dict(zip(FIGURES, figures, strict=True)), no_score, others, taken, look)
        if not is_here:
            self.put(file, settings, kept)  # its new place, for `prune`
        return kept

    def put(self, file: File, settings: bytes, kept: Kept) -> None:
        """Keep a score; nothing is kept of a file that has changed since `file` was made."""
        if not self.is_writable or not file.is_unchanged():
            return
        record = json.dumps([list(kept.figures.values()), *kept[1:4]], separators=(",", ":")).encode()
        row = (digest(file.key, settings), formula(), file.path, file.state.packed(), record, kept.look)
        self.since = self.since if self.waiting else time.monotonic()
        self.waiting.append((*row, digest_of(row)))
        self.waiting_bytes += len(kept.look or b"")
        is_full = len(self.waiting) >= MOST_WAITING or self.waiting_bytes >= MOST_WAITING_BYTES
        if is_full or time.monotonic() - self.since > LONGEST_WAIT:
            self.write()

    def write(self) -> None:
        """Write what waits, all of it or nothing."""
        rows, self.waiting, self.waiting_bytes = self.waiting, [], 0
        if rows and self.is_writable:
            self.attempt(lambda: self.insert(rows), is_writing=True)

    def insert(self, rows: list[tuple]) -> None:
        """Put rows into the database in one transaction."""
        assert self.connection is not None
        with Transaction(self.connection):
            self.connection.executemany(f"INSERT OR REPLACE INTO scores ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
            pages, free, size = (self.ask(f"PRAGMA {name}")[0][0] for name in SIZES)
            if (pages - free) * size > MOST_BYTES:
                oldest = "SELECT number FROM scores ORDER BY number LIMIT (SELECT COUNT(*) / 10 FROM scores)"
                self.ask(f"DELETE FROM scores WHERE number IN ({oldest})")

    def ask(self, query: str, *values: object) -> list[tuple]:
        """All rows that a query gives."""
        assert self.connection is not None
        return self.connection.execute(query, values).fetchall()

    def attempt(self, action: Callable[[], object], is_writing: bool = False) -> None:
        """Do something with the database; if it fails say so, and do without from then on."""
        why = error_of(action)
        if why is not None:
            self.is_readable, self.is_writable = self.is_readable and is_writing, False
            self.say(f"{self.path}: {why}; {'scores are not kept' if is_writing else 'photos are measured anew'}")


def digest_of(row: tuple) -> bytes:
    """The digest of a row of `COLUMNS`, its last one left out."""
    return digest(*(value if isinstance(value, bytes) else str(value).encode() for value in row[:6]))


def prune() -> tuple[int, int]:
    """Drop the scores of photos that are gone or have changed, and those that another version of blurkit measured.

    Returns
    -------
    dropped, kept : int

    Raises
    ------
    OutputError
        There is something wrong with the database.
    """
    counts: list[int] = []
    path = place()
    why = error_of(lambda: counts.extend(pruned(path)))
    if why is not None:
        raise OutputError(f"{path}: {why}")
    return counts[0], counts[1]


def pruned(path: str) -> tuple[int, int]:
    """As `prune`, of the database at a path."""
    connection = connect(path, create=False)
    if connection is None:
        return 0, 0
    rows = connection.execute("SELECT key, formula, path, state FROM scores").fetchall()
    useless = [row for row in rows if row[1] != formula() or is_gone(row[2], row[3])]
    with Transaction(connection):
        connection.executemany("DELETE FROM scores WHERE key = ? AND formula = ? AND path = ? AND state = ?", useless)
    if useless:
        connection.execute("VACUUM")
    connection.close()
    return len(useless), len(rows) - len(useless)


def is_gone(path: bytes, state: bytes) -> bool:
    """True if there is no file of this state at a path."""
    now = state_at(path)
    return now is None or now.packed() != state
