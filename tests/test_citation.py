"""How blurkit is cited, by whom it is, and under which terms its weights are."""

import configparser
import re

import blurkit


def test_the_citation_names_the_version_the_licence_and_both_papers(root):
    text = (root / "CITATION.cff").read_text()
    assert text.startswith("cff-version: 1.2.0\n") and f"\nversion: {blurkit.__version__}\n" in text
    assert "\nlicense: MIT\n" in text and "  - name: the blurkit authors\n" in text
    for method in ("zeng", "park"):
        stated = (root / "blurkit/methods" / method / "__init__.py").read_text()
        assert re.search(r"doi:(\S+?)\.?$", stated, re.M)[1] in text


def test_the_newest_changes_are_those_of_the_version_that_is_cited(root):
    version, date = re.search(r"^## (\S+) - (\S+)$", (root / "CHANGELOG.md").read_text(), re.M).groups()
    assert version == blurkit.__version__
    assert f'\ndate-released: "{date}"\n' in (root / "CITATION.cff").read_text()


def test_the_package_names_its_authors(root):
    config = configparser.ConfigParser()
    config.read(root / "setup.cfg")
    assert config["metadata"]["author"] == "the blurkit authors"


def test_the_terms_of_every_set_that_weights_were_trained_on_are_told(root):
    text = (root / "share/weights/SOURCES.md").read_text()
    before, _, terms = text.partition("## Licence, and the terms of the photos\n")
    for name in ("CUHK blur detection set", "BSDS500", "ILSVRC"):
        assert name in before and re.search(rf"^\| {name}", terms, re.M), name
