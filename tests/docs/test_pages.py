"""Pages of the documentation: links, commands and code."""

import re

import numpy as np
import pytest
from checkout import ROOT

PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *sorted((ROOT / "docs").glob("*.md")),
]


def python_code(page):
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    return code


def headings(page):
    lines = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for title in re.findall(r"^#+ (.*)$", lines, re.MULTILINE):
        plain = re.sub(r"[^\w\- ]", "", title.lower())
        yield plain.replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_of_a_page_lead_somewhere(page):
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith("http"):
            continue
        path, _, heading = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), target
        assert not heading or heading in headings(file), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_verbs_of_a_page_exist(page):
    text = page.read_text(encoding="utf-8")
    for verb in re.findall(r"python -m experiments\.(\w+)", text):
        assert verb == "VERB" or (ROOT / "experiments" / f"{verb}.py").is_file(), verb


def test_code_of_the_layers_page_builds_its_model(rng):
    names = {}
    exec(python_code("layers.md"), names)
    clips = rng.standard_normal((1, 2, 5, 6, 32)).astype("float32")
    assert tuple(names["model"](clips).shape) == (1, 5, 6, 5)


def test_code_of_the_flicker_page_scores_a_video_that_stays(rng, capsys):
    image = rng.integers(0, 256, (32, 40, 3), dtype="uint8")
    labels = np.tile(rng.integers(0, 19, (32, 40)), (9, 1, 1))
    names = {"labels": labels, "predictions": labels, "images": [image] * 9}
    exec(python_code("flicker.md"), names)
    assert capsys.readouterr().out.split() == ["100.0", "100.0"]
