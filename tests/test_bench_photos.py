"""The lists of photos that weights are trained on: whatever the layout, none of val.txt."""

import subprocess
import sys

import pytest


@pytest.fixture
def listed(root):
    """listed("training", folder): names relative to the folder."""

    def listed(which, folder):
        done = subprocess.run(
            [sys.executable, root / "bench" / "photos.py", which, folder], capture_output=True, text=True, check=True
        )
        names = done.stdout.split("\0")
        assert names.pop() == ""
        return [name.removeprefix(f"{folder}/") for name in names]

    return listed


def touch(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


@pytest.mark.parametrize("below", ["", "cuhk/"])
def test_drawn_masks_lie_in_the_folder_or_in_cuhk_and_what_val_txt_names_is_left_out(listed, tmp_path, below):
    touch(
        tmp_path / below, *(f"image/{name}" for name in ("a.jpg", "b.JPG", "c d.png", "e.tif", "no mask.jpg", "f.txt"))
    )
    touch(tmp_path / below, *(f"gt/{name}" for name in ("a.png", "b.bmp", "c d.jpg", "e.png", "f.png", "alone.png")))
    assert listed("training", tmp_path) == [f"{below}image/{name}" for name in ("a.jpg", "b.JPG", "c d.png", "e.tif")]
    (tmp_path / below / "val.txt").write_text("c d\nb\n")
    assert listed("training", tmp_path) == [f"{below}image/{name}" for name in ("a.jpg", "e.tif")]


def test_another_folder_named_cuhk_does_not_count(listed, tmp_path):
    touch(tmp_path, "cuhk/notes.txt", "image/a.jpg", "gt/a.png")
    assert listed("training", tmp_path) == ["image/a.jpg"]


def test_a_folder_without_photos_and_masks_is_an_error(root, tmp_path):
    touch(tmp_path, "image/a.jpg")
    done = subprocess.run(
        [sys.executable, root / "bench" / "photos.py", "training", tmp_path], capture_output=True, text=True
    )
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.endswith("holds neither image/ and gt/ nor cuhk/ with them\n")


def test_sharp_photos_go_by_whether_they_have_a_segmentation(listed, tmp_path):
    segmented = ("a.jpg", "a.seg.png", "d.png", "d.seg.png", "e.JPEG", "e.seg.png")
    touch(tmp_path / "scenes", *segmented, "b.jpg", "c.png", "c.txt")
    assert listed("scenes", tmp_path) == [f"scenes/{name}" for name in ("a.jpg", "d.png", "e.JPEG")]
    assert listed("unsegmented", tmp_path) == ["scenes/b.jpg", "scenes/c.png"]
