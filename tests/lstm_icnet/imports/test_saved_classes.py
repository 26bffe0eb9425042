import ast
import json
import os
import pickle
import subprocess
import sys
import zipfile

import keras
import numpy as np
import pytest
from checkout import ROOT

import lstm_icnet
from layers import ConvLSTM2D, SeparableConvLSTM2D
from lstm_icnet import metrics
from lstm_icnet.imports.saved_classes import HOMES
from lstm_icnet.network.loss import head_losses

SMALL = {"num_classes": 3, "image_size": (97, 97), "width_multiplier": 0.05}

LOAD = """
import sys
import keras
for file in sys.argv[1:]:
    keras.saving.load_model(file)
print(len(sys.argv) - 1, "loaded")
"""
LOAD_AND_COMPARE = """
import pickle, sys
import keras
for file in sys.argv[1:]:
    model = keras.saving.load_model(file)
    with open(file + ".pickle", "rb") as data:
        x, y, expected = pickle.load(data)
    if model.compiled:
        found = model.evaluate(x, y, verbose=0, return_dict=True)
    else:
        output = model(x)
        output = output["main"] if isinstance(output, dict) else output
        found = {"mean": float(keras.ops.mean(output))}
    assert found.keys() == expected.keys(), (found, expected)
    for key, value in expected.items():
        assert abs(found[key] - value) <= 1e-3 * abs(value), (key, found, expected)
print(len(sys.argv) - 1, "loaded")
"""


def run(code, *arguments):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        env=environment,
        capture_output=True,
        text=True,
    )


def check_loads(first_lines, files, then=LOAD):
    result = run(first_lines + then, *files)
    assert result.returncode == 0, result.stderr
    assert result.stdout == f"{len(files)} loaded\n"


def save(file, model, x, y=None):
    """Saves a model, and the data with which another process can compare it."""
    if model.compiled:
        expected = model.evaluate(x, y, verbose=0, return_dict=True)
    else:
        output = model(x)
        output = output["main"] if isinstance(output, dict) else output
        expected = {"mean": float(keras.ops.mean(output))}
    model.save(file)
    with open(f"{file}.pickle", "wb") as data:
        pickle.dump((x, y, expected), data)
    return file


def video_labeller(clips):
    """A user's own model: our cell, then logits and class ids of every frame."""
    inputs = keras.Input(clips.shape[1:])
    x = SeparableConvLSTM2D(4, 3, padding="same", return_sequences=True)(inputs)
    logits = keras.layers.TimeDistributed(keras.layers.Conv2D(3, 1))(x)
    ids = keras.ops.argmax(logits, axis=-1)
    return keras.Model(inputs, {"logits": logits, "ids": ids})


@pytest.fixture(scope="module")
def own_file(tmp_path_factory):
    """A model of `layers` and Keras alone."""
    file = tmp_path_factory.mktemp("own") / "own.keras"
    x = np.random.default_rng(0).normal(size=(1, 2, 6, 6, 2)).astype(np.float32)
    layers = [keras.Input(x.shape[1:]), ConvLSTM2D(3, 3), keras.layers.Flatten()]
    return save(file, keras.Sequential(layers), x)


@pytest.fixture(scope="module")
def our_files(tmp_path_factory):
    """Files with every class that a file of ours can hold, trained ones among them."""
    folder = tmp_path_factory.mktemp("ours")
    rng = np.random.default_rng(0)
    frames = rng.uniform(0, 255, (2, 97, 97, 3)).astype(np.float32)
    labels = rng.integers(0, 3, (2, 97, 97), dtype=np.uint8)
    icnet = lstm_icnet.build_icnet(**SMALL)
    icnet.compile("sgd", **head_losses(class_weights=[1.0, 2.0, 1.0]))
    labels_of_heads = dict.fromkeys(icnet.heads, labels)
    icnet.fit(frames, labels_of_heads, verbose=0)

    clips = rng.uniform(0, 255, (1, 2, 97, 97, 3)).astype(np.float32)
    v6 = lstm_icnet.build_lstm_icnet(6, "spatial", num_frames=2, **SMALL)

    videos = rng.normal(size=(2, 3, 8, 8, 2)).astype(np.float32)
    ids = rng.integers(0, 3, videos.shape[:-1], dtype=np.uint8)
    own = video_labeller(videos)
    own.compile(
        "adam",
        loss={"logits": lstm_icnet.SegmentationCrossEntropy()},
        metrics={
            "ids": [
                metrics.MeanIoU(3),
                metrics.PixelAccuracy(3),
                metrics.PerClassIoU(3),
                metrics.FlickeringPixels(),
                metrics.FlickeringImagePixels(),
                metrics.VideoConsistency(2),
            ]
        },
    )
    labels_of_outputs = {"logits": ids, "ids": ids}
    own.fit(videos, labels_of_outputs, verbose=0)
    return [
        save(folder / "icnet.keras", icnet, frames, labels_of_heads),
        save(folder / "v6.keras", v6, clips),
        save(folder / "folded.keras", lstm_icnet.fold_batch_norm(v6), clips),
        save(folder / "own.keras", own, videos, labels_of_outputs),
    ]


@pytest.mark.parametrize(
    "first_lines",
    [
        "import lstm_icnet",
        "import keras, lstm_icnet",
        # Here it is one of our own modules that imports Keras.
        "from lstm_icnet.network.loss import head_losses",
        "import importlib.util, lstm_icnet; importlib.util.find_spec('keras')",
    ],
)
def test_every_file_of_ours_loads_after_one_import(first_lines, our_files, own_file):
    check_loads(first_lines, [*our_files, own_file])


def test_loaded_files_give_the_same_results(our_files, own_file):
    files = [*our_files, own_file]
    check_loads("import lstm_icnet", files, LOAD_AND_COMPARE)


def test_file_of_an_older_version_loads(our_files, tmp_path):
    # Modules have moved, and arguments were added, since it was written.
    with zipfile.ZipFile(our_files[1]) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    config = json.loads(parts["config.json"])
    config["module"] = "lstm_icnet.icnet_model"
    assert config["config"].pop("align_states") is False
    old = tmp_path / "old.keras"
    with zipfile.ZipFile(old, "w") as file:
        parts["config.json"] = json.dumps(config).encode()
        for name, content in parts.items():
            file.writestr(name, content)
    assert keras.saving.load_model(old, compile=False).version == 6


def test_model_with_our_layers_loads_after_importing_layers(own_file):
    check_loads("import layers", [own_file])


def test_file_does_not_load_without_an_import_of_ours(own_file):
    assert "ConvLSTM2D" in run(LOAD, own_file).stderr


def test_classes_are_the_real_ones_once_their_module_is_imported():
    table = keras.saving.get_custom_objects()
    network = lstm_icnet.ICNet
    assert table["lstm_icnet>ICNet"] is network
    assert table["lstm_icnet>MeanIoU"] is metrics.MeanIoU


def test_homes_are_those_of_all_registered_classes():
    homes = {}
    for package in ("layers", "lstm_icnet"):
        for file in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if isinstance(node, ast.ClassDef) and any(
                    "register_keras_serializable" in ast.unparse(decorator)
                    for decorator in node.decorator_list
                ):
                    parts = file.relative_to(ROOT).with_suffix("").parts
                    homes[node.name] = ".".join(parts)
    assert homes == HOMES


def test_rooms_are_attributes_and_numpy_metrics_come_without_keras():
    code = """
import sys
import lstm_icnet
assert lstm_icnet.flicker.mfip([[[1]], [[2]]]) == 1000.0
assert not {"keras", "tensorflow", "jax", "cv2"} & set(sys.modules)
assert lstm_icnet.metrics.MeanIoU(2).num_classes == 2
"""
    result = run(code)
    assert result.returncode == 0, result.stderr


def test_every_public_name_has_its_type():
    tree = ast.parse((ROOT / "lstm_icnet" / "__init__.py").read_text("utf-8"))
    [block] = [node for node in tree.body if isinstance(node, ast.If)]
    typed = {alias.name: node.module for node in block.body for alias in node.names}
    homes = {name: f"lstm_icnet.{home}" for name, home in lstm_icnet._HOMES.items()}
    assert typed == homes
    assert all(hasattr(lstm_icnet, name) for name in dir(lstm_icnet))


def test_unknown_name_is_refused():
    with pytest.raises(AttributeError, match="no attribute 'build_resnet'"):
        _ = lstm_icnet.build_resnet


def test_version_is_that_of_the_package():
    result = subprocess.run(
        [sys.executable, "setup.py", "--version"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert result.stdout.split()[-1] == lstm_icnet.__version__
