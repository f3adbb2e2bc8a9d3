"""The page of a report in a browser, where there is one: its script runs, and does what its controls say."""

import json
import re
import shutil
import subprocess

import cv2
import numpy as np
import pytest

from blurkit import report
from tests.files import made
from tests.test_report import row
from tests.test_report_kinds import moved

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
PATIENCE = 3  # runs; on a busy machine virtual time may end before a picture is decoded
POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>')
SHOW = """result => document.body.append(
    Object.assign(document.createElement("pre"), {textContent: JSON.stringify(result)})
)"""
PRESS = """const press = (key) => (document.activeElement ?? document.body).dispatchEvent(
    new KeyboardEvent("keydown", {key, bubbles: true, cancelable: true})
);"""
FOCUSED = "const focused = () => photos.indexOf(document.activeElement);"


@pytest.fixture(scope="module")
def browse(tmp_path_factory):
    """browse(page, option, ...): what headless Chromium says of a page, or a skip."""
    program = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if program is None:
        pytest.skip("there is no Chromium")
    folder = tmp_path_factory.mktemp("browser")

    def browse(data, *options):
        (folder / "page.html").write_bytes(data)
        words = [
            program,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            f"--user-data-dir={folder / 'profile'}",
            *options,
            f"file://{folder}/page.html",
        ]
        return subprocess.run(words, capture_output=True, timeout=120, check=True).stdout.decode()

    return browse


@pytest.fixture
def played(browse):
    """played(rows, script): what `script` returns on the page, its policy lifted for that alone."""

    def played(rows, script):
        tail = f"<script>(async () => {{{script}}})().then({SHOW})</script></body>"
        page = POLICY.sub("", made(rows).decode()).replace("</body>", tail)
        for _ in range(PATIENCE):
            answer = browse(page.encode(), "--dump-dom", "--virtual-time-budget=2000")
            if match := re.search("<pre>(.*?)</pre>", answer, re.S):
                return json.loads(match[1])
        pytest.fail("the script has not ended")

    return played


SIX = [row(f"{n}/{'odd' if n % 2 else 'even'}.JPG", 0.95 - n / 10) for n in range(5)] + [row("blind.jpg", float("nan"))]


def test_the_script_is_javascript(tmp_path):
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no node")
    (tmp_path / "script.js").write_text(report.SCRIPT)
    subprocess.run([node, "--check", tmp_path / "script.js"], check=True, timeout=60)


def test_a_browser_shows_the_page(browse, scene, tmp_path):
    rows = [row(f"{n}.jpg", n / 9, scene) for n in range(10)]
    browse(made(rows), f"--screenshot={tmp_path / 'page.png'}", "--window-size=1200,900")
    picture = cv2.imread(str(tmp_path / "page.png"))
    assert picture.shape == (900, 1200, 3) and len(np.unique(picture.reshape(-1, 3), axis=0)) > 1000


def test_an_arrow_is_seen_beside_its_words_and_does_not_widen_the_page(played):
    script = """const box = document.querySelector(".arrow").getBoundingClientRect();
    const words = document.querySelector(".kind span").getBoundingClientRect();
    const spread = [...document.querySelectorAll(".arrow path")].map((path) => path.getBoundingClientRect());
    const level = Math.abs(box.top + box.bottom - words.top - words.bottom) < 4;
    const upright = spread.map((part) => part.height > part.width);
    return [box.width > 12 && box.width < 40, level, upright, root.scrollWidth <= innerWidth]"""
    rows = [moved(14.0, 2.0, "level.jpg"), moved(5.0, 91.0, "upright.jpg")]
    assert played(rows, script) == [True, True, [False, True], True]


def test_the_policy_lets_the_script_run(browse):
    answer = browse(made(SIX), "--dump-dom")
    assert '<html lang="en" class="js">' in answer and "5 at 0.00 or above, 0 below, 1 cannot be judged" in answer


def test_the_threshold_dims_what_lies_below_and_counts(played):
    script = """threshold.value = 0.75;
    update();
    const dim = items.map((item) => item.classList.contains("below"));
    return [dim, one("tally").textContent, bars.filter((bar) => bar.classList.contains("below")).length]"""
    assert played(SIX, script) == [
        [False, False, False, True, True, False],
        "3 at 0.75 or above, 2 below, 1 cannot be judged",
        15,
    ]


def test_the_filter_leaves_the_names_that_contain_it_whatever_their_case(played):
    script = """filter.value = "ODD.j";
    filter.dispatchEvent(new Event("input"));
    return [items.map((item) => item.hidden), one("tally").textContent]"""
    assert played(SIX, script) == [[True, False, True, False, True, True], "2 at 0.00 or above, 0 below"]


def test_arrow_keys_move_between_the_photos_that_are_shown(played):
    keys = "ArrowRight ArrowDown ArrowUp ArrowUp ArrowLeft ArrowLeft End ArrowRight Home"
    script = f"""{PRESS}{FOCUSED}
    list.style.gridTemplateColumns = "1fr 1fr 1fr";
    photos[0].focus();
    const seen = [];
    for (const key of "{keys}".split(" ")) press(key), seen.push(focused());
    filter.value = "even";
    update();
    press("ArrowRight");
    seen.push(focused());
    return seen"""
    assert played(SIX, script) == [1, 4, 1, 1, 0, 0, 5, 5, 0, 2]


def test_a_photo_opens_enlarged_with_all_its_figures_and_gives_the_focus_back(played):
    script = f"""{PRESS}{FOCUSED}
    photos[1].click();
    const first = [large.open, large.querySelector(".name").textContent];
    press("ArrowRight");
    const more = [...large.querySelectorAll(".more")].map((part) => getComputedStyle(part).display);
    const picture = large.querySelector("img");
    await picture.decode();
    const width = picture.getBoundingClientRect().width, name = large.querySelector(".name").textContent;
    const images = large.querySelectorAll("img").length;
    const closed = new Promise((done) => large.addEventListener("close", done));
    one("close").click();
    await closed;
    return [...first, name, more, images, width > 300, large.open, focused()]"""
    assert played(SIX, script) == [True, "1/odd.JPG", "2/even.JPG", ["flex", "flex"], 2, True, False, 2]


def test_o_shows_all_overlays_but_not_while_a_name_is_typed(played):
    script = f"""{PRESS}
    const seen = [];
    const look = () => seen.push(root.classList.contains("all"), toggle.getAttribute("aria-pressed"));
    press("o");
    look();
    press("O");
    look();
    filter.focus();
    press("o");
    look();
    return seen"""
    assert played(SIX, script) == [True, "true", False, "false", False, "false"]
