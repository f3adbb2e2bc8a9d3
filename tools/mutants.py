"""Mutants: one small change to a stage at a time, and whether the tests of that stage notice.

usage: mutants.py COUNT SEED [FILE]...

COUNT of all changes there are to the files are drawn by SEED. Each goes into a copy of the
tree, on which the tests of its module run until the first failure. What no test notices is
told at once, the shares by file at the end; exit status 1 below `LEAST` of them noticed.
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

ROOT = Path(__file__).resolve().parents[1]
METHODS = ("zeng", "park", "joint")
BETWEEN = ("mask", "evaluate", "ops/filters", "ops/resize", "ops/statistics", "ops/smoothing", "training/compose")
LEAST = 0.8
PATIENCE, START = (
    4,
    30,
)  # tests that take so many times as long as before, and so many seconds more, of the processor, hang
LEFT_OUT = shutil.ignore_patterns(".*", "__pycache__", "build", "dist", "demo", "results", "*.egg-info")
BOUNDARY = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt}
OPPOSITE = {ast.Lt: ast.GtE, ast.LtE: ast.Gt, ast.Gt: ast.LtE, ast.GtE: ast.Lt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq}
OPPOSITE |= {
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.And: ast.Or,
    ast.Or: ast.And,
}
ARITHMETIC = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
}
ARITHMETIC |= {
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
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
            asked = sorted(place for name, *place in drawn if name == file)
            found = killed_of(tree, file, asked) if asked else 0
            print(f"{found:4} of {len(asked):3} killed  {file}", flush=True)
            killed += found
    print(
        f"{killed:4} of {len(drawn):3} killed, {killed / len(drawn):.1%}; drawn of {len(mutants)} by seed {seed}; {time.monotonic() - start:.0f} s"
    )
    return int(killed < LEAST * len(drawn))


def killed_of(tree, file, asked):
    """How many of some mutants of a file its tests notice; tells the others."""
    passed, seconds = passes(tree, file)
    if not passed:
        sys.exit(f"mutants.py: the tests of {file} fail as it is")
    return sum(is_killed(tree, file, *place, START + PATIENCE * seconds) for place in asked)


def stages():
    """The files whose arithmetic makes maps, masks and figures."""
    of_methods = [
        str(path.relative_to(ROOT))
        for method in METHODS
        for path in sorted((ROOT / "blurkit" / "methods" / method).glob("[!_]*.py"))
    ]
    return [f"blurkit/{name}.py" for name in BETWEEN] + of_methods


def places(text):
    """Every change there is to a source: (number of the node in the order of `ast.walk`, number of the variant)."""
    return [
        (node, variant)
        for node, found in enumerate(ast.walk(ast.parse(text)))
        for variant in range(len(variants(found)))
    ]


def variants(node):
    """What may stand in the place of a node."""
    match node:
        case ast.Compare(ops=ops):
            found = (
                (i, other[type(op)]())
                for i, op in enumerate(ops)
                for other in (BOUNDARY, OPPOSITE)
                if type(op) in other
            )
            return [changed(node, ops=[*ops[:i], op, *ops[i + 1 :]]) for i, op in found]
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


def changed(node, **fields):
    """A copy of a node with other fields."""
    new = copy.copy(node)
    for name, value in fields.items():
        setattr(new, name, value)
    return new


def mutated(text, number, variant):
    """A source with one change, and the line and words of it."""
    tree = ast.parse(text)
    old = next(node for i, node in enumerate(ast.walk(tree)) if i == number)
    new = variants(old)[variant]
    exchange = ast.NodeTransformer()
    exchange.visit = lambda node: new if node is old else exchange.generic_visit(node)
    told = f"{old.lineno}: {' -> '.join(ast.unparse(node).splitlines()[0] for node in (old, new))}"
    return ast.unparse(ast.fix_missing_locations(exchange.visit(tree))) + "\n", told


def is_killed(tree, file, number, variant, limit):
    """True if the tests notice one change to a file of the tree, hanging included; tells a change they do not."""
    text = (tree / file).read_text()
    new, told = mutated(text, number, variant)
    (tree / file).write_text(new)
    passed, _ = passes(tree, file, limit)
    (tree / file).write_text(text)
    if passed:
        print(f"survived: {file}:{told}", flush=True)
    return not passed


def tests_of(tree, file):
    """The tests of a module: those of its name, of the method it is a stage of, and of training where it has none of its own."""
    folder = (tree / "tests" / Path(file).relative_to("blurkit")).parent
    own, training, method = (folder / f"test_{name}.py" for name in (Path(file).stem, "training", "method"))
    named = [own, *sorted(folder.glob(f"{own.stem}_*.py"))] if own.exists() else [training]
    return list(dict.fromkeys(path for path in (*named, method) if path.exists()))


def passes(tree, file, limit=None):
    """(whether all tests of a module pass, seconds of the processor it took to see, at most `limit`)."""
    words = [sys.executable, "-m", "pytest", "-x", "-p", "no:cacheprovider", *map(str, tests_of(tree, file))]
    settings = {**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1"}
    bounds = (resource.RLIM_INFINITY,) * 2 if limit is None else (math.ceil(limit), math.ceil(limit) + 1)
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    done = subprocess.run(
        words,
        cwd=tree,
        env=settings,
        capture_output=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, bounds),
    )
    return done.returncode == 0, resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:]))
