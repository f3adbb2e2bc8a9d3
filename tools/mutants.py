"""Mutants: one small change to a stage at a time, and whether the tests of that stage notice.

usage: mutants.py COUNT SEED [FILE]...

COUNT of all possible changes to the files are drawn by SEED. Each goes into a copy of the tree,
on which the tests of its module run until the first failure. A change that no test notices is
printed at once, the counts by file after each file; exit status 1 below `LEAST` of them noticed.
"""

import ast
import copy
import math
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from blurkit.methods import METHODS

ROOT = Path(__file__).resolve().parents[1]
BETWEEN = (
    *("mask", "motion", "softest", "evaluate", "ops/filters", "ops/resize", "ops/statistics", "ops/smoothing"),
    *("ops/noise", "ops/streaks", "training/compose", "training/shake"),
)
LEAST = 0.8
PATIENCE = 4  # tests hang that take so many times the processor time they took before the change ...
START = 30  # ... and so many seconds more
LEFT_OUT = shutil.ignore_patterns(".*", "__pycache__", "build", "dist", "demo", "results", "*.egg-info")


def both_ways(*pairs):
    """{one: other, other: one} of every pair."""
    return dict([*pairs, *(pair[::-1] for pair in pairs)])


BOUNDARY = both_ways((ast.Lt, ast.LtE), (ast.Gt, ast.GtE))
OPPOSITE = both_ways(
    *((ast.Lt, ast.GtE), (ast.Gt, ast.LtE), (ast.Eq, ast.NotEq)),
    *((ast.Is, ast.IsNot), (ast.In, ast.NotIn), (ast.And, ast.Or)),
)
ARITHMETIC = {
    **both_ways((ast.Add, ast.Sub), (ast.Mult, ast.Div), (ast.BitAnd, ast.BitOr), (ast.LShift, ast.RShift)),
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
}


def main(count, seed, *files):
    files = files or stages()
    mutants = [(file, *place) for file in files for place in places((ROOT / file).read_text())]
    drawn = random.Random(seed).sample(mutants, min(count, len(mutants)))
    start, killed = time.monotonic(), 0
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        shutil.copytree(ROOT, tree, ignore=LEFT_OUT)
        for file in files:
            chosen = sorted(place for name, *place in drawn if name == file)
            noticed = killed_of(tree, file, chosen) if chosen else 0
            print(f"{noticed:4} of {len(chosen):3} killed  {file}", flush=True)
            killed += noticed
    share, seconds = killed / len(drawn), time.monotonic() - start
    print(f"{killed:4} of {len(drawn):3} killed, {share:.1%}; drawn of {len(mutants)} by seed {seed}; {seconds:.0f} s")
    return int(killed < LEAST * len(drawn))


def killed_of(tree, file, chosen):
    """How many of the chosen mutants of a file its tests notice; prints the others."""
    passed, seconds = passes(tree, file)
    if not passed:
        sys.exit(f"mutants.py: the tests of {file} fail as it is")
    return sum(is_killed(tree, file, *place, START + PATIENCE * seconds) for place in chosen)


def stages():
    """The files whose arithmetic makes maps, masks and figures."""
    folders = [ROOT / "blurkit" / "methods" / method for method in METHODS]
    of_methods = [path for folder in folders for path in sorted(folder.glob("[!_]*.py"))]
    return [f"blurkit/{name}.py" for name in BETWEEN] + [str(path.relative_to(ROOT)) for path in of_methods]


def places(text):
    """Every possible change to a source: (number of the node in the order of `ast.walk`, number of the variant)."""
    counts = [len(variants(node)) for node in ast.walk(ast.parse(text))]
    return [(number, variant) for number, count in enumerate(counts) for variant in range(count)]


def variants(node):
    """What may stand in the place of a node."""
    match node:
        case ast.Compare():
            return comparisons(node)
        case ast.BoolOp(op=op):
            return [changed(node, op=OPPOSITE[type(op)]())]
        case ast.BinOp(op=op) | ast.AugAssign(op=op):
            return [changed(node, op=ARITHMETIC[type(op)]())] if type(op) in ARITHMETIC else []
        case ast.UnaryOp(op=ast.Not() | ast.USub()):
            return [node.operand]
        case ast.Constant(value=bool(value)):
            return [ast.Constant(not value)]
        case ast.Constant(value=int(value)):
            return [ast.Constant(value + 1), ast.Constant(value - 1)]
        case ast.Constant(value=float(value)):
            return [ast.Constant(2 * value or 1.0), ast.Constant(value / 2 or -1.0)]
        case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test):
            return [changed(node, test=ast.UnaryOp(ast.Not(), test))]
        case ast.Return(value=ast.expr()):
            return [changed(node, value=ast.Constant(None))]
    return []


def comparisons(node):
    """A comparison with one of its operators moved by the boundary, or turned into its opposite."""
    new = []
    for place, operator in enumerate(node.ops):
        before, after = node.ops[:place], node.ops[place + 1 :]
        for table in (BOUNDARY, OPPOSITE):
            if type(operator) in table:
                new.append(changed(node, ops=[*before, table[type(operator)](), *after]))
    return new


def changed(node, **fields):
    """A copy of a node with other fields."""
    new = copy.copy(node)
    for name, value in fields.items():
        setattr(new, name, value)
    return new


class Exchange(ast.NodeTransformer):
    """Puts one node in the place of another."""

    def __init__(self, old, new):
        self.old, self.new = old, new

    def visit(self, node):
        return self.new if node is self.old else self.generic_visit(node)


def mutated(text, number, variant):
    """(a source with one change, a description of the change: 'LINE: OLD -> NEW')."""
    tree = ast.parse(text)
    old = list(ast.walk(tree))[number]
    new = variants(old)[variant]
    before, after = (ast.unparse(node).splitlines()[0] for node in (old, new))
    source = ast.unparse(ast.fix_missing_locations(Exchange(old, new).visit(tree))) + "\n"
    return source, f"{old.lineno}: {before} -> {after}"


def is_killed(tree, file, number, variant, limit):
    """True if the tests notice one change to a file of the tree, or hang; prints a change they do not notice."""
    text = (tree / file).read_text()
    new, change = mutated(text, number, variant)
    (tree / file).write_text(new)
    passed, _ = passes(tree, file, limit)
    (tree / file).write_text(text)
    if passed:
        print(f"survived: {file}:{change}", flush=True)
    return not passed


def tests_of(tree, file):
    """The tests of a module: those of its name (of training if there are none), and of its method if it is a stage."""
    folder = (tree / "tests" / Path(file).relative_to("blurkit")).parent
    own, training, method = (folder / f"test_{name}.py" for name in (Path(file).stem, "training", "method"))
    named = [own, *sorted(folder.glob(f"{own.stem}_*.py"))] if own.exists() else [training]
    return list(dict.fromkeys(path for path in (*named, method) if path.exists()))


def passes(tree, file, limit=None):
    """(True if all tests of a module pass, the processor time they took in seconds, at most `limit`)."""
    words = [sys.executable, "-m", "pytest", "-x", "-p", "no:cacheprovider", *map(str, tests_of(tree, file))]
    settings = {**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1"}
    bounds = (math.ceil(limit), math.ceil(limit) + 1) if limit is not None else (resource.RLIM_INFINITY,) * 2

    def bound():
        resource.setrlimit(resource.RLIMIT_CPU, bounds)

    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    done = subprocess.run(words, cwd=tree, env=settings, capture_output=True, preexec_fn=bound)
    return done.returncode == 0, resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:]))
