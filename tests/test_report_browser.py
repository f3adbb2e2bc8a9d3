"""The page of a report in a browser, where there is one: by keys and by touch."""

import shutil
import subprocess

import pytest

from blurkit import report
from tests import browser
from tests.files import made
from tests.test_report import SIX, row

STATE = """[tiles.map((tile) => tile.classList.contains("out")), one("tally").textContent]"""
SOON = "new Promise((done) => setTimeout(done, 300))"  # once the browser has done what it puts off
SEEN = "tiles.map((tile) => !tile.hidden)"


def test_the_script_is_javascript(tmp_path):
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no node")
    (tmp_path / "script.js").write_text(report.SCRIPT)
    subprocess.run([node, "--check", tmp_path / "script.js"], check=True, timeout=60)


# ---- by keys ---------------------------------------------------------------------


def test_the_threshold_begins_at_half_and_goes_by_keys(shown):
    window = shown(SIX)
    out = [True, True, True, False, False, False]
    assert window.of(STATE) == [out, "3 rejected (below 0.50), 3 kept, 1 cannot be judged"]
    window.of("threshold.focus()")
    window.press("Home")
    assert window.of(STATE) == [[False] * 6, "0 rejected (below 0.00), 6 kept, 1 cannot be judged"]
    window.press(*["ArrowRight"] * 30)
    assert window.of(STATE)[1] == "1 rejected (below 0.30), 5 kept, 1 cannot be judged"
    assert window.of("bars.filter((bar) => bar.classList.contains('below')).length") == 6


def test_what_is_rejected_stays_readable(shown):
    window = shown(SIX)
    looks = "((style) => [style.opacity, style.filter])(getComputedStyle(tiles[0]))"
    assert window.of(looks) == ["1", "none"]
    assert window.of("tiles[0].querySelector('.verdict').textContent") == "Rejected"


def test_arrow_keys_move_at_once_and_between_the_photos_that_are_shown(shown):
    window = shown(SIX)
    window.of("list.style.gridTemplateColumns = '1fr 1fr 1fr'")
    seen = []
    for key in ("Right", "Right", "Down", "Up", "Up", "Left", "Left", "End", "Right", "Home"):
        window.press(key if key in browser.KEYS else f"Arrow{key}")
        seen.append(window.of("focused()"))
    assert seen == [0, 1, 4, 1, 1, 0, 0, 5, 5, 0]
    window.of("filter.focus()")
    window.press(*"EVEN")
    assert window.of(SEEN) == [True, False, True, False, True, False]
    window.of("photo(0).focus()")
    window.press("ArrowRight")
    assert window.of("focused()") == 2


def test_arrow_keys_go_from_group_to_group(shown):
    rows = [row(f"{n}", 0.9 - n / 10, group=n // 2, best=n % 2 == 0) for n in range(6)]
    window = shown(rows)
    assert window.of(STATE)[0] == [False, True] * 3
    assert window.of(STATE)[1] == "3 rejected (below 0.00, or not the best of their group), 3 kept"
    window.press("ArrowRight", "ArrowRight", "ArrowDown")
    assert window.of("focused()") == 3
    window.of("filter.value = '4'; update()")
    assert window.of("heads.map((head) => !head.hidden)") == [False, False, True]


def test_of_a_group_what_cannot_be_judged_is_kept(shown):
    window = shown([row(f"{n}", score, group=0, best=n == 0) for n, score in enumerate((0.8, 0.6, float("nan")))])
    assert window.of("tiles.map((_, i) => [scores[i], rejected(i)])") == [[0.8, False], [0.6, True], [None, False]]


def test_a_photo_opens_larger_with_all_its_figures_and_gives_the_focus_back(shown):
    window = shown(SIX)
    name = "[large.open, large.querySelector('.name').textContent]"
    window.press("ArrowRight", "ArrowRight", "Enter")
    assert window.of(name) == [True, "1/odd.JPG"]
    window.press("ArrowRight")
    assert window.of(name) == [True, "2/even.JPG"]
    more = "[...large.querySelectorAll('.more')].map((part) => getComputedStyle(part).display)"
    assert window.of(more) == ["flex", "flex"]
    assert window.of("getComputedStyle(large.querySelector('.spot')).display") == "block"
    window.press("x", "Escape")
    window.of(SOON)
    assert window.of("[large.open, focused(), rejected(2)]") == [False, 2, False]


def test_o_shows_what_is_in_focus_and_p_true_pixels_but_not_while_a_name_is_typed(shown):
    window = shown(SIX)
    looks = "[[...document.querySelectorAll('.tile:first-child .photo img')]"
    looks += ".map((part) => getComputedStyle(part).display !== 'none'),"
    looks += "one('focus').getAttribute('aria-pressed'), one('pixels').getAttribute('aria-pressed')]"
    assert window.of(looks) == [[True, False, False], "false", "false"]
    window.press("o")
    assert window.of(looks) == [[True, True, False], "true", "false"]
    window.press("O", "p")
    assert window.of(looks) == [[False, False, True], "false", "true"]
    window.of("filter.focus()")
    window.press("o", "p")
    assert window.of(looks)[1:] == ["false", "true"] and window.of("filter.value") == "op"


def test_kinds_verdicts_and_order_can_be_chosen(shown):
    kinds = ["sharp", "motion", "defocus", "sharp", "motion", "unsure"]
    rows = [{**one, "kind": kind, "motion": 3.0, "angle": 0.0} for one, kind in zip(SIX, kinds, strict=True)]
    window = shown(rows)
    choose = "one('{}').value = '{}'; one('{}').dispatchEvent(new Event('input'))"
    for name, value, wanted in (
        ("kind", "motion", [1, 4]),
        ("kind", "", [0, 1, 2, 3, 4, 5]),
        ("show", "rejected", [0, 1, 2]),
        ("show", "unjudged", [5]),
        ("show", "marked", []),
        ("show", "kept", [3, 4, 5]),
        ("order", "sharpest", [4, 3, 5]),
    ):
        window.of(choose.format(name, value, name))
        assert window.of("shown") == wanted
        assert window.of("one('none').hidden") == bool(wanted)
    assert window.of("[...list.querySelectorAll('.tile')].map((tile) => numbers.get(tile))") == [4, 3, 2, 1, 0, 5]


def test_marks_are_made_by_x_and_outlive_the_page(shown, window):
    shown(SIX)
    window.press("ArrowRight", "x", "End", "x")
    out = [False, True, True, False, False, True]
    said = "3 rejected (below 0.50), 3 kept, 1 cannot be judged; 2 marked by hand"
    assert window.of(STATE) == [out, said]
    shown(SIX)
    assert window.of(STATE) == [out, said]
    shown([row("another.jpg", 0.1)])
    assert window.of(STATE) == [[True], "1 rejected (below 0.50), 0 kept"]
    shown(SIX)
    window.press("Home", "x", "End", "x")
    assert window.of(STATE)[1] == "3 rejected (below 0.50), 3 kept, 1 cannot be judged"


def test_a_photo_that_a_mark_takes_out_of_sight_hands_the_focus_on(shown):
    window = shown([row(f"{n}.jpg", 0.6 + n / 50) for n in range(4)])
    window.of("one('show').value = 'kept'; update()")
    window.press("ArrowRight", "ArrowRight", "x")
    assert window.of("[shown, focused()]") == [[0, 2, 3], 2]
    window.press("Enter", "x", "ArrowRight")
    assert window.of("[large.open, current, shown]") == [True, 3, [0, 3]]
    window.press("ArrowLeft", "Escape")
    window.of(SOON)
    assert window.of("focused()") == 0


def test_enter_opens_the_larger_view_and_then_goes_on(shown):
    window = shown(SIX)
    window.press("ArrowRight", "Enter")
    assert window.of("[large.open, current, document.activeElement.id]") == [True, 0, "next"]
    window.press("Enter", "Enter")
    assert window.of("[large.open, current]") == [True, 2]


# ---- by touch --------------------------------------------------------------------


def test_everything_goes_by_touch(shown):
    window = shown(SIX, width=390, height=844, touch=True)
    assert window.of("tools.open") is False
    window.tap("summary")
    window.tap("#pixels")
    assert window.of("[tools.open, one('pixels').getAttribute('aria-pressed')]") == [True, "true"]
    window.tap("#pixels")
    window.tap(".tile:nth-child(2) .verdict")
    assert window.of("[...marks]") == [[1, False]]
    window.tap(".tile:nth-child(2) .photo")
    window.tap("#next")
    window.tap("#judge")
    assert window.of("[large.open, current, rejected(2)]") == [True, 2, False]
    window.tap("#previous")
    window.tap("#close")
    assert window.of("[large.open, current]") == [False, 1]
    window.tap("#list")
    assert window.of("[names.open, one('text').value]") == [True, "0/even.JPG\n"]
    window.tap("#leave")
    assert window.of("names.open") is False
    smallest = "Math.min(...[...document.querySelectorAll('.bar button, .verdict')].map((b) => b.offsetHeight))"
    assert window.of(smallest) >= 44


# ---- thousands -------------------------------------------------------------------


@pytest.fixture
def thousands(window, tmp_path):
    """A page of 3,000 photos in a folder, open; each has pictures of its own."""
    one, rows = row(), []
    for n in range(3000):
        names = {}
        for name, suffix in (("thumbnail", "jpg"), ("overlay", "png"), ("detail", "jpg")):
            names[name] = f"{name}-{n % 50}.{suffix}"
            if n < 50:
                (tmp_path / names[name]).write_bytes(one[name])
        rows.append({**one, **names, "path": f"{n:04}.jpg", "score": n / 3000})
    (tmp_path / "page.html").write_bytes(made(rows, is_beside=True))
    window.open(tmp_path / "page.html")
    window.of(SOON)
    return window


FILLED = "tiles.flatMap((tile, i) => tile.firstElementChild ? [i] : [])"


def test_a_page_in_a_folder_fills_its_tiles_as_they_come_near(thousands):
    first = thousands.of(FILLED)
    assert first[0] == 0 and len(first) < 200
    picture = "(async (image) => { await image.decode(); return image.naturalWidth })(photo(0).querySelector('img'))"
    assert thousands.of(picture) == 60
    thousands.press("End", "x")
    thousands.of(SOON)
    assert thousands.of("[focused(), tiles[2999].querySelector('.verdict').textContent]") == [2999, "Rejected by hand"]
    assert 0 not in thousands.of(FILLED) and len(thousands.of(FILLED)) < 300
    thousands.press("x", "Enter", "Home")
    assert thousands.of("large.querySelector('.name').textContent") == "0000.jpg"


def test_tiles_of_a_folder_show_canvases_and_let_go_of_them(thousands):
    looks = "((image) => getComputedStyle(image).visibility)(photo(0).querySelector('img'))"
    canvas = "[...photo(0).querySelectorAll('canvas')].map((c) => [c.className, c.width, c.ariaLabel, c.offsetWidth])"
    assert thousands.of(looks) == "hidden" and thousands.of(canvas) == [["", 60, "0000.jpg", 60]]
    thousands.press("o")
    thousands.of(SOON)
    assert [name for name, *_ in thousands.of(canvas)] == ["", "overlay"]
    thousands.press("o", "p")
    thousands.of(SOON)
    shown = "[...photo(0).children].filter((c) => c.offsetWidth && getComputedStyle(c).visibility === 'visible')"
    assert thousands.of(shown + ".map((c) => [c.localName, c.className])") == [["canvas", "detail"]]
    thousands.press("p", "ArrowRight", "Enter")
    parts = "[...large.querySelectorAll('img, canvas')].map((c) => [c.localName, getComputedStyle(c).visibility])"
    assert set(map(tuple, thousands.of(parts))) == {("img", "visible")}
    thousands.press("Escape", "End")
    thousands.of(SOON)
    assert thousands.of("[list.querySelectorAll('canvas').length, tiles[0].children.length]") == [
        len(thousands.of(FILLED)) + 1,  # and what is in focus of the photo that has the focus
        0,
    ]


def test_a_photo_that_rushes_by_is_not_asked_for_and_keeps_its_place(thousands):
    heights = thousands.of("[list.scrollHeight, tiles[2900].offsetHeight, tiles[0].offsetHeight]")
    assert heights[1] == heights[2] > 200  # empty or filled
    rush = """(async () => {
        for (let y = 0; y < 100000; y += 5000) {
            scrollTo(0, y);
            await new Promise(requestAnimationFrame);
            await new Promise(requestAnimationFrame);
            if (coming.size) rushed = true;
        }
    })()"""
    thousands.of("var rushed = false; 0")
    thousands.of(rush)
    assert thousands.of("rushed") is True
    thousands.of(SOON)
    assert thousands.of("coming.size") == 0 and 0 < len(thousands.of(FILLED)) < 200
    assert abs(thousands.of("list.scrollHeight") / heights[0] - 1) < 0.1


@pytest.mark.parametrize("width", [390, 768, 1280, 1920])
def test_a_tile_of_a_folder_has_room_for_what_it_shows(thousands, tmp_path, width):
    window = thousands
    window.open(tmp_path / "page.html", width=width, touch=width < 1000)
    window.of(SOON)
    room = """tiles.filter((tile) => tile.firstElementChild).map((tile) =>
        tile.getBoundingClientRect().bottom - tile.querySelector(".verdict").getBoundingClientRect().bottom)"""
    assert min(window.of(room)) >= 6
    window.of("one('filter').value = '000'; update()")  # fewer photos: without a scroll bar there is more room
    window.of(SOON)
    assert min(window.of(room)) >= 6


def test_nothing_but_the_page_and_its_pictures_is_asked_for(shown):
    window = shown(SIX)
    window.press("ArrowRight", "Enter", "ArrowRight", "Escape", "n")
    asked = window.of("performance.getEntriesByType('resource').map((entry) => entry.name.split(',')[0])")
    assert {name.split(":")[0] for name in asked} <= {"data"}
    refused = """new Promise((done) => {
        const image = new Image();
        image.onerror = () => done(true);
        image.onload = () => done(false);
        image.src = "https://example.com/x.png";
    })"""
    assert window.of(refused) is True
