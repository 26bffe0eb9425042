"""The snippets of docs/deployment.md run as they are written."""

import os
import re
import shutil
import subprocess
import sys
import types
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from checkout import ROOT
from random_icnet import new_random_network

from lstm_icnet import VideoSegmenter
from lstm_icnet.deployment.export_folder import export

PAGE = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
SIZE = (97, 128)


def code(language, word):
    found = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    (chosen,) = (text for text in found if word in text)
    return chosen


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with `exported`, a version with two states per cell in every format."""
    folder = tmp_path_factory.mktemp("deployment")
    model = new_random_network(2, "separable", SIZE)
    export(model, folder / "exported", formats=("saved_model", "tflite", "onnx"))
    return folder


@pytest.fixture
def frames(rng):
    return list(rng.integers(0, 256, (5, *SIZE, 3), dtype="uint8"))


@pytest.fixture
def expected(folder, frames):
    with VideoSegmenter(folder / "exported") as segmenter:
        return [segmenter.segment_frame(frame) for frame in frames]


def agreement(found, expected):
    return np.mean(np.asarray(found) == np.asarray(expected))


@pytest.mark.parametrize(
    "word", ["saved_model.load", "lite.Interpreter", "onnxruntime"]
)
def test_each_format_gives_the_labels_of_a_carried_state(
    word, folder, frames, expected, monkeypatch
):
    if word == "onnxruntime":
        pytest.importorskip("onnxruntime")
    monkeypatch.chdir(folder)
    names = {"frames": frames}
    exec(code("python", word), names)
    assert agreement(names["labels"], expected[-1]) > 0.999
    # The state matters: from zero, the last frame has other labels.
    names["frames"] = frames[-1:]
    exec(code("python", word), names)
    assert agreement(names["labels"], expected[-1]) < 0.999


def test_comparison_with_keras_prints_equal_labels_and_the_largest_difference(
    folder, frames, monkeypatch, capsys
):
    pytest.importorskip("openvino")
    workdir = folder / "runs/camvid_v2_separable"
    workdir.mkdir(parents=True)
    new_random_network(2, "separable", SIZE).save(workdir / "last.keras")
    monkeypatch.chdir(folder)
    text = code("python", "largest difference")
    exec(text, {"frames": frames})
    equal, difference = printed_figures(capsys)
    assert 90 < equal <= 100 and 0 < difference < 0.1
    # It is the same frames that are compared: upside down, labels differ.
    later = text.replace("keras.segment_frame(frame", "keras.segment_frame(frame[::-1]")
    exec(later, {"frames": frames})
    other_equal, other_difference = printed_figures(capsys)
    assert other_equal < equal and other_difference > difference


def printed_figures(capsys):
    line = capsys.readouterr().out
    return map(float, re.fullmatch(r"(\S+) % .* (\S+)\n", line).groups())


def ros(monkeypatch):
    """Stand-ins for what the node uses of ROS 2; returns the published messages."""
    published = []

    class Node:
        def __init__(self, name):
            self.errors = []

        def declare_parameter(self, name, default):
            return SimpleNamespace(value=default)

        def create_publisher(self, kind, topic, depth):
            return SimpleNamespace(publish=published.append)

        def create_subscription(self, kind, topic, callback, quality):
            self.callback = callback

        def get_logger(self):
            return SimpleNamespace(error=self.errors.append)

    contents = {
        "rclpy": {},
        "rclpy.node": {"Node": Node},
        "rclpy.qos": {"qos_profile_sensor_data": object()},
        "sensor_msgs": {},
        "sensor_msgs.msg": {"Image": SimpleNamespace},
    }
    for name, content in contents.items():
        module = types.ModuleType(name)
        vars(module).update(content)
        monkeypatch.setitem(sys.modules, name, module)
    return published


def message(frame, seconds, encoding="rgb8", padding=0):
    height, width = frame.shape[:2]
    rows = (frame[..., ::-1] if encoding == "bgr8" else frame).reshape(height, -1)
    rows = np.pad(rows, ((0, 0), (0, padding)))
    stamp = SimpleNamespace(sec=int(seconds), nanosec=round(seconds % 1 * 1e9))
    return SimpleNamespace(
        header=SimpleNamespace(stamp=stamp),
        height=height,
        width=width,
        encoding=encoding,
        step=rows.shape[1],
        data=rows.tobytes(),
    )


def test_ros_node_publishes_the_labels_of_a_stream(folder, frames, monkeypatch):
    published = ros(monkeypatch)
    monkeypatch.chdir(folder)
    names = {"__name__": "node"}
    exec(code("python", "rclpy"), names)
    node = names["SegmentationNode"]()
    for number, frame in enumerate(frames):
        kind = {"encoding": "bgr8", "padding": 4} if number % 2 else {}
        node.callback(message(frame, 10 + number / 10, **kind))
    node.callback(message(frames[0], 3.0))  # the recording starts again
    node.callback(message(frames[0], 3.1, "mono8"))
    with VideoSegmenter("exported", smoothing="flow") as segmenter:
        expected = [segmenter.segment_frame(frame) for frame in frames]
    assert len(published) == 6 and len(node.errors) == 1
    for labels, image in zip([*expected, expected[0]], published, strict=True):
        assert (image.height, image.width, image.encoding) == (*SIZE, "mono8")
        assert image.data == labels.tobytes()


def compiled(program, header, folder):
    """The path of a program of the page, compiled in the folder as the page says."""
    if shutil.which("g++") is None:
        pytest.skip("g++ is not installed")
    import tensorflow as tf

    (folder / f"{program}.cc").write_text(code("cpp", f"{header}\n"))
    (command,) = re.findall(
        rf"^g\+\+ .* {program}\.cc (?:.*\\\n)*.*$", PAGE, re.MULTILINE
    )
    variables = os.environ | {"TF": str(Path(tf.__file__).parent), "LC_ALL": "C"}
    run = subprocess.run(
        command, shell=True, cwd=folder, env=variables, capture_output=True, text=True
    )
    missing = f"{header[1:-1]}: No such file" in run.stderr
    if missing and not header.startswith('"tensorflow/cc/'):  # TensorFlow brings it
        pytest.skip(f"the header {header} is not installed")
    assert run.returncode == 0, run.stderr
    return folder / program


@pytest.mark.slow
@pytest.mark.parametrize(
    "program, header, arguments",
    [
        (
            "segment",
            '"tensorflow/cc/saved_model/loader.h"',
            ["saved_model", *map(str, SIZE)],
        ),
        (
            "segment_tflite",
            '"tensorflow/lite/c/c_api_experimental.h"',
            ["model.tflite"],
        ),
        ("segment_onnx", "<onnxruntime_cxx_api.h>", ["model.onnx"]),
    ],
)
def test_cpp_program_gives_the_labels_of_a_carried_state(
    program, header, arguments, folder, frames, expected, tmp_path
):
    path = compiled(program, header, tmp_path)
    run = subprocess.run(
        [path, *arguments],
        cwd=folder / "exported",
        input=np.stack(frames).tobytes(),
        stdout=subprocess.PIPE,
        check=True,
    )
    found = np.frombuffer(run.stdout, np.uint8).reshape(len(frames), *SIZE)
    assert agreement(found, expected) > 0.999
