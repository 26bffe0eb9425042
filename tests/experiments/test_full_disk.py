"""Every verb on a disk that is full, read-only, or takes no more bytes in a file."""

from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
import pytest
from folder_tree import numbered, write_folder
from random_icnet import CLASSES, new_random_network
from small_disk import fill, make_read_only, small_disk
from verb_process import VerbProcess

SIZE = (97, 97)
DATA = "--dataset=folder --data_dir={inputs}/tree"
TRAINING = (
    f"{DATA} --model=icnet --height=97 --width=97 --width_multiplier=0.25 "
    "--train_split=all --val_split= --steps=1 --workdir={disk}/run"
)
FLICKER = "--predictions={inputs}/maps --labels={inputs}/maps"
LIGHT = {
    "flicker --json": f"{FLICKER} --json={{disk}}/out.json",
    "flicker --csv": f"{FLICKER} --csv={{disk}}/out.csv",
    "flicker --figures": f"{FLICKER} --figures={{disk}}/figures",
    "compare --json": "--scores={inputs}/scores.json --json={disk}/out.json",
    "smooth --out_dir": (
        "--predictions={inputs}/maps --images={inputs}/frames --out_dir={disk}/smoothed"
    ),
    "check_data --json": f"{DATA} --json={{disk}}/out.json",
    "render_synthetic --out_dir": (
        "--num_videos=2 --num_frames=2 --height=32 --width=32 --out_dir={disk}/videos"
    ),
}
HEAVY = {
    "show_data --output": (
        f"{DATA} --num_frames=1 --height=97 --width=97 --output={{disk}}/out.png"
    ),
    "prepare_data --out_dir": f"{DATA} --out_dir={{disk}}/shards",
    "export --out_dir": "--model_file={inputs}/icnet.keras --out_dir={disk}/export",
    "export as TFLite": (
        "--model_file={inputs}/icnet.keras --formats=tflite --out_dir={disk}/export"
    ),
    "export as ONNX": (
        "--model_file={inputs}/icnet.keras --formats=onnx --out_dir={disk}/export"
    ),
    "segment --output": (
        "--model={inputs}/icnet.keras --input={inputs}/tree/images/drive "
        "--output={disk}/o.mp4"
    ),
    "segment into a folder": (
        "--model={inputs}/icnet.keras --input={inputs}/tree/images/drive "
        "--output={disk}/pngs"
    ),
    "evaluate --json": (
        f"{DATA} --model_file={{inputs}}/icnet.keras --num_frames=1 "
        "--json={disk}/out.json"
    ),
    "evaluate --predictions_dir": (
        f"{DATA} --model_file={{inputs}}/icnet.keras --num_frames=1 "
        "--predictions_dir={disk}/new_maps"
    ),
    "train": TRAINING,
    "benchmark --json": (
        "--suite=flicker --rounds=1 --height=97 --width=97 --json={disk}/out.json"
    ),
    "demo": "--out_dir={disk}/demo",
}
# Outputs that exist before; the other outputs must be new.
OLD_FILES = ("out.json", "out.csv", "out.png", "o.mp4")
OLD_FOLDERS = {"figures": "kept.txt", "export": "metadata.json"}


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("inputs")
    frames = {"drive": numbered(range(10))}
    write_folder(folder / "tree", frames, {"classes": CLASSES}, SIZE)
    (folder / "maps").mkdir()
    ids = np.random.default_rng(0).integers(0, len(CLASSES), (4, *SIZE))
    for index, one in enumerate(ids.astype(np.uint8)):
        cv2.imwrite(f"{folder}/maps/{index}.png", one)
    (folder / "frames").mkdir()
    for index in range(4):
        cv2.imwrite(f"{folder}/frames/{index}.png", np.zeros((*SIZE, 3), np.uint8))
    new_random_network(None, None, SIZE).save(folder / "icnet.keras")
    with VerbProcess("flicker") as flicker:
        arguments = f"{FLICKER} --json={{inputs}}/scores.json".format(inputs=folder)
        assert flicker(*arguments.split()).code == 0
    return folder


@pytest.fixture(scope="module")
def verbs():
    """A function that gives the process of a verb, started when it is needed."""
    started = {}

    def process(verb):
        if verb not in started:
            started[verb] = VerbProcess(verb)
        return started[verb]

    yield process
    for one in started.values():
        one.close()


@contextmanager
def full_disk(folder):
    with small_disk(folder, "256k"):
        _write_old(folder)
        fill(folder)
        yield folder


@contextmanager
def read_only_disk(folder):
    with small_disk(folder, "256k"):
        _write_old(folder)
        make_read_only(folder)
        yield folder


def _write_old(folder):
    for name in OLD_FILES:
        (folder / name).write_text("old")
    for name, file in OLD_FOLDERS.items():
        (folder / name).mkdir()
        (folder / name / file).write_text("old")


def contents(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
    }


CASES = [
    *LIGHT,
    *(pytest.param(name, marks=pytest.mark.slow) for name in HEAVY),
]


def run(name, verbs, inputs, disk, **options):
    line = (LIGHT | HEAVY)[name].format(inputs=inputs, disk=disk)
    return verbs(name.split()[0])(*line.split(), seconds=300, **options)


@pytest.mark.parametrize("disk", [full_disk, read_only_disk])
@pytest.mark.parametrize("name", CASES)
def test_a_verb_ends_with_one_sentence(name, disk, verbs, inputs, tmp_path):
    with disk(tmp_path) as folder:
        before = contents(folder)
        result = run(name, verbs, inputs, folder)
        assert "Traceback" not in result.err, result.err
        assert result.code == 1
        (sentence,) = result.errors
        assert str(folder) in sentence
        assert result.err.rstrip().endswith(sentence)
        assert contents(folder) == before


@pytest.mark.parametrize("name", CASES)
def test_a_write_that_fails_leaves_what_was_there(name, verbs, inputs, tmp_path):
    """A limit on file sizes, which acts like a full disk without mounting one."""
    _write_old(tmp_path)
    before = contents(tmp_path)
    result = run(name, verbs, inputs, tmp_path, most_bytes=0)
    assert "Traceback" not in result.err, result.err
    assert (result.code, len(result.errors)) == (1, 1)
    assert contents(tmp_path) == before


@pytest.mark.parametrize("name", CASES)
def test_the_same_verb_works_on_a_disk_with_room(name, verbs, inputs, tmp_path):
    if name == "demo":
        pytest.skip("minutes; tests/experiments/synthetic_demo has a short one")
    _write_old(tmp_path)
    before = contents(tmp_path)
    result = run(name, verbs, inputs, tmp_path)
    assert result.code == 0, result.err
    assert contents(tmp_path) != before


@pytest.mark.parametrize("name", ["flicker --json", "flicker --csv", "compare --json"])
def test_a_link_is_followed_and_a_device_is_written_to(name, verbs, inputs, tmp_path):
    output = tmp_path / f"out.{name.split('--')[1]}"
    (tmp_path / "behind").write_text("old")
    output.symlink_to("behind")
    assert run(name, verbs, inputs, tmp_path).code == 0
    assert output.is_symlink() and "mean_iou" in (tmp_path / "behind").read_text()
    output.unlink()
    output.symlink_to("/dev/null")
    assert run(name, verbs, inputs, tmp_path).code == 0
    assert output.is_symlink() and Path("/dev/null").is_char_device()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["behind", output.name]


@pytest.mark.parametrize("name", ["flicker --json", "compare --json"])
def test_a_device_that_is_full_is_one_sentence(name, verbs, inputs, tmp_path):
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    (tmp_path / "out.json").symlink_to("/dev/full")
    result = run(name, verbs, inputs, tmp_path)
    assert result.code == 1
    assert result.errors == [f"ERROR: {tmp_path}/out.json: No space left on device"]
