"""The lines of Python that blurkit(7) prints, as they stand."""

import importlib.util

from tests.roff import examples, plain, section


def test_the_lines_for_one_photo_and_for_many_do_what_the_tour_says(root, shell, photos, tmp_path):
    part = section(root / "man/blurkit.7", "FOR A RESEARCHER").split(".SS In Python")[1]
    one, many, _ = examples(part)
    for name in ("photo.jpg", "turned.jpg"):
        (tmp_path / name).write_bytes((photos / name).read_bytes())
    (tmp_path / "img.jpg").write_bytes((photos / "photo.jpg").read_bytes())
    (tmp_path / "one.py").write_text(one + "assert sharp.shape == (90, 120)\n")
    (tmp_path / "many.py").write_text(many)
    shell(f"PYTHONPATH={root} python3 one.py")
    lines = shell(f"PYTHONPATH={root} python3 many.py").decode().splitlines()
    assert [line.split()[0] for line in sorted(lines)] == ["img.jpg", "photo.jpg", "turned.jpg"]
    assert sorted(lines, key=lambda line: float(line.split()[1])) == lines


def test_the_table_of_the_tour_is_one_for_pandas(root, shell, photos, program, tmp_path):
    for name in ("photo.jpg", "turned.jpg", "text.jpg"):
        (tmp_path / name).write_bytes((photos / name).read_bytes())
    _, _, table = examples(section(root / "man/blurkit.7", "FOR A RESEARCHER").split(".SS In Python")[1])
    is_there = importlib.util.find_spec("pandas") is not None
    (tmp_path / "table.py").write_text(table if is_there else table.partition("print")[0] + "print(table)\n")
    if not is_there:  # what it takes of a frame: a list of dicts with the same keys
        (tmp_path / "pandas.py").write_text("def DataFrame(rows):\n    return [*rows]\n")
    told = shell(f"PYTHONPATH={root} python3 table.py").decode()
    assert told.count("turned.jpg") == 1 and "not a photo" in told


def test_the_tour_names_what_the_front_door_offers(root):
    import blurkit

    text = plain(section(root / "man/blurkit.7", "FOR A RESEARCHER").split(".SS In Python")[1])
    functions = [name for name in blurkit.__all__ if name.islower()]
    assert len(functions) > 8 and [name for name in functions if name not in text] == []


def test_the_parts_of_the_published_refinement_make_its_map_as_the_page_says(root, shell, photos, tmp_path):
    shown = examples(section(root / "man/blur-refine.1", "EXAMPLES"))
    commands = next(block for block in shown if "--steps mix" in block)
    (lines,) = (block for block in shown if block.startswith("import numpy"))
    (tmp_path / "photo.jpg").write_bytes((photos / "photo.jpg").read_bytes())
    (tmp_path / "check.py").write_text(lines)
    shell(f"set -e\n{commands}\npython3 check.py")
