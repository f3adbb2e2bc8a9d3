"""The database of kept scores: what is given back."""

import math
import os
import time

import pytest

from blurkit import cache
from blurkit.cache import FIGURES, Cache, Kept, prune
from blurkit.identity import YOUNG, file_at
from tests.caches import SETTINGS, kept, scores


def test_what_was_kept_comes_back_to_the_last_bit(files):
    figures = [0.1 + 0.2, 1e-300, math.nan, "motion", math.inf, -0.0, 0.5, 1.5, 1024, 0.25]
    one = Kept(dict(zip(FIGURES, figures, strict=True)), "é", 3)
    other = kept(0.5)._replace(taken=[1.5, ["a", "b", "\udcff"], [None, 0.3, True]], look=b"\0\1")
    with Cache(pytest.fail) as store:
        assert store.get(files[0], SETTINGS) is None
        store.put(files[0], SETTINGS, one)
        store.put(files[1], SETTINGS, other)
    with Cache(pytest.fail) as store:
        assert repr(store.get(files[0], SETTINGS)) == repr(one) and repr(store.get(files[1], SETTINGS)) == repr(other)
        assert store.get(files[0], b"t" * 16) is None and store.get(files[2], SETTINGS) is None


def test_nothing_is_given_of_a_file_that_has_changed_or_by_other_code(filled, files, monkeypatch):
    changed = files[3]._replace(state=files[3].state._replace(touched=files[3].state.touched + 1))
    assert scores([files[3], changed]) == ([0.03, None], [])
    monkeypatch.setattr(cache, "formula", lambda: b"another")
    assert scores(files) == ([None] * 20, [])


def test_nothing_is_kept_of_a_file_that_changes_while_it_is_measured(files):
    with Cache(pytest.fail) as store:
        open(files[0].path, "ab").close()
        os.utime(files[0].path)
        store.put(files[0], SETTINGS, kept(0.5))
    assert scores(files[:1]) == ([None], [])


def test_a_moved_file_is_known_by_content_and_pruned_by_its_new_place(files, tmp_path):
    path, moved = tmp_path / "photos" / "0.jpg", tmp_path / "moved.jpg"
    for place in (path, moved):
        with Cache(pytest.fail) as store:
            file = file_at(str(place), True)
            known = store.get(file, SETTINGS)
            assert (known is None) == (place == path)
            if known is None:
                store.put(file, SETTINGS, kept(0.5))
        if place == path:
            path.rename(moved)
            time.sleep(1.2 * YOUNG / 1e9)
    assert prune() == (0, 1)


def test_writes_are_few_and_all_that_waits_is_written_in_the_end(files, monkeypatch):
    written = []
    monkeypatch.setattr(Cache, "insert", lambda self, rows: written.append(len(rows)))
    monkeypatch.setattr(cache, "MOST_WAITING", 8)
    with Cache(pytest.fail) as store:
        for file in files:
            store.put(file, SETTINGS, kept(0.5))
    assert written == [8, 8, 4]
    monkeypatch.setattr(cache, "LONGEST_WAIT", -1)
    with Cache(pytest.fail) as store:
        store.put(files[0], SETTINGS, kept(0.5))
        assert written[3:] == [1]


def test_the_database_does_not_grow_without_end(files, filled, monkeypatch):
    size = filled.stat().st_size
    monkeypatch.setattr(cache, "MOST_BYTES", size // 2)
    for _ in range(9):
        with Cache(pytest.fail) as store:
            store.put(files[0], SETTINGS, kept(0.5))
    found, said = scores(files)
    assert found[0] == 0.5 and None in found and found[-1] == 0.19 and said == []
    assert filled.stat().st_size <= size


def test_prune_drops_what_is_gone_or_changed_or_of_other_code(filled, files, monkeypatch):
    assert prune() == (0, 20)
    os.unlink(files[0].path)
    with open(files[1].path, "ab") as file:
        file.write(b".")
    os.rename(files[2].path, files[3].path)
    size = filled.stat().st_size
    assert prune() == (4, 16) and filled.stat().st_size <= size
    assert scores(files)[0] == [None] * 4 + [number / 100 for number in range(4, 20)]
    monkeypatch.setattr(cache, "formula", lambda: b"another")
    assert prune() == (16, 0)


def test_prune_begins_no_database(home):
    assert prune() == (0, 0) and not home.exists()


def test_the_database_is_for_its_owner_alone(filled):
    assert filled.stat().st_mode & 0o777 == 0o600 and filled.parent.stat().st_mode & 0o777 == 0o700
