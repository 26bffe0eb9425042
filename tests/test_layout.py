import ast
import importlib
from pathlib import Path

import pytest
from checkout import ROOT

# Every arrow of the tree: the rooms of ours that the files of a room import from.
# `top.*` stands for all rooms below `top`. An arrow that is not here fails the test.
ARROWS = {
    "layers": "",
    # The face names the rooms for type checkers, and loads them lazily.
    "lstm_icnet": "lstm_icnet.*",
    "lstm_icnet.imports": "layers",
    "lstm_icnet.network": "lstm_icnet.imports",
    "lstm_icnet.flicker": "",
    "lstm_icnet.metrics": "lstm_icnet.flicker",
    "lstm_icnet.smoothing": "",
    "lstm_icnet.weights": "lstm_icnet.imports lstm_icnet.network",
    "lstm_icnet.deployment.formats": "lstm_icnet.network lstm_icnet.weights",
    "lstm_icnet.deployment": (
        "lstm_icnet.network lstm_icnet.smoothing lstm_icnet.weights "
        "lstm_icnet.deployment.formats"
    ),
    "data": "",
    "data.files": "",
    "data.files.video": "data.files",
    "data.labels": "data.files",
    "data.videos": "data.files data.labels",
    "data.readers": "data.files data.labels data.videos",
    "data.pipeline": "data.files data.labels data.videos",
    "data.datasets": "data.files data.labels data.videos data.readers",
    "data.synthetic.imaging": "",
    "data.synthetic.things": "data.synthetic.imaging",
    "data.synthetic": "data.files data.synthetic.imaging data.synthetic.things",
    "experiments": "lstm_icnet.* data.* experiments.*",
    "experiments.presentation": (
        "data.files data.labels data.datasets lstm_icnet.flicker lstm_icnet.deployment"
    ),
    "experiments.video_segmentation": (
        "data.files data.files.video data.labels lstm_icnet.deployment "
        "experiments.command_line.terminal"
    ),
    "experiments.predictions": (
        "data.files data.files.video data.labels data.videos data.readers "
        "data.datasets lstm_icnet.deployment lstm_icnet.smoothing lstm_icnet.weights"
    ),
    "experiments.scoring": (
        "data.files data.labels data.videos lstm_icnet.flicker lstm_icnet.deployment "
        "experiments.predictions experiments.presentation"
    ),
    "experiments.flicker_report": (
        "data.files data.labels lstm_icnet.flicker experiments.predictions "
        "experiments.presentation experiments.scoring"
    ),
    "experiments.dataset_report": (
        "data.labels data.videos data.readers data.pipeline data.datasets "
        "experiments.presentation"
    ),
    "experiments.command_line": (
        "lstm_icnet.smoothing data.files data.videos data.pipeline data.datasets "
        "lstm_icnet.network data.readers experiments.presentation experiments.scoring "
        "experiments.command_line.terminal experiments.training "
        "experiments.training.step"
    ),
    "experiments.command_line.terminal": "experiments.presentation",
    "experiments.training.workdir": "data.files",
    "experiments.training.devices": "",
    "experiments.training.step": "lstm_icnet.network",
    "experiments.training.reporting": (
        "data.files data.labels data.videos data.readers experiments.presentation "
        "experiments.scoring experiments.training.workdir"
    ),
    "experiments.training": (
        "data.files data.labels data.videos data.readers data.pipeline data.datasets "
        "lstm_icnet.network lstm_icnet.weights lstm_icnet.deployment "
        "experiments.command_line.terminal "
        "experiments.scoring experiments.training.devices "
        "experiments.training.reporting experiments.training.step "
        "experiments.training.workdir"
    ),
    "experiments.benchmarks": (
        "layers data.videos data.pipeline lstm_icnet.network lstm_icnet.flicker "
        "lstm_icnet.smoothing lstm_icnet.deployment lstm_icnet.deployment.formats "
        "experiments.presentation"
    ),
    "experiments.benchmarks.training": (
        "data.files lstm_icnet.network experiments.training.step "
        "experiments.benchmarks "
        "experiments.presentation"
    ),
    "experiments.benchmarks.streams": (
        "data.files.video lstm_icnet.network lstm_icnet.smoothing "
        "lstm_icnet.deployment experiments.benchmarks experiments.presentation "
        "experiments.video_segmentation"
    ),
    "experiments.flicker_evidence": (
        "data.files data.labels data.videos data.readers data.pipeline "
        "lstm_icnet.network lstm_icnet.flicker lstm_icnet.smoothing "
        "lstm_icnet.deployment experiments.predictions experiments.scoring "
        "experiments.training"
    ),
    "experiments.paper_tables": (
        "data.files lstm_icnet.network lstm_icnet.deployment experiments.benchmarks "
        "experiments.presentation experiments.training.workdir"
    ),
    "experiments.synthetic_demo": (
        "data.files data.files.video data.labels data.videos data.readers "
        "data.datasets data.synthetic data.synthetic.imaging lstm_icnet.flicker "
        "lstm_icnet.weights lstm_icnet.deployment experiments.predictions "
        "experiments.presentation experiments.scoring experiments.flicker_report "
        "experiments.training"
    ),
}
TOP_ROOMS = ["layers", "lstm_icnet", "data", "experiments"]
MOST_FILES = 11
FACES = {
    "layers",
    "lstm_icnet",
    "lstm_icnet.flicker",
    "lstm_icnet.metrics",
    "lstm_icnet.smoothing",
}


def folder_of(room):
    return ROOT.joinpath(*room.split("."))


def rooms_of_the_tree():
    return sorted(
        ".".join(folder.relative_to(ROOT).parts)
        for top in TOP_ROOMS
        for folder in [ROOT / top, *(ROOT / top).rglob("*")]
        if folder.is_dir() and any(folder.glob("*.py"))
    )


def imported_names(file):
    """Full dotted names: `from a.b import c` gives `a.b.c`."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: imports name their package in full"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room_of(name):
    """The innermost room that a dotted name lies in, or None."""
    while name and name not in ARROWS:
        name = name.rpartition(".")[0]
    return name or None


def allowed(room):
    for arrow in ARROWS[room].split():
        if arrow.endswith(".*"):
            yield from (
                r for r in ARROWS if r.startswith(arrow[:-1]) or r == arrow[:-2]
            )
        else:
            yield arrow


def test_every_room_has_its_arrows():
    assert rooms_of_the_tree() == sorted(ARROWS)


@pytest.mark.parametrize("room", ARROWS)
def test_rooms_import_only_along_the_arrows(room):
    # A face (`lstm_icnet`, loaded lazily) may be imported from above its package.
    for file in sorted(folder_of(room).glob("*.py")):
        targets = {room_of(name) for name in imported_names(file)} - {None, room}
        faces = {top for top in ("layers", "lstm_icnet") if room.startswith("exp")}
        foreign = targets - set(allowed(room)) - faces
        assert not foreign, f"{file.relative_to(ROOT)} imports {sorted(foreign)}"


def test_arrows_lead_down_only():
    floors = {}

    def floor(room, above=()):
        assert room not in above, f"{' -> '.join([*above, room])} is a circle"
        if room not in floors:
            below = [r for r in allowed(room) if r != room]
            floors[room] = 1 + max((floor(r, (*above, room)) for r in below), default=0)
        return floors[room]

    assert all(floor(room) for room in ARROWS)


@pytest.mark.parametrize("room", ARROWS)
def test_no_room_has_more_than_eleven_files(room):
    # `experiments` itself holds the verbs, a file each.
    files = [f.name for f in folder_of(room).glob("*.py") if f.name[:2] != "__"]
    assert room == "experiments" or len(files) <= MOST_FILES, sorted(files)


@pytest.mark.parametrize("room", sorted(set(ARROWS) - FACES - {"experiments"}))
def test_the_init_file_of_a_room_is_its_docstring(room):
    tree = ast.parse((folder_of(room) / "__init__.py").read_text(encoding="utf-8"))
    assert len(tree.body) == 1 and ast.get_docstring(tree)


def test_every_module_of_experiments_is_a_binary():
    for file in sorted((ROOT / "experiments").glob("[!_]*.py")):
        assert 'if __name__ == "__main__":' in file.read_text(encoding="utf-8"), file


def test_tests_are_arranged_as_the_rooms():
    tests = ROOT / "tests"
    folders = {f.parent.relative_to(tests) for f in tests.rglob("test_*.py")}
    rooms = {Path(*room.split(".")) for room in ARROWS}
    assert folders <= rooms | {Path(), Path("docs")}
    assert not list(tests.rglob("__init__.py"))


@pytest.mark.parametrize("room", ["layers", "lstm_icnet"])
def test_networks_import_tensorflow_only_inside_functions(room):
    made_for_tensorflow = {"saved_model.py", "step_functions.py", "tflite_file.py"}
    for file in sorted((ROOT / room).rglob("*.py")):
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


@pytest.mark.parametrize("room", TOP_ROOMS)
def test_rooms_come_from_this_checkout(room):
    module = importlib.import_module(room)
    assert Path(module.__file__).parent == ROOT / room


def test_setup_lists_every_package():
    packages = {
        ".".join(file.parent.relative_to(ROOT).parts)
        for room in TOP_ROOMS
        for file in (ROOT / room).rglob("__init__.py")
    }
    listed = (ROOT / "setup.py").read_text(encoding="utf-8")
    assert all(f'"{package}"' in listed for package in packages)


def test_the_map_names_every_room():
    tree = (ROOT / "WORKSPACE.md").read_text(encoding="utf-8")
    assert all(f" {folder_of(room).name}/ " in tree for room in ARROWS)
    assert len(tree.splitlines()) < 120
