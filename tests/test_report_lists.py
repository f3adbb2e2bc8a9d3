"""The names that the page of a report gives back to a shell, in a browser, where there is one."""

import os
import shutil
import subprocess
import time

import pytest

from tests.test_report import SIX, row

NAMES = [
    "plain.jpg",
    'it\'s $(touch oops) `x` "q" \\.jpg',
    "-n",
    "sub/two\nlines",
    "sub/\udcff\udcfe'\\.jpg",
    "ü 😀.jpg",
]


@pytest.fixture
def listed(shown, window, tmp_path):
    """listed(form): what the page saves of `NAMES`, of which the last is kept, as a file."""
    rows = [row(name, 0.1 + n / 100, is_file=True) for n, name in enumerate(NAMES)]
    shown([*rows, row("-:3", 0.2, is_file=False), row("sharp.jpg", 0.9)])
    window.press("n")
    folder = tmp_path / "saved"
    folder.mkdir()
    window("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(folder))

    def listed(form):
        window.of(f"one('form').value = '{form}'; write(); one('save').click()")
        for _ in range(100):
            whole = [path for path in folder.iterdir() if path.suffix in (".lst", ".sh")]
            if whole:
                return whole[0].read_bytes(), window.of("one('note').textContent")
            time.sleep(0.1)
        pytest.fail("nothing was saved")

    return listed


def test_names_are_saved_byte_by_byte_with_nul(listed):
    data, note = listed("nul")
    assert data == b"".join(os.fsencode(name) + b"\0" for name in [*NAMES, "-:3"])
    assert note.startswith("7 of 8 photos, whatever is shown.") and "xargs -0" in note


def test_names_one_a_line_are_the_names_and_what_is_lost_is_told(listed, window):
    data, note = listed("lines")
    assert data == b"".join(os.fsencode(name) + b"\n" for name in [*NAMES, "-:3"])
    assert "1 hold a line break" in note and "1 hold bytes that are no text" in note


def test_mv_lines_move_just_these_files_in_bash_and_in_sh(listed, tmp_path):
    data, note = listed("mv")
    assert "1 are pictures of a stream" in note
    for shell in filter(shutil.which, ("bash", "zsh")):
        folder = tmp_path / shell
        (folder / "sub").mkdir(parents=True)
        for name in [*NAMES, "sharp.jpg", "oops.jpg"]:
            with open(os.path.join(folder, name), "w", encoding="utf-8", errors="surrogateescape") as file:
                file.write(name)
        done = subprocess.run([shell], input=data, cwd=folder, capture_output=True, timeout=60, check=True)
        assert not done.stderr
        moved = {name: (folder / "rejected" / name).read_bytes() for name in os.listdir(folder / "rejected")}
        assert moved == {os.path.basename(name): os.fsencode(name) for name in NAMES}
        assert sorted(os.listdir(folder)) == ["oops.jpg", "rejected", "sharp.jpg", "sub"]


def test_mv_lines_take_the_files_of_a_shot_along_but_none_of_a_photo_that_stays(shown):
    both = {"siblings": ["d/A.xmp", "d/A.CR2"]}
    rows = [
        row("d/A.JPG", 0.1, **both),
        row("d/A.CR2", 0.9, siblings=["d/A.JPG", "d/A.xmp"]),
        row("d/B.JPG", 0.2, siblings=["d/B.CR2", "d/it's\udcff.xmp"]),
        row("d/C.JPG", 0.95),
    ]
    window = shown(rows)
    window.press("n")
    window.of("one('form').value = 'mv'; write()")
    lines = ["mkdir -p rejected/", "mv -n -- 'd/A.JPG' rejected/", "mv -n -- 'd/B.JPG' rejected/"]
    lines += ["mv -n -- 'd/B.CR2' rejected/", r"mv -n -- $'d/it\047s\377.xmp' rejected/"]
    assert window.of("one('text').value.split('\\n')") == [*lines, ""]
    assert "2 more files of these shots go along" in window.of("one('note').textContent")
    window.of("threshold.value = 0.92; update(); write()")  # A.CR2 is rejected as well, and A.xmp goes with both
    moved = window.of("one('text').value.match(/d.A[.][A-Za-z0-9]+/g)")
    assert sorted(moved) == ["d/A.CR2", "d/A.JPG", "d/A.xmp"]
    window.of("one('form').value = 'lines'; write()")
    assert "xmp" not in window.of("one('text').value") + window.of("one('note').textContent")


def test_mv_lines_keep_the_folders_of_files_whose_names_repeat(shown, tmp_path):
    names = ["x/IMG_1.jpg", "y/IMG_1.jpg", "y/it's a \udcff/IMG_2.jpg", "../IMG_1.jpg", "/r/IMG_3.jpg", "IMG_4.jpg"]
    rows = [row(name, 0.1 + n / 100, siblings=[name.replace(".jpg", ".CR2")]) for n, name in enumerate(names)]
    window = shown(rows)
    window.press("n")
    window.of("one('form').value = 'mv'; write()")
    text = window.of("one('text').value")
    assert "Some names repeat, so each file keeps its folder below." in window.of("one('note').textContent")
    inside = [name.replace(".jpg", kind) for name in names if name[0] not in "/." for kind in (".jpg", ".CR2")]
    folder = tmp_path / "album"
    for name in inside:
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write(name)
    lines = [line for line in text.splitlines() if "-- '/r/" not in line and "-- '../" not in line]
    subprocess.run(["bash"], input="\n".join(lines).encode(), cwd=folder, check=True, capture_output=True, timeout=60)
    for name in inside:
        with open(os.path.join(folder, "rejected", name), "rb") as file:
            assert file.read() == os.fsencode(name)
    assert "mv -n -- '../IMG_1.jpg' 'rejected/'" in text and "mv -n -- '/r/IMG_3.jpg' 'rejected/r/'" in text
    assert "mv -n -- 'IMG_4.jpg' 'rejected/'" in text


def test_marks_can_be_taken_out_on_their_own(shown):
    window = shown(SIX)
    window.press("ArrowRight", "x", "End", "x", "n")
    lists = {}
    for which in ("rejected", "kept", "out", "in"):
        window.of(f"one('which').value = '{which}'; write()")
        lists[which] = window.of("one('text').value").split()
    odd, even = [f"{n}/odd.JPG" for n in (1, 3)], [f"{n}/even.JPG" for n in (0, 2, 4)]
    assert lists == {
        "rejected": [odd[0], even[1], "blind.jpg"],
        "kept": [even[0], odd[1], even[2]],
        "out": ["blind.jpg"],
        "in": [even[0]],
    }


def test_copying_tells_what_became_of_it_and_nul_cannot_be_copied(shown):
    window = shown(SIX)
    window.press("n")
    window.of(
        "document.execCommand = (what) => what === 'copy' && getSelection().toString().length > 0; one('copy').click()"
    )
    assert window.of("one('note').textContent") in (
        "Copied.",
        "The browser does not let it be copied; the names are selected.",
    )
    assert window.of("one('text').selectionEnd - one('text').selectionStart") == len(
        "0/even.JPG\n1/odd.JPG\n2/even.JPG\n"
    )
    window.of("one('form').value = 'nul'; write()")
    assert window.of("one('copy').disabled") is True
