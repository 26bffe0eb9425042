import ast
import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MAY_IMPORT = {
    "layers": {"layers"},
    "data": {"data"},
    "lstm_icnet": {"layers", "lstm_icnet"},
    "experiments": {"layers", "lstm_icnet", "data", "experiments"},
}


def imports_of(file):
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module.split(".")[0]


def python_files(room):
    return sorted((ROOT / room).rglob("*.py"))


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_rooms_import_only_along_the_arrows(room):
    for file in python_files(room):
        foreign = (set(imports_of(file)) & set(MAY_IMPORT)) - MAY_IMPORT[room]
        assert not foreign, f"{file.relative_to(ROOT)} imports {foreign}"


@pytest.mark.parametrize("room", ["layers", "lstm_icnet"])
def test_networks_import_tensorflow_only_inside_functions(room):
    made_for_tensorflow = {"saved_model.py"}
    for file in python_files(room):
        if file.name in made_for_tensorflow:
            continue
        tree = ast.parse(file.read_text(encoding="utf-8"))
        names = {
            name.split(".")[0]
            for node in tree.body
            if isinstance(node, ast.Import | ast.ImportFrom)
            for name in (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module]
            )
        }
        assert "tensorflow" not in names, file


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_rooms_come_from_this_checkout(room):
    module = importlib.import_module(room)
    assert Path(module.__file__).parent == ROOT / room


def test_setup_lists_every_package():
    packages = {
        ".".join(file.parent.relative_to(ROOT).parts)
        for room in MAY_IMPORT
        for file in (ROOT / room).rglob("__init__.py")
    }
    listed = (ROOT / "setup.py").read_text(encoding="utf-8")
    assert all(f'"{package}"' in listed for package in packages)
