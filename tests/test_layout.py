"""The shape of the project: how long things are, what they are called, what says what it does, what lies where."""

import ast
import os
import re
import subprocess

import pytest

from tests.sources import modules, programs

COMMANDS = ("patches", "train", "map", "refine", "mask", "score")
TOP = {  # all there may be at the top of the checkout
    *("bench", "bin", "blurkit", "docs", "man", "share", "tests", "tools"),
    *("setup.cfg", "pyproject.toml", "Makefile", ".ci", ".gitignore"),
    *("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "LICENSE", "CITATION.cff"),
}
NEEDED = {"bench", "bin", "blurkit", "share", "man", "tests", "setup.cfg", "pyproject.toml", "README.md"}
MOST_LINES, MOST_BODY = 300, 40
FUNCTION = '''def f(a,
      b):
    """Says.

    More.
    """
    a = 1
    # why
    return (
        b
    )
'''
LONGER = {}  # {name: why} of modules and functions that may be longer


# ---- names -------------------------------------------------------------------


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_its_five_namesakes(root, command):
    for place in (f"blurkit/{command}.py", f"blurkit/cli/{command}.py", f"bin/blur-{command}", f"man/blur-{command}.1"):
        assert (root / place).is_file(), place
    assert os.access(root / "bin" / f"blur-{command}", os.X_OK)
    assert f"from blurkit.cli.{command} import main" in (root / "bin" / f"blur-{command}").read_text()
    assert (root / "tests" / f"test_{command}.py").is_file()
    about_all = ("test_layout.py", "test_manual.py")
    tests = [path for path in (root / "tests").rglob("test_*.py") if path.name not in about_all]
    assert any(f'"blur-{command}"' in path.read_text() for path in tests)


def test_a_command_in_bin_is_three_lines(root):
    assert {len((root / "bin" / f"blur-{command}").read_text().splitlines()) for command in COMMANDS} == {3}
    assert {path.name for path in (root / "bin").iterdir()} == {f"blur-{command}" for command in COMMANDS}


# ---- lengths -----------------------------------------------------------------


def body_length(function):
    """Lines from the first statement after the docstring to the last."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0


def functions(root):
    """(name of its file, its syntax tree) of every function, nested ones too."""
    for name, path in programs(root).items():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield name, node


def test_no_file_is_longer_than_300_lines_without_a_reason(root):
    long = {name for name, path in programs(root).items() if len(path.read_text().splitlines()) > MOST_LINES}
    assert long == {name for name in LONGER if ":" not in name}


def test_no_function_has_a_body_of_more_than_40_lines_without_a_reason(root):
    long = {f"{name}:{node.name}" for name, node in functions(root) if body_length(node) > MOST_BODY}
    assert long == {name for name in LONGER if ":" in name}


def test_lengths_are_measured_from_the_docstring_to_the_end():
    (function,) = ast.parse(FUNCTION).body
    assert body_length(function) == 5


# ---- words -------------------------------------------------------------------


def test_public_functions_of_the_library_say_what_they_do(root):
    silent = []
    for name, path in modules(root).items():
        tree = ast.parse(path.read_text())
        assert ast.get_docstring(tree), f"{path} has no docstring"
        if name.startswith("cli"):
            continue
        public = [
            node
            for node in tree.body
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
        ]
        silent += [f"{name}.{node.name}" for node in public if not ast.get_docstring(node)]
    assert silent == []


def catches_everything(node):
    """True for ``except:`` and ``except Exception``."""
    if not isinstance(node, ast.ExceptHandler):
        return False
    return node.type is None or "Exception" in ast.unparse(node.type).split()


def test_no_error_is_swallowed_whole(root):
    broad = [
        name
        for name, path in modules(root).items()
        for node in ast.walk(ast.parse(path.read_text()))
        if catches_everything(node)
    ]
    assert broad == ["cli.parallel", "cli.run"]  # the last resort of the run, and of one of its inputs


def test_the_library_prints_nothing(root):
    library = {name: path.read_text() for name, path in modules(root).items() if not name.startswith("cli")}
    assert [name for name, text in library.items() if re.search(r"^\s*print\(", text, re.M)] == []


# ---- the top level -----------------------------------------------------------


def top_level(root):
    """Names at the top of the checkout: what git lists, or without git what is not hidden."""
    if not (root / ".git").exists():
        return {path.name for path in root.iterdir() if not path.name.startswith(".")}
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout.splitlines()
    return {line.split("/")[0] for line in listed if (root / line).exists()}


def test_the_top_level_is_the_fixed_one(root):
    assert top_level(root) - TOP == set()
    assert top_level(root) >= NEEDED
