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


def test_without_val_txt_the_lists_say_what_is_left_out_and_what_is_learned_from(listed, tmp_path):
    names = ("out_of_focus0005", "out_of_focus0001", "out_of_focus0006")  # kept back, learned from, learned from
    touch(tmp_path, *(f"{folder}/{name}.jpg" for folder in ("image", "gt") for name in (*names, "tested_on")))
    assert listed("training", tmp_path) == [f"image/{name}.jpg" for name in names[1:]]


def test_the_lists_name_each_photo_once_and_none_twice(root):
    lists = {path.stem: path.read_text().splitlines() for path in (root / "bench" / "lists").glob("*.txt")}
    sizes = {"cuhk-val": 60, "cuhk-training": 544, "labelled": 48, "sharp": 285, "scenes": 200}
    assert {name: len(lines) for name, lines in lists.items()} == sizes
    assert all(len(set(lines)) == len(lines) for lines in lists.values())
    assert not set(lists["cuhk-val"]) & set(lists["cuhk-training"])
    assert all(f"`{name}.txt`" in (root / "bench" / "lists" / "README.md").read_text() for name in lists)


def test_the_photos_that_are_there_are_those_of_the_lists(root, data):
    words = [sys.executable, root / "bench" / "photos.py", "check", data]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout.splitlines() == [
        f"{name}: {count} of {count}"
        for name, count in (("cuhk-val", 60), ("cuhk-training", 544), ("labelled", 48), ("sharp", 285), ("scenes", 200))
    ]


def test_what_the_lists_name_and_is_not_there_is_told(root, tmp_path):
    touch(tmp_path, "image/out_of_focus0005.jpg", "gt/out_of_focus0005.png")
    words = [sys.executable, root / "bench" / "photos.py", "check", tmp_path]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 1 and done.stdout.startswith("cuhk-val: 1 of 60 out_of_focus0015 ")


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
