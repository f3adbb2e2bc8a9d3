"""Wrong usage is answered in one line with the way out."""

import os

import pytest

from blurkit.cli import completions, hints
from tests.files import one_line

PARSERS = dict(completions.parsers())


@pytest.mark.parametrize(
    ("command", "words", "way_out"),
    [
        ("blur-score", ["--tpo", "3"], "there is no option --tpo; did you mean --top?"),
        ("blur-score", ["--fail-belw=.5"], "there is no option --fail-belw; did you mean --fail-below?"),
        ("blur-map", ["--recurs"], "there is no option --recurs; did you mean --recursive?"),
        ("blur-map", ["--working_size", "9"], "there is no option --working_size; did you mean --working-size?"),
        ("blur-map", ["--RAW"], "there is no option --RAW; did you mean --raw?"),
        ("blur-map", ["-raw"], "did you mean --raw?"),
        (
            "blur-score",
            ["--srot", "--tpo", "3"],
            "there is no option --srot; did you mean --sort? there is no option --tpo; did you mean --top?",
        ),
        ("blur-score", ["--frobnicate"], "there is no option --frobnicate; blur-score --help shows all"),
        ("blur-score", ["-R", "photos"], "did you mean -r?"),
        ("blur-refine", ["-r", "maps"], "blur-refine takes maps, not folders: name them, as in FOLDER/*"),
        ("blur-train", ["--recursive"], "blur-train takes patch sets, not folders"),
        ("blur-score", ["--tsv"], "did you mean --csv?"),
        ("blur-score", ["--threshold", "0.5"], "did you mean --fail-below T?"),
        ("blur-map", ["--threshold", "0.5"], "blur-mask has it"),
        ("blur-mask", ["--guide", "a.jpg"], "blur-refine has it"),
        ("blur-map", ["--burst=2"], "blur-score has it"),
        ("blur-map", ["--output-dir", "maps"], "did you mean -o FOLDER/?"),
        ("blur-mask", ["--outdir=masks"], "did you mean -o FOLDER/?"),
        ("blur-score", ["-o", "scores.txt"], "blur-score writes lines to standard output: blur-score ... > FILE"),
        ("blur-map", ["--input", "a.jpg"], "files are named without an option"),
        ("blur-map", ["--workers", "4"], "did you mean -j N?"),
        ("blur-patches", ["-n", "4"], "did you mean -j N?"),
        ("blur-score", ["-n", "4"], "did you mean --top N?"),
        ("blur-train", ["--gpu"], "did you mean --device cuda?"),
        ("blur-map", ["-V"], "did you mean --version?"),
        ("blur-score", ["--files-from", "list"], "did you mean --files0-from F, each name ended by NUL?"),
        ("blur-map", ["--method", "zneg"], "'zneg' is none of joint, park, zeng; did you mean zeng?"),
        ("blur-map", ["--method", "Park"], "did you mean park?"),
        ("blur-map", ["--method", "astrology"], "'astrology' is none of joint, park, zeng"),
        ("blur-map", ["--palette", "viridi"], "did you mean viridis?"),
        ("blur-score", ["--truth-is", "blured"], "did you mean blurred?"),
        ("blur-mask", ["-t", "ostu"], "did you mean otsu?"),
        ("blur-score", ["--region", "maks"], "did you mean mask?"),
        ("blur-map", ["--device", "cdua", "a.jpg"], "did you mean cuda?"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_was_meant_is_said(run, command, words, way_out):
    done = run(command, *words)
    line = one_line(command, done).decode()
    assert line.endswith(way_out + "\n") or way_out in line and way_out[-1] != "?"
    assert done.stdout == b"" and len(done.stderr.splitlines()) == 1


def test_all_that_is_proposed_is_there():
    for _, option, written in hints.HABITS:
        assert written.startswith(option) and any(
            option in parser._option_string_actions for parser in PARSERS.values()
        )
    for others, option, _ in hints.HABITS:  # a line that no command could ever come to would be a wrong one
        assert any(
            option in parser._option_string_actions and name not in parser._option_string_actions
            for name in others.split()
            for parser in PARSERS.values()
        )


@pytest.mark.parametrize(
    ("command", "way_out"),
    [
        ("blur-map", "is a folder; -r takes the photos in it"),
        ("blur-score", "is a folder; -r takes the photos in it"),
        ("blur-patches", "is a folder; -r takes the photos in it"),
        ("blur-mask", "is a folder; -r takes the photos in it"),
        ("blur-refine", "is a folder; name the maps in it, as in FOLDER/*"),
        ("blur-train", "is a folder; name the patch sets in it, as in FOLDER/*"),
    ],
)
def test_a_folder_is_told_as_what_it_is_and_how_to_take_what_is_in_it(run, tmp_path, command, way_out):
    (tmp_path / "summer").mkdir()
    done = run(command, "summer", cwd=tmp_path)
    assert done.status == 2 and done.stderr.splitlines()[0].decode() == f"{command}: summer: {way_out}"


def test_other_photos_are_done_beside_a_folder(run, photos, tmp_path):
    done = run("blur-score", tmp_path, photos / "photo.png")
    assert done.status == 2 and done.stdout.count(b"\n") == 1 and done.stderr.count(b"\n") == 1


@pytest.mark.parametrize("name", ["-d2.jpg", "-0.jpg", "-r.png", "-x", "--what.jpg", "--top3.jpg"])
def test_a_name_that_starts_with_a_dash_goes_after_two(run, photos, tmp_path, name):
    (tmp_path / name).write_bytes((photos / "photo.png").read_bytes())
    done = run("blur-score", name, cwd=tmp_path)
    assert (
        one_line("blur-score", done)
        .decode()
        .endswith(f"; a name that starts with - goes after --: blur-score -- {name}\n")
    )
    assert run("blur-score", "--", name, cwd=tmp_path).status == 0
    (tmp_path / name).unlink()
    assert b"goes after" not in run("blur-score", name, cwd=tmp_path).stderr


def test_a_file_of_the_name_of_an_option_is_not_spoken_of(run, tmp_path):
    (tmp_path / "-q").write_bytes(b"")
    assert b"goes after" not in run("blur-score", "-q", "--tpo", cwd=tmp_path).stderr


@pytest.mark.parametrize(
    ("command", "what"),
    [
        ("blur-score", "a photo"),
        ("blur-map", "a photo"),
        ("blur-mask", "maps"),
        ("blur-refine", "maps"),
        ("blur-train", "patch sets"),
    ],
)
@pytest.mark.parametrize(
    "names",
    [b"a.jpg\nb.jpg\n", b"photos/caf\xc3\xa9 1.JPG", b"./maps/x.npy\n./maps/y.npy\nlas"],
    ids=["lines", "one", "cut short"],
)
def test_names_on_standard_input_are_told_from_what_is_wanted(run, command, what, names):
    done = run(command, stdin=names)
    text = f"standard input holds names, not {what}; -0 reads names each ended by NUL: find ... -print0 | {command} -0"
    assert (done.status, done.stdout, done.stderr.decode()) == (2, b"", f"{command}: -: {text}\n")


def test_names_without_a_suffix_are_known_by_their_files(run, photos, tmp_path):
    (tmp_path / "IMG_1").write_bytes((photos / "photo.png").read_bytes())
    assert b"holds names" in run("blur-score", stdin=b"IMG_1\n", cwd=tmp_path).stderr
    assert b"holds names" not in run("blur-score", stdin=b"IMG_2\n", cwd=tmp_path).stderr


def test_names_ended_by_nul_want_an_option(run):
    done = run("blur-map", stdin=b"a.jpg\0b.jpg\0")
    assert (
        done.stderr == b"blur-map: -: standard input holds names, not photos; add -0: find ... -print0 | blur-map -0\n"
    )


def test_a_list_of_lines_where_nul_is_wanted_is_told(run, photos, tmp_path):
    (tmp_path / "list").write_text("a.jpg\nb.jpg\n")
    for words, source in ((["-0"], "-"), ([f"--files0-from={tmp_path}/list"], f"{tmp_path}/list")):
        done = run("blur-score", *words, stdin=b"a.jpg\nb.jpg\n")
        text = (
            f"blur-score: {source}: the names must end in NUL, not in newlines: find ... -print0, or tr '\\n' '\\0'\n"
        )
        assert (done.status, done.stderr.decode()) == (2, text)
    odd = tmp_path / "two\nlines.png"
    os.symlink(photos / "photo.png", odd)
    assert run("blur-score", "-0", stdin=os.fsencode(odd)).status == 0


@pytest.mark.parametrize("name", ["photo.png", "photo.jpg"])
def test_photos_on_standard_input_are_not_taken_for_names(run, photos, name):
    assert run("blur-score", stdin=(photos / name).read_bytes()).status == 0


def test_a_photo_of_text_is_a_photo(run):
    text = b"P3\n8 8\n255\n" + b"10 200 30 \n" * 64
    assert run("blur-map", stdin=text).status == 0


def test_what_is_right_imports_nothing_for_hints(run, photos):
    done = run("blur-score", "--debug", photos / "photo.png", interpreter=("-X", "importtime"))
    assert done.status == 0 and b"blurkit.cli.inputs" in done.stderr and b"blurkit.cli.hints" not in done.stderr
    done = run("blur-score", "--debug", stdin=(photos / "photo.png").read_bytes(), interpreter=("-X", "importtime"))
    assert done.status == 0 and b"blurkit.cli.hints" not in done.stderr and b"difflib" not in done.stderr
