"""blur-score: what a score rests on, where it is taken, what cannot be judged, and how right a map is."""

import json

import cv2
import numpy as np
import pytest
from PIL import Image

from tests.files import npy, scores


@pytest.mark.parametrize("method", ["joint", "park", "zeng"])
def test_a_record_tells_what_the_score_rests_on(run, half, method):
    (record,) = map(json.loads, run("blur-score", "--method", method, "--json", half / "photo.png").stdout.splitlines())
    names = ["path", "score", "sigma", "sigma_photo", "kind", "motion", "angle"]
    names += ["coverage", "noise", "working_size", "cropped", "method", "weights"]
    assert list(record) == names and record["cropped"] == 0 and record["sigma_photo"] == record["sigma"]
    assert record["score"] == pytest.approx(1 / (1 + record["sigma"])) and 0.05 < record["coverage"] <= 1
    assert (record["working_size"], record["method"]) == (240, method) and 0 <= record["noise"] < 5
    assert len(record["weights"]) == 12 and int(record["weights"], 16) >= 0


def test_a_mask_says_where_to_judge(run, half):
    photo = half / "photo.png"
    (left,), (right,) = (scores(run("blur-score", "--mask", half / name, photo)) for name in ("left.png", "right.png"))
    (whole,) = scores(run("blur-score", photo))
    assert left > right + 0.15 and whole == pytest.approx(left, abs=0.05)
    assert scores(run("blur-score", "--mask", half / "left.png", "--mask", half / "right.png", photo, photo)) == [
        left,
        right,
    ]


def test_what_is_missing_costs_no_other_photo_its_mask(run, half, tmp_path):
    photo, left, right = (half / name for name in ("photo.png", "left.png", "right.png"))
    (tmp_path / "damaged.png").write_bytes(right.read_bytes()[:50])
    of_right = run("blur-score", "--mask", right, photo).stdout
    for jobs in (1, 2):
        done = run("blur-score", "-j", jobs, "--mask", left, "--mask", right, tmp_path / "missing.png", photo)
        assert (done.status, done.stdout) == (2, of_right) and done.stderr.count(b"\n") == 1
        done = run("blur-score", "-j", jobs, "--mask", tmp_path / "damaged.png", "--mask", right, photo, photo)
        assert (
            (done.status, done.stdout) == (2, of_right) and done.stderr.count(b"\n") == 1 and b"its mask" in done.stderr
        )
    done = run("blur-score", "--mask", left, tmp_path / "missing.png", photo)
    assert (done.status, done.stdout) == (2, b"") and b"no mask is left for it" in done.stderr


def test_masks_of_any_segmenter_come_on_standard_input(run, half):
    photo, mask = half / "photo.png", cv2.imread(str(half / "left.png"), cv2.IMREAD_GRAYSCALE)
    by_file = scores(run("blur-score", "--mask", half / "left.png", photo))
    assert scores(run("blur-score", "--mask", "-", photo, stdin=(half / "left.png").read_bytes())) == by_file
    stream = npy(mask) + npy((mask[:, ::-1] > 0).astype(np.float32))
    both = scores(run("blur-score", "-j", 2, "--mask", "-", photo, photo, stdin=stream))
    assert both[:1] == by_file and both[1] < both[0]


def test_what_cannot_be_read_uses_up_its_mask(run, half):
    (right,) = scores(run("blur-score", "--mask", half / "right.png", half / "photo.png"))
    words = ["--mask", half / "left.png", "--mask", half / "right.png"]
    for bad in (half / "none.jpg", half):  # not there, and not to be read
        done = run("blur-score", *words, bad, half / "photo.png")
        assert (done.status, done.stdout) == (2, f"{right:.4f}\t{half / 'photo.png'}\n".encode()) and done.stderr.count(
            b"\n"
        ) == 1
    words[1] = half / "none.png"
    done = run("blur-score", *words, half / "wall.png", half / "photo.png")
    assert (
        done.stdout == f"{right:.4f}\t{half / 'photo.png'}\n".encode()
        and b"wall.png: its mask" in done.stderr
        and b"is left" not in done.stderr
    )


def test_the_region_is_a_share_of_the_sharpest_or_all(run, half):
    ranked = [
        scores(run("blur-score", "--region", region, half / "photo.png"))[0]
        for region in ("best:2%", "best:20%", "best:60%", "all")
    ]
    assert ranked == sorted(ranked, reverse=True) and ranked[0] > ranked[-1] + 0.05
    assert scores(run("blur-score", half / "photo.png")) == ranked[1:2]
    inside = [
        scores(run("blur-score", "--region", region, "--mask", half / "right.png", half / "photo.png"))[0]
        for region in ("best:10%", "mask")
    ]
    assert inside[0] > inside[1]


def test_a_blank_wall_is_not_a_number_and_not_below_a_threshold(run, half):
    done = run("blur-score", "--fail-below", 0.9, half / "wall.png")
    why = b"blur-score: %s: no score: it shows no edge that can be measured\n"
    assert done == (0, b"nan\t%s\n" % bytes(half / "wall.png"), why % bytes(half / "wall.png"))
    assert run("blur-score", "-q", half / "wall.png") == (0, done.stdout, b"")
    (record,) = map(json.loads, run("blur-score", "--json", half / "wall.png").stdout.splitlines())
    assert record["score"] is None and record["sigma"] is None and record["coverage"] == 0
    ordered = run("blur-score", "--sort", half / "wall.png", half / "photo.png").stdout.splitlines()
    assert ordered[1].startswith(b"nan")


def test_a_large_photo_is_judged_at_1024_pixels_unless_told(run, half, tmp_path):
    large = cv2.resize(cv2.imread(str(half / "photo.png")), (1536, 1024), interpolation=cv2.INTER_CUBIC)
    cv2.imwrite(str(tmp_path / "large.png"), large)
    sizes = [
        json.loads(run("blur-score", "--json", *words, tmp_path / "large.png").stdout)["working_size"]
        for words in ((), ("--working-size", 0))
    ]
    assert sizes == [1024, 1536] and all(isinstance(n, int) for n in sizes)


def test_a_report_shows_every_photo_told_and_changes_no_line(run, half, tmp_path):
    names = [half / "photo.png", half / "wall.png"]
    plain = run("blur-score", *names)
    done = run("blur-score", "--report", tmp_path / "out.html", *names)
    page = (tmp_path / "out.html").read_text()
    assert done == plain and all(page.count(f'alt="{name}"') == 1 for name in names) and "cannot be judged" in page
    assert page.index("photo.png") < page.index("wall.png") and page.count("data:image/jpeg;base64,") == 4
    run("blur-score", "--report", tmp_path / "top.html", "--top", 1, "--max-size", 90, *names)
    top = (tmp_path / "top.html").read_text()
    assert "wall.png" not in top and "90 pixels" in top and "1024 pixels" in page


def test_a_report_is_about_scores_and_nothing_is_left_of_one_that_failed(run, half, tmp_path):
    done = run("blur-score", "--report", tmp_path / "out.html", "--truth", half, half / "photo.png")
    assert done.status == 2 and b"--report" in done.stderr and not list(tmp_path.iterdir())
    photo = half / "photo.png"
    done = run("blur-score", "--report", photo / "out.html", photo)  # reported before the work
    assert done == (2, b"", f"blur-score: {photo}: is a file, not a folder\n".encode())


@pytest.mark.parametrize(
    "words, complaint",
    [
        (["--region", "mask"], "needs --mask"),
        (["--region", "best:0%"], "not best:N%"),
        (["--region", "worst:0%"], "not best:N% or worst:N% (N up to 100), all or mask"),
        (["--region", "worst:20"], "not best:N% or worst:N%"),
        (["--region", "worst:101%"], "not best:N% or worst:N%"),
        (["--region", "worst:nan%"], "not best:N% or worst:N%"),
        (["--region", "worst"], "not best:N% or worst:N%"),
        (["--region", "msak"], "did you mean mask?"),
        (["--region", "best:10"], "not best:N%"),
        (["--region", "some"], "not best:N%"),
        (["--as-published", "--method", "zeng"], "goes with --truth"),
        (["--mask", "left.png", "--truth", "."], "do not go with --truth"),
        (["--mask", "-", "-"], "both the mask and a photo"),
        (["--mask", "wall.png"], "its mask"),
        (["--mask", "none.png"], "its mask none.png"),
        (["--mask", "left.png", "photo.png"], "no mask is left"),
        (["--mask", "left.png", "--mask", "left.png"], "more masks than photos"),
        (["--mask", "left.png", "--mask", "left.png", "--maps", "left.png"], "--mask goes with photos"),
        (["--region", "all", "--maps", "left.png"], "--region goes with photos"),
        (["--max-size", "9", "--maps", "left.png"], "--max-size goes with photos"),
        (["--detail", "map.npy"], "--detail goes with photos"),
    ],
)
def test_what_cannot_be_scored_so_is_told(run, half, words, complaint):
    done = run("blur-score", *words, "photo.png", cwd=half)
    assert done.status == 2 and complaint in done.stderr.decode() and b"Traceback" not in done.stderr


@pytest.mark.parametrize("words", [["--max-size", 90], ["--region", "all"], ["--report", "out.html", "--sort"]])
def test_a_map_among_photos_costs_one_line_where_an_option_is_about_photos(run, half, tmp_path, words):
    (tmp_path / "map.npy").write_bytes(npy(np.ones((8, 8), np.float32)))
    photos = [half / "photo.png", half / "wall.png"]
    done = run("blur-score", "-q", *words, photos[0], tmp_path / "map.npy", photos[1], cwd=tmp_path)
    assert (
        done.status == 2
        and done.stderr == f"blur-score: {tmp_path}/map.npy: {words[0]} goes with photos, and this is a map\n".encode()
    )
    assert done.stdout == run("blur-score", *words, *photos, cwd=tmp_path).stdout and done.stdout.count(b"\n") == 2


def test_every_map_of_a_stream_has_a_score_and_a_picture_of_a_map_the_same(run, three, tmp_path):
    raw = run("blur-map", "--raw", *three).stdout
    by_map = run("blur-score", stdin=raw).stdout.decode().splitlines()
    assert len(by_map) == len(three) and all(line.endswith("\t-") for line in by_map)
    assert run("blur-map", "--raw", three[0], "-o", tmp_path / "m.png").status == 0
    by_picture = run("blur-score", "--maps", tmp_path / "m.png").stdout.split(b"\t")[0]
    assert float(by_picture) == pytest.approx(float(by_map[0].split("\t")[0]), abs=1e-2)


def test_a_photo_scores_higher_than_its_blurred_copies(run, data, tmp_path):
    photo = cv2.imread(str(data / "labelled" / "lytro_03_1.png"))
    for sigma in (0.75, 1.5, 3):
        cv2.imwrite(str(tmp_path / f"{sigma}.png"), cv2.GaussianBlur(photo, (0, 0), sigma))
    names = [data / "labelled" / "lytro_03_1.png", *(tmp_path / f"{sigma}.png" for sigma in (0.75, 1.5, 3))]
    scores = [float(line.split("\t")[0]) for line in run("blur-score", *names).stdout.decode().splitlines()]
    assert all(above > below for above, below in zip(scores, scores[1:], strict=False))


def test_a_photo_reduced_first_scores_as_its_reduced_copy(run, photos, scene, tmp_path):
    cv2.imwrite(str(tmp_path / "large.png"), cv2.resize(scene, (480, 360), interpolation=cv2.INTER_CUBIC)[..., ::-1])
    reduced = cv2.resize(cv2.imread(str(tmp_path / "large.png")), (200, 150), interpolation=cv2.INTER_AREA)
    cv2.imwrite(str(tmp_path / "reduced.png"), reduced)
    score = run("blur-score", "--max-size", 200, tmp_path / "large.png").stdout.split(b"\t")[0]
    assert (
        score
        == run("blur-score", tmp_path / "reduced.png").stdout.split(b"\t")[0]
        != run("blur-score", tmp_path / "large.png").stdout.split(b"\t")[0]
    )
    done = run("blur-score", "--max-size", 200, "--truth", tmp_path, tmp_path / "large.png")
    assert (done.status, done.stdout) == (2, b"") and b"--max-size does not go with --truth" in done.stderr


def test_score_with_truth_tells_how_right_a_map_is(run, tmp_path):
    sharpness = np.zeros((20, 30), np.float32)
    sharpness[:, :15] = 1
    np.save(tmp_path / "photo.npy", sharpness)
    for name, left in (("photo.mask.png", 255), ("blurred/photo.png", 0)):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        truth = np.full((20, 30), 255 - left, np.uint8)
        truth[:, :15] = left
        Image.fromarray(truth).save(tmp_path / name)
    perfect = (
        "1.0000\tauc\n1.0000\tf_max\n1.0000\tf_exact\n1.0000\tf_adaptive\n1.0000\tf_blurred\n0.0000\tmae\n"
        "1.0000\taccuracy\n1.0000\tprecision\n1.0000\trecall\n1\tphotos\n"
    )
    assert run("blur-score", "--truth", tmp_path, tmp_path / "photo.npy") == (0, perfect.encode(), b"")
    assert (
        run("blur-score", "--truth", tmp_path / "blurred", "--truth-is", "blurred", tmp_path / "photo.npy").stdout
        == perfect.encode()
    )
    for marked in (tmp_path, tmp_path / "photo.mask.png"):  # its white is sharp, whatever that of other masks
        assert (
            run("blur-score", "--truth", marked, "--truth-is", "blurred", tmp_path / "photo.npy").stdout
            == perfect.encode()
        )


def test_curves_are_precision_recall_and_accuracy_at_every_threshold(run, tmp_path):
    rng = np.random.default_rng(2)
    for name, truth in (("both", rng.random((20, 30)) < 0.4), ("one", np.ones((20, 30), bool))):
        np.save(tmp_path / f"{name}.npy", np.clip(0.3 * truth + rng.random(truth.shape), 0, 1).astype(np.float32))
        Image.fromarray(np.uint8(255 * truth)).save(tmp_path / f"{name}.mask.png")
    done = run("blur-score", "--truth", tmp_path, "--json", "--curves", tmp_path / "both.npy", tmp_path / "one.npy")
    both, one, whole = map(json.loads, done.stdout.splitlines())
    values, truth = np.load(tmp_path / "both.npy"), np.array(Image.open(tmp_path / "both.mask.png")) == 255
    for k in (0, 1, 77, 128, 200, 255):
        marked = values >= k / 256
        expected = [
            (marked & truth).sum() / marked.sum(),
            (marked & truth).sum() / truth.sum(),
            (marked == truth).mean(),
        ]
        assert [both[name][k] for name in ("precision", "recall", "accuracy")] == pytest.approx(expected)
    assert len(both["recall"]) == 256 and one["recall"] == [None] * 256 and one["accuracy"][0] == 1
    assert whole["precision"] == pytest.approx(both["precision"][128])


def test_curves_need_json_and_a_truth(run, tmp_path):
    for words in (["--curves"], ["--curves", "--json"], ["--curves", "--truth", tmp_path]):
        done = run("blur-score", *words, "photo.png", cwd=tmp_path)
        assert done.status == 2 and b"--curves goes with --truth and --json" in done.stderr
