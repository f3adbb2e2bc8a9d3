"""zeng: a local sharpness metric learned by a small CNN.

K. Zeng, Y. Wang, J. Mao, J. Liu, W. Peng, N. Chen, "A Local Metric for Defocus
Blur Detection Based on CNN Feature Learning", IEEE Transactions on Image
Processing 28(5), 2019, doi:10.1109/TIP.2018.2881830.

The stages, in the order of the paper; `evidence`, `calibration` and the edge-aware
half of `refine` are ours.
"""

from blurkit.methods import MethodInfo

STAGES = (
    "superpixels",
    "patches",
    "network",
    "training",
    "basis",
    "metric",
    "evidence",
    "calibration",
    "refine",
    "method",
)

INFO = MethodInfo(
    title="zeng: a local metric from the kernels of a small CNN (IEEE TIP 2019)",
    learns_from="masks",
    epochs=16,
    least_accuracy=0.9,  # of the network; below, the kernels of one run in two are noise
    scales=(0.5, 1.5),
    is_published=True,
    refines_in_steps=True,
    least_as_published=0.7,  # hand-drawn masks call smooth things sharp, which no patch shows
    plenty=20_000,
)
