"""blur-score --cache in real processes: the same bytes as without, less work, and no harm by a kill or a neighbour."""

import os
import shutil
import signal
import time

import cv2
import numpy as np
import pytest
from PIL import Image

from blurkit.cli import score as command
from blurkit.identity import YOUNG
from tests.conftest import Done

TAKEN = 0x9003  # EXIF: when a photo was taken
COUNT = 12
# A background job of a shell is deaf to SIGINT, and so are the tests that run in one.
HEARING = {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)}


@pytest.fixture(scope="module")
def album(tmp_path_factory, discs):
    """A folder of photos: a burst, a wall without a score, a TIFF of two pages, one broken and a stream of two."""
    folder = tmp_path_factory.mktemp("album")
    for number in range(COUNT):
        photo = cv2.GaussianBlur(discs(np.random.default_rng(number // 3), 90, 120), (0, 0), 0.4 + number / 10)
        exif = Image.Exif()
        exif.get_ifd(0x8769)[TAKEN] = f"2026:01:02 03:{number // 3:02}:{number % 3:02}"
        Image.fromarray(photo).save(folder / f"{number:02}.jpg", quality=95, exif=exif)
    Image.fromarray(np.full((90, 120, 3), 127, np.uint8)).save(folder / "wall.png")
    pages = [Image.fromarray(discs(np.random.default_rng(n), 90, 120)) for n in (20, 21)]
    pages[0].save(folder / "pages.tif", save_all=True, append_images=pages[1:])
    (folder / "broken.jpg").write_bytes((folder / "00.jpg").read_bytes()[:2000])
    (folder / "stream.jpg").write_bytes((folder / "01.jpg").read_bytes() + (folder / "02.jpg").read_bytes())
    time.sleep(1.2 * YOUNG / 1e9)
    return folder


@pytest.fixture
def score(run, tmp_path):
    """score(argument, ...): blur-score with the caches in a folder of the test."""

    def score(*arguments, **more):
        return run("blur-score", *arguments, env={"XDG_CACHE_HOME": str(tmp_path / "caches")}, **more)

    return score


def counts(done):
    """How many photos were measured, and how many came from the cache."""
    (line,) = (line for line in done.stderr.decode().splitlines() if line.endswith("from the cache"))
    words = line.split()
    return int(words[1]), int(words[3])


def without_counts(stderr):
    """What is said besides."""
    return [line for line in stderr.splitlines() if b"cache" not in line]


@pytest.fixture
def here(tmp_path, monkeypatch, capfdbinary):
    """here(argument, ...): the same in this process, as a new one spends most of its time on imports."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))

    def here(*arguments):
        status = command.main([str(argument) for argument in arguments])
        return Done(status, *capfdbinary.readouterr())

    return here


MODES = [
    (),
    ("--csv", "-j", "3"),
    ("--json", "--burst", "2"),
    ("--keep-best", "--burst", "2"),
    ("--json", "--window", "4", "--fps", "5"),
    ("--below", ".5", "--siblings", "-z"),
    ("--stars", "darktable"),
    ("--region", "worst:25%", "--json"),
    ("--detail", "--json"),
    ("--method", "zeng", "--working-size", "64", "--json"),
    ("--count", "5", "--fail-below", ".6"),
    ("--pages", "--json"),
    ("--report", "-"),
    ("--max-pixels", "100"),
    ("-q", "--outliers", "3", "--json"),
]


@pytest.mark.parametrize("words", MODES, ids=" ".join)
def test_every_mode_writes_the_same_with_and_without(here, album, words):
    expected = here("-r", *words, album)
    for how in ("--cache", "--cache", "--cache=content", "--cache=content"):
        done = here("-r", *words, how, album)
        assert (done.status, done.stdout) == (expected.status, expected.stdout)
        assert without_counts(done.stderr) == without_counts(expected.stderr)
        assert done.stderr.count(b"page of --report") == ("--report" in words)


def test_a_second_run_measures_what_is_new_or_changed_alone(here, album, tmp_path):
    shutil.copytree(album, tmp_path / "album", copy_function=shutil.copy)
    time.sleep(1.2 * YOUNG / 1e9)
    places = [tmp_path / "album" / name for name in sorted(os.listdir(album))]
    whole = [path for path in places if path.name not in ("broken.jpg", "stream.jpg")]
    assert counts(here("-v", "--cache", *places)) == (len(whole) + 2, 0)
    assert counts(here("-v", "--cache", *places)) == (2, len(whole))
    shutil.copy(whole[0], tmp_path / "new.jpg")
    before = os.stat(whole[1])
    Image.fromarray(np.asarray(Image.open(whole[1]))[::-1]).save(whole[1], quality=95)
    data = whole[1].read_bytes()
    whole[1].write_bytes(data + bytes(max(0, before.st_size - len(data))))
    os.utime(whole[1], ns=(before.st_atime_ns, before.st_mtime_ns))
    time.sleep(1.2 * YOUNG / 1e9)
    assert counts(here("-v", "--cache", *whole, tmp_path / "new.jpg")) == (2, len(whole) - 1)
    expected = here("--json", *whole, tmp_path / "new.jpg").stdout
    assert here("--json", "--cache", *whole, tmp_path / "new.jpg").stdout == expected


def test_bursts_are_told_from_what_is_kept_and_plain_scores_lead_to_them(here, album):
    names = [album / f"{number:02}.jpg" for number in range(COUNT)]
    here("--cache", *names)
    bursts = ("-v", "--cache", "--keep-best", "--burst", "2", *names)
    first, second = here(*bursts), here(*bursts)
    assert first.stdout == second.stdout and first.stdout.count(b"\n") == COUNT // 3
    assert counts(first) == (COUNT, 0) and counts(second) == (0, COUNT)
    assert counts(here("-v", "--cache", *names)) == (0, COUNT)


def test_what_is_kept_depends_on_the_options(here, album):
    name = album / "05.jpg"
    for words in ((), ("--working-size", "64"), ("--region", "all"), ("--method", "park"), ("--max-pixels", "99999")):
        expected = here("--json", *words, name).stdout
        assert counts(here("-v", "--cache", *words, name)) == (1, 0)
        assert here("--json", "--cache", *words, name).stdout == expected
    assert counts(here("-v", "--cache", "-j", "2", "--threads", "1", "--csv", name)) == (0, 1)


def test_streams_and_masks_say_that_they_are_measured_anew(here, score, album):
    data = (album / "00.jpg").read_bytes()
    done = score("--cache", stdin=data + data)
    assert done.status == 0 and b"2 scores are not kept" in done.stderr and done.stdout.count(b"\n") == 2
    assert b"2 scores are not kept" not in score("-q", "--cache", stdin=data + data).stderr
    (mask,) = [album / "mask.npy"]
    np.save(mask, np.ones((90, 120), np.float32))
    for _ in range(2):
        done = here("--cache", "--mask", mask, album / "00.jpg")
        assert done.stdout == here("--mask", mask, album / "00.jpg").stdout and b"measured anew" in done.stderr
    mask.unlink()


def test_pictures_are_saved_from_their_files(here, album, tmp_path):
    for _ in range(2):
        assert (
            here("--cache", "--top", "2", "--save", tmp_path / "best", album / "00.jpg", album / "01.jpg").status == 0
        )
        assert here("--cache", "--save", tmp_path / "all", album / "02.jpg").status == 0
    for folder, name in (("best", "00.jpg"), ("best", "01.jpg"), ("all", "02.jpg")):
        assert (tmp_path / folder / name).read_bytes() == (album / name).read_bytes()


def test_prune_tells_how_much_it_drops(here, album, tmp_path):
    assert here("--cache", "--prune").stdout == b"0\tdropped\n0\tkept\n"
    shutil.copy(album / "00.jpg", tmp_path / "gone.jpg")
    time.sleep(1.2 * YOUNG / 1e9)
    here("--cache", album / "00.jpg", tmp_path / "gone.jpg")
    (tmp_path / "gone.jpg").unlink()
    assert here("--cache", "--prune", "--json").stdout == b'{"dropped": 1, "kept": 1}\n'
    (tmp_path / "caches" / "blurkit" / "scores.sqlite").write_text("notes")
    done = here("--cache", "--prune")
    assert done.status == 2 and b"stays as it is" in done.stderr and done.stderr.count(b"\n") == 1


@pytest.mark.parametrize(
    "words",
    [
        ("--prune",),
        ("--cache", "--prune", "a.jpg"),
        ("--cache", "--prune", "--top", "3"),
        ("--cache", "--truth", ".", "a.jpg"),
        ("--cache", "--maps", "a.png"),
        ("--cache=size", "a.jpg"),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_told(score, words):
    done = score(*words)
    assert done.status == 2 and done.stderr.count(b"\n") == 1 and b"--" in done.stderr


def test_a_file_after_the_option_is_a_photo(score, album, tmp_path):
    shutil.copy(album / "00.jpg", tmp_path / "content")
    assert score("--cache", "content", cwd=tmp_path).stdout.endswith(b"\tcontent\n")
    assert b"--cache[=HOW]" in score("--help").stdout


def test_sqlite_is_imported_only_with_the_option(run, photos, tmp_path):
    for words, is_wanted in (((), False), (("--cache",), True)):
        done = run(
            "blur-score",
            "--debug",
            *words,
            photos / "photo.jpg",
            interpreter=("-X", "importtime"),
            env={"XDG_CACHE_HOME": str(tmp_path)},
        )
        assert done.status == 0
        for name in (b" sqlite3\n", b" blurkit.cache\n", b" blurkit.identity\n", b" importlib.metadata\n"):
            assert (name in done.stderr) == is_wanted, name


def test_no_kill_leaves_a_wrong_score_and_no_photo_is_touched(start, score, album, tmp_path):
    names = [album / f"{number:02}.jpg" for number in range(COUNT)]
    expected, before = score("--json", *names).stdout, [path.read_bytes() for path in names]
    for moment in range(6):
        caches = {"XDG_CACHE_HOME": str(tmp_path / "caches")}
        with start("blur-score", "--cache", *names, env=caches, **HEARING) as process:
            for _ in range(2 * moment + 1):
                process.stdout.readline()
            process.send_signal(signal.SIGKILL if moment % 2 else signal.SIGINT)
        assert score("--json", "--cache", *names).stdout == expected
        shutil.rmtree(tmp_path / "caches", ignore_errors=moment == 5)
    assert [path.read_bytes() for path in names] == before


def test_ctrl_c_keeps_what_was_measured(start, here, album, tmp_path):
    names = [os.fsencode(album / f"{number:02}.jpg") for number in range(COUNT)]
    caches = {"XDG_CACHE_HOME": str(tmp_path / "caches")}
    with start("blur-score", "--cache", "-0", env=caches, **HEARING) as process:
        process.stdin.write(b"".join(name + b"\0" for name in names))
        process.stdin.flush()
        for _ in range(COUNT):
            process.stdout.readline()
        process.send_signal(signal.SIGINT)  # while it waits for another name
        process.wait()
    assert process.returncode == -signal.SIGINT
    assert counts(here("-v", "--cache", *map(os.fsdecode, names))) == (0, COUNT)


def test_a_reader_that_goes_away_costs_no_score_that_was_measured(start, here, album, tmp_path):
    names = [album / f"{number:02}.jpg" for number in range(COUNT)]
    with start("blur-score", "--cache", *names, env={"XDG_CACHE_HOME": str(tmp_path / "caches")}) as process:
        process.stdout.readline()
        process.stdout.close()  # the next line cannot be written
        process.wait()
    assert process.returncode == -signal.SIGPIPE
    measured, found = counts(here("-v", "--cache", *names))
    assert found >= 1 and measured + found == COUNT


def test_two_runs_at_once_write_the_same_as_one(start, score, album, tmp_path):
    names = [album / f"{number:02}.jpg" for number in range(COUNT)]
    expected = score(*names).stdout
    running = [
        start("blur-score", "--cache", *names, env={"XDG_CACHE_HOME": str(tmp_path / "caches")}) for _ in range(2)
    ]
    assert [process.communicate() for process in running] == [(expected, b"")] * 2
    assert counts(score("-v", "--cache", *names)) == (0, COUNT)
