"""Who may import whom: one table of rooms, and what stays outside the library."""

import ast
import importlib

import pytest

import blurkit.io
from tests.sources import modules

COMMANDS = ("patches", "train", "map", "refine", "mask", "score")
LADDER = {  # room: the rooms its modules may import from, besides earlier modules of their own room
    "": {},
    "errors": {},
    "defaults": {},
    "ops": {"errors", "defaults"},
    "io": {"errors", "defaults"},
    "training": {"errors", "defaults", "ops"},
    "methods": {"errors", "defaults"},
    "stages": {"errors", "defaults", "ops", "training", "methods"},
    "outputs": {"ops", "methods", "stages"},
    "motion": {"ops"},
    "softest": {"motion"},
    "six": {"errors", "defaults", "ops", "training", "methods", "motion", "softest"},
    "evaluate": {"errors", "defaults", "ops", "six"},
    "detail": {"defaults", "ops", "methods", "motion", "six"},
    "boxes": {"defaults", "ops", "six", "detail"},
    "arrays": {"errors"},
    "noscore": {"six"},
    "sets": {"ops"},
    "similar": {"ops"},
    "culling": {"errors"},
    "previews": {"ops"},
    "report": {"errors", "defaults", "ops", "io"},
    "results": {},
    "sources": {"errors"},
    "weights": {"errors", "io", "methods", "sources"},
    "model": {"errors", "defaults", "ops", "io", "methods", "six", "detail", "boxes", "arrays", "results", "weights"},
    "api": {"errors", "defaults", "ops", "io", "methods", "six", "arrays", "model", "sources", "results", "weights"},
}
LADDER["database"] = {"errors"}
LADDER["identity"] = {"defaults", "ops", "model"}
LADDER["cache"] = {"errors", "model", "results", "database", "identity"}
LADDER["records"] = LADDER["api"] | {"api", "noscore", "identity", "cache"} - {"ops", "six", "sources", "weights"}
LADDER["by_stage"] = {"methods", "api"}
LADDER["cli"] = {room for room in LADDER if room not in ("stages", "outputs")}
ORDER = {  # room: its modules in the order in which they may import each other
    "ops": (
        *("filters", "resize", "tiles", "statistics", "colour", "layers", "graph", "backend", "smoothing"),
        *("bars", "ground", "borders", "noise", "streaks"),
    ),
    "io": blurkit.io.MODULES,
    "training": ("degrade", "shake", "compose", "loop"),
    "methods": ("contract",),
    "six": ("refine", "patches", "train", "map", "mask", "score"),  # blur-map refines, so refine stands left of map
}
SYSTEM = {"PIL", "sys", "os", "pathlib", "shutil", "glob"}  # for the rooms that see files
SEES_SYSTEM = {"cli", "io", "api", "records", "database", "identity", "sources"}
REACHES_OUT = {  # modules for networks and for other programs
    *("socket", "socketserver", "ssl", "select", "selectors", "asyncio"),
    *("urllib", "http", "ftplib", "smtplib", "xmlrpc", "requests", "subprocess"),
}
RUNS_DATA = {"pickle", "marshal", "shelve", "dill", "joblib", "code", "codeop", "runpy"}  # run what they read
FORBIDDEN_CALLS = {"eval", "exec", "compile", "np.load", "torch.load", "os.system", "os.popen"}
PRETRAINED = "methods.joint.pretrained"  # alone reads a file of torch's own, see below
TORCH = ("network", "training")  # stages that may import torch at their top
TORCH_OF_JOINT = ("on_torch", "pretrained", "crops", "training")


def imports(path, package):
    """What a file imports anywhere: (dotted names below blurkit, without 'blurkit.'; top-level names of others)."""
    ours, foreign = set(), set()
    for node in ast.walk(ast.parse(path.read_text())):
        for name in imported_names(node, path, package):
            top, _, rest = name.partition(".")
            if top == "blurkit":
                ours.add(rest)
            else:
                foreign.add(top)
    return ours - {""}, foreign


def imported_names(node, path, package):
    """The dotted modules that a statement imports; none if it is no import."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if not isinstance(node, ast.ImportFrom):
        return []
    assert not node.level, f"{path}: imports are absolute here"
    full_names = [f"{node.module}.{alias.name}" for alias in node.names]
    return [name if name in package else node.module for name in full_names]


@pytest.fixture(scope="module")
def graph(root):
    """{module: (modules of blurkit, foreign modules) it imports}"""
    paths = modules(root)
    package = {f"blurkit.{name}" for name in paths}
    return {name: imports(path, package) for name, path in paths.items()}


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
    """The position of a module in its room, -1 for the package itself."""
    room, last = room_of(module), module.rpartition(".")[2]
    return ORDER[room].index(last) if room in ORDER and last != room else -1


def may_import(module, other):
    """True if the table allows a module to import another one of blurkit."""
    room = room_of(module)
    if room_of(other) != room:
        return room_of(other) in LADDER[room]
    return room not in ORDER or place_of(other) < place_of(module)


def test_every_module_has_its_place(graph):
    assert [name for name in graph if room_of(name) not in LADDER] == []
    for room, ordered in ORDER.items():
        present = {name.rpartition(".")[2] for name in graph if room_of(name) == room and name != room}
        assert present == set(ordered), room


def test_modules_import_only_what_stands_before_them(graph):
    wrong = [
        f"{name} imports {other}" for name, (ours, _) in graph.items() for other in ours if not may_import(name, other)
    ]
    assert wrong == []


def test_the_table_forbids_what_it_should():
    assert may_import("cli.map", "io.photo") and may_import("map", "refine") and may_import("io.photo", "errors")
    assert not may_import("io.photo", "ops.filters") and not may_import("ops.filters", "io.photo")
    assert not may_import("refine", "map") and not may_import("map", "map")
    assert not may_import("cli.map", "methods.zeng.refine") and not may_import("api", "cli.map")


def test_stages_import_earlier_stages_of_their_own_method_alone(graph, methods):
    for method in methods:
        stages = importlib.import_module(f"blurkit.methods.{method}").STAGES
        present = {name for name in graph if name.startswith(f"methods.{method}.")}
        assert present == {f"methods.{method}.{stage}" for stage in stages}
        assert stages[-1] == "method" and graph[f"methods.{method}"][0] == {"methods"}
        for number, stage in enumerate(stages):
            earlier = {f"methods.{method}", *(f"methods.{method}.{name}" for name in stages[:number])}
            used = {name for name in graph[f"methods.{method}.{stage}"][0] if room_of(name) == "stages"}
            assert used <= earlier, stage


def test_no_shared_part_of_the_commands_imports_a_command(graph):
    commands = {f"cli.{command}" for command in COMMANDS}
    for name, (ours, _) in graph.items():
        if name.startswith("cli.") and name not in {*commands, "cli.completions"}:
            assert not ours & commands, name


def test_no_stage_sees_a_path_pillow_or_the_system(graph):
    for name, (_, foreign) in graph.items():
        if name.split(".")[0] not in SEES_SYSTEM and name != "ops.backend":
            assert not foreign & SYSTEM, name


def test_torch_is_imported_inside_functions_or_by_stages_that_train_or_run_on_a_gpu(root, methods):
    trains = {f"methods.{method}.{stage}" for method in methods if method != "joint" for stage in TORCH}
    trains |= {f"methods.joint.{stage}" for stage in TORCH_OF_JOINT}
    for name, path in modules(root).items():
        statements = [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.Import)]
        packages = {alias.name.split(".")[0] for node in statements for alias in node.names}
        assert name in trains or "torch" not in packages, name


def calls_in(tree):
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call)]


def test_nothing_can_reach_the_network_or_run_what_it_reads(root, graph):
    used = {name: foreign & (REACHES_OUT | RUNS_DATA) for name, (_, foreign) in graph.items()}
    assert {name: forbidden for name, forbidden in used.items() if forbidden} == {}
    calls = {name: calls_in(ast.parse(path.read_text())) for name, path in modules(root).items()}
    functions = {(name, ast.unparse(call.func)) for name, of_module in calls.items() for call in of_module}
    assert "np.empty" in {function for _, function in functions}
    forbidden = {(name, function) for name, function in functions if function in FORBIDDEN_CALLS}
    assert forbidden == {(PRETRAINED, "torch.load")}
    keywords = [keyword for of_module in calls.values() for call in of_module for keyword in call.keywords]
    assert {ast.unparse(keyword.value) for keyword in keywords if keyword.arg == "allow_pickle"} == {"False"}


def test_the_one_file_of_torch_is_read_without_its_code_and_after_its_digest_was_compared(root):
    (function,) = [
        node
        for node in ast.parse(modules(root)[PRETRAINED].read_text()).body
        if isinstance(node, ast.FunctionDef) and any(ast.unparse(c.func) == "torch.load" for c in calls_in(node))
    ]
    (load,) = [call for call in calls_in(function) if ast.unparse(call.func) == "torch.load"]
    assert [(k.arg, ast.unparse(k.value)) for k in load.keywords] == [("weights_only", "True")]
    (source,) = load.args
    assert ast.unparse(source) == "io.BytesIO(data)"
    checks = [
        node
        for node in function.body
        if isinstance(node, ast.If) and ast.unparse(node.test) == "hashlib.sha256(data).hexdigest() != DIGEST"
    ]
    assert len(checks) == 1 and isinstance(checks[0].body[-1], ast.Raise) and checks[0].lineno < load.lineno
    assigned = [
        n for n in ast.walk(function) if isinstance(n, ast.Name) and n.id == "data" and isinstance(n.ctx, ast.Store)
    ]
    assert len(assigned) == 1 and assigned[0].lineno < checks[0].lineno  # what is read is what was compared
