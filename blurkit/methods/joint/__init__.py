"""joint: many cheap kinds of evidence, weighed by a small network, then smoothed along the edges of the photo.

Our own method. From zeng it takes that focus shows in the responses of small filters, from park the edge-aware
smoothing of a confidence-weighted map. The evidence is detail of several widths, gradients, and what a second blur
removes of them. A network of four scales and 151,500 weights learns from drawn masks and from composed photos what
the evidence means. A second, small network estimates the width of the blur across eight directions from the edges
of a photo, for its score.
"""

from blurkit.methods import MethodInfo

STAGES = (
    "evidence",
    "edges",
    "samples",
    "patches",
    "network",
    "direction",
    "training",
    "refine",
    "method",
)

INFO = MethodInfo(
    title="joint: evidence of many kinds, weighed by a small network",
    learns_from="masks",
    epochs=9,
    least_accuracy=0.8,  # share of the cells of held-out photos
    scales=(0.4, 2.2),  # softness at pixel level must not matter
)
