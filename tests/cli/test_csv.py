"""Tables of blur-score, read back by another program's rules, hold what its JSON holds."""

import csv
import io
import json
import os
import subprocess

import pytest

ODD = 'a "quoted", name\nof = two lines.jpg'


def rows(done):
    """The rows of a table that a command wrote, as dicts; its lines end in CR LF."""
    text = os.fsdecode(done.stdout)
    assert text.endswith("\r\n")
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def records(done):
    """The objects of the lines that a command wrote."""
    return [json.loads(line) for line in done.stdout.splitlines()]


def as_text(value):
    """A value of JSON as a field of a table."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--group", "(p).*(g)"],
        ["--keep-best", "--group", "[pw]"],
        ["--fps", "25"],
        ["--save", "kept/"],
        ["--above", "0.1", "--sort"],
        ["-j", "2", "--detail"],
    ],
    ids=" ".join,
)
def test_every_field_of_json_is_in_the_table(run, photos, half, tmp_path, words):
    (tmp_path / ODD).write_bytes((photos / "photo.jpg").read_bytes())
    (tmp_path / "two.jpgs").write_bytes(2 * (photos / "photo.jpg").read_bytes())
    files = [ODD, photos / "photo.png", half / "wall.png", "two.jpgs"]
    by_csv, by_json = (run("blur-score", "-q", form, *words, *files, cwd=tmp_path) for form in ("--csv", "--json"))
    assert by_csv.status == by_json.status == 0
    expected, table = records(by_json), rows(by_csv)
    assert len(table) == len(expected) and any(row["path"] == ODD for row in table)
    for row, record in zip(table, expected, strict=True):
        missing = row.keys() - record.keys()
        assert missing <= {"frame", "time"} and all(row[name] == "" for name in missing)
        assert {name: row[name] for name in record} == {name: as_text(value) for name, value in record.items()}


def test_maps_and_bytes_that_are_no_text_have_rows(run, half, tmp_path):
    name = b"caf\xe9.npy"
    with open(os.path.join(os.fsencode(tmp_path), name), "wb") as file:
        file.write((half / "map.npy").read_bytes())
    done = run("blur-score", "--csv", name, "missing.jpg", half / "photo.png", cwd=tmp_path)
    first, second = rows(done)
    assert done.status == 2 and b"missing.jpg: No such file" in done.stderr
    assert os.fsencode(first["path"]) == name and float(first["score"]) > 0.9 and first["sigma"] == ""
    assert float(second["score"]) == 1 / (1 + float(second["sigma"]))


def test_agreement_with_masks_has_a_row_for_each_photo_and_one_for_all(run, masked):
    names = [masked / f"p{number}.png" for number in range(3)]
    by_csv, by_json = (run("blur-score", "--truth", masked, form, *names) for form in ("--csv", "--json"))
    table, expected = rows(by_csv), records(by_json)
    assert len(table) == 4 and table[-1]["path"] == "" and table[-1]["photos"] == "3"
    for row, record in zip(table, expected, strict=True):
        assert {name: row[name] for name in record} == {name: as_text(value) for name, value in record.items()}


def test_the_threshold_between_two_folders_is_one_row(run, half, tmp_path):
    for folder, name in (("good", "left.png"), ("bad", "right.png")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).write_bytes((half / "photo.png").read_bytes())
    by_csv, by_json = (
        run("blur-score", form, "--calibrate", "good", "bad", cwd=tmp_path) for form in ("--csv", "--json")
    )
    assert rows(by_csv) == [{name: as_text(value) for name, value in records(by_json)[0].items()}]


def test_a_row_is_there_as_soon_as_its_photo_is_scored(start, photos):
    with start("blur-score", "--csv", "-0") as process:
        assert process.stdout.readline().startswith(b"path,frame,time,score,")
        process.stdin.write(os.fsencode(photos / "photo.jpg") + b"\0")
        process.stdin.flush()
        assert process.stdout.readline().startswith(os.fsencode(photos / "photo.jpg") + b",,,0.")
        process.stdin.close()
        assert process.stdout.read() == b""


def test_sqlite_reads_the_table_as_the_page_has_it(root, shell, photos, half, tmp_path):
    from tests.roff import examples, section

    if subprocess.run(["which", "sqlite3"], capture_output=True).returncode:
        pytest.skip("sqlite3 is not installed")
    (lines,) = [text for text in examples(section(root / "man/blur-score.1", "EXAMPLES")) if "sqlite3" in text]
    (tmp_path / "photos").mkdir()
    for name in (half / "photo.png", half / "wall.png"):
        (tmp_path / "photos" / name.name).write_bytes(name.read_bytes())
    (tmp_path / "photos" / "a, b.jpg").write_bytes((photos / "photo.jpg").read_bytes())
    assert sorted(shell(lines).splitlines()) == [b"photos/a, b.jpg", b"photos/photo.png"]
