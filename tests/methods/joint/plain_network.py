"""Both networks a second time, by plain sums in double precision; planes are (h, w, c) here."""

import numpy as np

from blurkit.methods.joint import layers

FAR = 5  # deviations; evidence further away is clipped
LITE0 = (  # blocks of EfficientNet-Lite0: (how many, side of the kernel, stride of the first, expansion, channels)
    *((1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80)),
    *((3, 5, 1, 6, 112), (4, 5, 2, 6, 192), (1, 3, 1, 6, 320)),
)
ENDS = {24: 4, 40: 8, 112: 16, 320: 32}  # channels: side of a cell in pixels, of the last blocks of so many channels


def convolved(x, weight, bias, stride=1, before=0, after=0):
    """Sums over windows, of all planes, or of each by itself if the weight has one plane of many."""
    side = weight.shape[-1]
    x = np.pad(x, ((before, after), (before, after), (0, 0)))
    rows, columns = ((n - side) // stride + 1 for n in x.shape[:2])
    sums = np.zeros((rows, columns, len(weight))) + bias
    for down, across in np.ndindex(side, side):
        part = x[down:, across:][: stride * (rows - 1) + 1 : stride, : stride * (columns - 1) + 1 : stride]
        kernel = weight[:, :, down, across]
        sums += part * kernel[:, 0] if kernel.shape[1] < x.shape[2] else part @ kernel.T
    return sums


def between(few, many):
    """(many, few): the shares that linear interpolation between cell centres takes of every cell."""
    place = ((np.arange(many) + 0.5) * few / many - 0.5).clip(0, few - 1)
    return (1 - np.abs(place[:, None] - np.arange(few))).clip(0)


def resized(x, like):
    return np.einsum("Hh,Ww,hwc->HWc", between(len(x), len(like)), between(x.shape[1], like.shape[1]), x)


def positive(x):
    return x.clip(0)


class Plain:
    """The layers of one network with their weights, in double precision."""

    def __init__(self, name, weights):
        begin = f"{name}."
        kernels = layers.kernels(weights)
        self.w = {n.removeprefix(begin): a.astype(float) for n, a in kernels.items() if n.startswith(begin)}

    def sums(self, name, x, *more):
        """Sums of a layer: stride, zeros before and zeros after, of what is no point by itself."""
        return convolved(x, self.w[f"{name}.weight"], self.w[f"{name}.bias"], *more)

    def mixed(self, name, x):
        """3 x 3 sums added to their input, rectified."""
        return positive(x + self.sums(name, x, 1, 1, 1))

    def joined(self, name, x):
        """5 x 5 sums of every plane, then sums over planes, added to their input, rectified."""
        return positive(x + self.sums(f"{name}.project", self.sums(f"{name}.depth", x, 1, 2, 2)))

    def seen(self, photo):
        """{side of a cell: results of the backbone}."""
        x = self.sums("backbone.stem", photo, 2, 0, 1).clip(0, 6)
        number, found = 0, {}
        for count, side, first_stride, expansion, channels in LITE0:
            for place in range(count):
                stride, name, y = first_stride if place == 0 else 1, f"backbone.{number}", x
                if expansion > 1:
                    y = self.sums(f"{name}.expand", y).clip(0, 6)
                border = (side - stride) // 2
                y = self.sums(f"{name}.depth", y, stride, border, side - stride - border).clip(0, 6)
                y = self.sums(f"{name}.project", y)
                x, number = (x + y if place > 0 else y), number + 1
            if channels in ENDS:
                found[ENDS[channels]] = x
        return found

    def answer(self, normal, half, whole, photo=None):
        """(h, w, 2): log odds of focus, and of motion."""
        four = positive(self.sums("enter4", normal))
        eight = self.mixed("mix8", positive(self.sums("enter8", half)) + positive(self.sums("down8", four, 2)))
        sixteen = self.mixed("mix16", positive(self.sums("down16", eight, 2, 1, 1)))
        coarsest = self.mixed("mix32", positive(self.sums("down32", sixteen, 2, 1, 1)))
        if photo is not None:
            seen = self.seen(photo)
            four, eight, sixteen, coarsest = (
                x + resized(positive(self.sums(f"see{side}", seen[side])), x)
                for side, x in ((4, four), (8, eight), (16, sixteen), (32, coarsest))
            )
        mean = np.concatenate([coarsest.mean(axis=(0, 1)), whole])[None, None]
        coarsest = self.mixed("join32", coarsest + positive(self.sums("whole", mean)))
        sixteen = self.joined("join16", positive(sixteen + resized(self.sums("up16", coarsest), sixteen)))
        eight = self.joined("join8", positive(eight + resized(self.sums("up8", sixteen), eight)))
        four = positive(four + resized(self.sums("up4", eight), four))
        four = positive(self.sums("last.project", self.sums("last.depth", four, 1, 1, 1)))
        return self.sums("output", four)


def normal_planes(planes, weights):
    normal = (planes.astype(float).transpose(1, 2, 0) - weights["mean"]) / weights["scale"]
    return normal.clip(-FAR, FAR)


def log_odds(inputs, weights):
    """(2, h, w), within 16: of the network of context .35 of the answer on focus and .75 of that on motion."""
    whole = ((inputs.statistics.astype(float) - weights["whole_mean"]) / weights["whole_scale"]).clip(-FAR, FAR)
    evidence = normal_planes(inputs.planes, weights), normal_planes(inputs.halved, weights), whole
    photo = (inputs.photo / 255 - (0.485, 0.456, 0.406)) / (0.229, 0.224, 0.225)
    alone, seeing = Plain("evidence", weights).answer(*evidence), Plain("context", weights).answer(*evidence, photo)
    answers = alone * (0.65, 0.25) + seeing * (0.35, 0.75)
    rows, columns = inputs.shape
    return answers.transpose(2, 0, 1)[:, :rows, :columns].clip(-16, 16)
