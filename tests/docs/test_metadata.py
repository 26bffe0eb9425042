"""The metadata of the wheel, and the files for citation and for contributors."""

import re
import runpy

import pytest
import setuptools
from checkout import ROOT


@pytest.fixture(scope="module")
def metadata():
    """The arguments that `setup.py` gives to setuptools."""
    given = {}
    patch = pytest.MonkeyPatch()
    patch.setattr(setuptools, "setup", lambda **arguments: given.update(arguments))
    runpy.run_path(str(ROOT / "setup.py"))
    patch.undo()
    return given


def test_long_description_is_readme_with_absolute_links(metadata):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    text = metadata["long_description"]
    assert metadata["long_description_content_type"] == "text/markdown"
    assert text.startswith(readme.splitlines()[0])
    targets = re.findall(r"\]\(([^)\s]+)\)", text)
    assert len(targets) == len(re.findall(r"\]\(([^)\s]+)\)", readme))
    assert [t for t in targets if not t.startswith("https://")] == []
    root = metadata["url"]
    assert f"({root}/raw/main/docs/images/flicker.webp)" in text
    assert f"({root}/blob/main/docs/layers.md)" in text


def test_versions_of_python_agree(metadata):
    versions = {
        name.rpartition(" ")[2]
        for name in metadata["classifiers"]
        if name.startswith("Programming Language :: Python :: 3.")
    }
    assert versions == {"3.11", "3.12", "3.13"}
    assert metadata["python_requires"] == ">=3.11,<3.14"


def test_citation_has_the_version_of_the_package(metadata):
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {metadata['version']}\n" in citation
    assert f"\nrepository-code: {metadata['url']}\n" in citation
