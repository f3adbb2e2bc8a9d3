"""Ratings that exiftool writes by the arguments of blur-score, read back by it where each program looks for them."""

import shutil
import subprocess

import cv2
import numpy as np
import pytest
from PIL import Image

from blurkit.cli.stars import BORDERS, around
from tests.files import camera_file, jpeg

NAMES = (
    *(
        "plain.jpg",
        " a 'b' \"c\" `d`.jpg",
        "-XMP:Rating=1.jpg",
        "#[CSTR]x.jpg",
        "%f%d %o.jpg",
        "$HOME@x {}.jpg",
        "tab\t.jpg",
    ),
    *(
        "back\\slash\\n.jpg",
        'x\n-execute\n-XMP:Rating=5\n"y"\\.jpg',
        "&a|b;c.jpg",
        "end \r.jpg",
        "-.jpg",
        "caf\udce9.jpg",
    ),
)
REFUSED = ("two\nlines $x.jpg", "two\nlines @.jpg", "two\nlines %f.jpg")
FIVE = ("--star-scores", ".1,.11,.12,.13")  # five stars for anything


@pytest.fixture
def exiftool(tmp_path):
    """exiftool(word, ..., stdin=bytes): what it prints in the folder of the photos, without complaint."""
    path = shutil.which("exiftool")
    if path is None:
        pytest.skip("exiftool is not installed")

    def exiftool(*words, stdin=b"", status=0):
        done = subprocess.run([path, *words], input=stdin, capture_output=True, cwd=tmp_path)
        assert (done.returncode, done.stderr) == (status, b"")
        return done.stdout.decode()

    return exiftool


@pytest.fixture
def photo(discs, tmp_path):
    """photo(name, blur): writes a JPEG."""
    pixels = discs(np.random.default_rng(3), 96, 144)

    def photo(name, blur=0):
        blurred = cv2.GaussianBlur(pixels, (0, 0), blur) if blur else pixels
        Image.fromarray(blurred).save(tmp_path / name, "JPEG", quality=95)

    return photo


@pytest.fixture
def rate(run, exiftool, tmp_path):
    """rate(word, ..., status): blur-score --stars, and exiftool by its arguments; how exiftool ends."""

    def rate(*words, status=0):
        done = run("blur-score", "--stars", *words, cwd=tmp_path)
        assert (done.status, done.stderr) == (0, b"")
        exiftool("-@", "-", stdin=done.stdout, status=status)

    return rate


@pytest.fixture
def rating(exiftool):
    """rating(file): its XMP:Rating as text, - if it has none."""
    return lambda name: exiftool("-T", "-XMP:Rating", f"./{name}").strip()


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("name", NAMES)
def test_any_name_is_handed_to_exiftool_as_it_is(rate, photo, rating, tmp_path, name):
    photo(name)
    before = contents(tmp_path)
    rate("darktable", *FIVE, "--", name)
    after = contents(tmp_path)
    assert after.keys() == {name, f"{name}.xmp"} and after[name] == before[name] and rating(f"{name}.xmp") == "5"
    rate("lightroom", *FIVE, "--", name)
    assert rating(name) == "5" and contents(tmp_path)[f"{name}_original"] == before[name]


@pytest.mark.parametrize("name", REFUSED)
def test_a_name_that_exiftool_cannot_take_is_told_and_costs_itself_alone(run, photo, exiftool, tmp_path, name):
    photo(name)
    photo("good.jpg")
    done = run("blur-score", "--stars", "darktable", name, "good.jpg", cwd=tmp_path)
    is_token = "%" in name  # matters where exiftool reads the photo itself
    assert done.status == 2 and b"cannot be handed to exiftool; rename it" in done.stderr
    exiftool("-@", "-", stdin=done.stdout)
    assert (tmp_path / "good.jpg.xmp").exists() and not (tmp_path / f"{name}.xmp").exists()
    if is_token:
        assert run("blur-score", "--stars", "lightroom", name, cwd=tmp_path).status == 0


def test_every_program_finds_the_stars_of_a_shot_in_its_place(rate, photo, rating, deep, tmp_path):
    photo("a.jpg")
    Image.open(tmp_path / "a.jpg").save(tmp_path / "c.tif")
    data = camera_file(np.zeros((96, 144), np.uint16), jpeg(np.asarray(Image.open(tmp_path / "a.jpg"))))
    for name in ("a.NEF", "b.nef", "d.dng"):
        (tmp_path / name).write_bytes(data)
    before = contents(tmp_path)
    names = ["a.NEF", "a.jpg", "b.nef", "c.tif", "d.dng"]
    rate("darktable", *FIVE, "--siblings", *names)
    assert contents(tmp_path).keys() == {*names, *(f"{name}.xmp" for name in names)}
    assert all(rating(f"{name}.xmp") == "5" for name in names)
    rate("lightroom", *FIVE, "--siblings", *names)
    assert all(rating(name) == "5" for name in ("a.xmp", "a.jpg", "b.xmp", "c.tif", "d.dng"))
    after = contents(tmp_path)
    assert all(after[name] == before[name] for name in ("a.NEF", "b.nef"))
    assert all(after[f"{name}_original"] == before[name] for name in ("a.jpg", "c.tif", "d.dng"))
    assert not {"c.xmp", "d.xmp"} & after.keys()


@pytest.mark.parametrize(
    ("tag", "kept", "status"), [("XMP:Rating=2", "2", 0), ("XMP:Rating=-1", "-1", 0), ("IFD0:Rating=3", "-", 2)]
)
def test_a_rating_within_a_photo_is_kept_unless_asked(rate, photo, exiftool, rating, tmp_path, tag, kept, status):
    photo("a.jpg")
    exiftool("-q", "-overwrite_original", f"-{tag}", "a.jpg")
    before = contents(tmp_path)
    rate("lightroom", *FIVE, "a.jpg", status=status)
    assert rating("a.jpg") == kept and contents(tmp_path) == before
    rate("darktable", *FIVE, "a.jpg")
    assert rating("a.jpg.xmp") == tag.partition("=")[2]  # it goes where that program looks
    rate("lightroom", *FIVE, "--replace-stars", "a.jpg")
    rate("darktable", *FIVE, "--replace-stars", "a.jpg")
    assert rating("a.jpg") == rating("a.jpg.xmp") == "5"


def test_a_rating_of_a_sidecar_is_kept_and_all_else_in_it(rate, photo, exiftool, rating, tmp_path):
    for name, words in (("a.jpg", ["-XMP:Rating=1"]), ("b.jpg", ["-XMP:Label=Red"]), ("c.jpg", ["-XMP:Rating=0"])):
        photo(name)
        exiftool("-q", *words, "-XMP:Title=Mine", f"{name}.xmp")
    before = (tmp_path / "a.jpg.xmp").read_bytes()
    rate("darktable", *FIVE, "a.jpg", "b.jpg", "c.jpg")
    assert (tmp_path / "a.jpg.xmp").read_bytes() == before
    assert exiftool("-T", "-XMP:Rating", "-Label", "-Title", "b.jpg.xmp", "c.jpg.xmp") == "5\tRed\tMine\n5\t-\tMine\n"


def test_a_rating_of_0_within_a_photo_means_none(rate, photo, exiftool, rating):
    photo("a.jpg")
    exiftool("-q", "-overwrite_original", "-XMP:Rating=0", "a.jpg")
    rate("darktable", *FIVE, "a.jpg")
    rate("lightroom", *FIVE, "a.jpg")
    assert rating("a.jpg") == rating("a.jpg.xmp") == "5"


def test_scores_of_ones_own_make_the_stars_and_nan_makes_none(run, rate, photo, rating, exiftool, tmp_path):
    blurs = {"a.jpg": 0, "b.jpg": 1, "c.jpg": 3}
    for name, blur in blurs.items():
        photo(name, blur)
    Image.fromarray(np.full((96, 144), 127, np.uint8)).save(tmp_path / "wall.png")
    lines = run("blur-score", *blurs, cwd=tmp_path).stdout.decode().splitlines()
    high, middle, low = (float(line.split("\t")[0]) for line in lines)
    assert high > middle + 0.02 and middle > low + 0.02
    scores = f"{low - 0.01:.4f},{middle - 0.01:.4f},{high - 0.02:.4f},{high - 0.01:.4f}"
    done = run("blur-score", "-q", "--stars", "darktable", "--star-scores", scores, *blurs, "wall.png", cwd=tmp_path)
    exiftool("-@", "-", stdin=done.stdout)
    assert [rating(f"{name}.xmp") for name in blurs] == ["5", "3", "2"] and not (tmp_path / "wall.png.xmp").exists()
    rate("darktable", "--star-scores", scores, "--reject", f"{middle - 0.01:.4f}", "--replace-stars", *blurs)
    assert [rating(f"{name}.xmp") for name in blurs] == ["5", "3", "-1"]
    alone = run("blur-score", "--stars", "darktable", "--below", f"{low + 0.01:.4f}", *blurs, cwd=tmp_path).stdout
    assert alone.count(b"-execute") == 1 and b"./c.jpg.xmp" in alone


def test_other_scores_follow_the_threshold_of_three_stars():
    assert around(0.5) == pytest.approx(BORDERS)
    assert around(0.6)[1] == pytest.approx(0.6) and list(around(0.6)) == sorted(around(0.6))
    blurs = [[1 / score - 1 for score in scores] for scores in (around(0.6), BORDERS)]
    assert [first / second for first, second in zip(*blurs, strict=True)] == pytest.approx([2 / 3] * 4)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--star-scores", ".4,.5,.6,.74"], "--star-scores needs --stars"),
        (["--reject", ".4"], "--reject needs --stars"),
        (["--replace-stars"], "--replace-stars needs --stars"),
        (["--stars", "darktable", "--star-scores", ".4,.3,.6,.7"], "is not four rising scores"),
        (["--stars", "darktable", "--star-scores", ".4,.5,.6"], "is not four rising scores"),
        (["--stars", "darktable", "--star-scores", ".4,.5,.6,nan"], "is not four rising scores"),
        (["--stars", "darktable", "--reject", "2"], "is not a number from 0 to 1"),
        (["--stars", "darktable", "--json"], "not allowed with argument"),
        (["--stars", "darktable", "-z"], "-z ends lines of text; --stars has none"),
        (["--stars", "darktable", "--truth", "."], "--stars is about scores"),
        (["--stars", "darktable", "--report", "-"], "--stars does not go with it"),
        (
            ["--stars", "darktable", "--star-scores", ".4,.5,.6,.74", "--calibrate", ".", "."],
            "finds the scores of stars",
        ),
        (["--stars", "picasa"], "is none of lightroom, darktable"),
    ],
)
def test_what_does_not_go_together_is_told(run, photos, words, complaint):
    done = run("blur-score", *words, photos / "photo.jpg")
    assert (done.status, done.stdout) == (2, b"") and complaint in done.stderr.decode()


def test_a_picture_of_a_stream_gets_no_stars(run, photos):
    done = run("blur-score", "--stars", "darktable", stdin=(photos / "photo.jpg").read_bytes())
    assert done == (2, b"", b"blur-score: -: is no file of its own, which could have --stars\n")
