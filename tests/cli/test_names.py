"""File names: lists of them, odd ones, long ones, and those found below a folder."""

import os

import pytest

from tests.files import listed


@pytest.mark.parametrize("how", [("--files0-from",), ("--files0-from", "-"), ("-0",)], ids=" ".join)
def test_names_are_read_from_a_list(run, three, tmp_path, stream, how):
    names = b"\0".join(map(os.fsencode, three)) + b"\0"
    if how == ("--files0-from",):
        (tmp_path / "list").write_bytes(names)
        assert run("blur-map", f"--files0-from={tmp_path}/list").stdout == stream
    else:
        assert run("blur-map", *how, stdin=names).stdout == stream


def test_an_empty_list_is_no_work(run):
    assert run("blur-map", "-0", stdin=b"") == (0, b"", b"")


def test_a_list_that_is_not_there_is_named(run):
    done = run("blur-map", "--files0-from=/nowhere/list")
    assert done.status == 2 and done.stderr == b"blur-map: /nowhere/list: No such file or directory\n"


@pytest.mark.parametrize(
    "name",
    [b"caf\xe9.png", b"two\nlines.png", b" spaces and 'quotes' .png", b"-dash.png", "Überblick 写真.png".encode()],
)
def test_odd_file_names_pass_through_unchanged(run, photos, tmp_path, name):
    folder = os.fsencode(tmp_path)
    os.symlink(os.fsencode(photos / "photo.png"), os.path.join(folder, name))
    done = run("blur-score", b"./" + name, cwd=tmp_path)
    assert done.status == 0 and done.stdout[6:] == b"\t./" + name + b"\n"
    assert run("blur-map", "-0", "-o", "out/", cwd=tmp_path, stdin=b"./" + name) == (0, b"", b"")
    assert os.listdir(os.path.join(folder, b"out")) == [name.removesuffix(b".png") + b".npy"]


def test_options_may_stand_between_files_and_two_dashes_end_them(run, photos, tmp_path):
    for name in ("-a.png", "--sort", "--", "c.png"):
        (tmp_path / name).write_bytes((photos / "photo.png").read_bytes())
    done = run("blur-score", "c.png", "-q", "c.png", "--top", 9, "--", "-a.png", "--", "--sort", cwd=tmp_path)
    assert (done.status, done.stderr) == (0, b"")
    assert [line.split(b"\t")[1] for line in done.stdout.splitlines()] == [
        b"c.png",
        b"c.png",
        b"-a.png",
        b"--",
        b"--sort",
    ]


def test_a_missing_file_of_an_odd_name_is_told_in_one_line(run, tmp_path):
    done = run("blur-map", b"caf\xe9\n.png", cwd=tmp_path)
    assert done == (2, b"", b"blur-map: caf\xe9 .png: No such file or directory\n")


def test_the_longest_file_name_can_be_written(run, photos, tmp_path):
    name = "n" * 251
    os.symlink(photos / "photo.png", tmp_path / f"{name}.png")
    assert run("blur-map", tmp_path / f"{name}.png", "-o", f"{tmp_path}/out/") == (0, b"", b"")
    assert listed(tmp_path / "out") == [f"{name}.npy"]


def test_recursion_mirrors_the_tree_and_leaves_masks_and_words_out(run, photos, tmp_path):
    for place in ("tree/a/one.png", "tree/b/one.png", "tree/two.PNG", "tree/two.mask.png", "tree/words.txt"):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        os.symlink(photos / "photo.png", tmp_path / place)
    assert run("blur-map", "-r", tmp_path / "tree", "-o", f"{tmp_path}/out/") == (0, b"", b"")
    assert listed(tmp_path / "out") == ["a/one.npy", "b/one.npy", "two.npy"]
    scores = run("blur-score", "-r", "tree", cwd=tmp_path).stdout.decode().splitlines()
    assert [line.split("\t")[1] for line in scores] == ["tree/two.PNG", "tree/a/one.png", "tree/b/one.png"]
