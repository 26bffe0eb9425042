import json
import zipfile

import keras
import numpy as np
import pytest
from random_icnet import new_random_network, random_network

from lstm_icnet.weights.keras_file import load_icnet


@pytest.fixture(scope="module")
def members(tmp_path_factory):
    """The members of a good `.keras` file, by name."""
    file = tmp_path_factory.mktemp("good") / "good.keras"
    random_network("icnet").save(file)
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write(file, members, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file


def assert_refused(file, reason):
    with pytest.raises(ValueError, match=reason) as error:
        load_icnet(file)
    message = str(error.value)
    assert message.startswith(f"{file} cannot be read as a .keras file: ")
    assert "\n" not in message
    assert len(message) < 400


def config_with(members, **arguments):
    config = json.loads(members["config.json"])
    config["config"].update(arguments)
    return json.dumps(config)


ARGUMENTS = {
    "infinite width": (dict(image_size=[97, float("inf")]), "holds Infinity"),
    "nan width": (dict(width_multiplier=float("nan")), "holds NaN"),
    "absurd size": (dict(image_size=[10**12, 97]), "`image_size` must be two ints"),
    "negative size": (dict(image_size=[-97, 97]), "`image_size` must be two ints"),
    "size as text": (dict(image_size="large"), "`image_size` must be two ints"),
    "no classes": (dict(num_classes=None), "`num_classes` must be an int"),
    "300 colours": (dict(palette=[[1, 2, 3]] * 300), "has 300 entries for 5 classes"),
    "frames": (dict(num_frames=10**9), "`num_frames` must be an int, 1 to"),
    "version": (dict(version=[2]), "`version` must be None or 1 to 6"),
    "version alone": (dict(version=2), "`cell` must be one of"),
    "unknown heads": (dict(heads=["tail"]), "`heads` must be some of"),
    "too wide": (dict(width_multiplier=16), "too few for a network of"),
    "absurdly wide": (dict(width_multiplier=1e9), "`width_multiplier` must be"),
    "other weights": (
        dict(num_classes=4, classes=None, palette=None),
        "conv6_cls.*: .*[Ss]hape",
    ),
}


@pytest.mark.parametrize("fault", ARGUMENTS)
def test_arguments_out_of_range_are_one_sentence(fault, members, tmp_path):
    arguments, reason = ARGUMENTS[fault]
    config = config_with(members, **arguments)
    file = write(tmp_path / "file.keras", {**members, "config.json": config})
    assert_refused(file, reason)


CONFIGS = {
    "no json": ("{", "Expecting property name"),
    "list": ("[]", "type list, not an object"),
    "empty": ("{}", "it holds a None; an ICNet"),
    "deep": ("[" * 100_000, "nested too deeply"),
    "no arguments": ('{"registered_name": "lstm_icnet>ICNet"}', "has no arguments"),
    "large": (" " * (17 * 2**20), "config.json unpacks to over"),
}


@pytest.mark.parametrize("fault", CONFIGS)
def test_a_config_of_another_kind_is_one_sentence(fault, members, tmp_path):
    content, reason = CONFIGS[fault]
    file = write(tmp_path / "file.keras", {**members, "config.json": content})
    assert_refused(file, reason)


@pytest.mark.parametrize(
    "missing", ["config.json", "metadata.json", "model.weights.h5"]
)
def test_a_missing_member_is_named(missing, members, tmp_path):
    rest = {name: content for name, content in members.items() if name != missing}
    file = write(tmp_path / "file.keras", rest)
    assert_refused(file, f"there is no {missing} in it")


@pytest.mark.parametrize("damage", ["empty", "cut", "text", "zeros"])
def test_damaged_weights_are_one_sentence(damage, members, tmp_path):
    good = members["model.weights.h5"]
    weights = {
        "empty": b"",
        "cut": good[: len(good) // 2],
        "text": b"weights" * 1000,
        "zeros": good[:100] + bytes(5000) + good[5100:],
    }[damage]
    file = write(tmp_path / "file.keras", {**members, "model.weights.h5": weights})
    assert_refused(file, ".")


def test_weights_that_unpack_to_far_more_are_not_unpacked(members, tmp_path):
    bomb = {**members, "model.weights.h5": bytes(2**26)}
    file = write(tmp_path / "file.keras", bomb, zipfile.ZIP_DEFLATED)
    assert_refused(file, f"to {2**26} bytes, which weights do not")


def test_no_class_that_a_file_names_is_imported_or_run(members, tmp_path, monkeypatch):
    (tmp_path / "hostile_module.py").write_text("raise SystemExit('was imported')")
    monkeypatch.syspath_prepend(tmp_path)
    config = {
        "module": "hostile_module",
        "class_name": "ICNet",
        "config": json.loads(members["config.json"])["config"],
        "registered_name": "hostile>ICNet",
    }
    named = {**members, "config.json": json.dumps(config)}
    assert_refused(write(tmp_path / "file.keras", named), "it holds a ICNet; an ICNet")
    inputs = keras.Input((2,))
    outputs = keras.layers.Lambda(lambda x: x)(inputs)
    keras.Model(inputs, outputs).save(tmp_path / "lambda.keras")
    assert_refused(tmp_path / "lambda.keras", "it holds a Functional")


def test_weights_that_are_not_finite_are_refused_unless_allowed(tmp_path):
    model = new_random_network(None, None, (97, 97))
    for name, value in (("conv1_sub1", np.inf), ("conv6_cls", np.nan)):
        kernel = model.get_layer(name).kernel
        values = kernel.numpy()
        values[0, 0, 0, 0] = value
        kernel.assign(values)
    model.save(tmp_path / "last.keras")
    with pytest.raises(ValueError, match="NaN or infinite") as error:
        load_icnet(tmp_path)
    assert f"{tmp_path / 'last.keras'} has weights" in str(error.value)
    assert "(conv1_sub1/kernel and 1 others)" in str(error.value)
    assert load_icnet(tmp_path, allow_nonfinite=True).num_classes == 5
