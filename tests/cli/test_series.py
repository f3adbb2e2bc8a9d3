"""What blur-score chooses along a series: the best of each window, spread pictures, no outliers; and what it saves."""

import json
import os
from collections import namedtuple
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from PIL import Image

from blurkit.cli import series
from blurkit.cli.inputs import Input
from tests.clips import WAYS, video
from tests.files import listed, saved

BLURS = (1.2, 0.5, 2.0, 0.9, 3.0, 1.5, 0.6, 2.5, 1.0, 0.8)  # of the pictures of the clip, sigma in pixels
SHARPEST_OF_THREE = ["2", "4", "7", "10"]  # the last is alone


@pytest.fixture(scope="module")
def clip(discs):
    """Ten pictures of one scene, their blur is BLURS."""
    sharp = discs(np.random.default_rng(8), 72, 96)
    return [cv2.GaussianBlur(sharp, (0, 0), blur) for blur in BLURS]


@pytest.fixture(scope="module")
def stream(clip):
    """The same as JPEGs, one after the other."""
    return b"".join(WAYS["jpeg"](photo) for photo in clip)


def numbers(done, status=0):
    """The numbers of the pictures that are told."""
    assert done.status == status, done.stderr
    return [line.rpartition(b":")[2].decode() for line in done.stdout.splitlines()]


# ---- windows --------------------------------------------------------------------


@pytest.mark.parametrize("jobs", [1, 2])
def test_of_every_window_the_sharpest_is_kept(run, stream, jobs):
    assert numbers(run("blur-score", "-j", jobs, "--keep-best", "--window", 3, stdin=stream)) == SHARPEST_OF_THREE


def test_windows_in_seconds_are_those_of_the_rate(run, stream, clip):
    for seconds, rate in ((".12", "25"), ("0.1001", "30000/1001")):  # three pictures, exactly
        done = run("blur-score", "--keep-best", "--every", seconds, "--fps", rate, stdin=stream)
        assert numbers(done) == SHARPEST_OF_THREE
    assert numbers(run("blur-score", "--keep-best", "--every", ".12", stdin=video(clip))) == SHARPEST_OF_THREE
    done = run("blur-score", "--keep-best", "--every", ".12", stdin=stream)
    assert done.status == 2 and b"-:1: --every needs the time of each picture: --fps" in done.stderr


def test_json_ranks_the_pictures_of_each_window(run, stream):
    told = [json.loads(line) for line in run("blur-score", "--json", "--window", 5, stdin=stream).stdout.splitlines()]
    assert [(record["frame"], record["group"]) for record in told] == [(n + 1, n // 5 + 1) for n in range(10)]
    for half in (told[:5], told[5:]):
        assert [r["rank"] for r in sorted(half, key=lambda r: r["score"], reverse=True)] == [1, 2, 3, 4, 5]
        assert [r["best"] for r in half] == [r["rank"] == 1 for r in half]


def test_windows_run_over_files_of_a_folder_and_begin_anew_with_every_clip(run, clip, stream, tmp_path):
    for number, photo in enumerate(clip):
        (tmp_path / f"{number + 1:02}.png").write_bytes(WAYS["png"](photo))
    names = sorted(tmp_path.glob("*.png"))
    done = run("blur-score", "--keep-best", "--window", 3, *names)
    assert [line[-6:-4] for line in done.stdout.splitlines()] == [b"02", b"04", b"07", b"10"]
    done = run("blur-score", "--keep-best", "--every", ".3", "--fps", 10, *names)
    assert [line[-6:-4] for line in done.stdout.splitlines()] == [b"02", b"04", b"07", b"10"]
    (tmp_path / "clip").write_bytes(stream)
    done = run("blur-score", "--keep-best", "--window", 4, tmp_path / "clip", "-", stdin=stream)
    assert numbers(done) == ["2", "7", "10"] * 2


def test_a_window_is_told_as_soon_as_its_last_picture_is_there(start, clip):
    given = [WAYS["jpeg"](photo) for photo in clip]
    with start("blur-score", "--keep-best", "--window", 3) as process:
        for at, expected in ((0, b"-:2\n"), (3, b"-:4\n"), (6, b"-:7\n")):
            process.stdin.write(b"".join(given[at : at + 3]))
            process.stdin.flush()
            assert process.stdout.readline().endswith(expected)
        process.stdin.close()
        assert process.wait(60) == 0


def test_a_damaged_picture_has_its_place_in_its_window(run, clip):
    given = [WAYS["png"](photo) for photo in clip]
    given[1] = given[1][:100] + bytes(9) + given[1][109:]
    assert numbers(run("blur-score", "--keep-best", "--window", 3, stdin=b"".join(given)), 2) == ["1", "4", "7", "10"]


# ---- spread ---------------------------------------------------------------------


def test_spread_pictures_are_the_best_of_equal_parts(run, stream, tmp_path):
    assert numbers(run("blur-score", "--count", 5, stdin=stream)) == ["2", "4", "6", "7", "10"]
    done = run("blur-score", "--count", 5, "--gap", 2, "--fps", 1, stdin=stream)
    assert numbers(done) in (["2", "4", "6", "8", "10"], ["1", "4", "6", "8", "10"]) and done.stderr == b""
    done = run("blur-score", "--count", 5, "--gap", 4, "--fps", 1, stdin=stream)
    assert numbers(done) == ["2", "7"] or len(numbers(done)) == 3
    assert b"of 5 pictures: no more are 4 s apart" in done.stderr
    done = run("blur-score", "--count", 99, stdin=stream)
    assert len(numbers(done)) == 10 and b"10 of 99 pictures: there are no more" in done.stderr


def test_a_gap_needs_times_and_one_series(run, stream, tmp_path):
    done = run("blur-score", "--count", 5, "--gap", 2, stdin=stream)
    assert done.status == 2 and b"--gap needs the time of each picture" in done.stderr
    (tmp_path / "clip").write_bytes(stream)
    done = run("blur-score", "--count", 5, "--gap", 2, "--fps", 1, "-", tmp_path / "clip", stdin=stream)
    assert done.status == 2 and b"--gap goes with one series" in done.stderr


# ---- outliers -------------------------------------------------------------------


def pairs(sigmas):
    return [(Input(None, "stdin", frame=n + 1), {"sigma": sigma, "score": 0.5}) for n, sigma in enumerate(sigmas)]


Quiet = namedtuple("Quiet", "detail")


def test_outliers_are_told_by_the_median_of_their_neighbours_alone():
    rng = np.random.default_rng(2)
    slow = np.exp(np.sin(np.arange(200) / 60) + rng.normal(0, 0.05, 200))  # the focus drifts by far more
    shaken = [3, 50, 51, 120, 199]
    slow[shaken] *= 2
    args, words = SimpleNamespace(outliers=5), []
    kept = [item.frame - 1 for item, _ in series.steady(pairs(slow), args, Quiet(words.append))]
    assert sorted(set(range(200)) - set(kept)) == shaken and kept == sorted(kept)
    assert words == ["5 pictures left out, blurred against their neighbours"]


def test_outliers_wait_for_no_more_than_their_neighbours():
    walk, taken = pairs(np.ones(60)), []
    result = series.steady((taken.append(pair) or pair for pair in walk), SimpleNamespace(outliers=3), Quiet(print))
    next(result)
    assert len(taken) == series.NEIGHBOURS + 1


def test_a_shaken_picture_of_a_series_is_left_out(run, discs):
    sharp = discs(np.random.default_rng(8), 72, 96)
    clip = [cv2.GaussianBlur(sharp, (0, 0), 2.5 if n == 4 else 0.8) for n in range(9)]
    data = b"".join(WAYS["png"](photo) for photo in clip)
    assert numbers(run("blur-score", "--outliers", 3, stdin=data)) == [str(n + 1) for n in range(9) if n != 4]


# ---- saving ---------------------------------------------------------------------


@pytest.mark.parametrize("way", ["jpeg", "png", "ppm", "pgm", "pam"])
def test_what_is_chosen_is_saved_as_it_came(run, clip, tmp_path, way):
    given = [WAYS[way](photo) for photo in clip]
    suffix = {"jpeg": "jpg"}.get(way, way)
    words = "blur-score", "--keep-best", "--window", "3", "--save", tmp_path / "frames", "--json"
    done = run(*words, stdin=b"".join(given))
    names = [f"stdin-{int(number):06}.{suffix}" for number in SHARPEST_OF_THREE]
    assert listed(tmp_path / "frames") == names and done.stderr == b""
    for name, number in zip(names, SHARPEST_OF_THREE, strict=True):
        assert (tmp_path / "frames" / name).read_bytes() == given[int(number) - 1]
    told = [json.loads(line)["saved"] for line in done.stdout.splitlines()]
    assert told == [str(tmp_path / "frames" / name) for name in names]
    scored = run("blur-score", *[tmp_path / "frames" / name for name in names])  # they need no other step
    kept = [json.loads(line)["score"] for line in done.stdout.splitlines()]
    assert [float(line.split(b"\t")[0]) for line in scored.stdout.splitlines()] == pytest.approx(kept, abs=6e-5)


@pytest.mark.parametrize("colours", [b"Cmono XCOLORRANGE=FULL", b"Cmono"])
def test_frames_of_a_video_are_saved_as_photos(run, clip, tmp_path, colours):
    done = run("blur-score", "--window", 5, "--keep-best", "--save", tmp_path / "out", stdin=video(clip, colours))
    assert listed(tmp_path / "out") == ["stdin-000002.png", "stdin-000007.png"] and done.status == 0
    with Image.open(tmp_path / "out/stdin-000002.png") as picture:
        grey = cv2.cvtColor(clip[1], cv2.COLOR_RGB2GRAY)
        limited = np.clip(np.rint((grey.astype(float) - 16) / 219 * 255), 0, 255)
        assert np.array_equal(np.asarray(picture), grey if colours.endswith(b"FULL") else limited)
    again = run("blur-score", "-r", tmp_path / "out")  # no outputs of ours, which -r would leave out
    assert len(again.stdout.splitlines()) == 2


def test_a_run_that_goes_on_writes_only_what_is_missing(run, stream, tmp_path):
    words = "blur-score", "--keep-best", "--window", "3", "--save", tmp_path
    run(*words, stdin=stream)
    names = listed(tmp_path)
    (tmp_path / names[1]).unlink()
    before = {name: os.stat(tmp_path / name).st_mtime_ns for name in listed(tmp_path)}
    assert run(*words, stdin=stream).status == 0
    assert listed(tmp_path) == names
    assert {name: os.stat(tmp_path / name).st_mtime_ns for name in before} == before


def test_another_file_of_that_name_stays(run, stream, tmp_path):
    (tmp_path / "stdin-000002.jpg").write_bytes(b"mine")
    done = run("blur-score", "--keep-best", "--window", 5, "--save", tmp_path, stdin=stream)
    assert numbers(done, 2) == ["2", "7"] and listed(tmp_path) == ["stdin-000002.jpg", "stdin-000007.jpg"]
    assert (tmp_path / "stdin-000002.jpg").read_bytes() == b"mine"
    assert done.stderr.endswith(b"stdin-000002.jpg: exists, and is another file; it stays\n")


@pytest.mark.parametrize("words", [("--count", "5"), ("--top", "5"), ("--sort",)])
def test_what_is_chosen_at_the_end_is_read_again_from_its_file(run, stream, clip, tmp_path, words):
    (tmp_path / "clip.mjpeg").write_bytes(stream)
    done = run("blur-score", *words, "--save", tmp_path / "out", tmp_path / "clip.mjpeg")
    names = sorted(f"clip-{int(number):06}.jpg" for number in numbers(done))
    assert listed(tmp_path / "out") == names and len(names) in (5, 10)
    for name in names:
        assert (tmp_path / "out" / name).read_bytes() == WAYS["jpeg"](clip[int(name[5:11]) - 1])
    done = run("blur-score", *words, "--save", tmp_path / "out", stdin=stream)
    assert done.status == 2 and done.stdout == b"" and b"cannot be read again for --save" in done.stderr


def test_photos_of_a_folder_are_saved_whole_under_their_names(run, clip, tmp_path):
    (tmp_path / "in").mkdir()
    for number, photo in enumerate(clip[:4]):
        (tmp_path / f"in/{number}.JPG").write_bytes(saved(Image.fromarray(photo), "JPEG") + b"a trailer of a phone")
    names = sorted((tmp_path / "in").glob("*"))
    assert run("blur-score", "--top", 1, "--save", tmp_path / "out", *names).status == 0
    assert (tmp_path / "out/1.JPG").read_bytes() == (tmp_path / "in/1.JPG").read_bytes()
    assert listed(tmp_path / "out") == ["1.JPG"]
    done = run("blur-score", "--save", tmp_path / "in", *names)  # they are there already
    assert done.status == 0 and done.stderr == b""


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--window", "3"], "--window needs --keep-best or --all-but-best, or --json"),
        (["--window", "0"], "above zero"),
        (["--every", "0"], "no number of seconds above 0"),
        (["--every", "1e9"], "no number of seconds above 0"),
        (["--gap", "3"], "--gap needs --count"),
        (["--count", "3", "--top", "2"], "--count chooses by itself; --top does not go with it"),
        (["--count", "3", "--all-but-best", "--window", "3"], "--all-but-best does not go with it"),
        (["--keep-best", "--window", "3", "--every", "2"], "--window and --every do not go together"),
        (["--outliers", "x"], "is not a number"),
        (["--fps", "0"], "is no rate"),
        (["--fps", "1/0"], "is no rate"),
        (["--fps", "1e999999999"], "is no rate"),
        (["--save", "x", "--truth", "."], "does not go with --truth"),
        (["--save", ""], "--save has an empty value"),
    ],
)
def test_options_that_make_no_sense_are_told(run, words, complaint):
    done = run("blur-score", *words, "a.jpg")
    assert done.status == 2 and complaint in done.stderr.decode() and done.stdout == b""
