"""The mutants of tools/mutants.py: which there are, and whether those that no test notices are reported."""

import ast
import importlib.util

import pytest

SOURCE = """def clip(x, low=0):
    if x < low:  # at the boundary both are one
        return low
    return x
"""
TESTS = "from one import clip\n\ndef test_clip():\n    assert (clip(-3), clip(0), clip(3)) == (0, 0, 3)\n"


@pytest.fixture(scope="module")
def mutants(root):
    spec = importlib.util.spec_from_file_location("mutants", root / "tools" / "mutants.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("source", "variants"),
    [
        ("a < b", ["a <= b", "a >= b"]),
        ("a < b == c", ["a <= b == c", "a >= b == c", "a < b != c"]),
        ("a is None", ["a is not None"]),
        ("a and b and c", ["a or b or c"]),
        ("a // b", ["a * b"]),
        ("a @ b", []),
        ("not a", ["a"]),
        ("-a", ["a"]),
        ("7", ["8", "6"]),
        ("0.5", ["1.0", "0.25"]),
        ("0.0", ["1.0", "-1.0"]),
        ("True", ["False"]),
        ("'words'", []),
        ("a if b else c", ["a if not b else c"]),
    ],
)
def test_an_expression_has_these_variants(mutants, source, variants):
    assert [ast.unparse(new) for new in mutants.variants(ast.parse(source, mode="eval").body)] == variants


def test_every_place_is_changed_once_and_nothing_else(mutants):
    mutated = [mutants.mutated(SOURCE, *place) for place in mutants.places(SOURCE)]
    plain = ast.unparse(ast.parse(SOURCE)).splitlines()
    assert len({new for new, _ in mutated}) == len(mutated) == 7
    for new, _ in mutated:
        assert sum(a != b for a, b in zip(new.splitlines(), plain, strict=True)) == 1
    assert {change for _, change in mutated} >= {
        "1: 0 -> -1",
        "2: x < low -> x <= low",
        "2: if x < low: -> if not x < low:",
        "4: return x -> return None",
    }


@pytest.fixture
def is_killed(mutants, tmp_path):
    """is_killed(source, tests, change): True if the tests of a small tree notice the change within three seconds."""

    def is_killed(source, tests, change):
        for name, text in (("blurkit/one.py", source), ("tests/test_one.py", tests)):
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(text)
        (tmp_path / "one.py").unlink(missing_ok=True)
        (tmp_path / "one.py").symlink_to("blurkit/one.py")
        (place,) = (place for place in mutants.places(source) if mutants.mutated(source, *place)[1] == change)
        killed = mutants.is_killed(tmp_path, "blurkit/one.py", *place, 3)
        assert (tmp_path / "blurkit/one.py").read_text() == source and mutants.passes(tmp_path, "blurkit/one.py")[0]
        return killed

    return is_killed


def test_a_change_that_a_test_notices_is_killed_and_any_other_reported(is_killed, capsys):
    assert is_killed(SOURCE, TESTS, "4: return x -> return None")
    assert not is_killed(SOURCE, TESTS, "2: x < low -> x <= low")
    assert capsys.readouterr().out == "survived: blurkit/one.py:2: x < low -> x <= low\n"


def test_a_change_that_never_ends_is_killed(is_killed):
    source = "def down(x):\n    while x > 0:\n        x -= 1\n    return x\n"
    tests = "from one import down\n\ndef test_down():\n    assert down(3) == 0\n"
    assert is_killed(source, tests, "3: x -= 1 -> x += 1")


def test_stages_have_tests_of_their_own(mutants, root):
    files = mutants.stages()
    assert len(files) > 30 and all(mutants.tests_of(root, file) for file in files)


@pytest.mark.parametrize(
    ("stage", "tests"),
    [
        ("park/median", ["test_median.py", "test_method.py"]),
        ("zeng/network", ["test_training.py", "test_method.py"]),
        ("joint/direction", ["test_direction.py", "test_direction_training.py", "test_method.py"]),
    ],
)
def test_the_tests_of_a_stage_are_those_of_its_name_or_of_training_and_of_its_method(mutants, root, stage, tests):
    assert [path.name for path in mutants.tests_of(root, f"blurkit/methods/{stage}.py")] == tests
