"""Pages of the documentation: links, commands and code."""

import re
import subprocess

import numpy as np
import pytest
from checkout import ROOT

PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *sorted((ROOT / "docs").glob("*.md")),
]
VERBS = sorted((ROOT / "experiments").glob("[!_]*.py"))


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


OUTPUTS = (
    r"--(?:out_dir|output|json|csv|chart|figures|predictions_dir|results_dir|rows|workdir)"
    r"=([^\s`'\"]+)"
)


def test_what_the_commands_write_is_ignored_by_git():
    texts = [page.read_text(encoding="utf-8") for page in PAGES]
    texts += [verb.read_text(encoding="utf-8") for verb in VERBS]
    found = {path for text in texts for path in re.findall(OUTPUTS, text)}
    paths = [
        path.replace("$", "")
        for path in sorted(found)
        if not path.isupper() and "{" not in path
    ]
    assert len(paths) > 10
    try:
        run = subprocess.run(
            ["git", "check-ignore", "--no-index", "--stdin"],
            cwd=ROOT,
            # A folder is one only with a slash, as it is not there.
            input="\n".join(p if "." in p else f"{p}/x" for p in paths),
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        pytest.skip("git is not installed")
    if run.returncode > 1:
        pytest.skip("this is no checkout of git")
    ignored = {line.removesuffix("/x") for line in run.stdout.splitlines()}
    assert set(paths) - ignored == set()
