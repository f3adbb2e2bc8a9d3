"""share/contrib: the scripts for other programs, run against these programs' documented interfaces."""

import math
import os
import shutil
import subprocess
import sys

import cv2
import numpy as np
import pytest

from blurkit.cli.stars import BORDERS
from tests.roff import examples, section

# What the manual of darktable's Lua interface says of the parts that the script takes: no more is there.
DARKTABLE = r"""
local dt, actions = {gui = {libs = {image = {}}}, control = {}}, {}
function dt.print(words) print("print", words) end
function dt.gui.libs.image.register_action(name, label, callback, tooltip)
  assert(type(name) == "string" and type(label) == "string" and type(tooltip) == "string" and not actions[name])
  actions[name] = callback
end
function dt.control.execute(command)
  local _, how, code = os.execute(command)
  return how == "exit" and code * 256 or code
end
package.preload["darktable"] = function() return dt end

local function image(path, filename, rating)
  local fields = {path = path, filename = filename, rating = rating}
  local function set(_, name, value)
    assert(name == "rating" and math.type(value) == "integer" and -1 <= value and value <= 5)
    fields.rating = value
  end
  return setmetatable({}, {__index = function(_, name) return assert(fields[name], name) end, __newindex = set})
end

local files, tmpname = {}, os.tmpname
function os.tmpname()
  table.insert(files, tmpname())
  return files[#files]
end

dofile(arg[1])
local images = {}
for i = 3, #arg, 3 do table.insert(images, image(arg[i], arg[i + 1], math.tointeger(arg[i + 2]))) end
actions[arg[2]](arg[2], images)
for _, one in ipairs(images) do print(one.rating) end
assert(#files == 2 and not io.open(files[1]) and not io.open(files[2]))
"""

# The same of FiftyOne: a dataset of one folder, that tells what was set.
FIFTYONE = """
import os, sys
class FloatField: pass
class StringField: pass
class Dataset:
    def __init__(self, folder):
        self.paths, self.fields = sorted(os.path.join(folder, name) for name in os.listdir(folder)), {}
    def values(self, field_or_expr):
        assert field_or_expr == "filepath"
        return list(self.paths) + self.paths[:1]
    def add_sample_field(self, field_name, ftype):
        assert ftype in (FloatField, StringField)
        self.fields[field_name] = {FloatField: float, StringField: str}[ftype]
    def set_values(self, field_name, values):
        assert isinstance(values, list) and len(values) == len(self.paths) + 1
        assert all(value is None or type(value) is self.fields[field_name] for value in values)
        print(field_name, *values, sep="|")
def load_dataset(name): return Dataset(name)
"""

NAMES = ["-rf.png", "it's; touch oops $(touch oops) `touch oops`.png", 'a "b"\tc\nd.png', "ü \udcff.png"]


@pytest.fixture
def photos(discs, tmp_path):
    """A folder of four photos, each softer than the one before, a picture without edges, and a file that is none."""
    folder = tmp_path / "my photos"
    folder.mkdir()
    for name, blur in zip(NAMES, (0, 0.8, 1.6, 4), strict=True):
        photo = discs(np.random.default_rng(3), 96, 144)
        data = cv2.imencode(".png", cv2.GaussianBlur(photo, (0, 0), blur) if blur else photo)[1].tobytes()
        (folder / name).write_bytes(data)
    (folder / "wall.png").write_bytes(cv2.imencode(".png", np.full((96, 144, 3), 127, np.uint8))[1].tobytes())
    (folder / "none.jpg").write_bytes(b"no photo")
    return folder


@pytest.fixture
def darktable(root, photos, tmp_path, run):
    """darktable(action, [(name, rating)]): the ratings after it, and what is said."""
    lua = next(filter(None, map(shutil.which, ("lua5.4", "lua"))), None)
    if lua is None:
        pytest.skip("there is no Lua")
    (tmp_path / "darktable.lua").write_text(DARKTABLE)
    (tmp_path / "tmp").mkdir()

    def darktable(action, images):
        words = [word for name, rating in images for word in (str(photos), name, str(rating))]
        done = subprocess.run(
            [lua, tmp_path / "darktable.lua", root / "share/contrib/blurkit.lua", action, *words],
            cwd=tmp_path,
            env={**os.environ, "PATH": f"{root / 'bin'}:{os.path.dirname(sys.executable)}:{os.environ['PATH']}"},
            capture_output=True,
            timeout=120,
            check=True,
        )
        said, ratings = [], []
        for line in done.stdout.decode().splitlines():
            (said if line.startswith("print") else ratings).append(line.removeprefix("print\t"))
        return [int(rating) for rating in ratings], said, done.stderr

    return darktable


def wanted(score):
    """The stars of a score, as blur-score gives them."""
    return 1 + sum(score >= border for border in BORDERS)


def test_darktable_gets_the_stars_of_blur_score_and_keeps_those_that_are_there(darktable, photos, run, tmp_path):
    before = {path.name: path.read_bytes() for path in photos.iterdir()}
    lines = run("blur-score", "-z", *(photos / name for name in NAMES)).stdout.split(b"\0")[:-1]
    stars = [wanted(float(line.split(b"\t")[0])) for line in lines]
    assert stars == sorted(stars, reverse=True) and stars[0] >= 4 and stars[-1] == 1
    images = [*((name, 0) for name in NAMES), (NAMES[0], 0), (NAMES[0], 3), (NAMES[3], -1)]
    ratings, said, _ = darktable("blurkit_stars", images)
    assert ratings == [*stars, stars[0], 3, -1]  # also of the second version of a photo
    assert said == ["blurkit: scoring 5 of 7 images", "blurkit: 5 rated, 2 kept their stars, 0 without a score"]
    ratings, said, _ = darktable("blurkit_stars_anew", images)
    assert ratings == [*stars, stars[0], stars[0], stars[3]] and said[-1].startswith("blurkit: 7 rated, 0 kept")
    assert {path.name: path.read_bytes() for path in photos.iterdir()} == before
    assert not (tmp_path / "oops").exists()


def test_darktable_is_told_of_photos_without_a_score(darktable):
    ratings, said, errors = darktable(
        "blurkit_stars", [("wall.png", 0), ("none.jpg", 0), ("gone.jpg", 0), (NAMES[3], 0)]
    )
    assert ratings == [0, 0, 0, 1]
    assert said[-1] == "blurkit: 1 rated, 0 kept their stars, 3 without a score; darktable's terminal says why"
    assert b"wall.png: no score" in errors and b"none.jpg" in errors and b"gone.jpg" in errors
    assert darktable("blurkit_stars", [])[1][-1] == "blurkit: 0 rated, 0 kept their stars, 0 without a score"


def test_the_borders_of_the_stars_are_those_of_blur_score(root):
    line = next(line for line in (root / "share/contrib/blurkit.lua").read_text().splitlines() if "BORDERS =" in line)
    assert line.split("{")[1].split("}")[0] == ", ".join(f"{border:g}" for border in BORDERS)


def test_fiftyone_gets_a_field_for_every_photo(root, photos, run, tmp_path):
    (tmp_path / "fiftyone.py").write_text(FIFTYONE)
    for name in NAMES[2:]:
        (photos / name).unlink()
    done = subprocess.run(
        [sys.executable, root / "share/contrib/fiftyone_sharpness.py", photos],
        env={**os.environ, "PYTHONPATH": f"{tmp_path}:{root}"},
        capture_output=True,
        timeout=120,
        check=True,
        text=True,
    )
    fields = {line.split("|")[0]: line.split("|")[1:] for line in done.stdout.splitlines()}
    names = sorted(path.name for path in photos.iterdir())
    lines = run("blur-score", *(photos / name for name in names[:2])).stdout.decode().splitlines()
    first, second = (float(line.split("\t")[0]) for line in lines)
    scores = fields["blurkit_score"]
    assert [round(float(score), 4) for score in scores[:2]] == [first, second] and not math.isnan(first + second)
    assert scores[2:] == ["None", "None", scores[0]]
    assert fields["blurkit_no_score"][:2] == ["None", "None"] and "None" not in fields["blurkit_no_score"][2:4]
    assert set(fields) == {"blurkit_score", "blurkit_sigma", "blurkit_kind", "blurkit_no_score"}


def test_the_manual_says_how_to_install_and_run_them(root, shell, photos, tmp_path):
    shown = section(root / "man/blurkit.7", "RECIPES").partition(".SS In darktable and FiftyOne")[2]
    install, score, *_ = (block.replace("PREFIX/share/blurkit", f"{root}/share") for block in examples(shown))
    shell(install)
    copied = tmp_path / ".config/darktable/lua/blurkit.lua"
    assert copied.read_bytes() == (root / "share/contrib/blurkit.lua").read_bytes()
    assert (tmp_path / ".config/darktable/luarc").read_text() == 'require "blurkit"\n'
    (tmp_path / "fiftyone.py").write_text(FIFTYONE)
    photos.rename(tmp_path / "mine")
    assert shell(score, PYTHONPATH=f"{tmp_path}:{root}").startswith(b"blurkit_score|0.")
