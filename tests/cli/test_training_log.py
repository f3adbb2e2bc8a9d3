"""blur-train: what it tells of its steps, in a table and in lines, and what it says of a training that failed."""

import csv
import io

import numpy as np
import pytest

from blurkit import methods
from blurkit.cli import train
from blurkit.methods.zeng import method as zeng_method
from blurkit.methods.zeng import patches

STEPS = [("kernels", 1, 2, 0.7, 0.5), ("kernels", 2, 2, 0.6, 0.75), ("direction", 1, 1, 0.25, float("nan"))]
LINES = [
    "blur-train: kernels: step 2 of 2, loss 0.698, accuracy 0.505",
    "blur-train: direction: step 1 of 1, loss 0.250",
]
TABLE = [["step", "loss", "accuracy", "phase"], ["1", "0.7", "0.5", "kernels"], ["2", "0.6", "0.75", "kernels"]]


@pytest.fixture
def trained(monkeypatch, tmp_path):
    """A function that runs blur-train with a training of three steps in its place; `trained.accuracy` is the result."""
    np.save(tmp_path / "set.npy", np.zeros(3, patches.RECORD))
    arrays = {name: np.zeros(shape, np.float32) for name, shape in zeng_method.SHAPES.items()}

    def fit(records, epochs, seed, device, report):
        for step in STEPS:
            report(*step)
        run.epochs = epochs
        return arrays, {"accuracy": run.accuracy, "sigma_error": float("nan")}

    def run(*words):
        words = [*words, str(tmp_path / "set.npy"), "-o", str(tmp_path / "weights.npz")]
        return train.main(["--method", "zeng", *map(str, words)])

    run.accuracy, run.folder = 0.95, tmp_path
    monkeypatch.setattr(methods.get("zeng"), "fit", fit)
    pytest.importorskip("torch")
    return run


def rows(path):
    """The fields of a table, line by line."""
    return list(csv.reader(io.StringIO(path.read_bytes().decode(), newline="")))


def test_the_log_has_every_step_and_nothing_where_nothing_was_measured(trained):
    log = trained.folder / "log.csv"
    assert trained("--log", log, "-q") == 0
    assert rows(log) == [*TABLE, ["1", "0.25", "", "direction"]]
    assert trained("--log", log, "-q") == 0 and len(rows(log)) == 4  # one of ours is replaced


def test_the_log_stays_if_no_weights_are_written(trained):
    trained.accuracy = 0.2
    assert trained("--log", trained.folder / "log.csv", "-q") == 2
    assert rows(trained.folder / "log.csv")[:3] == TABLE and not (trained.folder / "weights.npz").exists()


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("notes.csv", "exists, and is not known to be LOG of blurkit"),
        ("set.npy", "would replace the input"),
        ("weights.npz", "cannot be both the weights and the log"),
        ("none/log.csv", "No such file or directory"),
        (".", "Is a directory"),
        ("-", "--log needs a file"),
        ("/dev/stdout", "--log needs a file"),
    ],
)
def test_a_log_that_cannot_be_or_would_replace_something_is_refused_before_the_training(
    trained, capsys, monkeypatch, name, complaint
):
    monkeypatch.chdir(trained.folder)
    (trained.folder / "notes.csv").write_text("step,loss\n1,2\n")
    assert trained("--log", name, "-q") == 2
    said = capsys.readouterr().err
    assert complaint in said and said.count("\n") == 1
    assert (trained.folder / "notes.csv").read_text() == "step,loss\n1,2\n" and not hasattr(trained, "epochs")


def test_lines_tell_the_steps_where_there_is_no_terminal(trained, capsys):
    assert trained() == 0
    said = capsys.readouterr().err.splitlines()
    assert said[:2] == LINES
    assert any("accuracy" in line and "0.9500" in line for line in said)
    assert any("sigma error" in line and "not measured" in line for line in said)
    assert trained("-q") == 0 and capsys.readouterr().err == ""


def test_what_was_not_measured_is_null_in_the_header(trained):
    from blurkit.io.weights import unpack

    assert trained("-q") == 0
    _, header = unpack((trained.folder / "weights.npz").read_bytes())
    assert header["measured"] == {"accuracy": 0.95, "sigma_error": None}


def test_few_patches_take_more_passes_and_a_failure_names_the_remedies(trained, capsys):
    trained.accuracy = 0.4
    assert trained("-q") == 2 and trained.epochs == 400
    said = capsys.readouterr().err
    assert "0.400, below 0.6: no weights" in said and "--epochs 800" in said and "--min-accuracy 0 writes" in said
    assert trained("-q", "--epochs", "3", "--min-accuracy", "0") == 0 and trained.epochs == 3
