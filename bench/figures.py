"""Pictures of results: curves as SVG, montages as PNG."""

import cv2
import numpy as np

WIDTH, HEIGHT, EDGE = 480, 320, 48  # pixels; of a picture, and of the margin around its lines
INNER_WIDTH, INNER_HEIGHT = WIDTH - 2 * EDGE, HEIGHT - 2 * EDGE
GRID = 5  # lines either way
COLOURS = ("#1b6ca8", "#c8553d", "#4f8a4c", "#8d5a97", "#b08900", "#3d3d3d", "#2aa198", "#d04a8f")
CELL = (240, 180)  # pixels; width and height of a picture in a montage
HEAD, LETTERS = 22, 0.45  # pixels, height of a line of text in a montage; scale of OpenCV's Hershey font


def curves(path, rows, title, label, places=None):
    """Write curves {name: values} over `places` (default 1, 2, ...) as an SVG; `label` is that of the x axis."""
    count = len(next(iter(rows.values())))
    places = np.arange(1, count + 1) if places is None else np.asarray(places, float)
    points = {name: (places, values) for name, values in rows.items()}
    lines(path, points, title, label, (places[0], places[-1]), max(map(np.max, rows.values())))


def lines(path, rows, title, label, across=(0.0, 1.0), top=1.0):
    """Write lines {name: (x, y)} as an SVG, x from `across[0]` to `across[1]`, y from 0 to `top`."""
    left, right = across
    parts = frame(title, f"{label} ({left:g} to {right:g})", top)
    for number, (name, (x, y)) in enumerate(rows.items()):
        x = EDGE + (np.asarray(x, float) - left) / (right - left) * INNER_WIDTH
        y = HEIGHT - EDGE - np.asarray(y, float) / top * INNER_HEIGHT
        points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
        colour = COLOURS[number % len(COLOURS)]
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        if len(rows) <= len(COLOURS):
            height = HEIGHT - EDGE - 8 - 15 * (len(rows) - 1 - number)
            parts.append(f'<text x="{EDGE + 12}" y="{height}" fill="{colour}">{name}</text>')
    path.write_text("\n".join([*parts, "</svg>"]) + "\n")


def frame(title, label, top):
    """The parts of an SVG without its lines and its end: title, grid, axes and their labels."""
    down = [f"M{EDGE} {HEIGHT - EDGE - k * INNER_HEIGHT / GRID:g}h{INNER_WIDTH}" for k in range(1, GRID + 1)]
    across = [f"M{EDGE + k * INNER_WIDTH / GRID:g} {HEIGHT - EDGE}v{-INNER_HEIGHT}" for k in range(1, GRID + 1)]
    namespace = 'xmlns="http://www.w3.org/2000/svg"'
    return [
        f'<svg {namespace} width="{WIDTH}" height="{HEIGHT}" font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/><text x="{EDGE}" y="20">{title}</text>',
        f'<path d="{"".join(down + across)}" stroke="#ddd"/>',
        f'<path d="M{EDGE} {EDGE}V{HEIGHT - EDGE}H{WIDTH - EDGE}" fill="none" stroke="black"/>',
        f'<text x="{WIDTH - EDGE}" y="{HEIGHT - 12}" text-anchor="end">{label}</text>',
        f'<text x="4" y="{EDGE}">{top:.3g}</text><text x="4" y="{HEIGHT - EDGE}">0</text>',
    ]


def painted(sharpness):
    """A map in colours, (H, W, 3) uint8 RGB."""
    return cv2.applyColorMap(np.uint8(sharpness * 255), cv2.COLORMAP_VIRIDIS)[..., ::-1]


def cell(picture):
    """A picture, grey or RGB, at the size of a cell, RGB."""
    colour = picture if picture.ndim == 3 else np.dstack([picture] * 3)
    return cv2.resize(colour, CELL, interpolation=cv2.INTER_AREA)


def label(text, width):
    """A line of text in black on white, (22, width, 3) uint8; letters beyond ASCII are question marks."""
    strip = np.full((HEAD, width, 3), 255, np.uint8)
    written = text.encode("ascii", "replace").decode()
    cv2.putText(strip, written, (4, HEAD - 7), cv2.FONT_HERSHEY_SIMPLEX, LETTERS, (0, 0, 0), 1, cv2.LINE_AA)
    return strip


def montage(path, rows, heads, names):
    """Write pictures, grey or RGB uint8, in rows as one PNG: a head over every column, a name over every row."""
    strips = [np.hstack([label(head, CELL[0]) for head in heads])]
    for name, row in zip(names, rows, strict=True):
        pictures = np.hstack([cell(picture) for picture in row])
        strips += [label(name, pictures.shape[1]), pictures]
    cv2.imwrite(str(path), np.vstack(strips)[..., ::-1])
