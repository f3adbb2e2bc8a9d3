"""The figures and names in SECURITY.md, and the digests of the weights that ship beside their origin."""

import hashlib
import re

from blurkit import defaults
from blurkit.cli import train
from blurkit.io import npy
from blurkit.io.weights import LARGEST_WEIGHTS
from blurkit.methods import METHODS, PARTS, weights_name


def test_the_bounds_stated_are_those_of_the_code(root):
    text = " ".join((root / "SECURITY.md").read_text().split())
    for stated in (
        f"more than {defaults.MAX_PIXELS:,} pixels",
        f"files of more than {defaults.MOST_BYTES >> 30} GiB",
        f"patch sets of more than {train.MOST_BYTES >> 30} GiB",
        f"header of more than {npy.NPY_MAX_HEADER:,} bytes",
        f"Weights of more than {LARGEST_WEIGHTS >> 20} MiB",
    ):
        assert stated in text


def test_options_and_files_named_are_there(root, run):
    text = (root / "SECURITY.md").read_text()
    helps = {command: run(command, "--help").stdout.decode() for command in ("blur-map", "blur-train")}
    for command, option in (
        ("blur-map", "--max-pixels"),
        ("blur-train", "--max-bytes"),
        ("blur-map", "--version"),
        ("blur-map", "-j"),
    ):
        assert option in text and option in helps[command]
    paths = [path for path in re.findall(r"`([^`]+)`", text) if "/" in path]
    assert paths and all((root / path).exists() for path in paths)


def test_the_digest_of_every_weights_file_stands_beside_its_origin(root):
    folder = root / "share" / "weights"
    lines = re.findall(r"^ {4}([0-9a-f]{64}) +(\S+)$", (folder / "SOURCES.md").read_text(), re.M)
    listed = {name: digest for digest, name in lines}
    assert listed == {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.glob("*.npz")}
    shipped = {weights_name(method, part, flag) for method in METHODS for part in PARTS for flag in (False, True)}
    assert set(listed) == {f"{name}.npz" for name in shipped}
