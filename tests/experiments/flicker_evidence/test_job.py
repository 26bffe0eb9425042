import os
import sys
from dataclasses import replace
from types import SimpleNamespace

import numpy as np

from experiments.flicker_evidence import pools
from experiments.flicker_evidence.job import STOP_FILE, _start, run_jobs
from experiments.flicker_evidence.recipes import ICNET

RECIPE = replace(ICNET, name="align_2", from_icnet=True)


def model(**layers):
    return SimpleNamespace(
        layers=[
            SimpleNamespace(name=name, trainable=trainable)
            for name, trainable in layers.items()
        ]
    )


def save(file, **weights):
    np.savez(file, **{path.replace("__", "/"): v for path, v in weights.items()})


def test_an_icnet_starts_from_new_weights_or_from_those_of_another_grid(tmp_path):
    assert _start(ICNET, 3, tmp_path / "icnet_3.npz", None, model()) is None
    (tmp_path / "other").mkdir()
    save(tmp_path / "other" / "icnet_3.npz", conv1__kernel=5.0)
    found = _start(ICNET, 3, tmp_path / "icnet_3.npz", tmp_path / "other", model())
    assert found == {"conv1/kernel": 5.0}


def test_what_was_trained_in_another_grid_is_trained_further(tmp_path):
    """Frozen layers are those of the new grid's own ICNet."""
    (tmp_path / "other").mkdir()
    icnet = tmp_path / "icnet_3.npz"
    save(icnet, conv1__kernel=1.0, conv10__kernel=1.0, cls__kernel=1.0)
    save(
        tmp_path / "other" / "kept_align_2_3.npz",
        conv1__kernel=2.0,
        conv10__kernel=2.0,
        cls__kernel=2.0,
        cell__bias=2.0,
    )
    own = model(conv1=False, conv10=False, cls=True, cell=True)
    one = {"conv1/kernel": 1.0, "conv10/kernel": 1.0}
    assert _start(RECIPE, 3, icnet, tmp_path / "other", own) == one | {
        "cls/kernel": 2.0,
        "cell/bias": 2.0,
    }
    assert _start(RECIPE, 3, icnet, None, own) == one | {"cls/kernel": 1.0}
    own = model(conv1=True, conv10=False, cls=False)
    found = _start(RECIPE, 3, icnet, tmp_path / "other", own)
    assert found["conv10/kernel"] == 1.0  # not taken for a weight of conv1


def test_a_stopped_grid_starts_no_other_training(tmp_path, monkeypatch):
    """Its parent may have been killed; the GPU is then wanted by others."""
    trained = []

    class Trainer:
        def __init__(self, *_):
            self.model = None

        def compile(self, pool):
            pass

        def train(self, pool, seed, start):
            trained.append(seed)
            if seed == 1:
                (tmp_path / STOP_FILE).touch()
            return [0.0]

    fakes = {
        "jax_training": {"Trainer": Trainer, "weights_by_path": lambda model: {}},
        "stream_logits": {"StreamRunner": lambda *_: None},
    }
    for name, content in fakes.items():
        module = f"experiments.flicker_evidence.{name}"
        monkeypatch.setitem(sys.modules, module, SimpleNamespace(**content))
    monkeypatch.setattr(pools, "open_pool", lambda folder: None)
    monkeypatch.setenv("KERAS_BACKEND", os.environ.get("KERAS_BACKEND", "tensorflow"))
    (tmp_path / ICNET.pool).mkdir()
    (tmp_path / ICNET.pool / "done").touch()
    failed = run_jobs([ICNET], [0, 1, 2], tmp_path, (97, 97), None, float("inf"), [])
    assert (trained, failed) == ([0, 1], [])
