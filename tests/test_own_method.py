"""A method of another package, by its entry point: that of blurkit(7), and such as go wrong."""

import os
import shutil
import subprocess
import sys
import tomllib

import numpy as np
import pytest

from blurkit import methods
from blurkit.io.weights import write_weights
from tests.files import arrays
from tests.roff import examples, section

MOST_LINES = 40  # of the module that the tour shows
GOOD = """
import numpy as np
from blurkit.methods import MethodInfo

INFO = MethodInfo("mine: a constant")
SHAPES = {}


def estimate(photo, weights, as_published=False, device="auto", side=0):
    return np.full(photo.shape[:2], 0.5, np.float32)


def refine(raw, guide, as_published=False, side=0, sigma=False, steps=None):
    return raw


def needs_guide(as_published):
    return False
"""
PREFIX = "method mine (of the package my-method)"
LOOKS = (
    "import sys, blurkit.cli.map as m\ntry: m.main(sys.argv[1:])\nfinally: print('importlib.metadata' in sys.modules)"
)


@pytest.fixture(scope="module")
def shown(root):
    """What the tour shows: pyproject.toml, the module, and the commands."""
    part = section(root / "man/blurkit.7", "FOR A RESEARCHER").partition(".SS A method of your own")[2]
    return examples(part.partition("\n.SS ")[0])


@pytest.fixture(scope="module")
def installed(shown, tmp_path_factory):
    """A folder with what the tour shows, as pip installs it."""
    folder, project = tmp_path_factory.mktemp("installed"), tomllib.loads(shown[0])
    (line,) = project["project"]["entry-points"][methods.GROUP].items()
    assert project["tool"]["setuptools"]["py-modules"] == [line[1]]
    declare(folder, project["project"]["name"], " = ".join(line))
    (folder / f"{line[1]}.py").write_text(shown[1])
    return folder


@pytest.fixture
def mine(run, tmp_path):
    """mine(module, command, argument, ...): a run with a method ``mine`` of that text installed."""
    folder = tmp_path / "packages"
    declare(folder, "my-method", "mine = my_method")

    def mine(text, *words):
        (folder / "my_method.py").write_text(text)
        return run(*words, env={"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"})

    mine.folder = folder
    return mine


def declare(folder, package, line):
    """What pip leaves of a package with an entry point in our group."""
    about = folder / f"{package.replace('-', '_')}-1.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1\n")
    (about / "entry_points.txt").write_text(f"[{methods.GROUP}]\n{line}\n")


# ---- the method of the tour ----


def test_the_method_of_the_tour_has_at_most_forty_lines(shown):
    lines = [line for line in shown[1].splitlines() if line.strip()]
    assert len(lines) <= MOST_LINES


def test_the_commands_of_the_tour_work_with_it_installed(shown, installed, shell, photos, tmp_path):
    for name in ("img.jpg", "image/a.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(photos / "photo.jpg", tmp_path / name)
    (tmp_path / "gt").mkdir()
    from PIL import Image

    Image.fromarray(np.repeat(np.uint8([[0] * 60 + [255] * 60]), 90, axis=0)).save(tmp_path / "gt/a.png")
    pip, *commands = shown[2].splitlines()
    assert pip == "pip install ." and len(commands) == 4
    told = [shell(line, PYTHONPATH=str(installed)).decode() for line in commands]
    assert np.load(tmp_path / "energy.npy").shape == (90, 120) and (tmp_path / "map.png").stat().st_size > 100
    assert 0 < float(told[2].split()[0]) < 1
    assert float(told[3].partition("auc")[2].split()[0]) > 0.9  # sharp on the left


def test_the_method_of_the_tour_is_one_for_python_and_for_a_pipe(installed, run, photos, root):
    env = {"PYTHONPATH": str(installed)}
    words = ("--method", "mine", photos / "photo.png")
    (whole,) = arrays(run("blur-map", *words, env=env).stdout)
    raw = run("blur-map", "--raw", *words, env=env).stdout
    assert np.array_equal(arrays(run("blur-refine", "--method", "mine", stdin=raw, env=env).stdout)[0], whole)
    assert whole[:, :50].mean() > whole[:, 70:].mean() + 0.3
    code = f"""import blurkit
print(blurkit.list_methods(), blurkit.list_stages("mine"))
model = blurkit.load("mine")
print(model, model.score(blurkit.read_photo({str(photos / "photo.png")!r})).method)"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(root), str(installed)])}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert done.stdout.splitlines() == [
        "['joint', 'mine', 'park', 'zeng'] {'energy': '(H, W): energy, 0 or more'}",
        "<blurkit.Model mine> mine",
    ]


# ---- looked for only where it must be ----


@pytest.mark.parametrize("words", [["--help"], ["--method", "zeng", "--stage", "list"], ["--method", "park", "--help"]])
def test_our_methods_and_help_look_for_no_other(root, words):
    done = subprocess.run([sys.executable, "-c", LOOKS, *words], cwd=root, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "False"


def test_a_name_of_ours_stays_ours(mine, photos):
    declare(mine.folder, "other", "zeng = my_method")
    done = mine("raise RuntimeError", "blur-map", "--method", "zeng", photos / "photo.png")
    assert (done.status, done.stderr) == (0, b"")


def test_an_unknown_name_is_told_with_all_there_are(mine):
    done = mine(GOOD, "blur-map", "--method", "mined", "photo.png")
    assert done.status == 2
    assert b"'mined' is none of joint, park, zeng, mine; did you mean mine?" in done.stderr


def test_a_method_of_two_packages_is_nobodys(mine, photos):
    declare(mine.folder, "other", "mine = other_method")
    done = mine(GOOD, "blur-map", "--method", "mine", photos / "photo.png")
    assert done.status == 2 and b"method mine is in several packages: " in done.stderr
    assert b"my-method" in done.stderr and b"other" in done.stderr and b"uninstall all but one" in done.stderr


# ---- what goes wrong is its own ----


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("import numpy as np", "import no_such_thing", " cannot be loaded: No module named 'no_such_thing'"),
        ("SHAPES = {}", "SHAPES = {", " cannot be loaded: '{' was never closed"),
        ("SHAPES = {}", "SHAPES = 1 / 0", ": ZeroDivisionError: division by zero (--debug shows where)"),
        ('INFO = MethodInfo("mine: a constant")', "", ": lacks INFO, see blurkit.methods.contract"),
        ("SHAPES = {}", "", ": lacks SHAPES, see blurkit.methods.contract"),
    ],
)
def test_a_method_that_cannot_be_loaded_says_so_by_name(mine, photos, before, after, said):
    done = mine(GOOD.replace(before, after), "blur-map", "--method", "mine", photos / "photo.png")
    assert done.status == 2 and done.stdout == b""
    assert done.stderr.decode().startswith(f"blur-map: {PREFIX}{said}") and done.stderr.count(b"\n") == 1


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("return np.full(", 'raise ValueError("oh")\n    return np.full(', ": ValueError: oh (--debug shows where)"),
        ("photo.shape[:2]", "(3, 4)", " gave float32 (3, 4); a map of this photo is float32 (90, 120)"),
        ("0.5, np.float32", "0.5", " gave float64 (90, 120); a map of this photo is float32 (90, 120)"),
        ("0.5, np.float32", "np.nan, np.float32", " gave values from nan to nan; they must lie in [0, 1]"),
        ("return raw", "return raw * 3", " gave values from 1.5 to 1.5; they must lie in [0, 1]"),
        ("return raw", "return None", " gave NoneType; a map of this photo is float32 (90, 120)"),
        ("return raw", "return np.linalg.inv(raw)", ": LinAlgError: "),
    ],
)
def test_what_a_method_does_wrong_costs_the_photo_and_is_told_by_name(mine, photos, before, after, said):
    photo = photos / "photo.png"
    done = mine(GOOD.replace(before, after), "blur-map", "--method", "mine", photo)
    assert done.status == 2 and done.stdout == b""
    assert done.stderr.decode().startswith(f"blur-map: {photo}: {PREFIX}{said}") and done.stderr.count(b"\n") == 1


def test_a_method_without_scores_says_so(mine, photos):
    done = mine(GOOD, "blur-score", "--method", "mine", photos / "photo.png")
    assert done.status == 2 and f"{PREFIX}: lacks blur, see blurkit.methods.contract".encode() in done.stderr


def test_a_method_without_stages_says_so(mine, photos):
    for words in (["--stage", "list"], ["--stage", "x", photos / "photo.png"]):
        done = mine(GOOD, "blur-map", "--method", "mine", *words)
        assert (done.status, done.stderr) == (2, b"blur-map: method mine says nothing of its stages\n")


def test_its_weights_lie_beside_it(mine, photos):
    text = GOOD.replace("SHAPES = {}", 'SHAPES = {"gain": (1,)}').replace("0.5, np", 'weights["gain"][0], np')
    words = ("blur-map", "--method", "mine", photos / "photo.png")
    done = mine(text, *words)
    assert done.status == 2 and f"no weights at {mine.folder / 'mine.npz'}, of method mine; ".encode() in done.stderr
    (mine.folder / "mine.npz").write_bytes(write_weights({"gain": np.float32([0.25])}, {"method": "mine"}))
    assert np.unique(arrays(mine(text, *words).stdout)[0]) == [0.25]


def test_a_method_may_be_a_package(mine, photos):
    (mine.folder / "packed").mkdir()
    (mine.folder / "packed" / "__init__.py").write_text(
        'from blurkit.methods import MethodInfo\nINFO = MethodInfo("packed: a constant")\n'
    )
    (mine.folder / "packed" / "method.py").write_text(GOOD)
    declare(mine.folder, "other", "packed = packed")
    done = mine(GOOD, "blur-map", "--method", "packed", photos / "photo.png")
    assert (done.status, done.stderr) == (0, b"") and np.unique(arrays(done.stdout)[0]) == [0.5]
