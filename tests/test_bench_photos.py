"""The lists of photos that weights are trained on: whatever the layout, none of val.txt."""

import subprocess
import sys

import pytest


@pytest.fixture
def listed(root):
    """listed("training", folder): names relative to the folder."""

    def listed(which, folder):
        done = subprocess.run([sys.executable, root / "bench" / "photos.py", which, folder], capture_output=True, text=True, check=True)
        names = done.stdout.split("\0")
        assert names.pop() == ""
        return [name.removeprefix(f"{folder}/") for name in names]

    return listed


@pytest.mark.parametrize("below", ["", "cuhk/"])
def test_drawn_masks_lie_in_the_folder_or_in_cuhk_and_what_val_txt_names_is_left_out(listed, tmp_path, below):
    for name in ("image/a.jpg", "image/b.jpg", "image/c d.png", "image/no mask.jpg", "gt/a.png", "gt/b.png", "gt/c d.png", "gt/alone.png"):
        path = tmp_path / below / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    assert listed("training", tmp_path) == [f"{below}image/{name}" for name in ("a.jpg", "b.jpg", "c d.png")]
    (tmp_path / below / "val.txt").write_text("b\n")
    assert listed("training", tmp_path) == [f"{below}image/{name}" for name in ("a.jpg", "c d.png")]


def test_sharp_photos_go_by_whether_they_have_a_segmentation(listed, tmp_path):
    (tmp_path / "scenes").mkdir()
    for name in ("a.jpg", "a.seg.png", "b.jpg", "c.png", "c.txt"):
        (tmp_path / "scenes" / name).touch()
    assert listed("scenes", tmp_path) == ["scenes/a.jpg"]
    assert listed("unsegmented", tmp_path) == ["scenes/b.jpg", "scenes/c.png"]
    assert listed("training", tmp_path) == []
