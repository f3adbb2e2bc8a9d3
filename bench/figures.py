"""Pictures of results: curves as SVG, montages as PNG."""

import cv2
import numpy as np

WIDTH, HEIGHT, EDGE = 480, 320, 48  # pixels
COLOURS = ("#1b6ca8", "#c8553d", "#4f8a4c", "#8d5a97", "#b08900", "#3d3d3d", "#2aa198", "#d04a8f")
CELL = (240, 180)  # pixels; width and height of a picture in a montage


def curves(path, rows, title, along, places=None):
    """Curves {name: values} over `places` (default 1, 2, ...) as an SVG."""
    count = len(next(iter(rows.values())))
    places = np.arange(1, count + 1) if places is None else np.asarray(places, float)
    lines(
        path,
        {name: (places, values) for name, values in rows.items()},
        title,
        along,
        (places[0], places[-1]),
        max(map(np.max, rows.values())),
    )


def lines(path, rows, title, along, across=(0.0, 1.0), top=1.0):
    """Lines {name: (x, y)} as an SVG, x from `across[0]` to `across[1]`, y from 0 to `top`."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" font-family="sans-serif" font-size="12">'
    ]
    parts.append(f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/><text x="{EDGE}" y="20">{title}</text>')
    grid = "".join(f"M{EDGE} {HEIGHT - EDGE - k * (HEIGHT - 2 * EDGE) / 5:g}h{WIDTH - 2 * EDGE}" for k in range(1, 6))
    grid += "".join(f"M{EDGE + k * (WIDTH - 2 * EDGE) / 5:g} {HEIGHT - EDGE}v{2 * EDGE - HEIGHT}" for k in range(1, 6))
    parts.append(f'<path d="{grid}" stroke="#ddd"/>')
    parts.append(f'<path d="M{EDGE} {EDGE}V{HEIGHT - EDGE}H{WIDTH - EDGE}" fill="none" stroke="black"/>')
    parts.append(
        f'<text x="{WIDTH - EDGE}" y="{HEIGHT - 12}" text-anchor="end">{along} ({across[0]:g} to {across[1]:g})</text>'
    )
    parts.append(f'<text x="4" y="{EDGE}">{top:.3g}</text><text x="4" y="{HEIGHT - EDGE}">0</text>')
    for number, (name, (x, y)) in enumerate(rows.items()):
        x = EDGE + (np.asarray(x, float) - across[0]) / (across[1] - across[0]) * (WIDTH - 2 * EDGE)
        y = HEIGHT - EDGE - np.asarray(y, float) / top * (HEIGHT - 2 * EDGE)
        points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
        colour = COLOURS[number % len(COLOURS)]
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        if len(rows) <= len(COLOURS):
            parts.append(
                f'<text x="{EDGE + 12}" y="{HEIGHT - EDGE - 8 - 15 * (len(rows) - 1 - number)}" fill="{colour}">{name}</text>'
            )
    path.write_text("\n".join([*parts, "</svg>"]) + "\n")


def painted(sharpness):
    """A map in colours, (H, W, 3) uint8 RGB."""
    return cv2.applyColorMap(np.uint8(sharpness * 255), cv2.COLORMAP_VIRIDIS)[..., ::-1]


def montage(path, rows):
    """Pictures, grey or RGB uint8, in rows, as one PNG."""
    shown = [
        np.hstack(
            [cv2.resize(p if p.ndim == 3 else np.dstack([p] * 3), CELL, interpolation=cv2.INTER_AREA) for p in row]
        )
        for row in rows
    ]
    cv2.imwrite(str(path), np.vstack(shown)[..., ::-1])
