"""The recipes of masks for 3D programs, run by bash as the page prints them: names, orientation, tree."""

import cv2
import numpy as np
import pytest
from PIL import Image

NAMES = {
    "COLMAP": "{path}.png",
    "OpenMVS": "{stem}.mask.png",
    "3dgrut": "{stem}_mask.png",
    "Metashape": "{stem}_mask.png",
}
PHOTOS = {"IMG 1.jpg": 1, "IMG_3.jpg": 3, "cam b/IMG_6.jpg": 6, "cam b/it's 8.jpg": 8}  # and their orientations


@pytest.fixture
def images(discs, tmp_path):
    """Photos that are stored turned, each sharp in the upper left of its file."""
    for number, (name, orientation) in enumerate(PHOTOS.items()):
        photo = discs(np.random.default_rng(number), 96, 144)
        soft = cv2.GaussianBlur(photo, (0, 0), 4)
        soft[:48, :72] = photo[:48, :72]
        exif = Image.Exif()
        exif[0x0112] = orientation
        path = tmp_path / "images" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(soft[..., ::-1]).save(path, quality=95, exif=exif)
    return tmp_path / "images"


@pytest.mark.parametrize(("number", "program"), list(enumerate(NAMES)))
def test_each_program_finds_its_masks_on_the_pixels_of_the_files(recipes, shell, images, number, program):
    block = recipes["Masks for 3D"][number]
    before = {path: path.read_bytes() for path in images.rglob("*.jpg")}
    for _ in range(2):  # the second run makes no masks of masks
        shell(block)
    masks = images if "-o images/" in block else images.parent / "masks"
    made = {path.relative_to(masks) for path in masks.rglob("*.png")}
    names = [NAMES[program].replace("{path}", name).replace("{stem}", name.removesuffix(".jpg")) for name in PHOTOS]
    assert {str(path) for path in made} == set(names)
    for name in names:
        mask = cv2.imread(str(masks / name), cv2.IMREAD_UNCHANGED)
        assert mask.shape == (96, 144) and set(np.unique(mask)) == {0, 255}
        assert (mask[:48, :72] > 0).mean() > 0.7 and (mask[72:, 100:] > 0).mean() < 0.2
    assert {path: path.read_bytes() for path in images.rglob("*.jpg")} == before
