"""The database of kept scores: SQLite, opened with care for what may lie in its place."""

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from blurkit.errors import OutputError

if TYPE_CHECKING:
    import sqlite3

NAME = os.path.join("blurkit", "scores.sqlite")  # below the folder of caches
APPLICATION = 0x626C7572  # "blur": the application id in the header of the database
VERSION = 1  # of the tables
TABLE = """
CREATE TABLE IF NOT EXISTS scores (
    number INTEGER PRIMARY KEY,
    key BLOB NOT NULL UNIQUE,
    formula BLOB NOT NULL,
    path BLOB NOT NULL,
    state BLOB NOT NULL,
    record BLOB NOT NULL,
    look BLOB,
    digest BLOB NOT NULL
)"""
PATIENCE = 10.0  # seconds to wait for another process that writes
LONGEST_VALUE = 1 << 20  # bytes of a value that is read
DAMAGED = "is damaged; remove it to begin a new one"
WORDS = {  # errors of SQLite by the beginning of their names
    "SQLITE_BUSY": "another program has locked it",
    "SQLITE_FULL": "the disk is full",
    "SQLITE_READONLY": "it cannot be written to",
    "SQLITE_CANTOPEN": "it cannot be opened",
    "SQLITE_CORRUPT": DAMAGED,
    "SQLITE_NOTADB": DAMAGED,
}


class Unusable(OutputError):
    """A file in the place of the database that is none of ours."""


class Transaction:
    """A context whose changes are all made, or none."""

    def __init__(self, connection: "sqlite3.Connection"):
        self.connection = connection

    def __enter__(self) -> None:
        self.connection.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: object, *_: object) -> None:
        try:
            if kind is None:
                self.connection.execute("COMMIT")
        finally:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")


def place() -> str:
    """The path of the database, in ``$XDG_CACHE_HOME`` or ``~/.cache``."""
    folder = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(folder):  # such a value is invalid by the XDG specification
        folder = os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(folder, NAME)


def connect(path: str, create: bool) -> "sqlite3.Connection | None":
    """The database, open; None if there is none, and none is to be begun."""
    import sqlite3

    if not os.path.isabs(path):
        raise Unusable("there is no home folder: name a folder in XDG_CACHE_HOME")
    try:
        check_ours(path, os.lstat(path))
    except FileNotFoundError:
        if not create:
            return None
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    connection = sqlite3.connect(
        f"{Path(path).as_uri()}?mode=rwc", PATIENCE, isolation_level=None, check_same_thread=False, uri=True
    )
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_VALUE)
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cell_size_check = ON")
    if not connection.execute("PRAGMA application_id").fetchone()[0]:
        with Transaction(connection):
            os.chmod(path, 0o600)
            connection.execute(TABLE)
            connection.execute(f"PRAGMA application_id = {APPLICATION}")
            connection.execute(f"PRAGMA user_version = {VERSION}")
    return connection


def check_ours(path: str, found: os.stat_result) -> None:
    """Raise `Unusable` for what is no database of ours; it is not changed by that, nor what belongs to it."""
    import sqlite3

    if not stat.S_ISREG(found.st_mode):
        raise Unusable("is no plain file, but a link, a folder or a device, and stays as it is")
    if hasattr(os, "geteuid") and found.st_uid != os.geteuid():
        raise Unusable("belongs to another user")
    if not found.st_size:  # left by a run that was stopped before it wrote anything
        return
    try:
        connection = sqlite3.connect(f"{Path(path).as_uri()}?mode=ro&immutable=1", uri=True)
        numbers = [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")]
        connection.close()
    except sqlite3.Error:
        numbers = [0, 0]
    if numbers[0] != APPLICATION:
        raise Unusable("was not written by blurkit, or is damaged, and stays as it is")
    if numbers[1] != VERSION:
        raise Unusable("is of another version of blurkit, and stays as it is")


def error_of(action: Callable[[], object]) -> str | None:
    """What went wrong with the database as it did something, in words; None if nothing did."""
    try:
        import sqlite3
    except ImportError:
        return "this Python has no sqlite3"
    try:
        action()
    except sqlite3.Error as error:
        name = getattr(error, "sqlite_errorname", None) or ""
        return next((text for start, text in WORDS.items() if name.startswith(start)), str(error))
    except OSError as error:
        return error.strerror or str(error)
    except Unusable as error:
        return str(error)
    return None
