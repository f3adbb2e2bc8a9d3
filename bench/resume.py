"""Rows of a long study that was stopped: the next run goes on behind them, unless what they rest on has changed."""

import hashlib
import json
import shutil
from pathlib import Path

from environment import environment

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ("bench/**/*.py", "bench/lists/*.txt", "blurkit/**/*.py", "share/weights/*.npz")


def state(data):
    """A digest of all that figures rest on: programs, weights, libraries, machine, and the name of the data."""
    digest = hashlib.sha256(json.dumps([str(data), environment()]).encode())
    for path in sorted(path for pattern in SOURCES for path in ROOT.glob(pattern)):
        digest.update(path.read_bytes())
    return digest.hexdigest()


class Part:
    """What is done of a study, in a folder that goes when all is done.

    Attributes
    ----------
    folder : Path
        There, for files that a later run can use as well.
    """

    def __init__(self, folder, data):
        self.folder, self.file, self.state = folder, folder / "rows.json", state(data)
        kept = json.loads(self.file.read_text()) if self.file.exists() else {}
        if kept.get("state") != self.state:
            shutil.rmtree(folder, ignore_errors=True)
            kept = {"rows": {}}
        folder.mkdir(parents=True, exist_ok=True)
        self.rows = kept["rows"]

    def row(self, study, label, measure):
        """(figures, True) of a row that `measure` gives, (figures, False) of one that is kept."""
        rows = self.rows.setdefault(study, {})
        if label in rows:
            return rows[label], False
        rows[label] = measure()
        written = self.file.with_suffix(".new")
        written.write_text(json.dumps({"state": self.state, "rows": self.rows}))
        written.replace(self.file)
        return rows[label], True

    def finish(self):
        """Remove the folder."""
        shutil.rmtree(self.folder)
