"""The page of ``blur-score --report``: photos sorted by score, in one HTML file that needs nothing else.

Nothing here opens a file. The page is whole without its script: a sorted list whose overlays show
on hover and focus. The script adds the threshold, the filter, the enlarged view and the keys.
"""

import base64
import hashlib
import html
import math

import cv2
import numpy as np

from blurkit.io.marks import GENERATOR
from blurkit.io.page import SCRIPT, STYLE
from blurkit.ops import resize
from blurkit.ops.colour import eight_bits

THUMBNAIL_SIDE = 360  # pixels, the longer side at most; a tile is 240 wide, so dense screens get something
JPEG_QUALITY = 80  # of 100; about 25 kB a thumbnail
OVERLAY_SIDE = 180  # pixels, the longer side at most; the browser smooths it over the thumbnail
TINT = (225, 20, 255)  # RGB; hardly ever a colour of a scene, and seen on skin, leaves and sky
ALPHA_LEVELS = 32  # above 0; few, so that the PNG stays small
ALPHA_STEP = 3  # of 255; 32 x 3 = 96 at most, so that the photo is seen through the tint
BINS = 20  # of the histogram of scores, over [0, 1]
BIN_WIDTH, PLOT_HEIGHT = 10, 60  # of the plot's own units, which the page stretches

ARROW = "M2 12H22M6 8L2 12L6 16M18 8L22 12L18 16"  # in a box of 24 by 24; both ends alike, as a motion has no sign

SHOWN = {n: 0x2400 + n for n in range(0x20)} | {0x7F: 0x2421}  # a control character as its picture
# What is no text, such as bytes that did not decode, becomes the replacement character.
SHOWN |= dict.fromkeys([*range(0x80, 0xA0), *range(0xD800, 0xE000)], 0xFFFD)

POLICY = (  # Content-Security-Policy: the one style, the one script, embedded pictures, and nothing else
    "default-src 'none'; img-src data:; style-src {style}; script-src {script}; base-uri 'none'; form-action 'none'"
)
FOOTER = """\
Score: bigger = sharper, up to 1. Blur: sigma in the worst direction, in pixels as measured. Kind: of the blur; an arrow
shows the direction of a motion, its length is in pixels of the photo. Judged: share of the photo that shows its blur.
Noise: 8-bit steps."""


def thumbnail(photo):
    """A photo, small.

    Parameters
    ----------
    photo : ndarray, (H, W, 3), uint8 or uint16, RGB

    Returns
    -------
    bytes
        JPEG, the longer side at most 360 pixels; never enlarged.
    """
    small = eight_bits(resize.reduce_to(photo, resize.working_shape(photo.shape, THUMBNAIL_SIDE)))
    _, data = cv2.imencode(
        ".jpg",
        cv2.cvtColor(small, cv2.COLOR_RGB2BGR),
        [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY, cv2.IMWRITE_JPEG_OPTIMIZE, 1],
    )
    return data.tobytes()


def overlay(sharpness):
    """A map as a tint to lay over the thumbnail.

    Parameters
    ----------
    sharpness : ndarray, (h, w), float32 in [0, 1]
        1 = in focus, NaN = unknown; on any grid.

    Returns
    -------
    bytes
        PNG of one colour with alpha: 0 out of focus and where the map is NaN, 96 of 255 in focus, in
        steps of 3. The longer side at most 180 pixels; never enlarged.
    """
    filled = np.nan_to_num(sharpness, nan=0.0).astype(np.float32)
    small = np.clip(resize.reduce_to(filled, resize.working_shape(filled.shape, OVERLAY_SIDE)), 0, 1)
    tinted = np.empty((*small.shape, 4), np.uint8)
    tinted[..., :3] = TINT[::-1]
    tinted[..., 3] = np.rint(small * ALPHA_LEVELS) * ALPHA_STEP
    _, data = cv2.imencode(".png", tinted)
    return data.tobytes()


def page(rows, title, method, facts):
    """The page, piece by piece.

    Parameters
    ----------
    rows : iterable of dict
        ``path`` (str, as the system gave it), ``score`` (float in [0, 1], bigger = sharper; NaN = cannot be
        measured), ``sigma`` (float, pixels), ``kind`` (str, see ``motion.KINDS``), ``motion`` (float, pixels of the
        photo) and ``angle`` (float, degrees counter-clockwise; shown if the kind is motion, as the length is),
        ``coverage`` (float in [0, 1]), ``noise`` (float, 8-bit steps), ``thumbnail`` (bytes, from `thumbnail`),
        ``overlay`` (bytes, from `overlay`, or None).
        A figure that is NaN is shown as unknown.
    title, method : str
    facts : dict of str to str
        Further lines of the head, in this order.

    Yields
    ------
    bytes
        UTF-8: the head, one photo after the other, best first, those without a score last, and the end.
        Rows of one score keep their order.
    """
    ranked = sorted(rows, key=lambda row: (math.isnan(row["score"]), -row["score"]))
    yield head(title, method, facts, [row["score"] for row in ranked]).encode()
    for row in ranked:
        yield tile(row).encode()
    yield f"""</ol>
</main>
<dialog id="large" aria-label="enlarged photo">
<div id="enlarged"></div><button id="close" class="plain">Close</button>
</dialog>
<footer>{FOOTER}</footer>
<script>{SCRIPT}</script>
</body>
</html>
""".encode()


def head(title, method, facts, scores):
    """All that stands before the first photo."""
    policy = POLICY.format(style=digest(STYLE), script=digest(SCRIPT))
    lines = "".join(f"<div><dt>{text(name)}</dt><dd>{text(value)}</dd></div>" for name, value in facts.items())
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
{GENERATOR}
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{text(title)}</title>
<style>{STYLE}</style>
</head>
<body>
<header><h1>{text(title)}</h1>
<p>Sharpest first, by method {text(method)}.</p>
<dl class="facts">{lines}</dl></header>
<main>
<div class="bar"><div class="scores">{histogram(scores)}
<input id="threshold" type="range" min="0" max="1" step="0.01" value="0"
 aria-label="threshold of the score" data-js hidden>
<p class="axis"><span>0</span><span>score</span><span>1</span></p></div>
<div class="tools" data-js hidden>
<output id="tally" class="tally" for="threshold filter"></output>
<input id="filter" type="search" placeholder="file name" aria-label="show only file names that contain">
<button id="toggle" class="plain" aria-pressed="false" aria-keyshortcuts="o">Show what is in focus<kbd>o</kbd></button>
</div></div>
<ol id="photos">
"""


def histogram(scores):
    """The histogram of the scores as SVG, with the line that marks the threshold."""
    measured = np.clip([score for score in scores if not math.isnan(score)], 0, 1)
    counts, edges = np.histogram(measured, BINS, (0, 1))
    bars = []
    for number, count in enumerate(counts.tolist()):
        height = count * PLOT_HEIGHT / max(counts.max(), 1)
        left, top = number * BIN_WIDTH + 0.5, PLOT_HEIGHT - height
        place = f'x="{left}" y="{top:.2f}" width="{BIN_WIDTH - 1}" height="{height:.2f}"'
        bars.append(f"<rect {place}><title>{edges[number]:.2f} to {edges[number + 1]:.2f}: {count}</title></rect>")
    box = f'viewBox="0 0 {BINS * BIN_WIDTH} {PLOT_HEIGHT}" preserveAspectRatio="none"'
    mark = f'<line id="mark" x1="0" x2="0" y1="0" y2="{PLOT_HEIGHT}"/>'
    return (
        f'<svg {box} role="img" aria-label="how many photos have which score">\n'
        + "\n".join(bars)
        + f"\n{mark}\n</svg>"
    )


def tile(row):
    """One photo with its figures, as an item of the list."""
    path, score = row["path"], row["score"]
    height, width = cv2.imdecode(np.frombuffer(row["thumbnail"], np.uint8), cv2.IMREAD_GRAYSCALE).shape
    size = f'width="{width}" height="{height}" loading="lazy"'
    images = f'<img src="{embedded("jpeg", row["thumbnail"])}" alt="{text(path)}" {size}>'
    if row["overlay"] is not None:
        images += f'<img class="overlay" src="{embedded("png", row["overlay"])}" alt="" {size}>'
    folder, slash, base = path.rpartition("/")
    figures = [
        ("score", figure(score, "{:.4f}", "cannot be judged"), ""),
        ("blur", figure(row["sigma"], "{:.2f} px"), ""),
        ("kind", kind(row), ' class="kind"'),
        ("judged", figure(row["coverage"] * 100, "{:.0f} %"), ' class="more"'),
        ("noise", figure(row["noise"], "{:.1f}"), ' class="more"'),
    ]
    lines = "".join(f"<div{part}><dt>{name}</dt><dd>{value}</dd></div>" for name, value, part in figures)
    data = "" if math.isnan(score) else f' data-score="{score:.4f}"'
    name = f'<span class="folder">{text(folder + slash)}</span><span class="base">{text(base)}</span>'
    return f"""<li{data}><figure>
<div class="stage"><button class="photo">{images}</button></div>
<figcaption><bdi class="name" title="{text(path)}">{name}</bdi>
<dl class="figures">{lines}</dl></figcaption>
</figure></li>
"""


def kind(row):
    """The kind of blur of a photo as HTML: a word; for motion its length as well, and an arrow along it."""
    if row["kind"] != "motion":
        return text(row["kind"])
    length, angle = round(row["motion"]), round(row["angle"]) % 180
    said = f"motion {length} pixel{'s' * (length != 1)} at {angle} degree{'s' * (angle != 1)}"
    arrow = f'<path d="{ARROW}" transform="rotate({-angle} 12 12)"/>'  # SVG turns clockwise
    return (
        f'<span aria-hidden="true">motion {length} px</span>'
        f'<svg class="arrow" viewBox="0 0 24 24" role="img"><title>{said}</title>{arrow}</svg>'
    )


def figure(value, form, unknown="unknown"):
    """A number as text, `unknown` for NaN."""
    return unknown if math.isnan(value) else form.format(value)


def text(words):
    """Any string as HTML, for elements and quoted attributes; invisible or undecodable characters become signs."""
    return html.escape(words.translate(SHOWN))


def embedded(kind, data):
    """A picture as a ``data:`` URI."""
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


def digest(source):
    """The source expression that allows one inline style or script in a Content-Security-Policy."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}'"
