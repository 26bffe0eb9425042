"""Networks, weights and exports that are damaged or of another kind than expected."""

import functools
import json
import os
import pickle
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
from hostile_cases import Case, never
from malformed_files import FILES, INSIDE

SIZE = (97, 97)
_networks = tempfile.TemporaryDirectory()


def cases() -> Iterator[Case]:
    """All cases of this module."""
    yield from _keras_files()
    yield from _weight_files()
    yield from _exports()


@functools.cache
def _good():
    """A `.keras` file and an export folder of one small network, and their outputs."""
    from random_icnet import new_random_network

    from lstm_icnet.deployment.export_folder import export

    folder = Path(_networks.name)
    model = new_random_network(None, None, SIZE)
    model.save(folder / "icnet.keras")
    export(model, folder / "export")
    return folder


def _in_zip(change):
    """Damage of the members of a `.keras` file, {name: bytes}."""

    def damage(path):
        with zipfile.ZipFile(path) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        change(members)
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in members.items():
                archive.writestr(name, content)

    return damage


def _config(change):
    def damaged(members):
        config = json.loads(members["config.json"])
        changed = change(config)
        config = config if changed is None else changed
        members["config.json"] = json.dumps(config).encode()

    return _in_zip(damaged)


def _setting(**settings):
    return _config(lambda config: config["config"].update(settings))


def _nan_weights(path):
    import keras

    import lstm_icnet  # noqa: F401 - its classes

    model = keras.saving.load_model(path, compile=False)
    weight = model.get_layer("conv6_cls").kernel
    weight.assign(np.full(weight.shape, np.nan, np.float32))
    model.save(path)


def _other_model(path):
    import keras

    model = keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(2)])
    model.save(path)


def _lambda_model(path):
    import keras

    layers = [keras.layers.Input((2,)), keras.layers.Lambda(lambda x: x)]
    keras.Sequential(layers).save(path)


KERAS_FILES = {
    "no config": _in_zip(lambda members: members.pop("config.json")),
    "no weights": _in_zip(lambda members: members.pop("model.weights.h5")),
    "weights of noise": _in_zip(
        lambda members: members.update({"model.weights.h5": bytes(range(256)) * 8})
    ),
    "half of its weights": _in_zip(
        lambda members: members.update(
            {"model.weights.h5": members["model.weights.h5"][:100_000]}
        )
    ),
    "a config that is a list": _config(lambda config: []),
    "a config that is empty": _config(lambda config: {}),
    "a config that is nested deep": _in_zip(
        lambda members: members.update({"config.json": b"[" * 100_000})
    ),
    "an unknown class": _config(
        lambda config: config.update(class_name="Unet", registered_name="Unet")
    ),
    "a class of os": _config(
        lambda config: config.update(
            module="os", class_name="system", registered_name=None
        )
    ),
    "no config within": _config(lambda config: config.pop("config") and None),
    "infinite width": _setting(image_size=[97, float("inf")]),
    "width of text": _setting(image_size=[97, "97"]),
    "one size": _setting(image_size=97),
    "size 0": _setting(image_size=[0, 0]),
    "size 10**9": _setting(image_size=[10**9, 10**9]),
    "0 classes": _setting(num_classes=0),
    "10**9 classes": _setting(num_classes=10**9),
    "classes of text": _setting(num_classes="five"),
    "6 classes": _setting(num_classes=6, classes=None, palette=None),
    "version 7": _setting(version=7),
    "cell unknown": _setting(version=2, cell="cubic"),
    "another version": _setting(version=2, cell="separable"),
    "names of 3 classes": _setting(classes=["a", "b", "c"]),
    "a palette of text": _setting(palette="red"),
    "a mean of text": _setting(mean_rgb="grey"),
    "a mean of NaN": _setting(mean_rgb=[float("nan")] * 3),
    "weights of NaN": _nan_weights,
    "another model": _other_model,
    "a lambda": _lambda_model,
}


def _keras_files():
    def arguments(damage, folder):
        path = folder / "network.keras"
        shutil.copy(_good() / "icnet.keras", path)
        damage(path)
        return ["--call=network", f"--path={path}"]

    def wrong(folder, result):
        # A ZIP archive is read from its end, and may have anything around it.
        same = int(result.out) == _num_weights()
        return None if same else f"it has {result.out} weights"

    for name, damage in (KERAS_FILES | FILES | INSIDE).items():
        make = partial(arguments, damage)
        expected = wrong if name in FILES | INSIDE else never
        yield Case("networks", f".keras: {name}", "network_calls", make, expected)


class _Harmful:
    def __reduce__(self):
        return os.mkdir, ("harm",)


def _npy(array, **options):
    def write(path):
        np.save(path, array, **options)

    return write


WEIGHT_FILES = {
    "an array of numbers": _npy(np.zeros((3, 3))),
    "a list": _npy(np.array([1, "a"], object), allow_pickle=True),
    "a dict of numbers": _npy(np.array({"conv": 1}, object), allow_pickle=True),
    "a dict of lists": _npy(np.array({"conv": [1, 2]}, object), allow_pickle=True),
    "an array of texts": _npy(
        np.array({"conv1_1_3x3_s2": {"weights": np.array(["a"])}}, object),
        allow_pickle=True,
    ),
    "a program": _npy(np.array({"a": _Harmful()}, object), allow_pickle=True),
    "a bare pickle": lambda path: path.write_bytes(pickle.dumps({"a": 1})),
    "an endless shape": lambda path: path.write_bytes(
        b"\x93NUMPY\x01\0v\0"
        + b"{'descr': '<f4', 'fortran_order': False, 'shape': (10**15,), }".ljust(118)
    ),
}


def _weight_files():
    def arguments(damage, folder):
        path = folder / "icnet.npy"
        np.save(path, np.array({"conv1": {"weights": np.zeros(9)}}, object), True)
        damage(path)
        return ["--call=weights", f"--path={path}"]

    for name, damage in (WEIGHT_FILES | FILES).items():
        yield Case(
            "networks", f".npy: {name}", "network_calls", partial(arguments, damage)
        )
    for name, damage in FILES.items():
        make = partial(_checkpoint, damage)
        yield Case("networks", f"checkpoint: {name}", "network_calls", make)


def _checkpoint(damage, folder):
    (folder / "model.ckpt-1.index").write_bytes(b"an index" * 40)
    (folder / "model.ckpt-1.data-00000-of-00001").write_bytes(bytes(100))
    damage(folder / "model.ckpt-1.index")
    return ["--call=weights", f"--path={folder}/model.ckpt-1"]


def _metadata(change):
    def damage(folder):
        path = folder / "metadata.json"
        if callable(change):
            content = json.loads(path.read_text())
            content = change(content) or content
            path.write_text(json.dumps(content))
        else:
            path.write_bytes(change)

    return damage


def _file(name, damage):
    return lambda folder: damage(folder / name)


VARIABLES = "saved_model/variables/variables"
EXPORTS = {
    "metadata {}": _metadata(b"{}"),
    "metadata a list": _metadata(b"[]"),
    "metadata null": _metadata(b"null"),
    "metadata nested deep": _metadata(b"[" * 100_000),
    "metadata of bytes": _metadata(b"\xff\xfe"),
    "size of text": _metadata(lambda m: m.update(image_size="large")),
    "size of another": _metadata(lambda m: m.update(image_size=[200, 300])),
    "size negative": _metadata(lambda m: m.update(image_size=[-1, -1])),
    "size infinite": _metadata(lambda m: m.update(image_size=[1e400, 1e400])),
    "3 classes": _metadata(lambda m: m.update(num_classes=3)),
    "classes of text": _metadata(lambda m: m.update(num_classes="five")),
    "classes a number": _metadata(lambda m: m.update(classes=5)),
    "palette a number": _metadata(lambda m: m.update(palette=5)),
    "states a list": _metadata(lambda m: m.update(states=[1])),
    "states of others": _metadata(
        lambda m: m.update(states={"convlstm_sub12_h": [13, 13, 128]})
    ),
    "num_frames of text": _metadata(lambda m: m.update(num_frames="four")),
    "no saved_model": lambda folder: shutil.rmtree(folder / "saved_model"),
    "an empty saved_model": lambda folder: (
        shutil.rmtree(folder / "saved_model"),
        (folder / "saved_model").mkdir(),
    ),
    "no variables": lambda folder: shutil.rmtree(folder / "saved_model" / "variables"),
}


def _exports():
    def arguments(damage, folder):
        shutil.copytree(_good() / "export", folder / "export")
        damage(folder / "export")
        return ["--call=segment", f"--path={folder}/export"]

    def wrong(folder, result):
        found = np.asarray(json.loads(result.out))
        expected = _expected()
        return None if (found == expected).all() else "the labels are other ones"

    cases = dict(EXPORTS)
    for file in (
        "metadata.json",
        "saved_model/saved_model.pb",
        f"{VARIABLES}.index",
        f"{VARIABLES}.data-00000-of-00001",
    ):
        for name in _FEW:
            cases[f"{Path(file).name}: {name}"] = _file(file, (FILES | INSIDE)[name])
    for name, damage in cases.items():
        make = partial(arguments, damage)
        yield Case("networks", f"export: {name}", "network_calls", make, wrong)


_FEW = (
    "empty",
    "text",
    "noise",
    "its first half",
    "bytes changed in the middle",
    "folder",
    "link to nothing",
    "named pipe",
)


@functools.cache
def _num_weights():
    from network_calls import CALLS

    return CALLS["network"](str(_good() / "icnet.keras"))


@functools.cache
def _expected():
    from network_calls import CALLS

    return np.asarray(CALLS["segment"](str(_good() / "export")))
