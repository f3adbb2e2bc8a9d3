"""What blur-score keeps of what it has scored: order, groups, bursts, thresholds."""

import json

import numpy as np
import pytest
from PIL import Image

TAKEN = 0x9003  # EXIF tag, in the folder 0x8769
VALUES = {"a1": 0.9, "a2": 0.3, "b1": 0.6, "b2": 0.95, "c": 0.1}  # of maps that are the same everywhere


def names(done):
    return [line.split("\t")[1] for line in done.stdout.decode().splitlines()]


@pytest.fixture
def maps(tmp_path):
    """Maps of known order; the commands run beside them."""
    for name, value in VALUES.items():
        np.save(tmp_path / f"{name}.npy", np.full((6, 8), value, np.float32))
    return [f"{name}.npy" for name in VALUES]


@pytest.fixture
def score(run, tmp_path):
    return lambda *words: run("blur-score", *words, cwd=tmp_path)


@pytest.mark.parametrize("jobs", [(), ("-j", 3)])
def test_the_sharpest_come_first_where_asked_for_and_the_lines_are_the_same(score, maps, jobs):
    plain, ordered = score(*maps, *jobs), score("--sort", *maps, *jobs)
    assert names(plain) == maps and names(ordered) == ["b2.npy", "a1.npy", "b1.npy", "a2.npy", "c.npy"]
    assert sorted(plain.stdout.splitlines()) == sorted(ordered.stdout.splitlines())


@pytest.mark.parametrize("count", [1, 2, 9])
def test_the_top_are_the_first_of_the_sorted(score, maps, count):
    assert score("--top", count, *maps).stdout.splitlines() == score("--sort", *maps).stdout.splitlines()[:count]


def test_the_bottom_and_the_reverse_begin_with_the_least_sharp(score, maps, half):
    rising = ["c.npy", "a2.npy", "b1.npy", "a1.npy", "b2.npy"]
    wall = str(half / "wall.png")  # without a score: last, whatever the order
    assert names(score("--reverse", wall, *maps)) == names(score("--sort", "--reverse", wall, *maps)) == [*rising, wall]
    assert names(score("--bottom", 2, wall, *maps)) == rising[:2]
    assert names(score("--bottom", 2, "--reverse", *maps)) == [rising[1], rising[0]]
    assert names(score("--top", 2, "--reverse", *maps)) == rising[-2:]


def test_paths_alone_are_told_of_what_lies_below_or_above(score, maps, half):
    told = {
        name: float(line.split(b"\t")[0]) for name, line in zip(maps, score(*maps).stdout.splitlines(), strict=True)
    }
    between = sorted(told.values())[2] - 0.001
    wall = half / "wall.png"
    below, above = (score("-q", way, between, wall, *maps) for way in ("--below", "--above"))
    assert below == (0, b"a2.npy\nc.npy\n", b"") and above == (0, b"a1.npy\nb1.npy\nb2.npy\n", b"")
    assert score("-z", "--below", between, *maps).stdout == b"a2.npy\0c.npy\0"
    assert score("--bottom", 2, "--above", between, *maps).stdout == b"b1.npy\na1.npy\n"
    assert score("-z", *maps[:2]).stdout == score(*maps[:2]).stdout.replace(b"\n", b"\0")
    exact = json.loads(score("--json", "a1.npy").stdout)["score"]
    assert (
        score("--above", repr(exact), "a1.npy").stdout == b"a1.npy\n" and not score("--below", repr(exact), "a1.npy")[1]
    )
    records = [json.loads(line)["path"] for line in score("--json", "--below", between, *maps).stdout.splitlines()]
    assert records == ["a2.npy", "c.npy"]
    assert score("--keep-best", "--group", "[ab]", "--below", between, *maps).stdout == b"c.npy\n"


def test_of_each_group_the_sharpest_is_kept_in_the_order_given(score, maps):
    assert names(score("--keep-best", "--group", "^[ab]", *maps)) == ["a1.npy", "b2.npy", "c.npy"]  # c is in no group
    assert names(score("--keep-best", "--group", "(.)[0-9]", *maps, "--sort")) == ["b2.npy", "a1.npy", "c.npy"]
    assert names(score("--keep-best", "--group", "[0-9]", *maps)) == ["a1.npy", "b2.npy", "c.npy"]  # 1 and 2
    assert names(score("--keep-best", "--group", "npy", *maps, "--top", 3)) == ["b2.npy"]


def test_all_but_the_best_are_what_keeping_the_best_leaves_out(score, maps, half):
    wall = half / "wall.png"  # without a score: nothing says that it is worse
    others = score("-q", "--all-but-best", "--group", "npy|png", wall, *maps)
    assert others == (0, b"a1.npy\na2.npy\nb1.npy\nc.npy\n", b"")
    assert score("-z", "--all-but-best", "--group", "([ab])", *maps).stdout == b"a2.npy\0b1.npy\0"
    told = [
        json.loads(line) for line in score("--json", "--all-but-best", "--group", "[ab]", *maps).stdout.splitlines()
    ]
    assert [(record["path"], record["rank"], record["best"]) for record in told] == [
        ("a2.npy", 2, False),
        ("b1.npy", 2, False),
    ]


def test_of_a_burst_the_sharpest_is_kept(score, run, scene, tmp_path):
    times = {"one": "10:00:00", "two": "10:00:02", "three": "10:00:03", "four": "10:00:09", "none": None}
    soft = {"one", "three"}
    for name, time in times.items():
        photo, tags = Image.fromarray(np.repeat(scene[:, 119:], 120, axis=1) if name in soft else scene), Image.Exif()
        if time:
            tags.get_ifd(0x8769)[TAKEN] = f"2020:01:01 {time}"
        photo.save(tmp_path / f"{name}.jpg", quality=95, exif=tags)
    photos = [f"{name}.jpg" for name in times]
    assert names(score("--keep-best", "--burst", 2, *photos)) == ["two.jpg", "four.jpg", "none.jpg"]
    assert names(score("--keep-best", "--burst", 1.5, *photos)) == ["one.jpg", "two.jpg", "four.jpg", "none.jpg"]


def test_two_cameras_have_bursts_of_their_own(score, scene, tmp_path):
    for name, camera in (("one", "A"), ("two", "B"), ("three", "A"), ("four", "B")):
        tags = Image.Exif()
        tags[0x0110], tags.get_ifd(0x8769)[TAKEN] = camera, "2020:01:01 10:00:00"
        Image.fromarray(scene).save(tmp_path / f"{name}.jpg", quality=95, exif=tags)
    assert names(score("--keep-best", "--burst", 2, "one.jpg", "two.jpg", "three.jpg", "four.jpg")) == [
        "one.jpg",
        "two.jpg",
    ]


def test_groups_are_told_in_json_with_their_best_and_kept_whole(score, maps):
    told = [json.loads(line) for line in score("--json", "--group", "([ab])", *maps).stdout.splitlines()]
    assert [(record["group"], record["rank"], record["best"]) for record in told] == [
        *((["a"], 1, True), (["a"], 2, False), (["b"], 2, False), (["b"], 1, True), (None, 1, True))
    ]


def test_the_answer_is_no_where_a_score_lies_below(score, maps):
    lowest = min(float(line.split(b"\t")[0]) for line in score(*maps).stdout.splitlines())
    assert score("--fail-below", lowest - 0.01, *maps).status == 0
    no = score("--fail-below", lowest + 0.01, *maps)
    assert (no.status, no.stderr) == (1, b"") and names(no) == maps
    assert score("--fail-below", lowest + 0.01, "--top", 4, *maps).status == 0  # the lowest is not among them
    assert score("--fail-below", lowest + 0.01, *maps, "missing.jpg").status == 2


def test_two_folders_tell_the_threshold_between_them(score, run, scene, tmp_path):
    for folder, photo in (("good", scene), ("bad", np.repeat(scene[:, 119:], 120, axis=1))):
        (tmp_path / folder).mkdir()
        for number in range(3):
            Image.fromarray(np.roll(photo, 7 * number, axis=0)).save(tmp_path / folder / f"{number}.png")
    scores = {
        folder: [float(line.split(b"\t")[0]) for line in score("-r", folder).stdout.splitlines()]
        for folder in ("good", "bad")
    }
    figures = dict(line.split("\t")[::-1] for line in score("--calibrate", "good", "bad").stdout.decode().splitlines())
    assert float(figures["threshold"]) == pytest.approx((min(scores["good"]) + max(scores["bad"])) / 2, abs=1e-4)
    assert figures["good_below"] == figures["bad_above"] == "0.0000" and list(figures) == [
        "threshold",
        "good_below",
        "bad_above",
    ]
    assert json.loads(score("--calibrate", "good", "bad", "--json").stdout)["threshold"] == pytest.approx(
        float(figures["threshold"]), abs=1e-4
    )
    swapped = dict(line.split("\t")[::-1] for line in score("--calibrate", "bad", "good").stdout.decode().splitlines())
    assert float(swapped["good_below"]) + float(swapped["bad_above"]) == 1


@pytest.mark.parametrize(
    "words, complaint",
    [
        (["--keep-best"], "--keep-best needs"),
        (["--all-but-best"], "--all-but-best needs one of --group REGEX"),
        (["--all-but-best", "--keep-best", "--group", "a"], "--keep-best and --all-but-best do not go together"),
        (["--keep-best", "--group", "a", "--burst", "1"], "--group and --burst do not go together"),
        (["--group", "a"], "--group needs --keep-best or --all-but-best, or --json"),
        (["--burst", "0"], "--burst needs --keep-best"),
        (["--keep-best", "--group", "("], "not a regular expression"),
        (["--burst=-1"], "below 0"),
        (["--burst", "-1"], "below 0"),
        (["--top", "-1"], "above zero"),
        (["-j", "-1"], "above zero"),
        (["--fail-below", "nan"], "not a number from 0 to 1"),
        (["--fail-below", "50"], "'50' is not a number from 0 to 1"),
        *(
            (["--fail-below", negative], f"{negative!r} is not a number from 0 to 1")
            for negative in ("-1", "-.5", "-1e-3")
        ),
        (["--below", "1.5"], "'1.5' is not a number from 0 to 1"),
        (["--above", "-0.5"], "'-0.5' is not a number from 0 to 1"),
        (["--below", "0"], "no score lies below 0"),
        (["--below", "0.4", "--above", "0.4"], "no score is at least 0.4 and below 0.4"),
        (["--top", "1", "--bottom", "1"], "--top and --bottom do not go together"),
        (["--count", "1", "--bottom", "1"], "--count chooses by itself"),
        (["--below", "0.4", "--truth", "."], "--below is about scores; it does not go with --truth"),
        (["-z", "--csv"], "-z ends lines of text; --csv has none"),
        (["--csv", "--json"], "not allowed with argument"),
        (["--csv", "--report", "-"], "--csv does not go with it"),
        (["-z", "--json"], "-z ends lines of text; --json has none"),
        (["-z", "--report", "-"], "-z ends lines of text; --report - has none"),
        (["--siblings"], "--siblings is about paths; it needs --below T, --above T, --all-but-best or --stars\n"),
        (["--siblings", "--below", "0.5", "--json"], "--siblings adds paths to paths; --json has none alone"),
        (["--top", "0"], "above zero"),
        (["--sort", "--truth", "."], "does not go with --truth"),
        (["--calibrate", ".", ".", "--truth", "."], "does not go with --truth"),
        (["--calibrate", ".", ".", "--mask", "a.png"], "does not go with --calibrate"),
        (["--calibrate", ".", "."], "nothing else"),
    ],
)
def test_what_does_not_go_together_is_refused_before_any_work(score, maps, words, complaint):
    done = score(*words, *maps)
    assert (done.status, done.stdout) == (2, b"") and complaint in done.stderr.decode()


def test_folders_without_scores_have_no_threshold(score, tmp_path):
    (tmp_path / "empty").mkdir()
    done = score("--calibrate", "empty", "nowhere")
    assert (done.status, done.stdout) == (2, b"") and done.stderr.decode().count("\n") == 1


def test_photos_without_a_time_are_kept_and_counted(run, photos):
    done = run("blur-score", "--keep-best", "--burst", 2, photos / "photo.jpg", photos / "grey.png")
    assert done.status == 0 and len(done.stdout.splitlines()) == 2
    assert done.stderr == b"blur-score: 2 of 2 photos do not say when they were taken; each is kept\n"
