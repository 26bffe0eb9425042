import json
import os
from dataclasses import asdict

import pytest
from random_icnet import random_network

from lstm_icnet.deployment.metadata import metadata_of, read_metadata

GOOD = {
    "num_classes": 2,
    "classes": ["road", "sky"],
    "palette": [[1, 2, 3], [4, 5, 6]],
    "image_size": [97, 113],
    "num_frames": 4,
    "states": {"convlstm_sub12_h": [13, 15, 128]},
}
DEEP = "[" * 100_000 + "]" * 100_000


def without(name):
    return json.dumps({key: value for key, value in GOOD.items() if key != name})


def changed(**changes):
    return json.dumps({**GOOD, **changes})


FAULTS = {
    "no json": ("{", "Expecting property name"),
    "empty": ("", "Expecting value"),
    "empty object": ("{}", "it has no `num_classes`"),
    "list": ("[1]", "type list, not an object"),
    "number": ("3", "type int, not an object"),
    "deep": (DEEP, "nested too deeply"),
    "deep value": ('{"num_classes": ' + DEEP + "}", "nested too deeply"),
    "nan": (changed(num_frames=float("nan")), "holds NaN"),
    "infinity": (changed(image_size=[float("inf"), 97]), "holds Infinity"),
    "bytes": (b"\xff\xfe{}", "it is not text in UTF-8"),
    "utf-16": (json.dumps(GOOD).encode("utf-16"), "it is not text in UTF-8"),
    "long number": (
        without("num_frames")[:-1] + f', "num_frames": {"9" * 5000}}}',
        "holds a number of 5000 digits",
    ),
    "no classes": (without("classes"), "it has no `classes`"),
    "text for a number": (changed(num_classes="2"), "`num_classes` must be an int"),
    "bool for a number": (changed(num_frames=True), "`num_frames` must be an int"),
    "float for a number": (changed(num_frames=4.0), "`num_frames` must be an int"),
    "300 classes": (changed(num_classes=300), "`num_classes` must be an int, 1 to 255"),
    "palette of 300": (
        changed(palette=[[0, 0, 0]] * 300),
        "`palette` has 300 entries for 2 classes",
    ),
    "palette of pairs": (changed(palette=[[0, 0]] * 2), "list of RGB colours"),
    "palette beyond bytes": (changed(palette=[[0, 0, 256]] * 2), "RGB colours"),
    "classes of numbers": (changed(classes=[1, 2]), "a list of names"),
    "one size": (changed(image_size=[97]), "`image_size` must be two ints"),
    "no list": (changed(image_size=97), "`image_size` must be two ints"),
    "huge size": (changed(image_size=[10**9, 97]), "`image_size` must be two ints"),
    "huge number": (changed(num_frames=10**400), "`num_frames` must be an int"),
    "object": (changed(image_size={"height": 97}), "`image_size` must be two ints"),
    "states as a list": (changed(states=[1]), "`states` must be shapes"),
    "state of two": (changed(states={"h": [1, 2]}), "The state h must have three"),
    "negative state": (changed(states={"h": [1, 2, -3]}), "three positive lengths"),
    "mean colour": (changed(mean_rgb=[1, 2]), "`mean_rgb` must be three numbers"),
    "short checksum": (changed(weights_sha256="12"), "64 hexadecimal digits"),
    "checksums as a list": (changed(files=[1]), "`files` must be SHA-256"),
    "no checksum": (changed(files={"model.onnx": 3}), "`files` must be SHA-256"),
    "training as text": (changed(training_run="a"), "`training_run` must be an obj"),
    "number for a bool": (changed(align_states=1), "`align_states` must be true or"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_are_one_sentence_with_the_file(fault, tmp_path):
    content, reason = FAULTS[fault]
    file = tmp_path / "metadata.json"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ValueError, match=reason) as error:
        read_metadata(tmp_path)
    message = str(error.value)
    assert message.startswith(f"{file} does not describe a network: ")
    assert "\n" not in message
    assert len(message) < 400


def test_what_is_written_is_read(tmp_path):
    written = metadata_of(random_network("v4 separable"))
    written.write(tmp_path)
    assert read_metadata(tmp_path) == written
    assert asdict(written)["states"]["convlstm_sub4_h"] == (7, 7, 128)


def test_a_byte_order_mark_is_passed_over(tmp_path):
    (tmp_path / "metadata.json").write_text(changed(), encoding="utf-8-sig")
    assert read_metadata(tmp_path).palette == ((1, 2, 3), (4, 5, 6))


def test_older_metadata_without_states_or_their_alignment_are_read(tmp_path):
    (tmp_path / "metadata.json").write_text(without("states"))
    metadata = read_metadata(tmp_path)
    assert metadata.states == {}
    assert metadata.align_states is False
    assert metadata.image_size == (97, 113)


def test_a_pipe_or_a_folder_is_refused_without_waiting(tmp_path):
    os.mkfifo(tmp_path / "metadata.json")
    with pytest.raises(ValueError, match="is not a regular file"):
        read_metadata(tmp_path)
    (tmp_path / "folder" / "metadata.json").mkdir(parents=True)
    with pytest.raises(ValueError, match="is not a regular file"):
        read_metadata(tmp_path / "folder")
