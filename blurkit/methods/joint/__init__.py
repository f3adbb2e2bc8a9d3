"""joint: evidence of many kinds and the photo itself, weighed by two networks, then smoothed along edges of the photo.

Our own method. From zeng it takes that focus shows in the responses of small filters, from park the edge-aware
smoothing of a confidence-weighted map. The evidence is detail of several widths and directions, gradients, and what a
second blur removes of them. One network learns from drawn masks and from composed photos what the evidence means;
another one sees the photo as well, through a backbone that was trained on ImageNet. A third, small network estimates
the width of the blur across eight directions from the edges of a photo, for its score.
"""

from blurkit.methods import MethodInfo

STAGES = (
    "evidence",
    "directional",
    "inputs",
    "edges",
    "samples",
    "patches",
    "backbone",
    "layers",
    "on_torch",
    "network",
    "direction",
    "pretrained",
    "crops",
    "training",
    "kind",
    "refine",
    "scoring",
    "method",
)

INFO = MethodInfo(
    title="joint: evidence of many kinds and the photo itself, weighed by two networks",
    learns_from="masks",
    epochs=9,
    least_accuracy=0.8,  # share of the cells of held-out photos
    scales=(0.6, 1.4),  # softness at pixel level must not matter
    learns_kinds=True,
    working_side=640,
    takes_half=True,
)

SCORE_INFO = INFO._replace(
    title="joint, score: blur across directions from edges, by a small network",
    epochs=20,
    scales=(0.5, 1.4),
    learns_kinds=False,
    takes_half=False,
    least_accuracy=0.8,  # share of the pairs of directions of held-out samples
)
