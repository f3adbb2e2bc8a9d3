"""The house keeps its order: who imports whom, what has its namesakes, how long things are."""

import ast
import importlib
import os
import re
import subprocess

import pytest

import blurkit

COMMANDS = ("patches", "train", "map", "refine", "mask", "score")
FOUNDATION = ("errors", "limits", "window", "layers", "gradient", "colour", "npy", "propagate", "device", "degrade", "compose", "learning")
SIX = ("refine", "patches", "train", "map", "mask", "score")  # blur-map refines, so refine stands left of map
DOORS = {  # used by cli alone, and what they may use
    "encode": {"errors", "marks", "npy"},
    "marks": {"errors", "npy", "store"},
    "agreement": {"errors", "mask"},
    "choose": set(),
    "report": {"window", "colour", "marks"},
    "store": {"errors", "npy"},
    "streams": {"errors", "io.maps", "limits", "npy"},
    "whole": {"errors", "npy"},
}
ROOM = "io"  # bytes of photos and maps to arrays; for the commands alone
ROOM_USES = {"errors", "limits", "npy"}
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
    "SECURITY.md",
    ".ci",
    ".gitignore",
}
MOST_LINES, MOST_BODY = 300, 40
LONGER = {}  # {name: why} of modules and functions that may be longer
REACHES_OUT = {"socket", "socketserver", "ssl", "select", "selectors", "asyncio", "urllib", "http", "ftplib", "smtplib", "xmlrpc", "requests", "subprocess"}
RUNS_DATA = {"pickle", "marshal", "shelve", "dill", "joblib", "code", "codeop", "runpy"}  # modules that make programs of what they read
CLI_SHARED = ("signals", "packages", "progress", "streams", "parser", "hints", "work", "output", "wholefile", "guard", "options", "inputs")


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
    found = sorted(name.removesuffix(".pipeline") for name in graph if name.endswith(".pipeline"))
    assert "zeng" in found
    return found


def test_every_module_has_its_place(graph, methods):
    known = {"", "methods", *FOUNDATION, *SIX, *DOORS}
    strangers = [name for name in graph if name not in known and name.split(".")[0] not in (*methods, "cli", ROOM)]
    assert strangers == []
    assert known <= set(graph)


def test_the_package_imports_nothing_and_errors_imports_nothing(graph):
    assert graph[""] == (set(), {"importlib"}) and graph["errors"] == (set(), set())


@pytest.mark.parametrize("name", FOUNDATION)
def test_the_foundation_imports_only_leftwards(graph, name):
    assert graph[name][0] <= set(FOUNDATION[: FOUNDATION.index(name)])


def test_stages_import_the_foundation_and_earlier_stages_of_their_own_method(graph, methods):
    for method in methods:
        stages = __import__(f"blurkit.{method}", fromlist=["STAGES"]).STAGES
        assert {f"{method}.{stage}" for stage in stages} == {name for name in graph if name.startswith(f"{method}.")}
        assert stages[-1] == "pipeline"
        assert graph[method][0] == set()
        for number, stage in enumerate(stages):
            allowed = {*FOUNDATION, method, *(f"{method}.{earlier}" for earlier in stages[:number])}
            assert graph[f"{method}.{stage}"][0] <= allowed, stage


def test_the_registry_imports_no_method_by_itself(graph):
    assert graph["methods"][0] == {"errors"}


@pytest.mark.parametrize("name", SIX)
def test_the_six_modules_import_only_leftwards_and_reach_methods_through_the_registry(graph, name):
    assert graph[name][0] <= {*FOUNDATION, "methods", *SIX[: SIX.index(name)]}


@pytest.mark.parametrize("door", DOORS)
def test_photos_weights_and_truth_come_in_through_the_commands_alone(graph, door):
    assert graph[door][0] <= DOORS[door]
    users = {name for name, (ours, _) in graph.items() if door in ours}
    if door in blurkit.FROM.values():
        return  # a part of the front door
    assert users and all(name.startswith("cli") or name in DOORS for name in users)


def test_the_decoders_import_only_those_before_them_and_serve_the_commands_alone(graph):
    modules = importlib.import_module(f"blurkit.{ROOM}").MODULES
    room = {f"{ROOM}.{module}" for module in modules}
    assert room == {name for name in graph if name.startswith(f"{ROOM}.")} and graph[ROOM][0] == set()
    for number, module in enumerate(modules):
        assert graph[f"{ROOM}.{module}"][0] <= {*ROOM_USES, *(f"{ROOM}.{earlier}" for earlier in modules[:number])}, module
    for name, (ours, _) in graph.items():
        assert name.split(".")[0] in ("cli", ROOM) or not ours & {ROOM, *room}, name


def test_nothing_imports_the_commands_but_themselves(graph):
    for name, (ours, _) in graph.items():
        if not name.startswith("cli"):
            assert not any(other.split(".")[0] == "cli" for other in ours), name
    for shared in CLI_SHARED:
        assert not graph[f"cli.{shared}"][0] & {f"cli.{command}" for command in COMMANDS}, shared


def test_no_stage_sees_a_path_pillow_or_the_system(graph):
    outside = {"cli", "store", "encode", "device", ROOM}
    for name, (_, foreign) in graph.items():
        if name.split(".")[0] not in outside:
            assert not foreign & {"PIL", "sys", "os", "pathlib", "shutil", "glob"}, name


def test_torch_is_imported_inside_functions_or_by_stages_that_train(root, methods):
    for name, path in sources(root).items():
        top = {alias.name.split(".")[0] for node in ast.parse(path.read_text()).body if isinstance(node, ast.Import) for alias in node.names}
        if name not in {f"{method}.{stage}" for method in methods for stage in ("network", "training")}:
            assert "torch" not in top, name


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_its_five_namesakes(root, command):
    for place in (f"blurkit/{command}.py", f"blurkit/cli/{command}.py", f"bin/blur-{command}", f"man/blur-{command}.1"):
        assert (root / place).is_file(), place
    assert os.access(root / "bin" / f"blur-{command}", os.X_OK)
    assert f"from blurkit.cli.{command} import main" in (root / "bin" / f"blur-{command}").read_text()
    others = [path for path in (root / "tests").rglob("test_*.py") if path.name not in ("test_layout.py", "test_manual.py")]
    assert any(f'"blur-{command}"' in path.read_text() for path in others)


def test_a_command_in_bin_is_three_lines(root):
    assert {len((root / "bin" / f"blur-{command}").read_text().splitlines()) for command in COMMANDS} == {3}
    assert {path.name for path in (root / "bin").iterdir()} == {f"blur-{command}" for command in COMMANDS}


def test_no_file_is_longer_than_300_lines_without_a_reason(root):
    long = {name for name, path in programs(root).items() if len(path.read_text().splitlines()) > MOST_LINES}
    assert long == {name for name in LONGER if ":" not in name}


def programs(root):
    """{name: path} of the library, the benchmark and the tests."""
    beside = [*sorted((root / "bench").glob("*.py")), *sorted((root / "tests").rglob("*.py"))]
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
    (function,) = ast.parse('def f(a,\n      b):\n    """Says.\n\n    More.\n    """\n    a = 1\n    # why\n    return (\n        b\n    )\n').body
    assert body_length(function) == 5


def test_nothing_can_reach_the_network_or_run_what_it_reads(root, graph):
    assert {name: found for name, (_, foreign) in graph.items() if (found := foreign & (REACHES_OUT | RUNS_DATA))} == {}
    calls = [node for path in sources(root).values() for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    called = {ast.unparse(call.func) for call in calls}
    assert "np.empty" in called and not called & {"eval", "exec", "compile", "np.load", "torch.load", "os.system", "os.popen"}
    assert {ast.unparse(word.value) for call in calls for word in call.keywords if word.arg == "allow_pickle"} == {"False"}


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
            if isinstance(node, ast.ExceptHandler) and (node.type is None or "Exception" in ast.unparse(node.type).split()):
                broad.append(name)
    assert broad == ["cli", "cli.work"]  # the last resort of the run, and of one of its inputs


def test_the_library_prints_nothing(root):
    calls = [name for name, path in sources(root).items() if not name.startswith("cli") and re.search(r"^\s*print\(", path.read_text(), re.M)]
    assert calls == []


def test_the_top_level_is_the_fixed_one(root):
    if (root / ".git").exists():
        listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=root, capture_output=True, text=True, check=True)
        found = {line.split("/")[0] for line in listed.stdout.splitlines() if (root / line).exists()}
    else:
        found = {path.name for path in root.iterdir() if not path.name.startswith(".")}
    assert found - TOP == set()
    assert {"bench", "bin", "blurkit", "share", "man", "tests", "setup.cfg", "pyproject.toml", "README.md"} <= found
