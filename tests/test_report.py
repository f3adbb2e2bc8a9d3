"""The page of a report. Second route: Python's own HTML parser."""

import base64
import hashlib
import html.parser
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blurkit import previews, report
from tests import files
from tests.files import made

NAN = float("nan")
VOID = {"meta", "img", "input"}  # elements without an end
HOSTILE = [
    "<script>alert(1)</script>.jpg",
    "</script><img src=x onerror=alert(1)>.jpg",
    '" onfocus="alert(1)" x=\'.jpg',
    "' autofocus onfocus='alert(1)",
    "&lt;b&gt; &amp;amp; &copy &#60;.jpg",
    "--><!-- ]]> <![CDATA[.jpg",
    "two\nlines\tand\ra return\0.jpg",
    "bytes \udcff\udc80 that are no text, \ud800 and \udfff.jpg",
    "right \u202e to left \u2066.jpg",
    "  two  blanks  /and//slashes/ ",
    "",
]


def row(*values, **more):
    """The record of a photo in a report, see ``files.row``; its blur is unsure unless `more` says another kind."""
    return files.row(*values, **{"kind": "unsure", "motion": NAN, "angle": NAN, **more})


SIX = [row(f"{n}/{'odd' if n % 2 else 'even'}.JPG", 0.25 + n / 10) for n in range(5)] + [row("blind.jpg", NAN)]


def signs(name):
    """A name as the page shows it, character by character."""
    return "".join(
        chr(0x2400 + ord(c))
        if c < " "
        else "\u2421"
        if c == "\x7f"
        else "\ufffd"
        if "\x80" <= c < "\xa0" or "\ud800" <= c <= "\udfff"
        else c
        for c in name
    )


class Page(html.parser.HTMLParser):
    """What a page holds; fails where elements do not nest."""

    def __init__(self, data):
        super().__init__()
        self.open, self.elements, self.photos, self.texts = [], [], [], {}
        self.feed(data.decode())
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        assert len(dict(attributes)) == len(attributes)
        element = (tag, dict(attributes))
        self.elements.append(element)
        if element[1].get("class") == "tile" or tag == "img" and not self.photos:
            self.photos.append({"item": element[1], "name": "", "caption": "", "images": []})
        if tag == "img":
            self.photos[-1]["images"].append(element[1])
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag

    def handle_data(self, data):
        if not self.open:
            return
        self.texts[self.open[-1][0]] = self.texts.get(self.open[-1][0], "") + data
        if any(tag == "li" and attributes.get("class") == "tile" for tag, attributes in self.open):
            self.photos[-1]["caption"] += data
            if any(tag == "bdi" for tag, _ in self.open):
                self.photos[-1]["name"] += data

    def names(self):
        return [photo["name"] for photo in self.photos]

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


# ---- structure ----------------------------------------------------------------


@given(st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0, NAN]), max_size=9))
def test_all_photos_stand_there_once_softest_first_those_without_a_score_last_and_ties_as_given(scores):
    rows = [row(f"{number}.jpg", score) for number, score in enumerate(scores)]
    expected = [n for wanted in (0.0, 0.25, 0.5, 1.0) for n, score in enumerate(scores) if score == wanted]
    expected += [n for n, score in enumerate(scores) if score != score]
    assert Page(made(iter(rows))).names() == [f"{n}.jpg" for n in expected]


def test_the_page_starts_at_half_or_at_the_threshold_it_is_given():
    for threshold, shown in ((None, "0.50"), (0.42, "0.42"), (0.0, "0.00")):
        assert Page(made([row()], threshold=threshold)).all("input")[0]["value"] == shown


def test_a_page_with_pictures_beside_it_keeps_what_is_in_its_tiles_apart():
    names = {"thumbnail": "p/1.jpg", "overlay": "p/2.png", "detail": "p/3.jpg"}
    rows = [row(f"{n}.jpg", n / 9, **names) for n in range(4)]
    page = Page(made(rows, is_beside=True))
    assert [photo["caption"] for photo in page.photos] == [""] * 4 and page.all("img") == []
    inside = [Page(line.encode()) for line in page.texts["script"].strip().split("\n")[:4]]
    assert [[image["src"] for image in tile.all("img")] for tile in inside] == [list(names.values())] * 4
    assert [tile.texts["span"] for tile in inside] == ["0.jpg", "1.jpg", "2.jpg", "3.jpg"]
    assert "needs its script" in page.texts["p"]


def test_the_page_is_well_formed_and_says_what_its_parts_are():
    data = made([row("a.jpg", 0.9), row("b.jpg", NAN)], facts={"weights": "joint 12ab", "working size": "1536"})
    page = Page(data)
    assert data.startswith(b"<!DOCTYPE html>\n") and page.all("html") == [{"lang": "en"}]
    assert page.all("meta")[0] == {"charset": "utf-8"} and "viewport" in [m.get("name") for m in page.all("meta")]
    for tag in ("main", "header", "h1", "ol", "svg", "dialog", "footer", "title"):
        assert len(page.all(tag)) >= 1, tag
    assert len(page.all("figure")) == len(page.all("figcaption")) == len(page.all("li")) + 1 == 3
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids)) and set(re.findall(r'one\("(\w+)"\)', report.SCRIPT)) <= {*ids, "contents"}
    assert "joint 12ab" in page.texts["dd"] and "working size" in page.texts["dt"]


def test_the_figures_of_a_photo_are_told_and_what_is_missing_too():
    sharp, blind = Page(made([row("a.jpg", 0.93456), row("b.jpg", NAN, sigma=NAN, coverage=NAN, noise=NAN)])).photos
    names = [base64.b64encode(name).decode() for name in (b"a.jpg", b"b.jpg")]
    assert sharp["item"] == {"class": "tile", "data-score": "0.9346", "data-kind": "unsure", "data-path": names[0]}
    assert blind["item"] == {"class": "tile", "data-kind": "unsure", "data-path": names[1]}
    assert " ".join(sharp["caption"].split()) == "a.jpg score0.9346blur1.25 pxkindunsurejudged34 %noise2.1"
    assert " ".join(blind["caption"].split()) == (
        "b.jpg scorecannot be judgedblurunknownkindunsurejudgedunknownnoiseunknown"
    )


def test_what_is_left_out_of_a_photo_is_told_and_shown():
    hatch = previews.png(np.zeros((4, 6, 4), np.uint8))
    (framed,) = Page(made([row(cropped=0.234, hatch=hatch)])).photos
    assert "kindunsureleft out23 %judged" in framed["caption"]
    assert [image.get("class") for image in framed["images"]] == [None, "overlay", "hatch", "detail"]


def test_pictures_are_embedded_as_they_are_with_their_size_and_loaded_late():
    rows = [row("with.jpg", 0.1, np.zeros((300, 500, 3), np.uint8)), row("without.jpg", 0.9, sharp=None)]
    page = Page(made(rows))
    (photo, tint, detail), (alone, part) = (p["images"] for p in page.photos)
    for image, wanted, kind in (
        (photo, rows[0]["thumbnail"], "jpeg"),
        (tint, rows[0]["overlay"], "png"),
        (detail, rows[0]["detail"], "jpeg"),
        (alone, rows[1]["thumbnail"], "jpeg"),
        (part, rows[1]["detail"], "jpeg"),
    ):
        assert image["loading"] == "lazy"
        assert (
            image["src"].startswith(f"data:image/{kind};base64,")
            and base64.b64decode(image["src"].partition(",")[2]) == wanted
        )
    assert [(i["width"], i["height"]) for i in (photo, tint, alone)] == [("360", "216"), ("360", "216"), ("60", "40")]
    assert (photo["alt"], tint["alt"], detail["alt"], alone["alt"]) == ("with.jpg", "", "", "without.jpg")
    assert page.all("rect")[20:] == [
        {"x": "36", "y": "0", "width": "288", "height": "216"},  # 400 x 300 pixels in the middle of 500 x 300
        {"x": "0", "y": "0", "width": "60", "height": "40"},
    ]


def test_the_histogram_counts_every_score_once_and_is_as_high_as_its_counts():
    scores = [0.01, 0.02, 0.07, 0.5, 0.52, 0.53, 0.96, 0.97, NAN]
    data = made([row(str(s), s) for s in scores])
    counts = [2, 1] + 8 * [0] + [3] + 8 * [0] + [2]
    titles = re.findall(r"<rect[^>]*><title>(.*?)</title>", data.decode())
    assert titles == [f"{n / 20:.2f} to {(n + 1) / 20:.2f}: {count}" for n, count in enumerate(counts)]
    heights = [float(bar["height"]) for bar in Page(data).all("rect")[:20]]
    assert np.allclose(heights, [20 * n for n in counts], atol=0.01)


@pytest.mark.parametrize("scores", [[], [NAN, NAN]])
def test_a_page_without_a_score_is_a_page(scores):
    page = Page(made([row(score=s) for s in scores]))
    assert len(page.photos) == len(scores) and {bar["height"] for bar in page.all("rect")[:20]} == {"0.00"}


def test_without_the_script_the_controls_are_hidden_and_the_overlay_shows_on_hover_and_focus():
    page = Page(made([row()]))
    steered = [attributes for _, attributes in page.elements if "data-js" in attributes]
    assert len(steered) == 5 and all("hidden" in attributes for attributes in steered)
    assert [b.get("class") for b in page.all("button")].count("photo") == 1
    assert re.search(r"\.photo:hover \.overlay,\.photo:focus-visible \.overlay[^{]*\{display:block\}", report.STYLE)
    assert "transition" not in report.STYLE.partition("@media (prefers-reduced-motion:no-preference)")[0]


def test_the_colours_of_words_and_frames_stand_out_in_light_and_dark():
    def luminance(colour):
        channels = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return np.dot(linear, [0.2126, 0.7152, 0.0722])

    themes = [dict(re.findall(r"--(\w+):(#\w{6})", rule)) for rule in re.findall(r":root\{[^}]*\}", report.STYLE)]
    assert len(themes) == 2
    for theme in themes:
        for words in ("ink", "soft", "accent"):
            for ground in ("ground", "panel"):
                low, high = sorted(luminance(theme[name]) for name in (words, ground))
                assert (high + 0.05) / (low + 0.05) >= 4.5, (words, ground)  # WCAG 2, level AA


# ---- names that would be more than names ------------------------------------------


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_a_name_wherever_it_stands(name):
    plain, page = Page(made([row()])), Page(made([row(name)], name, name, {name: name}))
    assert [tag for tag, _ in page.elements] == [tag for tag, _ in plain.elements]
    assert [set(attributes) for _, attributes in page.elements] == [set(attributes) for _, attributes in plain.elements]
    assert page.names() == [signs(name)] and page.photos[0]["images"][0]["alt"] == signs(name)
    assert page.all("bdi")[0]["title"] == signs(name)
    apart = made([row(name)], is_beside=True)
    assert [tag for tag, _ in Page(apart).elements] == [tag for tag, _ in Page(made([row()], is_beside=True)).elements]
    path = base64.b64decode(page.photos[0]["item"]["data-path"])
    assert path.decode("utf-8", "surrogatepass" if "\ud800" in name else "surrogateescape") == name
    assert page.texts.get("h1", "") == signs(name) and page.texts["p"].startswith(
        f"Softest first, by method {signs(name)}."
    )


@given(st.text(st.characters(codec=None)))
def test_any_text_is_a_name(name):
    page = Page(made([row(name)], name, name, {name: name}))
    assert page.names() == [signs(name)] and page.photos[0]["images"][0]["alt"] == signs(name)


# ---- one file, always the same ------------------------------------------------------


def test_nothing_is_fetched_from_anywhere():
    data = made([row(), row("b.jpg", NAN)])
    for _, attributes in (page := Page(data)).elements:
        assert all(
            value.startswith("data:")
            for name, value in attributes.items()
            if name in ("src", "href", "srcset", "action", "poster", "data")
        )
    assert not re.search(rb"https?:|//[\w.]+\.\w+/|url\(|@import|<link|<iframe|<base", data)
    assert {
        name for _, attributes in page.elements for name in attributes if name.startswith("on") or name == "style"
    } == set()


def test_the_policy_allows_this_style_this_script_and_embedded_pictures_alone():
    page = Page(made([row()]))
    (policy,) = (m["content"] for m in page.all("meta") if m.get("http-equiv") == "Content-Security-Policy")
    allowed = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    hashes = {
        tag: f"'sha256-{base64.b64encode(hashlib.sha256(page.texts[tag].encode()).digest()).decode()}'"
        for tag in ("style", "script")
    }
    closed = {"default-src": "'none'", "base-uri": "'none'", "form-action": "'none'"}
    assert allowed == {**closed, "img-src": "data:", "style-src": hashes["style"], "script-src": hashes["script"]}
    assert len(page.all("style")) == len(page.all("script")) == 1


def test_pictures_may_come_from_beside_a_page_in_a_folder_and_from_no_network():
    (policy,) = re.findall(r"img-src (.*?);", made([row()], is_beside=True).decode())
    assert policy == "data: 'self' file:"


def test_the_same_rows_give_the_same_bytes_in_pieces_of_one_photo():
    rows = [row(f"{n}.jpg", n / 9) for n in range(10)]
    pieces = list(report.page(iter(rows), "Photos", "joint", {"photos": "3"}))
    assert b"".join(pieces) == made(rows) and all(isinstance(piece, bytes) for piece in pieces)
    assert len(pieces) == 12 and all(piece.count(b"<li") == 1 for piece in pieces[1:-1])
