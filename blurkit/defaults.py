"""Numbers that several parts keep, limits that commands state in their help among them; without NumPy, so that help stays instant."""

MAX_PIXELS = 250_000_000
"""Photos and maps of more pixels are refused unless told (a photo of that size takes about 750 MB decoded)."""

WORKING_SIDE = 1536
"""Pixels; photos with a longer side are measured at this size by default.

Camera pixels are softer than the web-sized photos the weights are learned on
(demosaicing, denoising), and time and memory stay bounded.
"""

LEAST_SIGMA = 0.35
"""Pixels; the blur that lens, sensor and sampling leave in a photo in focus, part of every sigma that ``blur`` tells."""

SHARPEST_SHARE = 0.1
"""Of what can be judged; it makes the score of a photo, so that soft backgrounds cost nothing."""

SCORE_SIDE = 1024
"""Pixels; the same for the score of a photo, so that photos of all cameras are judged at one size."""
