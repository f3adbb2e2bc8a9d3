"""blur-score --report: the page in a folder, its place, its groups, what is left out of a photo."""

import base64
import re
import subprocess
import sys

import cv2
import numpy as np
import pytest

from tests.files import listed
from tests.test_report import Page


@pytest.fixture
def photos(discs, tmp_path):
    """A folder with two pairs of photos, each a sharp one and a soft one."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for pair in "ab":
        photo = discs(np.random.default_rng(ord(pair)), 96, 128)
        cv2.imwrite(str(folder / f"{pair}1.png"), cv2.GaussianBlur(photo, (0, 0), 3))
        cv2.imwrite(str(folder / f"{pair}2.png"), photo)
    return folder


def inside(page):
    """The pages of the tiles of a page in a folder."""
    lines = re.search(r'id="contents">\n(.*?)\n</script>', page, re.S)[1]
    return [Page(line.encode()) for line in lines.split("\n")]


def test_a_page_in_a_folder_has_its_pictures_beside_it_and_they_are_no_photos_of_the_next_run(run, photos):
    alone = run("blur-score", "-r", "--report", photos / ".." / "page.html", photos)
    for _ in range(2):  # the second time it takes the place of the first
        done = run("blur-score", "-r", "--report", f"{photos}/look/", photos)
        assert done == alone and done.status == 0
    tiles = inside((photos / "look/index.html").read_text())
    single = (photos.parent / "page.html").read_text()
    addresses = [image["src"] for tile in tiles for image in tile.all("img")]
    assert sorted(set(addresses)) == listed(photos / "look")[:-1] and len(addresses) == 12
    assert listed(photos / "look")[-1] == "index.html" and single.count(";base64,") == 12
    for address in addresses:
        assert cv2.imread(str(photos / "look" / address)) is not None


def test_a_folder_of_anything_else_is_refused_and_left(run, photos):
    before = listed(photos)
    done = run("blur-score", "--report", photos, photos / "a1.png")
    assert done.status == 2 and b"holds other files than a page of blurkit; name a new folder" in done.stderr
    assert not done.stdout and listed(photos) == before
    forced = run("blur-score", "--force", "--report", photos, photos / "a1.png")
    assert forced.status == 0 and set(listed(photos)) > set(before)


@pytest.mark.parametrize("name", ["nope/page.html", "nope/look/", "photos/nope/page.html"])
def test_a_page_in_a_folder_that_is_not_there_is_refused_before_the_work(run, photos, name):
    done = run("blur-score", "--report", name, photos / "a1.png", cwd=photos.parent)
    above = photos.parent / name.rsplit("/", 1 + name.endswith("/"))[0]
    assert done == (2, b"", f"blur-score: --report {name}: there is no folder {above}; make it: mkdir -p\n".encode())
    assert not above.exists()


@pytest.mark.parametrize("words", [["--keep-best"], ["--json"], []])
def test_groups_stand_side_by_side_whatever_is_told(run, photos, words):
    group = ["--group", r"([ab])\d", *words, "--report", "page.html"]
    done = run("blur-score", *group, *sorted(photos.iterdir()), cwd=photos)
    assert done.status == 0 and done.stdout.count(b"\n") == (2 if words == ["--keep-best"] else 4)
    page = Page((photos / "page.html").read_bytes())
    assert [name[-6:] for name in page.names()] == ["a2.png", "a1.png", "b2.png", "b1.png"]
    assert ["data-best" in photo["item"] for photo in page.photos] == [True, False, True, False]


def test_the_page_knows_the_other_files_of_a_shot(run, photos):
    for name in ("a1.CR2", "a1.png.xmp", "a10.xmp"):
        (photos / name).touch()
    page = Page(run("blur-score", "--report", "-", "a1.png", "a2.png", cwd=photos).stdout)
    packed = {photo["name"]: photo["item"].get("data-siblings", "") for photo in page.photos}
    others = {name: [base64.b64decode(words) for words in all_of.split()] for name, all_of in packed.items()}
    assert others == {"a1.png": [b"a1.CR2", b"a1.png.xmp"], "a2.png": []}


def test_windows_of_two_series_are_groups_of_their_own(run, photos):
    for name in ("one", "two"):
        (photos / f"{name}.pngs").write_bytes(b"".join((photos / f"{pair}.png").read_bytes() for pair in ("a1", "a2")))
    words = ["--window", "2", "--keep-best", "--report", "page.html", "one.pngs", "two.pngs"]
    assert run("blur-score", *words, cwd=photos).stdout.count(b"\n") == 2
    page = Page((photos / "page.html").read_bytes())
    assert page.names() == ["one.pngs:2", "one.pngs:1", "two.pngs:2", "two.pngs:1"]
    assert all("data-stream" in photo["item"] for photo in page.photos)


def test_the_page_starts_at_half_or_where_the_run_fails_and_says_so(run, photos):
    for words, value, said in (
        ([], "0.50", "0.5, a blur of 1 pixel as measured"),
        (["--fail-below", "0.3"], "0.30", "0.3, of --fail-below"),
    ):
        page = run("blur-score", "--report", "-", *words, photos / "a2.png").stdout
        assert Page(page).all("input")[0]["value"] == value and said in page.decode()


def test_the_true_pixels_are_those_of_the_sharpest_part_of_the_photo_as_it_is_stored(run, discs, tmp_path):
    photo = cv2.GaussianBlur(discs(np.random.default_rng(0), 1500, 2000), (0, 0), 9)
    sharp = discs(np.random.default_rng(1), 300, 300)
    photo[1000:1300, 1500:1800] = sharp
    cv2.imwrite(str(tmp_path / "large.png"), photo)
    assert run("blur-score", "--report", f"{tmp_path}/look/", tmp_path / "large.png").status == 0
    (tile,) = inside((tmp_path / "look/index.html").read_text())
    detail = cv2.imread(str(tmp_path / "look" / tile.all("img")[-1]["src"]))
    found = cv2.matchTemplate(detail, sharp[100:200, 100:200], cv2.TM_CCOEFF_NORMED)
    _, best, _, (x, y) = cv2.minMaxLoc(found)
    assert detail.shape == (400, 400, 3) and best > 0.9 and max(abs(x - 150), abs(y - 150)) < 110


def test_what_is_left_out_of_a_photo_is_told_and_striped(run, photos):
    framed = np.pad(cv2.imread(str(photos / "a2.png")), ((32, 32), (0, 0), (0, 0)))
    cv2.imwrite(str(photos / "framed.png"), framed)
    page = Page(run("blur-score", "--report", "-", photos / "framed.png").stdout)
    assert re.search(r"left out4\d %", page.photos[0]["caption"])
    assert "hatch" in [image.get("class") for image in page.photos[0]["images"]]


def test_a_run_that_was_stopped_can_be_begun_again(run, photos):
    words = ["--report", f"{photos}/look/", photos / "a1.png"]
    run("blur-score", *words)
    (photos / "look/index.html").rename(photos / "look/.index.html.999999999-0a0b.part")
    assert run("blur-score", *words).status == 0 and "index.html" in listed(photos / "look")


def test_a_page_too_heavy_for_browsers_is_told_with_the_way_out(photos):
    lines = "import sys; from blurkit.cli import report, score; report.HEAVY = 20000; sys.exit(score.main())"
    for name, said in (("page.html", b"--report FOLDER/ keeps the pictures beside it\n"), ("look/", b"")):
        words = [sys.executable, "-c", lines, "--report", name, *sorted(map(str, photos.glob("*.png")))]
        done = subprocess.run(words, cwd=photos, capture_output=True, timeout=120, check=True)
        assert done.stderr.endswith(said) and bool(done.stderr) == bool(said)
