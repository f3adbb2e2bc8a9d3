"""make docs: the manual and the pictures of the bench as HTML; the library where pdoc is installed."""

import importlib.util
import re
import shutil

import pytest


@pytest.fixture(scope="module")
def docs(root):
    specification = importlib.util.spec_from_file_location("docs", root / "tools/docs.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.mark.skipif(not (shutil.which("mandoc") or shutil.which("groff")), reason="neither mandoc nor groff")
def test_a_page_of_the_manual_is_html_with_its_sections(docs, root):
    body = docs.manual(root / "man/blur-mask.1")
    words = re.sub(r"<[^>]+>", " ", body)
    for title in ("NAME", "OPTIONS", "EXIT STATUS", "EXAMPLES"):
        assert title in words
    assert "<body" not in body and "blur-mask" in words.replace("\N{HYPHEN}", "-").replace("\N{MINUS SIGN}", "-")


def test_the_first_page_leads_to_the_library_the_manual_and_the_pictures(docs, tmp_path):
    (tmp_path / "results").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "results/curves.png").write_bytes(b"curves")
    (tmp_path / "results/results.md").write_text("no picture")
    shown = docs.pictures(tmp_path / "results", tmp_path / "out")
    assert shown == ["curves.png"] and (tmp_path / "out/curves.png").read_bytes() == b"curves"
    page = docs.index(["blur-map.1"], shown)
    assert re.findall(r'(?:href|src)="([^"]+)"', page) == ["blurkit.html", "blur-map.1.html", "curves.png"]
    assert docs.pictures(tmp_path / "nothing", tmp_path / "out") == []


def test_pdoc_has_a_page_for_the_front_door_and_for_every_stage(docs, tmp_path):
    pytest.importorskip("pdoc")
    docs.library(tmp_path)
    front = (tmp_path / "blurkit.html").read_text()
    assert "sharpness_map" in front and (tmp_path / "blurkit/methods/zeng/basis.html").is_file()
    assert not (tmp_path / "blurkit/cli").exists()


def test_every_module_that_begins_with_torch_is_left_out_where_there_is_none(docs, root):
    package = root / "blurkit"
    beginning = {
        ".".join(path.relative_to(package).with_suffix("").parts)
        for path in package.rglob("*.py")
        if re.search(r"^(import torch|from torch import)", path.read_text(), re.M)
    }
    assert beginning <= set(docs.NEEDS_TORCH)
    for name in set(docs.NEEDS_TORCH) - beginning:  # those that import one of these
        text = (package / name.replace(".", "/")).with_suffix(".py").read_text()
        assert any(one.rpartition(".")[2] in text for one in beginning)
