"""The house keeps its order: who imports whom, what has its namesakes, how long things are."""

import ast
import importlib
import os
import re
import subprocess

import pytest

import blurkit.io

COMMANDS = ("patches", "train", "map", "refine", "mask", "score")
LADDER = {  # what the modules of a room may import besides those of their own room that stand before them
    "": {},
    "errors": {},
    "defaults": {},
    "ops": {"errors", "defaults"},
    "io": {"errors", "defaults"},
    "training": {"errors", "defaults", "ops"},
    "methods": {"errors"},
    "stages": {"errors", "defaults", "ops", "training", "methods"},
    "six": {"errors", "defaults", "ops", "training", "methods"},
    "evaluate": {"errors", "defaults", "ops", "six"},
    "culling": {"errors"},
    "report": {"errors", "defaults", "ops", "io"},
    "model": {"errors", "defaults", "ops", "io", "methods", "six"},
    "api": {"errors", "defaults", "ops", "io", "methods", "six", "model"},
    "cli": {
        "errors",
        "defaults",
        "ops",
        "io",
        "methods",
        "training",
        "six",
        "evaluate",
        "culling",
        "report",
        "model",
        "api",
        "",
    },
}
ORDER = {  # of the modules within a room
    "ops": ("filters", "resize", "tiles", "statistics", "colour", "layers", "backend", "smoothing"),
    "io": blurkit.io.MODULES,
    "training": ("degrade", "compose", "loop"),
    "methods": ("contract",),
    "six": ("refine", "patches", "train", "map", "mask", "score"),  # blur-map refines, so refine stands left of map
}
TOP = {
    "bench",
    "bin",
    "blurkit",
    "share",
    "man",
    "tests",
    "setup.cfg",
    "pyproject.toml",
    "README.md",
    "Makefile",
    "LICENSE",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "docs",
    "tools",
    "SECURITY.md",
    ".ci",
    ".gitignore",
}
MOST_LINES, MOST_BODY = 300, 40
LONGER = {}  # {name: why} of modules and functions that may be longer
REACHES_OUT = {
    "socket",
    "socketserver",
    "ssl",
    "select",
    "selectors",
    "asyncio",
    "urllib",
    "http",
    "ftplib",
    "smtplib",
    "xmlrpc",
    "requests",
    "subprocess",
}
RUNS_DATA = {
    "pickle",
    "marshal",
    "shelve",
    "dill",
    "joblib",
    "code",
    "codeop",
    "runpy",
}  # modules that make programs of what they read


def sources(root):
    """{dotted name below blurkit: path} of every module; a package goes by its own name, blurkit itself by ''."""
    found = {}
    for path in sorted((root / "blurkit").rglob("*.py")):
        parts = path.relative_to(root / "blurkit").with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(path, package):
    """Dotted names below blurkit (without 'blurkit.') and foreign top-level names a file imports, wherever in it."""
    ours, foreign = set(), set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: imports are absolute here"
            base = node.module
            names = [f"{base}.{alias.name}" if f"{base}.{alias.name}" in package else base for alias in node.names]
        else:
            continue
        for name in names:
            top, _, rest = name.partition(".")
            ours.add(rest) if top == "blurkit" else foreign.add(top)
    return ours - {""}, foreign


@pytest.fixture(scope="module")
def graph(root):
    """{module: (modules of blurkit, foreign modules) it imports}"""
    modules = sources(root)
    package = {f"blurkit.{name}" for name in modules}
    return {name: imports(path, package) for name, path in modules.items()}


@pytest.fixture(scope="module")
def methods(graph):
    """The packages that have a method."""
    methods = sorted(name.split(".")[1] for name in graph if name.startswith("methods.") and name.endswith(".method"))
    assert "zeng" in methods
    return methods


def room_of(module):
    """The row of `LADDER` that a module belongs to."""
    first, _, rest = module.partition(".")
    if first == "methods" and rest and rest not in ORDER["methods"]:
        return "stages"
    return "six" if first in ORDER["six"] else first


def place_of(module):
    """Where a module stands in its room, -1 for the package itself."""
    room, last = room_of(module), module.rpartition(".")[2]
    return ORDER[room].index(last) if room in ORDER and last != room else -1


def test_every_module_has_its_place(graph):
    assert [name for name in graph if room_of(name) not in LADDER] == []
    for room, modules in ORDER.items():
        there = {name.rpartition(".")[2] for name in graph if room_of(name) == room and name != room}
        assert there == set(modules), room


def test_modules_import_only_what_stands_before_them(graph):
    wrong = []
    for name, (ours, _) in graph.items():
        for other in ours:
            room, own = room_of(other), room_of(name)
            if (
                room != own
                and room not in LADDER[own]
                or room == own
                and own in ORDER
                and place_of(other) >= place_of(name)
            ):
                wrong.append(f"{name} imports {other}")
    assert wrong == []


def test_stages_import_earlier_stages_of_their_own_method_alone(graph, methods):
    for method in methods:
        stages = importlib.import_module(f"blurkit.methods.{method}").STAGES
        assert {f"methods.{method}.{stage}" for stage in stages} == {
            name for name in graph if name.startswith(f"methods.{method}.")
        }
        assert stages[-1] == "method" and graph[f"methods.{method}"][0] == {"methods"}
        for number, stage in enumerate(stages):
            earlier = {f"methods.{method}", *(f"methods.{method}.{name}" for name in stages[:number])}
            used = {name for name in graph[f"methods.{method}.{stage}"][0] if room_of(name) == "stages"}
            assert used <= earlier, stage


def test_what_the_commands_share_knows_no_command(graph):
    commands = {f"cli.{command}" for command in COMMANDS}
    for name, (ours, _) in graph.items():
        if name.startswith("cli.") and name not in {*commands, "cli.completions"}:
            assert not ours & commands, name


def test_no_stage_sees_a_path_pillow_or_the_system(graph):
    outside = {"cli", "io", "api"}
    for name, (_, foreign) in graph.items():
        if name.split(".")[0] not in outside and name != "ops.backend":
            assert not foreign & {"PIL", "sys", "os", "pathlib", "shutil", "glob"}, name


def test_torch_is_imported_inside_functions_or_by_stages_that_train(root, methods):
    for name, path in sources(root).items():
        top = {
            alias.name.split(".")[0]
            for node in ast.parse(path.read_text()).body
            if isinstance(node, ast.Import)
            for alias in node.names
        }
        if name not in {f"methods.{method}.{stage}" for method in methods for stage in ("network", "training")}:
            assert "torch" not in top, name


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_its_five_namesakes(root, command):
    for place in (f"blurkit/{command}.py", f"blurkit/cli/{command}.py", f"bin/blur-{command}", f"man/blur-{command}.1"):
        assert (root / place).is_file(), place
    assert os.access(root / "bin" / f"blur-{command}", os.X_OK)
    assert f"from blurkit.cli.{command} import main" in (root / "bin" / f"blur-{command}").read_text()
    others = [
        path for path in (root / "tests").rglob("test_*.py") if path.name not in ("test_layout.py", "test_manual.py")
    ]
    assert any(f'"blur-{command}"' in path.read_text() for path in others)


def test_a_command_in_bin_is_three_lines(root):
    assert {len((root / "bin" / f"blur-{command}").read_text().splitlines()) for command in COMMANDS} == {3}
    assert {path.name for path in (root / "bin").iterdir()} == {f"blur-{command}" for command in COMMANDS}


def test_no_file_is_longer_than_300_lines_without_a_reason(root):
    long = {name for name, path in programs(root).items() if len(path.read_text().splitlines()) > MOST_LINES}
    assert long == {name for name in LONGER if ":" not in name}


def programs(root):
    """{name: path} of the library, the benchmark and the tests."""
    beside = [
        *sorted((root / "bench").glob("*.py")),
        *sorted((root / "tools").glob("*.py")),
        *sorted((root / "tests").rglob("*.py")),
    ]
    return sources(root) | {str(path.relative_to(root)): path for path in beside}


def body_length(function):
    """Lines from the first statement after the docstring to the last."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0


def functions(root):
    for name, path in programs(root).items():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield name, node


def test_no_function_has_a_body_of_more_than_40_lines_without_a_reason(root):
    long = {f"{name}:{node.name}" for name, node in functions(root) if body_length(node) > MOST_BODY}
    assert long == {name for name in LONGER if ":" in name}


def test_lengths_are_measured_from_the_docstring_to_the_end():
    (function,) = ast.parse(
        'def f(a,\n      b):\n    """Says.\n\n    More.\n    """\n    a = 1\n    # why\n    return (\n        b\n    )\n'
    ).body
    assert body_length(function) == 5


def test_nothing_can_reach_the_network_or_run_what_it_reads(root, graph):
    assert {name: found for name, (_, foreign) in graph.items() if (found := foreign & (REACHES_OUT | RUNS_DATA))} == {}
    calls = [
        node
        for path in sources(root).values()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
    ]
    called = {ast.unparse(call.func) for call in calls}
    assert "np.empty" in called and not called & {
        "eval",
        "exec",
        "compile",
        "np.load",
        "torch.load",
        "os.system",
        "os.popen",
    }
    assert {ast.unparse(word.value) for call in calls for word in call.keywords if word.arg == "allow_pickle"} == {
        "False"
    }


def test_public_functions_of_the_library_say_what_they_do(root):
    silent = []
    for name, path in sources(root).items():
        tree = ast.parse(path.read_text())
        assert ast.get_docstring(tree), f"{path} has no docstring"
        for node in tree.body:
            if (
                isinstance(node, ast.FunctionDef | ast.ClassDef)
                and not node.name.startswith("_")
                and not name.startswith("cli")
                and not ast.get_docstring(node)
            ):
                silent.append(f"{name}.{node.name}")
    assert silent == []


def test_no_error_is_swallowed_whole(root):
    broad = []
    for name, path in sources(root).items():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ExceptHandler) and (
                node.type is None or "Exception" in ast.unparse(node.type).split()
            ):
                broad.append(name)
    assert broad == ["cli.parallel", "cli.run"]  # the last resort of the run, and of one of its inputs


def test_the_library_prints_nothing(root):
    calls = [
        name
        for name, path in sources(root).items()
        if not name.startswith("cli") and re.search(r"^\s*print\(", path.read_text(), re.M)
    ]
    assert calls == []


def test_the_top_level_is_the_fixed_one(root):
    if (root / ".git").exists():
        listed = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
            cwd=root,
            capture_output=True,
            text=True,
            check=True,
        )
        found = {line.split("/")[0] for line in listed.stdout.splitlines() if (root / line).exists()}
    else:
        found = {path.name for path in root.iterdir() if not path.name.startswith(".")}
    assert found - TOP == set()
    assert {"bench", "bin", "blurkit", "share", "man", "tests", "setup.cfg", "pyproject.toml", "README.md"} <= found
