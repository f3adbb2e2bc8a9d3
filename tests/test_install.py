"""What an installation consists of, and that the weights are found in one."""

import configparser
import os
import shutil
import subprocess
import sys

import pytest

from blurkit.methods import METHODS, weights_name

FIND = """import sys
from blurkit.errors import WeightsError
from blurkit.io.weights import find_weights
try: print(find_weights('zeng'))
except WeightsError as e: sys.exit(str(e))"""
COMMANDS = ("patches", "train", "map", "refine", "mask", "score")


@pytest.fixture(scope="module")
def config(root):
    parser = configparser.ConfigParser()
    parser.read(root / "setup.cfg")
    return parser


def listed(config):
    """{folder below the prefix: files of the checkout} that setup.cfg installs."""
    return {folder: files.split() for folder, files in config["options.data_files"].items()}


def test_every_listed_data_file_is_there(root, config):
    assert [file for files in listed(config).values() for file in files if not (root / file).is_file()] == []


def test_every_file_of_share_and_man_is_listed_once(root, config):
    files = [file for files in listed(config).values() for file in files]
    present = [path for folder in ("share", "man") for path in (root / folder).rglob("*") if path.is_file()]
    assert sorted(files) == sorted(str(path.relative_to(root)) for path in present)


def test_every_man_page_goes_to_the_section_of_its_suffix(config):
    for folder, files in listed(config).items():
        for file in files:
            if file.startswith("man/"):
                assert folder == f"share/man/man{file[-1]}"


def test_every_package_is_listed(root, config):
    present = {".".join(path.parent.relative_to(root).parts) for path in (root / "blurkit").rglob("__init__.py")}
    assert set(config["options"]["packages"].split()) == present


def test_every_command_is_installed(config):
    scripts = dict(line.split(" = ") for line in config["options.entry_points"]["console_scripts"].strip().splitlines())
    assert scripts == {f"blur-{name}": f"blurkit.cli.{name}:main" for name in COMMANDS}


@pytest.fixture
def installed(root, tmp_path):
    """(prefix, ask): a prefix with the package as pip lays it out; ask(**environment) is what find_weights says."""
    packages = tmp_path / "usr" / "lib" / "python3.x" / "site-packages"
    shutil.copytree(root / "blurkit", packages / "blurkit", ignore=shutil.ignore_patterns("__pycache__"))
    clean = {name: value for name, value in os.environ.items() if not name.startswith("BLURKIT_")}
    environment = {**clean, "PYTHONPATH": str(packages)}

    def ask(**variables):
        done = subprocess.run(
            [sys.executable, "-c", FIND],
            cwd=tmp_path,
            env={**environment, **variables},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout.strip() or done.stderr.strip()

    return tmp_path / "usr", ask


def put_weights(root, folder, name="zeng.npz"):
    folder.mkdir(parents=True)
    return shutil.copy(root / "share" / "weights" / "zeng.npz", folder / name)


def test_weights_are_found_below_the_prefix_of_an_installation(root, installed):
    prefix, ask = installed
    path = put_weights(root, prefix / "share" / "blurkit" / "weights")
    assert ask() == str(path)


def test_weights_of_a_nearer_prefix_win(root, installed):
    prefix, ask = installed
    put_weights(root, prefix / "share" / "blurkit" / "weights")
    near = put_weights(root, prefix / "lib" / "share" / "blurkit" / "weights")
    assert ask() == str(near)


def test_the_variable_wins_and_names_a_folder_or_a_file(root, installed, tmp_path):
    prefix, ask = installed
    put_weights(root, prefix / "share" / "blurkit" / "weights")
    mine = put_weights(root, tmp_path / "mine")
    other = put_weights(root, tmp_path / "other", "better.npz")
    assert ask(BLURKIT_WEIGHTS=str(tmp_path / "mine")) == str(mine)
    assert ask(BLURKIT_WEIGHTS=str(other)) == str(other)


def test_a_variable_that_leads_nowhere_is_an_error_not_passed_over(root, installed, tmp_path):
    prefix, ask = installed
    put_weights(root, prefix / "share" / "blurkit" / "weights")
    said = ask(BLURKIT_WEIGHTS=str(tmp_path / "none"))
    assert str(tmp_path / "none") in said and "BLURKIT_WEIGHTS" in said and "no weights" in said


def test_without_weights_it_says_where_it_looked(installed):
    prefix, ask = installed
    said = ask()
    for words in ("zeng.npz not found", "share/blurkit/weights", str(prefix), "BLURKIT_WEIGHTS"):
        assert words in said


@pytest.mark.parametrize("method", METHODS)
def test_the_checkout_finds_its_own(root, monkeypatch, method):
    from blurkit.io.weights import find_weights

    monkeypatch.delenv("BLURKIT_WEIGHTS", raising=False)
    assert find_weights(method) == root / "share" / "weights" / f"{method}.npz"


def test_a_method_trained_as_published_has_weights_of_its_own():
    assert weights_name("zeng", as_published=True) == "zeng-published" and weights_name("zeng") == "zeng"
    assert weights_name("park", as_published=True) == "park"
