"""The park method through the commands: raw maps of two planes, blur in pixels, sharp photos to learn from."""

import cv2
import numpy as np
import pytest

from tests.files import arrays

PARK = ("--method", "park")


@pytest.mark.parametrize(
    "extra", [(), ("--sigma",), ("--as-published",), ("--as-published", "--sigma"), ("--working-size", 64)], ids=str
)
def test_the_whole_is_raw_and_refine_to_the_byte(run, photos, extra):
    photo = photos / "photo.png"
    measured = [word for word in extra if word != "--sigma"]
    whole = run("blur-map", *PARK, *extra, photo)
    raw = run("blur-map", *PARK, "--raw", *measured, photo)
    assert whole.status == raw.status == 0
    assert run("blur-refine", *PARK, *extra, "--guide", photo, stdin=raw.stdout) == whole


def test_several_photos_stream_through_in_order(run, photos):
    names = [photos / "photo.png", photos / "grey.png", photos / "deep_rgb.png"]
    raw = run("blur-map", *PARK, "--raw", *names).stdout
    guides = [word for name in names for word in ("--guide", name)]
    whole = run("blur-refine", *PARK, *guides, stdin=raw)
    assert whole.status == 0 and len(arrays(whole.stdout)) == 3
    assert whole.stdout == run("blur-map", *PARK, *names).stdout == run("blur-map", *PARK, "-j", 2, *names).stdout


def test_the_sharp_half_is_in_focus_and_its_sigma_is_smaller(run, photos):
    sharpness, sigma = (
        arrays(run("blur-map", *PARK, *extra, photos / "photo.png").stdout)[0] for extra in ((), ("--sigma",))
    )
    assert sharpness.dtype == sigma.dtype == np.float32 and sharpness.shape == sigma.shape == (90, 120)
    assert sharpness[:, :50].mean() > 0.8 and sharpness[:, 70:].mean() < 0.2
    assert sigma[:, :50].mean() < 0.8 and sigma[:, 70:].mean() > 1.8


def test_sigma_is_in_pixels_of_the_photo_whatever_the_working_size(run, photos, tmp_path):
    large = cv2.resize(cv2.imread(str(photos / "photo.png")), None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC)
    cv2.imwrite(str(tmp_path / "large.png"), large)
    small = arrays(run("blur-map", *PARK, "--sigma", photos / "photo.png").stdout)[0]
    reduced = arrays(run("blur-map", *PARK, "--sigma", "--working-size", 120, tmp_path / "large.png").stdout)[0]
    assert np.median(reduced) == pytest.approx(4 * np.median(small), rel=0.25)


def test_raw_sigma_tells_pixels_at_points_and_nothing_elsewhere(run, photos):
    (raw,) = arrays(run("blur-map", *PARK, "--raw", "--sigma", photos / "photo.png").stdout)
    assert raw.shape == (2, 90, 120)
    assert (raw[0][raw[1] == 0] == 0).all() and 0 < np.median(raw[0][raw[1] > 0]) <= 4


def test_a_photo_without_edges_is_out_of_focus_and_as_published_an_error(run, tmp_path):
    cv2.imwrite(str(tmp_path / "flat.png"), np.full((40, 50, 3), 128, np.uint8))
    (sharpness,) = arrays(run("blur-map", *PARK, tmp_path / "flat.png").stdout)
    assert sharpness.max() < 0.1
    done = run("blur-map", *PARK, "--as-published", tmp_path / "flat.png")
    assert done.status == 2 and done.stdout == b"" and b"flat.png: photo has no edges" in done.stderr


@pytest.mark.parametrize("name", ["dot.png", "strip.png", "column.png"])
def test_narrow_photos_get_a_map(run, photos, name):
    done = run("blur-map", *PARK, photos / name)
    assert done.status == 0 and np.isfinite(arrays(done.stdout)[0]).all()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("blur-map", *PARK, "--sigma", "-f", "png"), "PNG holds 0 to 1 only"),
        (("blur-map", *PARK, "--raw", "-f", "tiff"), "only NPY holds"),
        (("blur-map", "--method", "zeng", "--sigma"), "does not measure blur in pixels"),
        (("blur-patches", *PARK, "--masks", "masks"), "learns from sharp photos alone"),
        (("blur-patches", *PARK, "--compose"), "learns from sharp photos alone"),
        (("blur-patches", *PARK, "--copies", 0), "at least one copy"),
    ],
    ids=lambda part: None if isinstance(part, tuple) else part,
)
def test_what_does_not_go_together_is_said(run, photos, words, said):
    done = run(*words, photos / "photo.png")
    assert done.status == 2 and done.stdout == b"" and said in done.stderr.decode()


def test_maps_of_the_wrong_method_are_refused(run, photos):
    photo = photos / "photo.png"
    zeng = run("blur-map", "--method", "zeng", "--raw", photo).stdout
    park = run("blur-map", *PARK, "--raw", photo).stdout
    for method, raw, said in (("park", zeng, b"raw map has 1 plane;"), ("zeng", park, b"raw map has 2 planes;")):
        done = run("blur-refine", "--method", method, "--guide", photo, stdin=raw)
        assert done.status == 2 and done.stdout == b"" and said in done.stderr
    done = run("blur-mask", stdin=park)
    assert done.status == 2 and b"need blur-refine first" in done.stderr


def test_raw_maps_of_the_two_ways_do_not_mix(run, photos):
    photo = photos / "photo.png"
    for made, refined in (((), ("--as-published",)), (("--as-published",), ())):
        raw = run("blur-map", *PARK, "--raw", *made, photo).stdout
        done = run("blur-refine", *PARK, *refined, "--guide", photo, stdin=raw)
        assert done.status == 2 and done.stdout == b"" and b"--as-published; refine it alike" in done.stderr


def test_a_photo_without_a_place_to_cut_is_named(run, photos):
    done = run("blur-patches", *PARK, "--copies", 3, photos / "dot.png", photos / "photo.png")
    assert done.status == 2 and b"dot.png: no place to cut a patch at" in done.stderr and len(arrays(done.stdout)[0])


def test_an_error_of_a_map_names_the_map(run, photos, tmp_path):
    (tmp_path / "raw.npy").write_bytes(run("blur-map", "--method", "zeng", "--raw", photos / "photo.png").stdout)
    done = run("blur-refine", *PARK, "--guide", photos / "photo.png", tmp_path / "raw.npy")
    assert done.status == 2 and b"raw.npy: raw map has 1 plane" in done.stderr


def test_a_raw_map_of_two_planes_has_a_score(run, photos):
    done = run("blur-score", stdin=run("blur-map", *PARK, "--raw", photos / "photo.png").stdout)
    assert done.status == 0 and 0.5 < float(done.stdout.split(b"\t")[0]) < 1


def test_mask_by_the_papers_rule(run, photos):
    whole = run("blur-map", *PARK, "--as-published", photos / "photo.png").stdout
    mask = cv2.imdecode(
        np.frombuffer(run("blur-mask", "--alpha", ".3", stdin=whole).stdout, np.uint8), cv2.IMREAD_GRAYSCALE
    )
    assert (mask[:, :50] > 0).mean() > 0.8 and (mask[:, 70:] > 0).mean() < 0.2


def test_patches_of_sharp_photos_know_their_blur_and_repeat(run, photos):
    words = ("blur-patches", *PARK, "--copies", 6, "--per-photo", 10, photos / "photo.png")
    first = run(*words)
    records, _ = arrays(first.stdout)  # and a text that says how they were made
    assert first == run(*words, "-j", 2) and len(records)
    assert set(records["source"]) == {0, 1, 2} and records["patch"].shape[1:] == (28, 28, 3)
    assert all(len(set(records["sigma"][records["copy"] == copy])) == 1 for copy in range(6))


def test_park_needs_no_torch_and_its_default_no_scipy(run, photos):
    for extra, heavy in (
        ((), (b"torch", b"scipy", b"skimage", b"rich")),
        (("--as-published",), (b"torch", b"skimage", b"rich")),
    ):
        done = run(
            "blur-map",
            "--debug",
            *PARK,
            *extra,
            photos / "photo.png",
            interpreter=("-X", "importtime"),
            env={"BLURKIT_DEVICE": "cpu"},
        )
        tops = {line.rsplit(b"|", 1)[1].strip().split(b".")[0] for line in done.stderr.splitlines() if b"|" in line}
        assert done.status == 0 and b"cv2" in tops and not tops & set(heavy)
