"""The looks of the page of a report, in a browser, where there is one: on screens of all sizes, and for all eyes."""

import io
import json
import shutil
import subprocess
import tarfile

import cv2
import numpy as np
import pytest

from tests.test_report import SIX, row
from tests.test_report_kinds import moved

AXE = "axe-core@4.10.3"
SERIOUS = ("serious", "critical")
SIZES = [(390, 844, True), (768, 1024, True), (1280, 900, False), (1920, 1080, False)]


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(("width", "height", "touch"), SIZES)
def test_the_page_fits_screens_of_all_sizes(shown, scene, tmp_path, width, height, touch, dark):
    rows = [row(f"a long folder/of photos/{n}.jpg", n / 9, scene) for n in range(10)]
    window = shown(rows, width=width, height=height, touch=touch, dark=dark)
    columns = window.of("getComputedStyle(list).gridTemplateColumns.split(' ').length")
    assert columns >= {390: 2, 768: 3, 1280: 4, 1920: 6}[width]
    for _ in range(2):  # the page, and the larger view
        assert window.of("root.scrollWidth <= innerWidth")
        window.shot(tmp_path / "page.png")
        picture = cv2.imread(str(tmp_path / "page.png"))
        assert picture.shape == (height, width, 3) and len(np.unique(picture.reshape(-1, 3), axis=0)) > 500
        assert (np.median(picture) < 60) == dark or window.of("large.open")
        window.of("photo(1).click()")
    box = window.of("(({left, right, top, bottom}) => [left, right, top, bottom])(large.getBoundingClientRect())")
    assert box[0] >= 0 and box[1] <= width and box[2] >= 0 and box[3] <= height


def test_the_controls_stay_in_sight_on_a_small_screen(shown):
    window = shown([row(f"{n}.jpg", n / 30) for n in range(30)], width=390, height=844, touch=True)
    window.of("scrollTo(0, 2000)")
    assert window.of("[scrollY > 500, document.querySelector('.bar').getBoundingClientRect().top]") == [True, 0]
    assert window.of("document.querySelector('.bar').getBoundingClientRect().height < innerHeight / 4")


def test_an_arrow_is_seen_beside_its_words(shown):
    window = shown([moved(14.0, 2.0, "level.jpg"), moved(5.0, 91.0, "upright.jpg")])
    script = """(() => {
        const box = document.querySelector(".arrow").getBoundingClientRect();
        const words = document.querySelector(".kind span").getBoundingClientRect();
        const spread = [...document.querySelectorAll(".arrow path")].map((path) => path.getBoundingClientRect());
        const level = Math.abs(box.top + box.bottom - words.top - words.bottom) < 4;
        return [box.width > 12 && box.width < 40, level, spread.map((part) => part.height > part.width)];
    })()"""
    assert window.of(script) == [True, True, [False, True]]


def test_the_true_pixels_are_shown_one_for_one(shown):
    photo = np.random.default_rng(0).integers(0, 256, (1200, 1600, 3), np.uint8)
    window = shown([row("a.jpg", 0.5, photo)])
    window.of("photo(0).click()")
    script = """(async () => {
        const part = document.querySelector("#part img");
        part.loading = "eager";
        await part.decode();
        const box = part.getBoundingClientRect();
        return [part.naturalWidth, box.width, box.height];
    })()"""
    assert window.of(script) == [400, 400, 400]


@pytest.mark.parametrize("shape", [(1200, 1600, 3), (1600, 1000, 3), (1600, 300, 3)])
def test_photo_and_true_pixels_stand_side_by_side_on_a_wide_screen(shown, shape):
    window = shown([row("a.jpg", 0.5, np.zeros(shape, np.uint8))], width=1280)
    window.of("photo(0).click()")
    tops = "['#whole', '#part'].map((name) => document.querySelector(name).getBoundingClientRect())"
    assert window.of(f"(([whole, part]) => whole.right < part.left && part.top < whole.bottom)({tops})")


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("state", ["page", "larger view", "names"])
def test_axe_finds_nothing_serious(shown, axe, state, dark):
    rows = [*SIX, moved(14.0, 30.0)]
    window = shown(rows, dark=dark, width=768)
    window.press(*{"page": ["ArrowRight", "x"], "larger view": ["ArrowRight", "Enter"], "names": ["n"]}[state])
    window.of(axe + "\n;0")
    found = window.of("axe.run().then((result) => JSON.stringify(result.violations))")
    assert [f"{v['id']}: {v['nodes'][0]['html']}" for v in json.loads(found) if v["impact"] in SERIOUS] == []


@pytest.fixture(scope="module")
def axe(tmp_path_factory):
    """The source of axe-core from npm, or a skip."""
    if shutil.which("npm") is None:
        pytest.skip("there is no npm, which has axe-core")
    folder = tmp_path_factory.mktemp("axe")
    done = subprocess.run(["npm", "pack", AXE], cwd=folder, capture_output=True, timeout=120, check=False)
    if done.returncode:
        pytest.skip("npm cannot get axe-core")
    (archive,) = folder.glob("*.tgz")
    with tarfile.open(fileobj=io.BytesIO(archive.read_bytes())) as files:
        return files.extractfile("package/axe.min.js").read().decode()
