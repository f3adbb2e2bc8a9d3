"""The page of ``blur-score --report``: photos sorted by score, as HTML that needs nothing from anywhere.

Nothing here opens a file. The page is whole without its script: a sorted list whose overlays show
on hover and focus. The script adds the threshold, the filters, marks, lists of names, the larger view and the keys.
"""

import base64
import hashlib
import html
import math

import numpy as np

from blurkit.io.marks import GENERATOR
from blurkit.io.page import END, HEAD, STYLE, WITHOUT
from blurkit.io.script import SCRIPT

THRESHOLD = 0.5  # of the score, at which the page starts: a blur of 1 pixel at the working size
BINS = 20  # of the histogram of scores, over [0, 1]
BIN_WIDTH, PLOT_HEIGHT = 10, 60  # of the plot's own units, which the page stretches

ARROW = "M2 12H22M6 8L2 12L6 16M18 8L22 12L18 16"  # in a box of 24 by 24; both ends alike, as a motion has no sign

SHOWN = {n: 0x2400 + n for n in range(0x20)} | {0x7F: 0x2421}  # a control character as its picture
# What is no text, such as bytes that did not decode, becomes the replacement character.
SHOWN |= dict.fromkeys([*range(0x80, 0xA0), *range(0xD800, 0xE000)], 0xFFFD)

POLICY = (  # Content-Security-Policy: the one style, the one script, pictures of the page, and nothing else
    "default-src 'none'; img-src {images}; style-src {style}; script-src {script}; base-uri 'none'; form-action 'none'"
)
EMBEDDED, BESIDE = "data:", "'self' file:"  # where pictures may come from


def page(rows, title, method, facts, threshold=None, is_beside=False):
    """The page, piece by piece.

    Parameters
    ----------
    rows : iterable of dict
        ``path`` (str, as the system gave it), ``is_file`` (False for a picture of a stream, which has no file),
        ``siblings`` (paths of the other files of its shot, which are moved along; may be left out),
        ``score`` (float in [0, 1], bigger = sharper; NaN = cannot be measured), ``sigma`` (float, pixels), ``kind``
        (str, see ``motion.KINDS``), ``motion`` (float, pixels of the photo) and ``angle`` (float, degrees
        counter-clockwise; shown if the kind is motion, as the length is), ``coverage``, ``cropped`` (float in [0, 1]),
        ``noise`` (float, 8-bit steps).
        Pictures, each bytes from `previews`, or a str, the address of a file: ``thumbnail``; ``overlay`` and ``hatch``,
        or None; ``detail``; ``size`` of the thumbnail, (width, height); ``box`` of the detail on it, (left, top, width,
        height).
        With groups ``group`` (hashable, None: alone) and ``best`` (bool).
        A figure that is NaN is shown as unknown.
    title, method : str
    facts : dict of str to str
        Further lines of the head, in this order.
    threshold : float, optional
        Score at which the page starts; default `THRESHOLD`, or 0 where there are groups, of which the best is kept.
    is_beside : bool, optional
        Pictures may be files beside the page, of which there are many: the tiles are filled by the script.

    Yields
    ------
    bytes
        UTF-8: the head, one photo after the other, and the end. The softest first, those without a score last; rows of
        one score keep their order. With groups one group after the other as they came, the best of each first, those
        that are alone last.
    """
    rows = list(rows)
    groups = groups_of(rows)
    if threshold is None:
        threshold = 0.0 if groups else THRESHOLD
    ranked = [row for group in groups for row in group[1]] if groups else softest_first(rows)
    yield head(title, method, facts, ranked, threshold, is_beside, bool(groups)).encode()
    for name, members in groups or [(None, ranked)]:
        if groups:
            yield heading(name, len(members)).encode()
        for row in members:
            yield tile(row, bool(groups), "" if is_beside else inside(row)).encode()
    yield END.format(contents=apart(ranked) if is_beside else "", script=SCRIPT).encode()


def apart(rows):
    """What is inside the tiles of some rows, a line for each, as text that the script takes up as it is needed.

    Thousands of tiles take a browser seconds and hundreds of megabytes.
    """
    lines = "\n".join(inside(row).replace("\n", "") for row in rows)
    return f'<script type="text/plain" id="contents">\n{lines}\n</script>\n'


def softest_first(rows):
    """Rows by score, the lowest first, those without one last."""
    return sorted(rows, key=lambda row: (math.isnan(row["score"]), row["score"]))


def groups_of(rows):
    """[(name, rows, the best first)] of each group as they came, last those that are alone; empty without groups."""
    groups: dict = {}
    for row in rows:
        groups.setdefault(row.get("group"), []).append(row)
    alone = groups.pop(None, [])
    if not groups:
        return []
    several = [(name, sorted(members, key=place)) for name, members in groups.items()]
    return several + ([(None, softest_first(alone))] if alone else [])


def place(row):
    """The sort key of a row in its group."""
    return not row["best"], math.isnan(row["score"]), -row["score"]


def head(title, method, facts, rows, threshold, is_beside, has_groups):
    """All that stands before the first photo."""
    images = f"{EMBEDDED} {BESIDE}" if is_beside else EMBEDDED
    policy = POLICY.format(images=images, style=digest(STYLE), script=digest(SCRIPT))
    lines = "".join(f"<div><dt>{text(name)}</dt><dd>{text(value)}</dd></div>" for name, value in facts.items())
    order = "The best of each group first" if has_groups else "Softest first"
    identity = hashlib.sha256(repr([(row["path"], row["score"]) for row in rows]).encode("utf-8", "replace"))
    kinds = "".join(f'<option value="{text(kind)}">{text(kind)}</option>' for kind in sorted({r["kind"] for r in rows}))
    return HEAD.format(
        policy=policy,
        generator=GENERATOR,
        title=text(title),
        style=STYLE,
        order=order,
        method=text(method),
        facts=lines,
        histogram=histogram([row["score"] for row in rows]),
        threshold=f"{threshold:.2f}",
        kinds=kinds,
        sorting=" hidden" if has_groups else " data-js hidden",
        without=WITHOUT if is_beside else "",
        identity=identity.hexdigest()[:16],
    )


def heading(name, count):
    """The line above the photos of a group; `name` is None for those that are alone."""
    words = name if isinstance(name, tuple) else (name,)
    said = "Alone" if name is None else "Group " + " ".join(str(word) for word in words if word is not None)
    return f'<li class="head"><h2>{text(said)}</h2><span>{count} photo{"s" * (count != 1)}</span></li>\n'


def histogram(scores):
    """The histogram of the scores as SVG, with the line that marks the threshold."""
    measured = np.clip([score for score in scores if not math.isnan(score)], 0, 1)
    counts, edges = np.histogram(measured, BINS, (0, 1))
    bars = []
    for number, count in enumerate(counts.tolist()):
        height = count * PLOT_HEIGHT / max(counts.max(), 1)
        left, top = number * BIN_WIDTH + 0.5, PLOT_HEIGHT - height
        where = f'x="{left}" y="{top:.2f}" width="{BIN_WIDTH - 1}" height="{height:.2f}"'
        bars.append(f"<rect {where}><title>{edges[number]:.2f} to {edges[number + 1]:.2f}: {count}</title></rect>")
    box = f'viewBox="0 0 {BINS * BIN_WIDTH} {PLOT_HEIGHT}" preserveAspectRatio="none"'
    mark = f'<line id="mark" x1="0" x2="0" y1="0" y2="{PLOT_HEIGHT}"/>'
    return (
        f'<svg {box} role="img" aria-label="how many photos have which score">\n'
        + "\n".join(bars)
        + f"\n{mark}\n</svg>"
    )


def tile(row, has_groups, content):
    """One photo as an item of the list, with what is inside it."""
    data = "" if math.isnan(row["score"]) else f' data-score="{row["score"]:.4f}"'
    data += f' data-kind="{text(row["kind"])}" data-path="{packed(row["path"])}"'
    data += "" if row["is_file"] else " data-stream"
    others = " ".join(map(packed, row.get("siblings", ())))
    data += f' data-siblings="{others}"' if others else ""
    data += " data-best" if has_groups and row.get("best", True) else ""
    return f'<li class="tile"{data}>{content}</li>\n'


def inside(row):
    """A photo with its figures."""
    path, score = row["path"], row["score"]
    folder, slash, base = path.rpartition("/")
    figures = [
        ("score", figure(score, "{:.4f}", "cannot be judged"), ""),
        ("blur", figure(row["sigma"], "{:.2f} px"), ""),
        ("kind", kind(row), ' class="kind"'),
        ("judged", figure(row["coverage"] * 100, "{:.0f} %"), ' class="more"'),
        ("noise", figure(row["noise"], "{:.1f}"), ' class="more"'),
    ]
    if row["cropped"] > 0:
        figures.insert(3, ("left out", figure(row["cropped"] * 100, "{:.0f} %"), ' class="more"'))
    lines = "".join(f"<div{part}><dt>{name}</dt><dd>{value}</dd></div>" for name, value, part in figures)
    name = f'<span class="folder">{text(folder + slash)}</span><span class="base">{text(base)}</span>'
    return f"""<figure>
<div class="stage"><button class="photo">{pictures(row)}</button></div>
<figcaption><bdi class="name" title="{text(path)}">{name}</bdi>
<dl class="figures">{lines}</dl></figcaption>
<button class="verdict"></button></figure>"""


def pictures(row):
    """The pictures of a photo, one on the other: itself, what is in focus, what is left out, its true pixels."""
    width, height = row["size"]
    size = f'width="{width}" height="{height}" loading="lazy"'
    left, top, across, down = row["box"]
    images = f'<img src="{address("jpeg", row["thumbnail"])}" alt="{text(row["path"])}" {size}>'
    for name in ("overlay", "hatch"):
        if row[name] is not None:
            images += f'<img class="{name}" src="{address("png", row[name])}" alt="" {size}>'
    return images + (
        f'<svg class="spot" viewBox="0 0 {width} {height}" aria-hidden="true">'
        f'<rect x="{left}" y="{top}" width="{across}" height="{down}"/></svg>'
        f'<img class="detail" src="{address("jpeg", row["detail"])}" alt="" loading="lazy">'
    )


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


def packed(path):
    """The bytes of a path as the system has them, in Base64."""
    try:
        data = path.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # halves of pairs, in names of Windows
        data = path.encode("utf-8", "surrogatepass")
    return base64.b64encode(data).decode()


def address(form, picture):
    """The address of a picture: of its file, or a ``data:`` URI that holds it."""
    if isinstance(picture, str):
        return text(picture)
    return f"data:image/{form};base64,{base64.b64encode(picture).decode()}"


def digest(source):
    """The source expression that allows one inline style or script in a Content-Security-Policy."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}'"
