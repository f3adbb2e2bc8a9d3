"""What -r finds below a folder: photos of every suffix that is read, and nothing that systems leave there."""

import numpy as np
import pytest
from PIL import Image

from blurkit.cli import companions, inputs
from blurkit.io.photo import FORMATS, RAW_SUFFIXES
from tests.files import saved

SHADOW = bytes.fromhex("00051607000200004d6163204f532058") + bytes(100)  # what a Mac leaves beside a file on a card
HIDDEN = ("._photo.jpg", ".photo.jpg", ".trashed-1700000000-photo.jpg")
LEFT = (
    "__MACOSX",
    "@eaDir",
    "#recycle",
    "@Recycle",
    "$RECYCLE.BIN",
    "System Volume Information",
    ".thumbnails",
    ".Trashes",
    ".git",
    "lost+found",
)


@pytest.fixture
def photo(scene):
    return saved(Image.fromarray(scene), "JPEG")


def names(folder):
    return [item.stem for item in inputs.below(folder)]


@pytest.mark.parametrize("suffix", sorted({suffix for row in FORMATS for suffix in row.suffixes}))
def test_every_suffix_of_a_format_that_is_read_is_found_however_it_is_written(suffix, tmp_path):
    for name in ("one" + suffix, "two" + suffix.upper()):
        (tmp_path / name).write_bytes(b"")
    assert names(tmp_path) == ["one", "two"]


def test_the_suffixes_people_have_are_among_them():
    suffixes = {suffix for row in FORMATS for suffix in row.suffixes}
    assert suffixes >= {
        ".jpg",
        ".jpeg",
        ".jfif",
        ".mpo",
        ".png",
        ".tif",
        ".tiff",
        ".webp",
        ".gif",
        ".bmp",
        ".pnm",
        ".pam",
        ".heic",
        ".hif",
        ".avif",
        ".dng",
    }
    assert set(RAW_SUFFIXES) <= suffixes and not suffixes & {".txt", ".xmp", ".mov", ".mp4", ".npy"}


def test_what_systems_leave_and_what_is_hidden_is_passed_over_in_silence(run, photo, tmp_path):
    (tmp_path / "album").mkdir()
    for name in ("photo.jpg", "album/other.jfif", "album/pair.mpo"):
        (tmp_path / name).write_bytes(photo)
    for name in HIDDEN:
        (tmp_path / name).write_bytes(SHADOW)
        (tmp_path / "album" / name).write_bytes(SHADOW)
    for folder in LEFT:
        for place in (tmp_path / folder, tmp_path / "album" / folder / "deeper"):
            place.mkdir(parents=True)
            (place / "photo.jpg").write_bytes(SHADOW)
    done = run("blur-score", "-r", ".", cwd=tmp_path)
    assert (done.status, done.stderr) == (0, b"")
    assert [line.split(b"\t")[1] for line in done.stdout.splitlines()] == [
        b"./photo.jpg",
        b"./album/other.jfif",
        b"./album/pair.mpo",
    ]
    assert run("blur-map", "-r", ".", "-o", "out/", cwd=tmp_path).status == 0
    assert sorted(str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*.npy")) == [
        "album/other.npy",
        "album/pair.npy",
        "photo.npy",
    ]


@pytest.mark.parametrize("name", [".hidden", "@eaDir", ".hidden/."])
def test_a_folder_that_is_named_is_searched_and_a_file_that_is_named_is_read(name, run, photo, tmp_path):
    folder = tmp_path / name
    folder.mkdir(parents=True)
    (folder / "photo.jpg").write_bytes(photo)
    (folder / ".own.jpg").write_bytes(photo)
    done = run("blur-score", "-r", name, f"{name}/.own.jpg", cwd=tmp_path)
    assert done.status == 0 and done.stdout.count(b"\n") == 2
    assert run("blur-score", "--calibrate", name, name, cwd=tmp_path).status == 0


def test_a_folder_with_nothing_else_in_it_has_no_photos(run, tmp_path):
    (tmp_path / "__MACOSX").mkdir()
    (tmp_path / "__MACOSX" / "photo.jpg").write_bytes(SHADOW)
    done = run("blur-score", "-r", tmp_path)
    assert done.status == 2 and done.stderr.endswith(b": no photos below this folder\n")


def test_masks_are_looked_up_beside_photos_as_before(tmp_path):
    (tmp_path / ".photo.mask.png").write_bytes(b"mask")
    (tmp_path / ".photo.png").write_bytes(saved(Image.fromarray(np.zeros((4, 4), np.uint8)), "PNG"))
    item = inputs.Input(str(tmp_path / ".photo.png"), ".photo")
    assert companions.beside(item, None, (".mask.png",), "mask") == (b"mask", str(tmp_path / ".photo.mask.png"))


@pytest.mark.parametrize("form", ["png", "tiff"])
def test_pictures_that_blurkit_wrote_below_a_folder_are_no_photos_of_the_next_run(run, photos, tmp_path, form):
    (tmp_path / "photo.jpg").write_bytes((photos / "photo.jpg").read_bytes())
    for _ in range(2):
        assert run("blur-map", "-r", "-f", form, "-o", ".", ".", cwd=tmp_path) == (0, b"", b"")
    (tmp_path / "mask.png").write_bytes(run("blur-mask", stdin=run("blur-map", tmp_path / "photo.jpg").stdout).stdout)
    done = run("blur-score", "-r", ".", cwd=tmp_path)
    assert done.status == 0 and [line.split(b"\t")[1] for line in done.stdout.splitlines()] == [b"./photo.jpg"]
    named = run("blur-score", f"photo.{form}", cwd=tmp_path)
    assert named.status == 2 and b"wrote, no photo: add --maps" in named.stderr  # it is told if it is named
    Image.fromarray(np.zeros((9, 9), np.uint8)).save(tmp_path / f"theirs.{form}")
    assert len(run("blur-score", "-r", ".", cwd=tmp_path).stdout.splitlines()) == 2


def test_maps_below_a_folder_are_found_where_maps_are_wanted(run, photos, tmp_path):
    assert run("blur-map", "-f", "png", "-o", f"{tmp_path}/maps/", photos / "photo.png").status == 0
    done = run("blur-score", "--maps", "-r", "maps", cwd=tmp_path)
    assert done.status == 0 and done.stdout.endswith(b"\tmaps/photo.png\n")
    assert run("blur-score", "-r", "maps", cwd=tmp_path).stderr.endswith(b"no photos below this folder\n")
