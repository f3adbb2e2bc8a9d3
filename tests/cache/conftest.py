"""A database of scores of a few files."""

import time

import pytest

from blurkit import database
from blurkit.cache import Cache
from blurkit.identity import YOUNG, file_at
from tests.caches import SETTINGS, kept


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """The folder of caches, empty."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    monkeypatch.setattr(database, "PATIENCE", 0.2)
    return tmp_path / "caches"


@pytest.fixture
def files(tmp_path):
    """Twenty files, as `File`."""
    (tmp_path / "photos").mkdir()
    for number in range(20):
        (tmp_path / "photos" / f"{number}.jpg").write_bytes(b"photo %d" % number)
    time.sleep(1.2 * YOUNG / 1e9)
    return [file_at(str(tmp_path / "photos" / f"{number}.jpg"), False) for number in range(20)]


@pytest.fixture
def filled(files, home):
    """The path of a database that holds the files, whose scores are .00 to .19."""
    with Cache(pytest.fail) as store:
        for number, file in enumerate(files):
            store.put(file, SETTINGS, kept(number / 100, look=bytes([number]) * 100))
    return home / "blurkit" / "scores.sqlite"
