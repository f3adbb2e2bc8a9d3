"""park: blur in pixels at edges, by deep and hand-crafted features, spread over the photo.

J. Park, Y.-W. Tai, D. Cho, I. S. Kweon, "A Unified Approach of Multi-scale Deep and
Hand-crafted Features for Defocus Estimation", CVPR 2017, doi:10.1109/CVPR.2017.295.

The stages, in the order of the paper. Not in the paper: our network in `network` and its training, the seeds in `edges`
and all of `spread`.
"""

from blurkit.methods import MethodInfo

STAGES = (
    "edges",
    "patches",
    "features",
    "network",
    "samples",
    "training",
    "sparse",
    "guide",
    "bilateral",
    "laplacian",
    "median",
    "spread",
    "method",
)

INFO = MethodInfo(
    title="park: blur in pixels at edges, spread over the photo (CVPR 2017)",
    learns_from="sharp photos",
    epochs=6,
    least_accuracy=0.75,  # share of held-out patches within one class
    raw_planes=2,
    measures_sigma=True,
    blur_needs_colour=True,
    is_published=True,
)
