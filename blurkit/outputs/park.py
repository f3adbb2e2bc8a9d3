"""What the stages of park's paper give."""

from functools import partial

import numpy as np

from blurkit.methods.contract import Output
from blurkit.methods.park import edges, features, method, network, patches
from blurkit.ops.backend import backend_for
from blurkit.ops.colour import eight_bits

POINT = [("row", "<u4"), ("col", "<u4"), ("strong", "u1")]  # pixels of the photo; 1 at a strong edge
FIELDS = {"dct": "fD", "gradient": "fG", "svd": "fS"}  # the paper's name of each of `features.NAMES`
DEEP = network.PUBLISHED["published.conv4"][0]  # numbers of fC
FEATURES = np.dtype(
    [*POINT, *((field, "<f4", (features.LENGTH,)) for field in FIELDS.values()), ("fC", "<f4", (DEEP,))]
)
POSTERIORS = np.dtype([*POINT, ("posterior", "<f4", (len(patches.SIGMAS),))])
SOFTEST = int(patches.SIGMAS[-1])  # pixels; the largest sigma of the paper's classes


def edge_kinds(photo, weights, device, side):
    """2 at strong, 1 at weak edges, (H, W) float32."""
    return edges.edges(edges.value(eight_bits(photo))).astype(np.float32)


def features_of(photo, weights, device, side):
    """Every feature of the paper at every edge point, (n,) `FEATURES`, point by point in row order."""
    photo = eight_bits(photo)
    backend = backend_for(device, photo.shape)
    points, strong = method.published_edges(photo)
    windows = patches.windows(photo)

    def at(part, part_strong):
        cut = windows[tuple(part.T)]
        crafted = features.hand_crafted(edges.value(cut), part_strong).reshape(len(cut), -1)
        return np.hstack([crafted, backend.take(network.deep_feature(cut[:, :-1, :-1], part_strong, weights, backend))])

    crafted = features.LENGTH * len(FIELDS)
    values = network.in_chunks(at, crafted + DEEP, points, strong)
    table = table_of(points, strong, FEATURES)
    for number, name in enumerate(features.NAMES):
        table[FIELDS[name]] = values[:, number * features.LENGTH : (number + 1) * features.LENGTH]
    table["fC"] = values[:, crafted:]
    return table


def posteriors(photo, weights, device, side):
    """Probability of each of the paper's classes at every edge point, (n,) `POSTERIORS`, in row order."""
    photo = eight_bits(photo)
    points, probabilities = method.published_points(photo, weights, backend_for(device, photo.shape))
    table = table_of(points, method.published_edges(photo)[1], POSTERIORS)
    table["posterior"] = probabilities
    return table


def table_of(points, strong, dtype):
    """A table of points, (n, 2) int, whose further fields are left zero."""
    table = np.zeros(len(points), dtype)
    table["row"], table["col"] = points.T
    table["strong"] = strong
    return table


def at_points(plane, photo, weights, device, side):
    """Sigma in pixels (plane 0), or its confidence (plane 1), at edge points, (H, W) float32; 0 elsewhere."""
    raw = method.estimate(photo, weights, as_published=True, device=device)
    return method.in_pixels(raw, as_published=True)[plane]


def refined(stage, photo, weights, device, side):
    """What one stage of the refinement gives: (H, W) float32, the guide (3, H, W)."""
    raw = method.estimate(photo, weights, as_published=True, device=device)
    values = next(values for name, values in method.published_stages(raw, photo) if name == stage)
    return np.float32(values if values.ndim == 2 else values.transpose(2, 0, 1))


OUTPUTS = {
    "edges": Output(edge_kinds, "2 at strong edges, 1 at weak ones, 0 elsewhere", white=edges.STRONG),
    "features": Output(features_of, "edge points with their features fD, fG, fS, fC", planes=0),
    "posteriors": Output(posteriors, "edge points with the probability of each class of blur", planes=0),
    "sparse": Output(partial(at_points, 0), "sigma at edge points, pixels; 0 elsewhere", white=SOFTEST),
    "confidence": Output(partial(at_points, 1), "its probability, 0 to 1; 0 elsewhere", white=1),
    "guide": Output(partial(refined, "guide"), "the photo after rolling guidance: R, G, B, 0 to 1", planes=3),
    "bilateral": Output(
        partial(refined, "bilateral"), "sparse after the joint bilateral filter, pixels", white=SOFTEST
    ),
    "full": Output(partial(refined, "full"), "sigma everywhere, by the matting Laplacian, pixels", white=SOFTEST),
    "median": Output(partial(refined, "median"), "full after the weighted median, pixels", white=SOFTEST),
}
