"""joint: many cheap kinds of evidence, weighed by a small network, spread along the photo.

Ours. From zeng it takes that focus shows in the answers of small filters, from park that
sure places speak for the others. The evidence is detail of several widths, gradients,
and what a second blur takes away of them; a network of four scales, 151,500 weights,
learns from drawn masks and from composed photos what it means. A second, small network tells
from the same evidence how wide the blur is, for the score of a photo.
"""

from blurkit.methods import MethodInfo

STAGES = (
    "evidence",
    "patches",
    "network",
    "blur",
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
