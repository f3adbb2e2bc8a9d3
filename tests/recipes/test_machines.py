"""The recipes that share the work among processes and machines: GNU parallel, a Slurm array."""

import os
from collections import Counter

import pytest

from tests.recipes.library import LISTED, scored

SSH = """#!/bin/bash
# HOST [--] COMMAND, as if every host had this home
cd "$HOME"; echo "$1 $2" >> hosts; shift; [ "$1" = -- ] && shift; exec bash -c "$*"
"""


@pytest.mark.parametrize(
    "number, hosts, copies",
    [(0, (), 0), (1, ("alpha", "beta"), 0), (2, ("alpha", "beta"), len(LISTED))],
    ids=["one machine", "shared photos", "copies"],
)
def test_parallel_writes_the_lines_of_one_process(
    recipes, shell, program, library, files, need, tmp_path, number, hosts, copies
):
    need("parallel", *(["rsync"] if copies else []))
    program("ssh", SSH)
    shell(recipes[""][0])
    expected = shell("blur-score --files0-from all.lst")
    shell(recipes["Several machines"][number].replace("-N 50", "-N 2"))  # batches that a small library fills
    assert (tmp_path / "scores.txt").read_bytes() == expected and sorted(scored(expected)) == sorted(LISTED)
    assert files("photos") == library
    calls = (tmp_path / "hosts").read_text().splitlines() if hosts else []
    assert {call.split()[0] for call in calls} == set(hosts)
    assert sum(call.split()[1] == "rsync" for call in calls) == copies


def test_the_tasks_of_a_slurm_array_share_the_photos(recipes, shell, library, tmp_path):
    script, merge = recipes["A Slurm array"]
    (tmp_path / "score.sh").write_text(script)
    shell(recipes[""][0])
    for task in "123":
        shell("bash score.sh", SLURM_ARRAY_TASK_ID=task, SLURM_ARRAY_TASK_COUNT="3")
    parts = {task: (tmp_path / f"parts/{task}.txt").read_bytes() for task in "123"}
    assert sorted(name for part in parts.values() for name in scored(part)) == sorted(LISTED)
    assert {len(part.splitlines()) for part in parts.values()} == {3}
    assert shell(merge) == b""
    merged = (tmp_path / "scores.txt").read_bytes()
    assert Counter(merged.splitlines()) == Counter(shell("blur-score --files0-from all.lst").splitlines())
    scores = [line.split(b"\t")[0] for line in merged.splitlines()]
    assert scores.pop() == b"nan" and scores == sorted(scores, reverse=True)
    (tmp_path / "parts/2.txt").unlink()
    assert sorted(map(os.fsdecode, shell(merge).splitlines())) == sorted(scored(parts["2"]))
    shell("bash score.sh", SLURM_ARRAY_TASK_ID="2", SLURM_ARRAY_TASK_COUNT="1", PARTS="3")
    assert (tmp_path / "parts/2.txt").read_bytes() == parts["2"]


def test_a_slurm_task_without_photos_writes_an_empty_part(recipes, shell, library, tmp_path):
    (tmp_path / "score.sh").write_text(recipes["A Slurm array"][0])
    shell(recipes[""][0])
    shell("bash score.sh", SLURM_ARRAY_TASK_ID="16", SLURM_ARRAY_TASK_COUNT="16")
    assert (tmp_path / "parts/16.txt").read_bytes() == b""
