import json
import shlex

import cv2
import numpy as np
import pytest
from camvid_tree import write_tree
from random_icnet import CLASSES, new_random_network
from verb_process import VerbProcess


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("inputs")
    model = new_random_network(2, "separable", (97, 113), width_multiplier=0.25)
    (folder / "run").mkdir()
    model.save(folder / "run" / "last.keras")
    (folder / "run" / "flags.txt").write_text("--data_dir=/home/me\n--steps=3\n")
    (folder / "frames").mkdir()
    noise = np.random.default_rng(0).integers(0, 256, (3, 97, 113, 3), np.uint8)
    for index, image in enumerate(noise):
        cv2.imwrite(f"{folder}/frames/{index}.png", image)
    return folder


@pytest.fixture(scope="module")
def export():
    with VerbProcess("export") as verb:
        yield verb


def test_formats_that_are_unknown_are_one_sentence(export, inputs, tmp_path):
    result = export(
        f"--workdir={inputs}/run", f"--out_dir={tmp_path}/out", "--formats=onnx,torch"
    )
    assert result.code == 1
    assert result.errors == [
        "ERROR: --formats must be some of saved_model, tflite, onnx. Received: "
        "onnx,torch"
    ]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("flag", ["calibration_dir=frames", "calibration_frames=8"])
def test_calibration_without_a_file_to_calibrate_is_refused(
    flag, export, inputs, tmp_path
):
    result = export(f"--workdir={inputs}/run", f"--out_dir={tmp_path}/out", f"--{flag}")
    assert result.code == 1
    assert result.errors == [
        f"ERROR: --{flag.partition('=')[0]} is for the int8 files of the formats "
        f"tflite and onnx. Received: --formats=saved_model"
    ]
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_all_formats_of_a_training_are_written(export, inputs, tmp_path):
    for package in ("tf2onnx", "onnx"):
        pytest.importorskip(package, reason="needs the extra `onnx`")
    out = tmp_path / "out"
    arguments = [f"--workdir={inputs}/run", f"--out_dir={out}"]
    arguments.append("--formats=saved_model,tflite,onnx")
    result = export(*arguments, f"--calibration_dir={inputs}/frames")
    assert result.code == 0, result.err
    files = {path.name for path in out.iterdir()}
    assert files == {
        "metadata.json",
        "model.onnx",
        "model.tflite",
        "model_float16.tflite",
        "model_int8.onnx",
        "model_int8.tflite",
        "saved_model",
    }
    assert all(name in result.out for name in files)
    metadata = json.loads((out / "metadata.json").read_text())
    assert metadata["training_run"] == {"workdir": "run", "flags": ["--steps=3"]}
    assert metadata["classes"] == list(CLASSES)
    assert {"model_int8.onnx", "model_int8.tflite"} < set(metadata["files"])

    result = export(*arguments, "--formats=tflite")
    assert result.code == 0, result.err
    assert {path.name for path in out.iterdir()} == {
        "metadata.json",
        "model.tflite",
        "model_float16.tflite",
    }


@pytest.mark.slow
def test_with_a_data_set_the_command_that_scores_a_file_is_printed(
    export, inputs, tmp_path
):
    write_tree(tmp_path / "my frames")
    out, data = tmp_path / "out", f"--data_dir={tmp_path}/my frames"
    arguments = [f"--workdir={inputs}/run", f"--out_dir={out}", "--formats=tflite"]
    result = export(*arguments, "--dataset=camvid", data)
    assert result.code == 0, result.err
    assert (out / "model_int8.tflite").exists()  # calibrated with the data set
    assert shlex.split(result.out.splitlines()[-1]) == [
        *("python", "-m", "experiments.evaluate"),
        f"--model_file={out}/model_int8.tflite",
        *("--mode=stream", "--dataset=camvid", data),
    ]
