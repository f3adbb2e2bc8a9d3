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

SHOWN = {n: 0x2400 + n for n in range(0x20)} | {0x7F: 0x2421}  # a control character as its picture
SHOWN |= dict.fromkeys(
    [*range(0x80, 0xA0), *range(0xD800, 0xE000)], 0xFFFD
)  # what is no text, bytes that did not decode among it

STYLE = """
:root{color-scheme:light dark;--ground:#f7f6f4;--panel:#ecebe8;--ink:#1c1b1a;--soft:#5d5a56;--line:#d3d0cb;--accent:#84109c}
@media (prefers-color-scheme:dark){:root{--ground:#151514;--panel:#1f1e1d;--ink:#eceae6;--soft:#a5a19b;--line:#3a3836;--accent:#e08bff}}
*{box-sizing:border-box} [hidden]{display:none!important} dl,dd,figure{margin:0} input,button{font:inherit;color:inherit}
body{margin:0;padding:0 clamp(1rem,4vw,4rem);background:var(--ground);color:var(--ink);font:.9375rem/1.5 system-ui,sans-serif;font-variant-numeric:tabular-nums}
header{padding:3rem 0 1.5rem} header p{margin:.4rem 0 0} footer{max-width:48rem;padding:3rem 0}
h1{margin:0;font-size:1.75rem;font-weight:600;line-height:1.2;letter-spacing:-.015em;overflow-wrap:anywhere}
header p,footer,dt,.axis,.told{color:var(--soft)} footer,dt,.axis,.told{font-size:.8125rem} dd{overflow-wrap:anywhere}
.facts{display:flex;flex-wrap:wrap;gap:.75rem 2.5rem;margin-top:1.5rem}
.bar{display:flex;flex-wrap:wrap;align-items:end;gap:1rem 3rem;padding:1rem 0;background:var(--ground);border-bottom:1px solid var(--line)}
.js .bar{position:sticky;top:0;z-index:1} @media (max-height:34rem),(max-width:44rem){.js .bar{position:static}}
.scores{flex:1 1 20rem;max-width:36rem} .axis{display:flex;justify-content:space-between;margin:0}
svg{display:block;width:100%;height:3.5rem;fill:var(--soft);border-bottom:1px solid var(--line)}
line{stroke:var(--accent);stroke-width:2px;vector-effect:non-scaling-stroke}
[type=range]{appearance:none;display:block;width:calc(100% + 1rem);height:1rem;margin:-.5rem -.5rem 0;background:none;cursor:ew-resize}
[type=range]::-webkit-slider-thumb{appearance:none;width:1rem;height:1rem;border:2px solid var(--ground);border-radius:50%;background:var(--accent)}
[type=range]::-moz-range-thumb{box-sizing:border-box;width:1rem;height:1rem;border:2px solid var(--ground);border-radius:50%;background:var(--accent)}
.tools{flex:1 1 27rem;display:flex;flex-wrap:wrap;align-items:center;gap:.6rem 1rem} .told{flex-basis:100%} [type=search]{width:13rem}
[type=search],.plain{padding:.4rem .8rem;border:1px solid var(--soft);border-radius:.4rem;background:none} .plain:hover{background:var(--panel)}
[aria-pressed=true],[aria-pressed=true]:hover{background:var(--accent);border-color:var(--accent);color:var(--ground)}
kbd{margin-left:.5em;padding:0 .4em;border:1px solid;border-radius:.25rem;font:inherit;font-size:.75rem}
:focus-visible{outline:3px solid var(--accent);outline-offset:3px} ::placeholder{color:var(--soft);opacity:1}
ol{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(15rem,100%),1fr));gap:2.5rem 1.75rem;margin:0;padding:2.25rem 0;list-style:none}
li{min-width:0;content-visibility:auto;contain-intrinsic-size:auto 19rem}
.stage{display:grid;place-items:center;aspect-ratio:5/4;border-radius:.4rem;background:var(--panel);container-type:size}
.photo{position:relative;padding:0;border:0;background:none;scroll-margin:11rem 0 8rem} .js .photo{cursor:zoom-in} .photo img,.frame img{display:block}
.photo img:first-child{width:auto;height:auto;max-width:calc(100cqw - 1.5rem);max-height:calc(100cqh - 1.5rem)}
img.overlay{position:absolute;inset:0;width:100%;height:100%;image-rendering:auto;opacity:0}
.photo:hover .overlay,.photo:focus-visible .overlay,.frame:hover .overlay,.all .overlay{opacity:1}
figcaption{padding-top:.6rem} .name{display:flex;white-space:pre} .name span{overflow:hidden;text-overflow:ellipsis}
.folder{flex:0 1 auto;min-width:0;color:var(--soft)} .base{flex:0 0 auto;max-width:100%}
.figures,.figures div{display:flex;flex-wrap:wrap;align-items:baseline;gap:0 .4rem} .figures{column-gap:1rem} .js ol .more{display:none}
.figures div:first-child dd{font-size:1.125rem;font-weight:600}
li.below{opacity:.22;filter:grayscale(1)} li.below:hover,li.below:focus-within{opacity:1;filter:none} rect.below{fill:var(--line)}
dialog{width:max-content;max-width:94vw;max-height:96vh;padding:1.25rem;border:0;border-radius:.6rem;background:var(--ground);color:var(--ink)}
dialog::backdrop{background:rgb(0 0 0/.72)} .frame{position:relative;margin:auto;width:min(88vw,46rem,66vh*var(--ratio))} .frame img{width:100%;height:auto}
dialog .name{display:block;white-space:pre-wrap;overflow-wrap:anywhere;max-width:46rem} dialog .figures{margin:.4rem 0 1rem;column-gap:1.75rem}
@media (prefers-reduced-motion:no-preference){.overlay,li{transition:opacity .15s,filter .15s}}
"""

SCRIPT = """
"use strict";
const one = (id) => document.getElementById(id), root = document.documentElement;
const list = one("photos"), threshold = one("threshold"), filter = one("filter"), toggle = one("toggle"), large = one("large");
const items = [...list.children], photos = items.map((item) => item.querySelector(".photo"));
const scores = items.map((item) => parseFloat(item.dataset.score));  // NaN where none is given
const names = items.map((item) => item.querySelector(".name").textContent.toLowerCase());
const bars = [...document.querySelectorAll("rect")];
let shown = [], current = -1;

function update() {
  const level = threshold.valueAsNumber, wanted = filter.value.toLowerCase(), count = {above: 0, below: 0, neither: 0};
  shown = [];
  items.forEach((item, i) => {
    const side = scores[i] >= level ? "above" : scores[i] < level ? "below" : "neither";
    item.classList.toggle("below", side === "below");
    item.hidden = !names[i].includes(wanted);
    if (!item.hidden) count[side] = count[side] + 1, shown.push(i);
  });
  bars.forEach((bar, i) => bar.classList.toggle("below", (i + 1) / bars.length <= level));
  for (const end of ["x1", "x2"]) one("mark").setAttribute(end, 100 * level + "%");
  const rest = count.neither ? `, ${count.neither} cannot be judged` : "";
  one("told").textContent = `${count.above} at ${level.toFixed(2)} or above, ${count.below} below${rest}`;
}

function enlarge(i) {
  const frame = document.createElement("div"), caption = items[i].querySelector("figcaption"), [photo] = photos[i].children;
  frame.className = "frame";
  frame.style.setProperty("--ratio", photo.getAttribute("width") / photo.getAttribute("height"));
  frame.append(...photos[i].cloneNode(true).children);
  one("enlarged").replaceChildren(frame, caption.cloneNode(true));
  current = i;
  if (!large.open) large.showModal();
}

function move(event) {
  const place = shown.indexOf(large.open ? current : photos.indexOf(document.activeElement)), last = shown.length - 1;
  const columns = large.open ? 1 : getComputedStyle(list).gridTemplateColumns.split(" ").length;
  const steps = {ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns, Home: -place, End: last - place};
  if (place < 0 || !(event.key in steps)) return;
  event.preventDefault();
  const to = shown[Math.min(place + steps[event.key], last)];
  if (large.open && to !== undefined) enlarge(to);
  else photos[to]?.focus();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target === filter) return;
  if (event.key.toLowerCase() === "o") toggle.click();
  else move(event);
});
list.addEventListener("click", (event) => {
  const photo = event.target.closest(".photo");
  if (photo) enlarge(photos.indexOf(photo));
});
toggle.addEventListener("click", () => toggle.setAttribute("aria-pressed", root.classList.toggle("all")));
large.addEventListener("click", (event) => { if (event.target === large) large.close(); });
large.addEventListener("close", () => photos[current].focus());
one("close").addEventListener("click", () => large.close());
for (const input of [threshold, filter]) input.addEventListener("input", update);
root.classList.add("js");
for (const element of document.querySelectorAll("[data-js]")) element.hidden = false;
update();
"""


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
        1 = in focus, NaN = not known; on any grid.

    Returns
    -------
    bytes
        PNG of one colour with alpha: 0 out of focus and where nothing is known, 96 of 255 in focus, in
        steps of 3. The longer side at most 180 pixels; never enlarged.
    """
    known = np.nan_to_num(sharpness, nan=0.0).astype(np.float32)
    small = np.clip(resize.reduce_to(known, resize.working_shape(known.shape, OVERLAY_SIDE)), 0, 1)
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
        judged), ``sigma`` (float, pixels), ``coverage`` (float in [0, 1]), ``noise`` (float, 8-bit steps),
        ``thumbnail`` (bytes, from `thumbnail`), ``overlay`` (bytes, from `overlay`, or None).
        Of the figures, NaN is told as unknown.
    title, method : str
    facts : dict of str to str
        What else the head says, in this order.

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
<dialog id="large" aria-label="enlarged photo"><div id="enlarged"></div><button id="close" class="plain">Close</button></dialog>
<footer>Score: bigger = sharper, up to 1. Blur: sigma in pixels as measured. Judged: share of the photo that shows its blur. Noise: 8-bit steps.</footer>
<script>{SCRIPT}</script>
</body>
</html>
""".encode()


def head(title, method, facts, scores):
    """All that stands before the first photo."""
    policy = f"default-src 'none'; img-src data:; style-src {digest(STYLE)}; script-src {digest(SCRIPT)}; base-uri 'none'; form-action 'none'"
    told = "".join(f"<div><dt>{text(name)}</dt><dd>{text(value)}</dd></div>" for name, value in facts.items())
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
<dl class="facts">{told}</dl></header>
<main>
<div class="bar"><div class="scores">{histogram(scores)}
<input id="threshold" type="range" min="0" max="1" step="0.01" value="0" aria-label="threshold of the score" data-js hidden>
<p class="axis"><span>0</span><span>score</span><span>1</span></p></div>
<div class="tools" data-js hidden>
<output id="told" class="told" for="threshold filter"></output>
<input id="filter" type="search" placeholder="file name" aria-label="show only file names that contain">
<button id="toggle" class="plain" aria-pressed="false" aria-keyshortcuts="o">Show what is in focus<kbd>o</kbd></button>
</div></div>
<ol id="photos">
"""


def histogram(scores):
    """How many photos have which score, as SVG; the line that marks the threshold is in it."""
    judged = np.clip([score for score in scores if not math.isnan(score)], 0, 1)
    counts, edges = np.histogram(judged, BINS, (0, 1))
    bars = []
    for number, count in enumerate(counts.tolist()):
        height = count * PLOT_HEIGHT / max(counts.max(), 1)
        place = f'x="{number * BIN_WIDTH + 0.5}" y="{PLOT_HEIGHT - height:.2f}" width="{BIN_WIDTH - 1}" height="{height:.2f}"'
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
        ("judged", figure(row["coverage"] * 100, "{:.0f} %"), ' class="more"'),
        ("noise", figure(row["noise"], "{:.1f}"), ' class="more"'),
    ]
    told = "".join(f"<div{more}><dt>{name}</dt><dd>{value}</dd></div>" for name, value, more in figures)
    known = "" if math.isnan(score) else f' data-score="{score:.4f}"'
    return f"""<li{known}><figure>
<div class="stage"><button class="photo">{images}</button></div>
<figcaption><bdi class="name" title="{text(path)}"><span class="folder">{text(folder + slash)}</span><span class="base">{text(base)}</span></bdi>
<dl class="figures">{told}</dl></figcaption>
</figure></li>
"""


def figure(value, form, unknown="unknown"):
    """A number in words."""
    return unknown if math.isnan(value) else form.format(value)


def text(words):
    """Any string as HTML, fit for elements and quoted attributes; what cannot be seen or encoded is shown by a sign."""
    return html.escape(words.translate(SHOWN))


def embedded(kind, data):
    """A picture as a ``data:`` URI."""
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


def digest(source):
    """What allows one inline style or script, and no other, in a Content-Security-Policy."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}'"
