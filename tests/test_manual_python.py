"""The lines of Python that blurkit(7) prints, as they stand."""

from tests.roff import examples, plain, section


def test_the_lines_for_one_photo_and_for_many_do_what_the_tour_says(root, shell, photos, tmp_path):
    part = section(root / "man/blurkit.7", "FOR A RESEARCHER").split(".SS In Python")[1]
    one, many = examples(part)
    for name in ("photo.jpg", "turned.jpg"):
        (tmp_path / name).write_bytes((photos / name).read_bytes())
    (tmp_path / "img.jpg").write_bytes((photos / "photo.jpg").read_bytes())
    (tmp_path / "one.py").write_text(one + "assert sharp.shape == (90, 120)\n")
    (tmp_path / "many.py").write_text(many)
    shell(f"PYTHONPATH={root} python3 one.py")
    lines = shell(f"PYTHONPATH={root} python3 many.py").decode().splitlines()
    assert [line.split()[0] for line in sorted(lines)] == ["img.jpg", "photo.jpg", "turned.jpg"]
    assert sorted(lines, key=lambda line: float(line.split()[1])) == lines


def test_the_tour_names_what_the_front_door_offers(root):
    import blurkit

    text = plain(section(root / "man/blurkit.7", "FOR A RESEARCHER").split(".SS In Python")[1])
    functions = [name for name in blurkit.__all__ if name.islower()]
    assert len(functions) > 8 and [name for name in functions if name not in text] == []
