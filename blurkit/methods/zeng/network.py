"""Stage 3: the classification network whose first kernels become the metric.

A small VGG: two convolutions, a max-pooling by 2, two convolutions, another max-pooling by 2, one fully connected layer
to two classes. Every convolution has 7 x 7 kernels, takes batch-normalised input and is followed by CReLU. The paper
does not give its widths and depth; these train in minutes on two cores.
"""

import torch
from torch import nn

CROP = 24  # pixels; side of what the network sees
KERNEL = 7  # pixels
WIDTHS = (8, 8, 12, 12)  # kernels per convolution; CReLU doubles them for the next
FIRST_SCALE = 0.1  # on conv1's start values, so that training outweighs the random start


class CReLU(nn.Module):
    """Both halves of the signal: ReLU(x) and ReLU(-x), one after the other (Shang et al., ICML 2016)."""

    def forward(self, x):
        return torch.cat([x.relu(), (-x).relu()], dim=1)  # (n, 2c, h, w)


def build():
    """The untrained network: (n, 3, 24, 24) RGB in [0, 1] -> (n, 2) logits, class 1 = sharp."""
    layers, channels = [], 3
    for depth, width in enumerate(WIDTHS):
        layers += [nn.BatchNorm2d(channels), nn.Conv2d(channels, width, KERNEL, padding=KERNEL // 2), CReLU()]
        channels = 2 * width
        if depth % 2:
            layers.append(nn.MaxPool2d(2))
    side = CROP // 4
    network = nn.Sequential(*layers, nn.Flatten(), nn.Linear(channels * side * side, 2))
    with torch.no_grad():
        first_kernels(network).mul_(FIRST_SCALE)
    return network


def first_kernels(network):
    """conv1's kernels, (8, 3, 7, 7), still attached to the network."""
    return network[1].weight
