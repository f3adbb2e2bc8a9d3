"""Streams of pictures through the commands: N in, N out, with the numbers of single files."""

import io
import json
import os
import threading

import numpy as np
import pytest
from PIL import Image

from tests.clips import COUNT, HEIGHT, WAYS, WIDTH, deep_video, lines, video
from tests.files import arrays, listed, npy, saved, tiff


@pytest.fixture
def tell(run, tmp_path):
    """tell(files, *options): the scores of single files."""

    def tell(files, *options):
        names = []
        for number, data in enumerate(files):
            names.append(tmp_path / f"single{number}")
            names[-1].write_bytes(data)
        return [score for score, _ in lines(run("blur-score", *options, *names))]

    return tell


# ---- N in, N out ----------------------------------------------------------------


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("way", WAYS)
def test_every_picture_of_a_stream_has_the_score_of_its_file(run, tell, scenes, way, jobs):
    given = [WAYS[way](photo) for photo in scenes]
    done = run("blur-score", "-j", jobs, stdin=b"".join(given))
    assert lines(done) == [(score, b"-:%d" % (n + 1)) for n, score in enumerate(tell(given))]
    assert len({score for score, _ in lines(done)}) == COUNT and done.stderr == b""


@pytest.mark.parametrize("make", [video, deep_video])
def test_frames_of_a_video_have_the_scores_of_its_luma(run, tell, scenes, make, tmp_path):
    (tmp_path / "clip.y4m").write_bytes(make(scenes))
    singles = [float(score) for score in tell([WAYS["pgm"](photo) for photo in scenes])]
    told = lines(run("blur-score", tmp_path / "clip.y4m"))
    assert [path for _, path in told] == [b"%s:%d" % (os.fsencode(tmp_path / "clip.y4m"), n + 1) for n in range(COUNT)]
    assert np.abs(np.subtract([float(score) for score, _ in told], singles)).max() < 0.002


def test_a_file_of_many_pictures_is_a_stream_and_a_named_pipe_as_well(run, scenes, tmp_path):
    data = b"".join(WAYS["jpeg"](photo) for photo in scenes)
    (tmp_path / "clip.mjpeg").write_bytes(data)
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=(data,))
    writer.start()
    from_file, from_pipe = (run("blur-score", tmp_path / name) for name in ("clip.mjpeg", "pipe"))
    writer.join()
    assert from_file.stdout.replace(b"clip.mjpeg", b"pipe") == from_pipe.stdout and len(lines(from_file)) == COUNT


@pytest.mark.parametrize("jobs", [1, 2])
def test_maps_of_a_stream_are_those_of_its_files(run, scenes, tmp_path, jobs):
    given = [WAYS["png"](photo) for photo in scenes]
    for number, data in enumerate(given):
        (tmp_path / f"{number}.png").write_bytes(data)
    singles = run("blur-map", *sorted(tmp_path.glob("*.png")))
    assert run("blur-map", "-j", jobs, stdin=b"".join(given)) == (0, singles.stdout, b"")
    done = run("blur-map", "-o", f"{tmp_path}/maps/", stdin=b"".join(given))
    assert done == (0, b"", b"") and listed(tmp_path / "maps") == [f"stdin-00000{n}.npy" for n in (1, 2, 3, 4)]
    kept = [np.load(tmp_path / "maps" / name) for name in listed(tmp_path / "maps")]
    assert npy(*kept) == singles.stdout


def test_what_is_there_is_not_made_again_frame_by_frame(run, scenes, tmp_path):
    data = b"".join(WAYS["png"](photo) for photo in scenes)
    first = run("blur-map", "-o", f"{tmp_path}/maps/", stdin=data)
    times = {name: os.stat(tmp_path / "maps" / name).st_mtime_ns for name in listed(tmp_path / "maps")}
    (tmp_path / "maps/stdin-000002.npy").unlink()
    done = run("blur-map", "--resume", "-o", f"{tmp_path}/maps/", stdin=data)
    assert first.status == done.status == 0 and listed(tmp_path / "maps") == sorted(times)
    changed = [name for name, at in times.items() if os.stat(tmp_path / "maps" / name).st_mtime_ns != at]
    assert changed == ["stdin-000002.npy"]


def test_what_is_there_under_another_name_hides_neither_pictures_nor_errors(run, scenes, tmp_path):
    given = [WAYS["png"](photo) for photo in scenes]
    words = "blur-map", "--resume", "-o", f"{tmp_path}/maps/"
    assert run(*words, stdin=given[0]).status == 0 and listed(tmp_path / "maps") == ["stdin.npy"]
    done = run(*words, stdin=given[0] + given[1] + b"junk")
    assert done.status == 2 and b"-:3: what follows" in done.stderr
    assert listed(tmp_path / "maps") == ["stdin-000001.npy", "stdin-000002.npy", "stdin.npy"]
    assert run(*words, stdin=given[0]) == (0, b"", b"")


def test_a_photo_alone_keeps_its_name_and_a_video_of_one_frame_is_numbered(run, scenes):
    assert lines(run("blur-score", stdin=WAYS["png"](scenes[0])))[0][1] == b"-"
    assert lines(run("blur-score", stdin=video(scenes[:1])))[0][1] == b"-:1"
    assert lines(run("blur-score", "--fps", "5", stdin=WAYS["png"](scenes[0])))[0][1] == b"-:1"


def test_json_has_frame_and_time(run, scenes):
    pictures = b"".join(WAYS["ppm"](photo) for photo in scenes)
    cases = ((video(scenes), (), 0.04), (pictures, (), None), (pictures, ("--fps", "30000/1001"), 1001 / 30000))
    for data, options, step in cases:
        records = [json.loads(line) for line in run("blur-score", "--json", *options, stdin=data).stdout.splitlines()]
        assert [(record["path"], record["frame"]) for record in records] == [("-", n + 1) for n in range(COUNT)]
        times = [record["time"] for record in records]
        assert times == ([None] * COUNT if step is None else pytest.approx([n * step for n in range(COUNT)], abs=1e-6))


# ---- what goes wrong ------------------------------------------------------------


@pytest.mark.parametrize("jobs", [1, 2])
def test_truncation_in_the_middle_costs_one_line(run, scenes, jobs):
    whole, cut = video(scenes), b"".join(WAYS["png"](photo) for photo in scenes)[:-30]
    for data in (whole[:-1], cut):
        done = run("blur-score", "-j", jobs, stdin=data)
        assert [path for _, path in lines(done, 2)] == [b"-:1", b"-:2", b"-:3"]
        assert done.stderr in (
            b"blur-score: -:4: cannot decode Y4M: truncated\n",
            b"blur-score: -:4: cannot decode PNG: truncated\n",
        )


@pytest.mark.parametrize("jobs", [1, 2])
def test_junk_costs_one_line_and_a_damaged_picture_only_itself(run, scenes, jobs):
    given = [WAYS["png"](photo) for photo in scenes]
    done = run("blur-score", "-j", jobs, stdin=given[0] + given[1] + b"junk" * 99 + given[2])
    assert [path for _, path in lines(done, 2)] == [b"-:1", b"-:2"]
    assert done.stderr == b"blur-score: -:3: what follows the picture before is no picture\n"
    given[1] = given[1][:200] + bytes(9) + given[1][209:]
    done = run("blur-score", "-j", jobs, stdin=b"".join(given))
    assert [path for _, path in lines(done, 2)] == [b"-:1", b"-:3", b"-:4"]
    assert done.stderr.startswith(b"blur-score: -:2: cannot decode PNG") and done.stderr.count(b"\n") == 1


def test_a_tiff_behind_a_picture_is_refused_with_its_number(run, scenes, tmp_path):
    data = WAYS["jpeg"](scenes[0]) + tiff(scenes[1])
    (tmp_path / "two").write_bytes(data)
    for done, name in ((run("blur-map", stdin=data), b"-"), (run("blur-map", tmp_path / "two"), b"two")):
        assert done.status == 2 and len(arrays(done.stdout)) == 1
        assert name + b":2: TIFF cannot follow another picture" in done.stderr and done.stderr.count(b"\n") == 1


def test_an_interlaced_video_is_told_once(run, scenes):
    done = run("blur-score", stdin=video(scenes).replace(b" Ip ", b" It "))
    assert len(lines(done)) == COUNT and done.stderr.count(b"is interlaced") == done.stderr.count(b"\n") == 1


# ---- pages ----------------------------------------------------------------------


def test_pages_of_a_tiff_are_told_or_taken(run, scenes, tmp_path):
    (tmp_path / "stack.tif").write_bytes(tiff(np.stack(scenes), photometric="rgb"))
    name = os.fsencode(tmp_path / "stack.tif")
    first = run("blur-score", name)
    assert lines(first)[0][1] == name and len(lines(first)) == 1
    assert first.stderr == b"blur-score: %s: holds 4 pages; the first is taken, and all with --pages\n" % name
    assert run("blur-score", "-q", name).stderr == b""
    done = run("blur-score", "--pages", name)
    assert lines(done)[0] == (lines(first)[0][0], name + b":1") and len(lines(done)) == COUNT and done.stderr == b""
    done = run("blur-map", "--pages", "-o", f"{tmp_path}/maps/", name)
    assert done.status == 0 and listed(tmp_path / "maps") == [f"stack-00000{n}.npy" for n in (1, 2, 3, 4)]


# ---- guides, cut-outs, masks, truth ---------------------------------------------


def test_guides_and_cut_outs_may_be_frames_of_one_stream(run, scenes, tmp_path):
    data = b"".join(WAYS["png"](photo) for photo in scenes)
    (tmp_path / "clip").write_bytes(data)
    raw, whole = run("blur-map", "--raw", tmp_path / "clip"), run("blur-map", tmp_path / "clip")
    assert run("blur-refine", "--guide", tmp_path / "clip", stdin=raw.stdout) == (0, whole.stdout, b"")
    (tmp_path / "maps.npy").write_bytes(whole.stdout)
    from_stdin = run("blur-mask", "-t", 0, "--cut", "-", "-o", f"{tmp_path}/cut/", tmp_path / "maps.npy", stdin=data)
    assert from_stdin == (0, b"", b"") and len(listed(tmp_path / "cut")) == COUNT
    with Image.open(tmp_path / "cut/maps-2.png") as cut:
        assert np.array_equal(np.asarray(cut)[..., :3], scenes[1])


def test_a_stream_of_guides_that_is_too_short_or_too_long_is_told(run, scenes, stream, tmp_path):
    (tmp_path / "maps.npy").write_bytes(npy(*[np.ones((HEIGHT, WIDTH), np.float32)] * 2))
    for count, words in ((1, b"map 2 has no photo"), (3, b"there are 2 maps, but 3 photos")):
        data = b"".join(WAYS["png"](photo) for photo in scenes[:count])
        done = run("blur-mask", "--cut", "-", "-o", f"{tmp_path}/cut/", tmp_path / "maps.npy", stdin=data)
        assert done.status == 2 and words in done.stderr
    done = run("blur-mask", "--cut", "-", "-", stdin=b"")
    assert done.status == 2 and b"standard input cannot be both --cut and a map" in done.stderr


def test_every_picture_of_a_stream_has_a_mask(run, scenes, tmp_path):
    (tmp_path / "clip").write_bytes(b"".join(WAYS["png"](photo) for photo in scenes))
    masks = npy(*[np.ones((HEIGHT, WIDTH), np.uint8) * 255] * COUNT)
    assert len(lines(run("blur-score", "--mask", "-", tmp_path / "clip", stdin=masks))) == COUNT
    done = run("blur-score", "--mask", "-", tmp_path / "clip", stdin=npy(np.ones((HEIGHT, WIDTH), np.uint8)))
    assert done.status == 2 and b":2: no mask is left for it" in done.stderr


def test_a_mask_beside_a_clip_is_that_of_no_frame(run, scenes, tmp_path):
    (tmp_path / "clip.mjpeg").write_bytes(b"".join(WAYS["jpeg"](photo) for photo in scenes[:2]))
    (tmp_path / "clip.mask.png").write_bytes(saved(Image.new("L", (WIDTH, HEIGHT), 255), "PNG"))
    done = run("blur-score", "--truth", tmp_path, tmp_path / "clip.mjpeg")
    assert done.status == 2 and done.stderr.count(b"one picture of several has no name") == 2


def test_a_patch_set_is_cut_out_of_every_picture_of_a_file(run, scenes, tmp_path):
    (tmp_path / "clip.mjpeg").write_bytes(b"".join(WAYS["jpeg"](photo) for photo in scenes[:2]))
    done = run("blur-patches", "--method", "park", "--copies", "1", "--per-photo", "4", tmp_path / "clip.mjpeg")
    assert done.status == 0, done.stderr
    patches = np.load(io.BytesIO(done.stdout))
    assert sorted(set(patches["number"].tolist())) == [0, 1] and set(patches["photo"].tolist()) == {b"clip.mjpeg"}
