"""The benchmark: photos gathered from any layout, every figure from the commands, and nothing made twice."""

import ast
import importlib.util
import json
import os
import re
import subprocess
import sys
import time

import cv2
import numpy as np
import pytest

from blurkit.methods import METHODS, info

SMALL = {
    "ROWS": "joint DoG",
    "PARTS": "",
    "MASKED": "joint",
    "RULES": "fixed otsu",
    "STUDIES": "",
    "MADE": "make bench",
    "DATA": "data",
    "R": "out",
    "W": "out/work",
}


@pytest.fixture
def drawn(tmp_path, discs):
    """Photos half in focus in both layouts, one under a name that make could not bear, and one without a mask."""
    rng = np.random.default_rng(3)
    for name in (
        "cuhk/image/one.png",
        "cuhk/image/left out.png",
        "masked/a photo: $1.png",
        "masked/b.jpg",
        "masked/alone.png",
    ):
        path = tmp_path / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        photo = discs(rng, 96, 128)
        photo[:, 64:] = cv2.GaussianBlur(photo, (0, 0), 3)[:, 64:]
        cv2.imwrite(str(path), photo)
        left = np.zeros(photo.shape[:2], np.uint8)
        left[:, :64], left[:, 60:68] = 255, 128
        if path.parent.name == "image":
            (path.parents[1] / "gt").mkdir(exist_ok=True)
            cv2.imwrite(str(path.parents[1] / "gt" / path.name), 255 - left)
        elif path.stem != "alone":
            cv2.imwrite(str(path.with_suffix(".mask.png")), left)
    (tmp_path / "data" / "cuhk" / "val.txt").write_text("one\n")
    return tmp_path


def gather(root, folder, *more):
    words = [sys.executable, root / "bench" / "gather.py", "data", "out/work", *more]
    return subprocess.run([str(w) for w in words], cwd=folder, env=settings_of(root), capture_output=True)


def settings_of(root):
    path = [root / "bin", os.path.dirname(sys.executable), os.environ["PATH"]]  # as the top Makefile has it
    return {**os.environ, "PYTHONPATH": str(root), "PATH": os.pathsep.join(map(str, path))}


def names_of(folder):
    return {str(p.relative_to(folder)) for p in folder.rglob("*") if not p.is_dir()}


def test_both_layouts_are_gathered_under_plain_names_with_one_kind_of_truth(root, drawn):
    assert gather(root, drawn).returncode == 0
    work = drawn / "out" / "work"
    assert names_of(work / "photos") == {"cuhk/one", "masked/a_photo___1", "masked/b"}
    for name in names_of(work / "photos"):
        truth = cv2.imread(str(work / "truth" / f"{name}.mask.png"), cv2.IMREAD_UNCHANGED)
        assert (truth[:, :60] == 255).all() and (truth[:, 68:] == 0).all() and set(truth[0, 60:68]) <= {127, 128}
    assert (work / "photos/masked/a_photo___1").read_bytes() == (drawn / "data/masked/a photo: $1.png").read_bytes()


def test_what_was_made_of_other_photos_goes_and_what_was_not_stays(root, drawn):
    kept = drawn / "out" / "work" / "maps" / "kept"
    assert gather(root, drawn).returncode == 0
    kept.mkdir(parents=True)
    assert gather(root, drawn).returncode == 0 and kept.exists()
    mask = drawn / "data" / "masked" / "b.mask.png"
    cv2.imwrite(str(mask), np.full((96, 128), 255, np.uint8))
    os.utime(mask, (1, 1))
    assert gather(root, drawn).returncode == 0 and not kept.exists()


@pytest.fixture
def dut(drawn):
    """The photos of cuhk/ as other sets have them: white in gt/ is sharp, and masks have names of their own."""
    folder = drawn / "data" / "cuhk"
    (folder / "val.txt").unlink()
    for mask in list((folder / "gt").iterdir()):
        done, data = cv2.imencode(".bmp", 255 - cv2.imread(str(mask), 0))
        assert done
        (folder / "gt" / f"{mask.stem}_gt.BMP").write_bytes(data)
        mask.unlink()
    return drawn


def test_white_in_gt_means_what_is_said_and_masks_have_the_suffix_that_is_said(root, dut):
    words = ("--truth-is", "sharp", "--mask-suffix", "_gt.BMP")
    done = gather(root, dut, *words)
    assert (done.returncode, done.stderr) == (0, b"")
    for name in ("one", "left_out"):
        truth = cv2.imread(str(dut / "out/work/truth/cuhk" / f"{name}.mask.png"), 0)
        assert (truth[:, :60] == 255).all() and (truth[:, 68:] == 0).all()
    done = gather(root, dut, "--truth-is", "blurred", *words[2:])
    assert done.returncode == 0 and done.stderr == (
        b"gather.py: cuhk: edges are stronger where the masks say out of focus; "
        b"is white sharp in them (TRUTH=sharp; NAME.mask.png: always white = sharp)?\n"
    )
    truth = cv2.imread(str(dut / "out/work/truth/cuhk/one.mask.png"), 0)
    assert (truth[:, :60] == 0).all()


def test_make_bench_hands_on_what_white_means_and_how_masks_are_named(root):
    words = ["make", "-n", "-o", ".venv-test/installed", "bench-quick", "DATA=d", "TRUTH=sharp", "MASK_SUFFIX=_gt.png"]
    done = subprocess.run(words, cwd=root, capture_output=True, text=True)
    assert '--truth-is "sharp" --mask-suffix="_gt.png"' in done.stdout
    assert 'MADE="make bench-quick DATA=d TRUTH=sharp MASK_SUFFIX=_gt.png"' in done.stdout


def test_a_mask_of_0_and_1_ends_the_gathering_with_its_name(root, drawn):
    cv2.imwrite(str(drawn / "data/masked/b.mask.png"), np.eye(96, 128, dtype=np.uint8))
    done = gather(root, drawn)
    assert done.returncode == 1 and done.stderr.startswith(b"gather.py: data/masked/b.mask.png: its largest value is 1")


def test_a_folder_without_masks_is_no_data(root, drawn):
    (drawn / "data").rename(drawn / "other")
    assert gather(root, drawn).stderr == b"gather.py: there is no folder data\n"
    (drawn / "data").mkdir()
    assert b"holds neither image/ and gt/ nor NAME.mask.png" in gather(root, drawn).stderr
    assert not (drawn / "out").exists()


@pytest.fixture
def bench(root, drawn):
    """bench(): lines of a run of bench/Makefile on the drawn photos."""
    for name in ("bench", "blurkit", "share"):
        (drawn / name).symlink_to(root / name)
    assert gather(root, drawn).returncode == 0
    speed = {"import, seconds": 0.1, "times": {"joint": {"blur-map": 1.5}}}
    (drawn / "out/work/speed.json").write_text(json.dumps(speed))

    def bench():
        words = ["make", "-j2", "--no-print-directory", "-f", "bench/Makefile", f"PYTHON={sys.executable}"]
        words += [f"{name}={value}" for name, value in SMALL.items()]
        done = subprocess.run(words, cwd=drawn, env=settings_of(root), capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    return bench


def records_of(run, truth, maps):
    """The records of blur-score for maps, the last of them about all."""
    return [json.loads(line) for line in run("blur-score", "--truth", truth, "--json", *maps).stdout.splitlines()]


def reliable(results, work, name):
    """The calibration error of joint, from counts of known pixels that must be all there are."""
    counts = {kind: np.array(values) for kind, values in results["reliability"]["joint"].items()}
    truths = [cv2.imread(str(path), 0) for path in (work / "truth" / name).iterdir()]
    assert counts["pixels"].sum() == sum(np.isin(truth, (0, 255)).sum() for truth in truths)
    assert counts["sharp"].sum() == sum((truth == 255).sum() for truth in truths)
    return np.abs(counts["total"] - counts["sharp"]).sum() / counts["pixels"].sum()


def worst_rows(page, name):
    """[(photo, error)] of the table of the worst photos of a set."""
    part = page.split(f"## {name}:")[1].split("Where joint fails")[1].split("![")[0]
    rows = [row.strip("| ").split(" | ") for row in part.splitlines() if row.startswith("| ")]
    return [(photo, float(error)) for photo, error in rows[2:]]  # after the head and the rule below it


def test_the_page_has_the_figures_of_the_commands_and_a_second_run_makes_no_map(run, bench, drawn):
    first = bench()
    assert sum(line.startswith("blur-map") for line in first) == 3
    sets = json.loads((drawn / "out" / "results.json").read_text())["sets"]
    for name, count in (("cuhk", 1), ("masked", 2)):
        maps = sorted((drawn / "out/work/maps/joint" / name).iterdir())
        whole = records_of(run, drawn / "out/work/truth" / name, maps)[-1]
        figures = sets[name]["maps"]["joint"]
        assert sets[name]["photos"] == count == whole["photos"]
        assert {key: values[0] for key, values in figures.items()} == pytest.approx(
            {key: whole[key] for key in figures}
        )
        assert all(low <= value <= high for value, low, high in figures.values()) and figures["auc"][0] > 0.9
        assert sets[name]["masks"]["joint"]["otsu"]["accuracy"] > 0.8
        assert sets[name]["f_exact"]["joint"] == pytest.approx(whole["f_exact"])
        assert len(sets[name]["curves"]["joint"]["precision_at_recall"]) == 101
        assert reliable(sets[name], drawn / "out/work", name) < 0.3
    environment = json.loads((drawn / "out" / "results.json").read_text())["environment"]
    assert {"blurkit", "python", "numpy", "cpu", "cores"} <= set(environment) and environment["numpy"] == np.__version__
    page = (drawn / "out" / "results.md").read_text()
    pictures = {part.split(")")[0] for part in page.split("](")[1:]}
    assert len(pictures) == 10 and pictures <= names_of(drawn / "out")
    assert not [line for line in bench() if line.startswith(("blur-", sys.executable + " bench/plain_filters"))]


def test_the_page_names_the_photos_with_the_largest_errors(run, bench, drawn):
    bench()
    maps = sorted((drawn / "out/work/maps/joint/masked").iterdir())
    errors = {path.stem: records_of(run, drawn / "out/work/truth/masked", [path])[0]["mae"] for path in maps}
    worst = worst_rows((drawn / "out" / "results.md").read_text(), "masked")
    assert [photo for photo, _ in worst] == sorted(errors, key=errors.get, reverse=True)
    assert [error for _, error in worst] == pytest.approx(sorted(errors.values(), reverse=True), abs=5e-4)


def test_every_study_is_made_by_a_program_that_is_there(root, drawn):
    assert gather(root, drawn).returncode == 0
    for name in ("bench", "blurkit", "share"):
        (drawn / name).symlink_to(root / name)
    settings = {name: value for name, value in SMALL.items() if name not in ("STUDIES", "ROWS", "PARTS", "MASKED")}
    (drawn / "data" / "sharp").mkdir()
    words = ["make", "-n", "-f", "bench/Makefile", "PYTHON=python", *(f"{n}={v}" for n, v in settings.items())]
    done = subprocess.run(words, cwd=drawn, env=settings_of(root), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    programs = set(re.findall(r"^python (\S+)", done.stdout, re.M))
    assert programs >= {
        "bench/speed.py",
        "bench/study_score.py",
        "bench/study_zeng.py",
        "bench/paper.py",
        "bench/page.py",
    }
    assert all((root / program).is_file() for program in programs)
    for method in METHODS:
        assert f"blur-map -q --method {method} -o" in done.stdout
        assert (f"--method {method} --as-published -o" in done.stdout) == info(method).is_published
        assert (f"--method {method} --as-published --steps" in done.stdout) == info(method).refines_in_steps


@pytest.mark.parametrize("folder", ["bench", "tools"])
def test_every_program_imports_only_what_is_there(root, folder):
    local = {path.stem for place in ("bench", "tools") for path in (root / place).glob("*.py")}
    for path in sorted((root / folder).glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom | ast.Import):
                names = [node.module] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
                for name in names:
                    is_known = name in local or name in ("blur_detector", "pdoc")
                    assert is_known or importlib.util.find_spec(name.split(".")[0]), f"{path.name} imports {name}"


def test_a_run_that_was_stopped_goes_on_with_what_is_missing(bench, drawn):
    bench()
    before = (drawn / "out" / "results.md").read_bytes()
    (drawn / "out/work/maps/joint/masked/b.npy").unlink()
    time.sleep(0.01)  # file times
    again = [line for line in bench() if line.startswith("blur-map -q")]
    assert len(again) == 1 and again[0].endswith("photos/masked/b")
    assert (drawn / "out" / "results.md").read_bytes() == before


@pytest.mark.parametrize(
    "aucs, is_told", [((0.1, 0.2, 0.15), True), ((0.9, 0.8, np.nan), False), ((np.nan,) * 3, False)]
)
def test_the_page_says_when_the_masks_seem_to_mean_the_opposite(monkeypatch, root, aucs, is_told):
    monkeypatch.syspath_prepend(root / "bench")
    doubt = importlib.import_module("reliability").doubt
    records = {row: [{"auc": value} for value in aucs] for row in ("joint", "zeng", "DoG")}
    assert ("TRUTH=sharp or TRUTH=blurred" in doubt(records)) == is_told
    records["joint"] = records["zeng"] = [{"auc": 0.9}] * 3
    assert doubt(records) == ""
