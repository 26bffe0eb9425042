"""The commands of the documentation have flags that their verbs define."""

import ast
import re

import pytest
from checkout import ROOT

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]
VERBS = sorted((ROOT / "experiments").glob("[!_]*.py"))
# Defined by absl and by every binary alike.
COMMON = {"help", "helpfull", "flagfile", "traceback"}


def flags_of(module, seen=()):
    """Names of the flags that a module of `experiments`, or one it imports, defines."""
    if module in seen or not module.is_file():
        return set()
    found = set()
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr.startswith("DEFINE_"):
                found.add(node.args[0].value)
        elif isinstance(node, ast.ImportFrom) and "command_line" in node.module:
            folder = ROOT.joinpath(*node.module.split("."))
            names = [folder / f"{alias.name}.py" for alias in node.names]
            for file in (folder.with_suffix(".py"), *names):
                found |= flags_of(file, (*seen, module))
    return found


def commands():
    """(place, verb, flags) of every command in a code block or a docstring."""
    for file in (*PAGES, *VERBS):
        text = file.read_text(encoding="utf-8").replace("\\\\\n", " ")
        text = re.sub(r"\\\n", " ", text)
        for verb, rest in re.findall(r"python -m experiments\.([a-z_\d]+)(.*)", text):
            given = re.findall(r"--(?:no)?([a-z_\d]+)", rest.split("#")[0])
            yield file.name, verb, given


@pytest.mark.parametrize("verb", [verb.stem for verb in VERBS])
def test_documented_flags_of_a_verb_are_defined(verb):
    known = flags_of(ROOT / "experiments" / f"{verb}.py") | COMMON
    for place, name, given in commands():
        if name == verb:
            unknown = {flag for flag in given if flag not in known}
            assert unknown == set(), f"{place}: {unknown}"


def test_readme_lists_every_verb():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [verb.stem for verb in VERBS if f"`{verb.stem}`" not in text] == []


def test_the_commands_are_found():
    found = {(place, verb): given for place, verb, given in commands()}
    assert len(found) > 20
    assert "workdir" in found["camvid.md", "evaluate"]
    assert {"num_frames", "seed"} <= flags_of(ROOT / "experiments/render_synthetic.py")
