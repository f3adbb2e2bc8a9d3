"""zeng: a local sharpness metric learned by a small CNN.

K. Zeng, Y. Wang, J. Mao, J. Liu, W. Peng, N. Chen, "A Local Metric for Defocus
Blur Detection Based on CNN Feature Learning", IEEE Transactions on Image
Processing 28(5), 2019, doi:10.1109/TIP.2018.2881830.

The stages, in the order of the paper; `evidence`, `calibration` and the edge-aware
half of `refine` are ours.
"""

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
    "pipeline",
)
