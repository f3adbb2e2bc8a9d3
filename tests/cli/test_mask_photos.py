"""blur-mask: photos straight to masks, their names, pixels as stored, grown and soft edges."""

import io

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps

from blurkit.mask import feathered, focus_mask, grown
from tests.files import ORIENTATION, arrays, listed, npy

MAP = cv2.GaussianBlur(np.random.default_rng(0).random((40, 60), dtype=np.float32), None, 4)
MAP = (MAP - MAP.min()) / np.ptp(MAP)
FORMS = {"JPEG": ".jpg", "PNG": ".png", "TIFF": ".tif", "WEBP": ".webp"}


@pytest.fixture
def half_sharp(discs):
    """A photo, sharp in its upper left corner alone."""
    photo = discs(np.random.default_rng(0), 96, 144)
    soft = cv2.GaussianBlur(photo, (0, 0), 4)
    soft[:48, :80] = photo[:48, :80]
    return soft[..., ::-1]


@pytest.fixture
def images(half_sharp, tmp_path):
    """A folder of photos, one in a folder below."""
    folder = tmp_path / "images"
    (folder / "day 1").mkdir(parents=True)
    for name in ("IMG.jpg", "IMG.png", "day 1/it's.JPG"):
        Image.fromarray(half_sharp).save(folder / name)
    return folder


def turned(picture, orientation):
    """A picture as a viewer turns it by that orientation, by Pillow."""
    picture.getexif()[ORIENTATION] = orientation
    return np.asarray(ImageOps.exif_transpose(picture))


@pytest.mark.parametrize(
    "words", [[], ["-t", "otsu"], ["--alpha", ".3", "--invert"], ["--grow", "-3", "--feather", "5"]]
)
def test_photos_straight_to_masks_are_those_of_the_pipe(run, images, words):
    piped = run("blur-mask", *words, stdin=run("blur-map", images / "IMG.jpg").stdout)
    assert run("blur-mask", "--photos", *words, images / "IMG.jpg") == piped and piped.status == 0


def test_a_tree_at_several_at_a_time_gives_the_stream_of_the_pipe(run, images):
    piped = run("blur-mask", "-f", "npy", stdin=run("blur-map", "-r", images).stdout)
    assert run("blur-mask", "-r", "-j", "2", "-f", "npy", images) == piped and len(arrays(piped.stdout)) == 3


def test_options_of_the_method_count(run, images):
    words = ["--method", "zeng", "--working-size", "80"]
    piped = run("blur-mask", stdin=run("blur-map", *words, images / "IMG.png").stdout)
    assert run("blur-mask", "--photos", *words, images / "IMG.png") == piped


@pytest.mark.parametrize(
    ("form", "orientation"),
    [("JPEG", n) for n in range(1, 9)] + [(form, n) for form in ("PNG", "TIFF", "WEBP") for n in (1, 3, 6, 8)],
)
def test_a_mask_as_stored_lies_on_the_pixels_of_the_file(run, half_sharp, tmp_path, form, orientation):
    path = tmp_path / f"photo{FORMS[form]}"
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    Image.fromarray(half_sharp).save(path, form, exif=exif, **({"quality": 95} if form == "JPEG" else {}))
    upright = np.asarray(Image.open(io.BytesIO(run("blur-mask", "--photos", path).stdout)))
    stored = Image.open(io.BytesIO(run("blur-mask", "--photos", "--as-stored", path).stdout))
    pixels = np.asarray(stored)
    assert pixels.shape == half_sharp.shape[:2] and np.array_equal(turned(stored, orientation), upright)
    assert (pixels[:40, :70] > 0).mean() > 0.6 and (pixels[60:] > 0).mean() < 0.2  # as its pixels are sharp


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("{path}.png", ["IMG.jpg.png", "IMG.png.png", "day 1/it's.JPG.png"]),
        ("of/{path}.{stem}.npy", ["of/IMG.jpg.IMG.npy", "of/IMG.png.IMG.npy", "of/day 1/it's.JPG.day 1/it's.npy"]),
    ],
)
def test_names_are_made_by_the_pattern_and_the_tree_is_mirrored(run, images, pattern, names):
    words = ["blur-mask", "-r", "--name", pattern, "-o", "masks/", "images"]
    assert run(*words, cwd=images.parent).status == 0 and listed(images.parent / "masks") == names
    before = [(images.parent / "masks" / name).stat().st_mtime_ns for name in names]
    assert run(*words, "--resume", cwd=images.parent).status == 0
    assert [(images.parent / "masks" / name).stat().st_mtime_ns for name in names] == before


@pytest.mark.parametrize(
    ("pattern", "name"),
    [("{stem}.png", "IMG.png"), ("{stem}.mask.png", "IMG.mask.png"), ("{stem}_mask.png", "IMG_mask.png")],
)
def test_names_that_would_collide_are_refused_before_anything_is_written(run, images, pattern, name):
    words = ["blur-mask", "-r", "--name", pattern, "-o", "masks/"]
    done = run(*words, "images", cwd=images.parent)
    said = f"blur-mask: images/IMG.jpg and images/IMG.png would both become masks/{name}\n"
    assert done == (2, b"", said.encode()) and not (images.parent / "masks").exists()
    (images / "IMG.png").unlink()
    assert run(*words, "images", cwd=images.parent).status == 0
    assert name in listed(images.parent / "masks")


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--name", "mask.png", "-o", "m/"], b"needs {path} or {stem}"),
        (["--name", "{stem}{name}.png", "-o", "m/"], b"no other brackets"),
        (["--name", "../{path}.png", "-o", "m/"], b"leads out of the folder"),
        (["--name", "/tmp/{path}.png", "-o", "m/"], b"leads out of the folder"),
        (["--name", "{path}.jpg", "-o", "m/"], b"must end in .png or .npy"),
        (["--name", "{path}", "-o", "m/"], b"must end in .png or .npy"),
        (["--name", "{path}.png"], b"-o FOLDER/"),
        (["--name", "{path}.png", "-f", "npy", "-o", "m/"], b"-f npy"),
        (["--photos", "--cut", "photo.jpg"], b"--cut goes with maps"),
        (["--soft"], b"--soft goes with --cut"),
        (["--soft", "--cut", "a.jpg", "--grow", "3"], b"--soft takes the map as it is"),
        (["--feather", "3", "-f", "npy"], b"--feather writes PNG only"),
        (["--grow", "-501"], b"more than 500"),
        (["--feather", "0"], b"not a whole number above zero"),
        (["--as-stored"], b"--as-stored is about photos: add --photos, or -r"),
        (["--method", "zeng"], b"--method is about photos"),
        (["-j", "2"], b"--jobs is about photos"),
        (["--working-size", "90"], b"--working-size is about photos"),
    ],
)
def test_what_does_not_go_together_is_refused(run, words, complaint, tmp_path):
    done = run("blur-mask", *words, stdin=npy(MAP), cwd=tmp_path)
    assert done.status == 2 and complaint in done.stderr and not done.stdout
    assert len(done.stderr.splitlines()) == 1 and listed(tmp_path) == []


def test_a_photo_that_is_taken_for_a_map_is_told_how_it_is_read(run, images):
    done = run("blur-mask", images / "IMG.jpg")
    assert done.status == 2
    assert done.stderr.endswith(b"a map or a mask must be grey; --photos makes its map first\n")


def test_a_broken_photo_costs_itself_alone(run, images, tmp_path):
    (images / "broken.jpg").write_bytes((images / "IMG.jpg").read_bytes()[:2000])
    done = run("blur-mask", "-r", "--as-stored", "--name", "{path}.png", "-o", f"{tmp_path}/masks/", images)
    assert done.status == 2 and len(done.stderr.splitlines()) == 1 and b"broken.jpg" in done.stderr
    assert len(listed(tmp_path / "masks")) == 3


@pytest.mark.parametrize("pixels", [-4, 0, 7])
def test_masks_grow_after_they_are_inverted(run, pixels):
    done = run("blur-mask", "--invert", "--grow", pixels, "-f", "npy", stdin=npy(MAP))
    assert np.array_equal(arrays(done.stdout)[0], grown(focus_mask(MAP, invert=True), pixels))


def test_a_feathered_mask_is_that_of_the_library_and_so_is_the_alpha_of_a_cut_out(run, half_sharp, tmp_path):
    wanted = feathered(grown(focus_mask(MAP), 2), 6)
    words = ["blur-mask", "--grow", "2", "--feather", "6"]
    done = run(*words, stdin=npy(MAP))
    assert np.array_equal(cv2.imdecode(np.frombuffer(done.stdout, np.uint8), cv2.IMREAD_UNCHANGED), wanted)
    Image.fromarray(np.ascontiguousarray(half_sharp[:40, :60])).save(tmp_path / "photo.png")
    cut = run(*words, "--cut", tmp_path / "photo.png", stdin=npy(MAP))
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(cut.stdout)))[..., 3], wanted)


@pytest.mark.parametrize("invert", [False, True])
@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_a_soft_cut_out_has_the_map_as_alpha(run, half_sharp, tmp_path, depth, invert):
    full = np.iinfo(depth).max
    photo = np.ascontiguousarray(half_sharp[:40, :60, ::-1]).astype(depth) * depth(full // 255)
    cv2.imwrite(str(tmp_path / "photo.png"), photo)
    words = ["--soft", "--cut", tmp_path / "photo.png", *["--invert"] * invert]
    done = run("blur-mask", *words, stdin=npy(MAP))
    cut = cv2.imdecode(np.frombuffer(done.stdout, np.uint8), cv2.IMREAD_UNCHANGED)
    alpha = 1 - MAP.astype(np.float64) if invert else MAP.astype(np.float64)
    assert cut.dtype == depth and np.array_equal(cut[..., :3], photo)
    assert np.abs(cut[..., 3] - alpha * full).max() <= 0.51
