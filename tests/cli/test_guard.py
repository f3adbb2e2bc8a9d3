"""No output replaces a photo, a note or an input: all commands, all options that write, all kinds of files there."""

import io
import os
import threading

import numpy as np
import pytest
from PIL import Image

from blurkit.cli.guard import Guard, Refused
from blurkit.cli.wholefile import WholeFile
from blurkit.errors import UsageError
from blurkit.io import marks
from blurkit.io.encode import encode_map
from tests.files import joined, listed, npy

MAP = np.linspace(0, 1, 90 * 120, dtype=np.float32).reshape(90, 120)
NOTE = b"the keepers: 12, 40, 77\n"
REFUSED, KEPT_INPUT = b"name another file, or --force", b"would replace the input"
WRITERS = {  # arguments of a command that writes to OUT, and the name of what it writes
    "blur-map": (["-o", "OUT", "photo.jpg"], "out.npy"),
    "blur-map png": (["-o", "OUT", "photo.jpg"], "out.png"),
    "blur-map -f png": (["-f", "png", "-o", "OUT", "photo.jpg"], "out.jpg"),
    "blur-map colour": (["--colormap", "-o", "OUT", "photo.jpg"], "out.png"),
    "blur-map tiff": (["-o", "OUT", "photo.jpg"], "out.tif"),
    "blur-map pfm": (["-o", "OUT", "photo.jpg"], "out.pfm"),
    "blur-map raw park": (["--method", "park", "--raw", "-o", "OUT", "photo.jpg"], "out.npy"),
    "blur-map sigma": (["--method", "park", "--sigma", "-o", "OUT", "photo.jpg"], "out.npy"),
    "blur-map sigma pfm": (["--method", "park", "--sigma", "-o", "OUT", "photo.jpg"], "out.pfm"),
    "blur-map folder": (["-f", "png", "-o", "out/", "photo.jpg"], "out/photo.png"),
    "blur-refine": (["--guide", "photo.jpg", "-o", "OUT", "map.npy"], "out.npy"),
    "blur-refine png": (["--guide", "photo.jpg", "-o", "OUT", "map.npy"], "out.png"),
    "blur-refine folder": (["--guide", "photo.jpg", "-o", "out/", "map.npy"], "out/map.npy"),
    "blur-mask": (["-o", "OUT", "map.npy"], "out.png"),
    "blur-mask npy": (["-f", "npy", "-o", "OUT", "map.npy"], "mask"),
    "blur-mask cut": (["--cut", "photo.jpg", "-o", "OUT", "map.npy"], "out.png"),
    "blur-mask folder": (["-o", "out/", "map.npy"], "out/map.png"),
    "blur-score": (["--report", "OUT", "photo.jpg"], "out.html"),
    "blur-patches": (["--method", "park", "--copies", "1", "-o", "OUT", "photo.jpg"], "out.npy"),
    "blur-patches truth": (["--truth-is", "sharp", "--method", "zeng", "-o", "OUT", "photo.jpg"], "out.npy"),
}


@pytest.fixture
def folder(tmp_path, photos, discs):
    """photo.jpg, its mask, map.npy, and a list of names."""
    (tmp_path / "out").mkdir()
    Image.fromarray(discs(np.random.default_rng(2), 90, 120)).save(tmp_path / "photo.jpg", quality=95)
    Image.fromarray(np.repeat(np.uint8([[255] * 60 + [0] * 60]), 90, axis=0)).save(tmp_path / "photo.mask.png")
    (tmp_path / "map.npy").write_bytes(npy(MAP))
    return tmp_path


def words_of(row):
    words, name = WRITERS[row]
    return row.split()[0], [name if word == "OUT" else word for word in words], name


@pytest.mark.parametrize("row", WRITERS)
def test_a_photo_and_a_note_stay_and_an_own_output_is_replaced(run, folder, row):
    command, words, name = words_of(row)
    first = run(command, *words, cwd=folder)
    assert first.status == 0, first.stderr
    own = (folder / name).read_bytes()
    (folder / name).write_bytes(own[: len(own) // 2] if name.endswith(".png") else own)  # ours, if half of it
    assert run(command, *words, cwd=folder).status == 0 and (folder / name).read_bytes() == own
    for theirs in (
        (folder / "photo.jpg").read_bytes(),
        NOTE,
        npy(np.full((4, 5), -7.0, np.float32)),
        photo_as("PNG"),
        photo_as("TIFF"),
    ):
        (folder / name).write_bytes(theirs)
        done = run(command, *words, cwd=folder)
        assert done.status == 2 and REFUSED in done.stderr and len(done.stderr.splitlines()) == 1
        assert (folder / name).read_bytes() == theirs and not [n for n in listed(folder) if n.endswith(".part")]
        assert run(command, *words, "--force", cwd=folder).status == 0 and (folder / name).read_bytes() == own


def photo_as(form):
    held = io.BytesIO()
    Image.fromarray(np.random.default_rng(1).integers(0, 255, (9, 9, 3), np.uint8)).save(
        held, form, software="Some editor"
    )
    return held.getvalue()


@pytest.mark.parametrize("force", [[], ["--force"]], ids=["", "forced"])
@pytest.mark.parametrize(
    "words",
    [
        ("blur-map", "-f", "png", "-o", "photo.jpg", "photo.jpg"),
        ("blur-map", "-f", "npy", "-o", "hard.jpg", "photo.jpg"),
        ("blur-map", "-f", "npy", "-o", "soft.jpg", "photo.jpg"),
        ("blur-map", "-f", "npy", "-o", "photo.jpg", "<", "photo.jpg"),
        ("blur-refine", "--guide", "photo.jpg", "-o", "map.npy", "map.npy"),
        ("blur-refine", "--guide", "photo.jpg", "-f", "npy", "-o", "photo.jpg", "map.npy"),
        ("blur-mask", "-f", "npy", "-o", "map.npy", "map.npy"),
        ("blur-mask", "--cut", "photo.jpg", "-f", "png", "-o", "photo.jpg", "map.npy"),
        ("blur-mask", "-f", "npy", "-o", ".", "map.npy"),
        ("blur-score", "--report", "page.html", "page.html"),
        ("blur-score", "--report", "page.html", "--mask", "page.html", "photo.jpg"),
        ("blur-score", "--report", "page.html", "--files0-from", "page.html"),
        ("blur-patches", "--truth-is", "sharp", "-f", "npy", "-o", "photo.mask.png", "photo.jpg"),
        ("blur-patches", "--compose", "-f", "npy", "-o", "photo.seg.png", "photo.jpg"),
        ("blur-map", "-f", "npy", "-o", "joint.npz", "photo.jpg"),
        ("blur-train", "-f", "npz", "-o", "map.npy", "map.npy"),
    ],
    ids=" ".join,
)
def test_an_input_is_never_replaced_forced_or_not(start, root, folder, words, force):
    (folder / "hard.jpg").hardlink_to(folder / "photo.jpg")
    (folder / "soft.jpg").symlink_to("photo.jpg")
    (folder / "page.html").write_bytes((folder / "photo.jpg").read_bytes())
    (folder / "photo.seg.png").write_bytes((folder / "photo.mask.png").read_bytes())
    (folder / "joint.npz").write_bytes((root / "share/weights/joint.npz").read_bytes())
    before = {name: (folder / name).read_bytes() for name in listed(folder)}
    env = {"BLURKIT_WEIGHTS": str(folder)} if "joint.npz" in words else {}
    source = (folder / words[-1]).open("rb") if "<" in words else io.BytesIO()
    with source:
        stdin = {"stdin": source} if "<" in words else {}
        process = start(*words[: words.index("<") if "<" in words else None], *force, cwd=folder, env=env, **stdin)
        _, complaint = process.communicate()
    assert process.returncode == 2 and (KEPT_INPUT if force else b"") in complaint and len(complaint.splitlines()) == 1
    assert {name: (folder / name).read_bytes() for name in listed(folder)} == before


@pytest.mark.parametrize(
    "words",
    [
        ("blur-map", "photo.jpg"),
        ("blur-score", "photo.jpg"),
        ("blur-map", "-o", "/dev/stdout", "photo.jpg"),
        ("blur-score", "--calibrate", ".", "."),
    ],
    ids=" ".join,
)
def test_nothing_is_added_to_an_input_behind_standard_output(run, folder, words):
    before = (folder / "photo.jpg").read_bytes()
    with open(folder / "photo.jpg", "ab") as out:
        done = run(*words, cwd=folder, stdout=out)
    assert done.status == 2 and b"the input" in done.stderr and (folder / "photo.jpg").read_bytes() == before


def test_in_a_folder_a_file_that_is_not_ours_costs_one_line_and_the_others_are_done(run, folder):
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        (folder / name).write_bytes((folder / "photo.jpg").read_bytes())
    (folder / "out" / "b.npy").write_bytes(NOTE)
    done = run("blur-map", "-o", "out/", "a.jpg", "b.jpg", "c.jpg", cwd=folder)
    assert (done.status, done.stderr) == (
        2,
        b"blur-map: out/b.npy: exists, and is not known to be NPY of blurkit; name another file, or --force\n",
    )
    assert listed(folder / "out") == ["a.npy", "b.npy", "c.npy"] and (folder / "out" / "b.npy").read_bytes() == NOTE
    done = run("blur-mask", "-f", "npy", "-o", "out/", stdin=npy(MAP, MAP), cwd=folder)
    assert done.status == 0 and {"stdin.npy", "stdin-2.npy"} < set(listed(folder / "out"))
    (folder / "out" / "stdin-2.npy").write_bytes(NOTE)
    done = run("blur-mask", "-f", "npy", "-o", "out/", stdin=npy(1 - MAP, MAP), cwd=folder)
    assert (
        done.status == 2
        and b"out/stdin-2.npy: exists" in done.stderr
        and (folder / "out" / "stdin-2.npy").read_bytes() == NOTE
    )
    assert np.array_equal(np.load(folder / "out" / "stdin.npy") > 0, MAP < 0.5)


def test_resume_takes_a_picture_of_theirs_for_no_result(run, folder):
    Image.open(folder / "photo.jpg").save(folder / "out" / "photo.png")
    theirs = (folder / "out" / "photo.png").read_bytes()
    done = run("blur-map", "-f", "png", "--resume", "-o", "out/", "photo.jpg", cwd=folder)
    assert done.status == 2 and REFUSED in done.stderr and (folder / "out" / "photo.png").read_bytes() == theirs


# ---- the page of scores ---------------------------------------------------------


def test_a_page_whose_name_was_forgotten_costs_no_photo(run, folder):
    for name in ("a.jpg", "b.jpg"):
        (folder / name).write_bytes((folder / "photo.jpg").read_bytes())
    before = {name: (folder / name).read_bytes() for name in listed(folder)}
    for words in (
        ["--report", "a.jpg"],
        ["--sort", "--report", "a.jpg", "b.jpg"],
        ["--force", "--report", "a.jpg", "b.jpg"],
        ["--report", "page", "a.jpg"],
    ):
        done = run("blur-score", *words, cwd=folder)
        assert done.status == 2 and b"ends in .html" in done.stderr and not done.stdout
    assert {name: (folder / name).read_bytes() for name in listed(folder)} == before


def test_a_page_on_standard_output_is_the_page_in_a_file(run, folder):
    to_file = run("blur-score", "--report", "look.html", "photo.jpg", cwd=folder)
    to_pipe = run("blur-score", "--report", "-", "photo.jpg", cwd=folder)
    assert to_file.status == to_pipe.status == 0 and to_file.stdout.endswith(b"\tphoto.jpg\n")
    assert to_pipe.stdout == (folder / "look.html").read_bytes() and to_pipe.stdout.startswith(b"<!DOCTYPE html>")
    assert run("blur-score", "--json", "--report", "-", "photo.jpg", cwd=folder).status == 2
    assert b"--force is about" in run("blur-score", "--force", "photo.jpg", cwd=folder).stderr


# ---- the guard itself ------------------------------------------------------------


@pytest.mark.parametrize(
    "form, data",
    {
        "npy of another type": ("npy", npy(MAP.astype(np.float64))),
        "npy of numbers above 1": ("npy", npy(3 * MAP)),
        "npy of numbers below 0": ("npy", npy(-MAP)),
        "npy with NaN": ("npy", npy(np.full((2, 3), np.nan, np.float32))),
        "npy of features": ("npy", npy(MAP.ravel())),
        "npy of a photo": ("npy", npy(np.zeros((9, 9, 3), np.uint8))),
        "npy of a grey photo": ("npy", npy(np.arange(100, dtype=np.uint8).reshape(10, 10))),
        "npy of a table": ("npy", npy(np.zeros(5, [("x", "f4"), ("photo", "S64")]))),
        "npy and more behind it": ("npy", npy(MAP) + NOTE),
        "npy of which the last map is none": ("npy", npy(MAP, MAP, 2 * MAP)),
        "pfm of colour": ("pfm", b"PF\n1 1\n-1.0\n" + bytes(12)),
        "pfm of depth": ("pfm", b"Pf\n1 1\n-1.0\n" + np.float32(7).tobytes()),
        "pfm of the other byte order": ("pfm", b"Pf\n1 1\n1.0\n" + bytes(4)),
        "a photo as png": ("png", photo_as("PNG")),
        "a photo as tiff": ("tiff", photo_as("TIFF")),
        "arrays of somebody else": ("npz", b"PK\3\4" + bytes(100)),
        "a page of somebody else": ("html", b"<!doctype html><html><head><title>blurkit</title>"),
    }.values(),
)
def test_files_of_the_same_format_by_others_are_told_from_ours(form, data):
    assert not marks.is_output(io.BytesIO(data), form)


def test_npz_of_somebody_else_is_not_ours_and_weights_are(root, tmp_path):
    np.savez(tmp_path / "theirs.npz", header=np.array('{"a": 1}'), points=MAP)
    assert not marks.is_output(io.BytesIO((tmp_path / "theirs.npz").read_bytes()), "npz")
    for path in (root / "share/weights").glob("*.npz"):
        assert marks.is_output(io.BytesIO(path.read_bytes()), "npz")


@pytest.mark.parametrize("form", ["npy", "png", "tiff", "pfm"])
def test_every_beginning_of_our_output_is_ours(form):
    data = joined(encode_map(MAP, form))
    for length in [*range(300), *range(300, len(data), 997), len(data)]:
        assert marks.is_output(io.BytesIO(data[:length]), form), length


def test_pixels_of_blur_replace_pixels_of_blur_alone():
    data = npy(5 * MAP)
    assert marks.is_output(io.BytesIO(data), "npy", sigma=True) and not marks.is_output(io.BytesIO(data), "npy")
    assert not marks.is_output(io.BytesIO(npy(np.full((2, 2), np.inf, np.float32))), "npy", sigma=True)


def test_a_photo_that_comes_while_we_work_is_not_replaced(tmp_path):
    with pytest.raises(Refused), WholeFile(str(tmp_path / "a.npy"), Guard("npy")) as file:
        file.write([npy(MAP)])
        (tmp_path / "a.npy").write_bytes(NOTE)
    assert listed(tmp_path) == ["a.npy"] and (tmp_path / "a.npy").read_bytes() == NOTE


def test_an_own_output_that_becomes_a_photo_while_we_work_is_not_replaced(tmp_path):
    (tmp_path / "a.npy").write_bytes(npy(MAP))
    with pytest.raises(Refused), WholeFile(str(tmp_path / "a.npy"), Guard("npy")) as file:
        file.write([npy(MAP)])
        (tmp_path / "a.npy").write_bytes(NOTE)
    assert (tmp_path / "a.npy").read_bytes() == NOTE


@pytest.mark.parametrize("links", [True, False], ids=["", "without hard links"])
def test_of_many_runs_at_once_one_whole_result_stays(tmp_path, monkeypatch, links):
    if not links:
        monkeypatch.setattr(os, "link", lambda *_: (_ for _ in ()).throw(PermissionError(1, "Operation not permitted")))
    results = [npy(np.full((50, 60), n / 10, np.float32)) for n in range(8)]

    def make(data):
        with WholeFile(str(tmp_path / "a.npy"), Guard("npy")) as file:
            file.write([data])

    threads = [threading.Thread(target=make, args=[data]) for data in results]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert listed(tmp_path) == ["a.npy"] and (tmp_path / "a.npy").read_bytes() in results


def test_an_empty_file_holds_nothing_that_could_be_lost(run, folder):
    (folder / "empty.npy").touch()
    assert run("blur-map", "-o", "empty.npy", "photo.jpg", cwd=folder).status == 0 and np.load(
        folder / "empty.npy"
    ).shape == (90, 120)


def test_the_guard_names_the_input_it_keeps(folder):
    guard = Guard("npy", force=True)
    guard.protect([str(folder / "map.npy")])
    with pytest.raises(UsageError, match="would replace the input"):
        guard.check(str(folder / "out" / ".." / "map.npy"))
