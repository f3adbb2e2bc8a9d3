"""When a file counts as the one that was measured, and when what measures counts as the same."""

import os
import shutil
import time
from pathlib import Path

import pytest

import blurkit
from blurkit import identity
from blurkit.identity import YOUNG, file_at, settings, state_at


@pytest.fixture(scope="module")
def model():
    return blurkit.load()


@pytest.fixture
def photo(tmp_path):
    """A file whose last change lies so far back that its times show every change to come."""
    path = tmp_path / "photo.jpg"
    path.write_bytes(b"one photo")
    wait()
    return str(path)


def wait():
    time.sleep(1.2 * YOUNG / 1e9)


def same(first, second):
    """True if a score of one file is taken for the other."""
    return first.key == second.key and (first.is_by_content or first.state == second.state)


# ---- files ---------------------------------------------------------------------


@pytest.mark.parametrize("by_content", [False, True])
def test_a_file_that_stays_is_the_same(photo, by_content):
    first = file_at(photo, by_content)
    assert same(first, file_at(photo, by_content)) and first.is_sure and first.is_unchanged()


@pytest.mark.parametrize("by_content", [False, True])
def test_other_content_of_one_size_and_time_under_one_name_is_another_file(photo, by_content):
    first, state = file_at(photo, by_content), os.stat(photo)
    Path(photo).write_bytes(b"two photo")
    os.utime(photo, ns=(state.st_atime_ns, state.st_mtime_ns))
    second = file_at(photo, by_content)
    assert second.state[:2] == first.state[:2] and second.state.inode == first.state.inode
    assert not same(first, second) and not first.is_unchanged()


@pytest.mark.parametrize("by_content", [False, True])
def test_a_file_moved_over_another_is_another_file(photo, tmp_path, by_content):
    first, state = file_at(photo, by_content), os.stat(photo)
    (tmp_path / "other").write_bytes(b"two photo")
    os.utime(tmp_path / "other", ns=(state.st_atime_ns, state.st_mtime_ns))
    os.replace(tmp_path / "other", photo)
    assert not same(first, file_at(photo, by_content)) and not first.is_unchanged()


def test_moved_and_copied_files_are_the_same_by_content_alone(photo, tmp_path):
    for by_content in (False, True):
        first = file_at(photo, by_content)
        shutil.copy2(photo, tmp_path / "copy.jpg")
        os.replace(tmp_path / "copy.jpg", tmp_path / "moved.jpg")
        assert same(first, file_at(str(tmp_path / "moved.jpg"), by_content)) == by_content


def test_one_file_by_several_paths_is_the_same(photo, tmp_path, monkeypatch):
    (tmp_path / "link").symlink_to(tmp_path)
    monkeypatch.chdir(tmp_path)
    wait()
    for path in ("photo.jpg", "./photo.jpg", str(tmp_path / "link" / "photo.jpg")):
        assert same(file_at(photo, False), file_at(path, False))


def test_a_file_that_has_just_changed_is_compared_by_content_once_more(tmp_path):
    path = tmp_path / "photo.jpg"
    path.write_bytes(b"one photo")
    young = file_at(str(path), False)
    assert not young.is_sure and not young.is_by_content and young.content and not young.is_unchanged()
    wait()
    assert young.is_unchanged() and file_at(str(path), False).is_sure
    assert not young._replace(content=b"of what was read").is_unchanged()


def test_times_of_whole_seconds_do_not_tell_files_apart_so_the_content_does(photo, monkeypatch):
    real = identity.state_at
    monkeypatch.setattr(identity, "state_at", lambda path: real(path)._replace(touched=10**18, changed=10**18))
    first = file_at(photo, False)
    assert first.is_by_content and not first.is_sure and first.is_unchanged()
    Path(photo).write_bytes(b"two photo")
    assert not same(first, file_at(photo, False)) and not first.is_unchanged()


def test_what_is_no_file_has_no_identity(tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe", tmp_path / "missing", "/dev/null", "a\0b"):
        assert file_at(str(path), True) is None
    (tmp_path / "large").write_bytes(b"12345")
    monkeypatch.setattr(identity, "MOST_BYTES", 4)
    assert state_at(str(tmp_path / "large")) is None


# ---- what measures --------------------------------------------------------------


def test_every_choice_that_may_change_a_score_counts(model):
    changes = [
        {"max_pixels": 1},
        {"pages": True},
        {"develop_raw": True},
        {"share": 0.1},
        {"softest": True},
        {"detail": True},
    ]
    found = [settings(model, 1024), settings(model, 0), *(settings(model, 1024, **change) for change in changes)]
    found += [settings(blurkit.load(name), 1024) for name in ("park", "zeng")]
    assert len(set(found)) == len(found) and settings(model, 1024) == found[0]


def test_the_weights_count_by_their_checksum(model, root):
    other = blurkit.load(weights=root / "share" / "weights" / "joint.npz")
    assert settings(other, 1024) == settings(model, 1024)
    other._parts["score"] = ({}, {"checksum": "0" * 64})
    assert settings(other, 1024) != settings(model, 1024)


def test_every_line_of_code_and_every_decoder_counts(tmp_path, monkeypatch):
    tree = tmp_path / "blurkit"
    shutil.copytree(Path(blurkit.__file__).parent, tree, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(blurkit, "__file__", str(tree / "__init__.py"))
    formula = identity.formula.__wrapped__
    first = formula()
    assert formula() == first
    path = tree / "motion.py"
    path.write_bytes(path.read_bytes() + b"#")
    second = formula()
    monkeypatch.setattr(identity, "version_of", lambda package: "9")
    third = formula()
    monkeypatch.setattr("cv2.getBuildInformation", lambda: "")
    assert len({first, second, third, formula()}) == 4
