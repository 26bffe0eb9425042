"""The TensorBoard files of a training."""

import re
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from tensorboard.plugins.hparams import api as hparams
from tensorboard.plugins.hparams.api_pb2 import STATUS_SUCCESS
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData
from tensorboard.plugins.hparams.summary import session_end_pb

from experiments.training.reporting.scalars import tag_of

# Settings that do not affect the weights, and the name of the run.
_NO_HYPERPARAMETERS = {
    *("checkpoint_minutes", "checkpoint_steps", "keep_checkpoints", "log_steps"),
    "workdir",
}
_SHOWN_FIRST = ("cell", "learning_rate", "model", "num_frames", "steps")
_SCORES = {
    "val/mean_iou": "mIoU (%)",
    "val/accuracy": "accuracy (%)",
    "val/mfp": "mFP (‰)",
    "val/mfip": "mFIP (‰)",
    "train/loss": "loss",
}


class TensorBoardFiles:
    """Writes scalars, pictures, flags, hyperparameters and the graph of a training.

    Args:
        folder: Made when something is first written.
    """

    def __init__(self, folder: Path):
        self._folder = folder

    def write_scalars(self, step: int, metrics: Mapping[str, float | None]) -> None:
        """A point for each number, under the name that `tag_of` gives it."""
        with self._writer.as_default(step):
            for name, value in metrics.items():
                if value is not None:
                    tf.summary.scalar(tag_of(name), value)
        self._writer.flush()

    def write_picture(self, step: int, name: str, picture: np.ndarray) -> None:
        """A uint8 RGB picture (height, width, 3)."""
        with self._writer.as_default(step):
            tf.summary.image(f"val_clips/{name}", picture[np.newaxis])
        self._writer.flush()

    def write_flags(self, flagfile: str) -> None:
        """A table of the flags."""
        pairs = [
            line.removeprefix("--").partition("=")[::2]
            for line in flagfile.splitlines()
        ]
        rows = [f"| {name} | {value.replace('|', '&#124;')} |" for name, value in pairs]
        table = "\n".join(["| flag | value |", "|---|---|", *rows])
        with self._writer.as_default(0):
            tf.summary.text("flags", table)

    def write_hyperparameters(self, name: str, values: Mapping[str, object]) -> None:
        """A row of the table of many runs, with their scores.

        Args:
            name: Of the run.
            values: By name; those that are `None` or do not affect the weights are
                left out.
        """
        known = {
            key: value if isinstance(value, bool | int | float) else _text(value)
            for key, value in values.items()
            if value is not None and key not in _NO_HYPERPARAMETERS
        }
        metrics = [hparams.Metric(tag, display_name=t) for tag, t in _SCORES.items()]
        with self._writer.as_default(0):
            tf.summary.experimental.write_raw_pb(_experiment(known, metrics))
            hparams.hparams(known, trial_id=name)

    def write_end(self, steps: int, seconds: float) -> None:
        """Tells the table of many runs that this one has ended with success.

        It belongs to the step after the last one: a run that continues removes what is
        later than its first step, and has not ended.

        Args:
            steps: Steps of the training.
            seconds: When it ended, since the epoch.
        """
        end = session_end_pb(STATUS_SUCCESS, seconds)
        with self._writer.as_default(steps + 1):
            tf.summary.experimental.write_raw_pb(end.SerializeToString())

    def write_graph(self, model: keras.Model) -> None:
        """The graph of a prediction; the TensorFlow backend only."""
        if keras.backend.backend() != "tensorflow":
            return
        specs = tf.nest.map_structure(
            lambda x: tf.TensorSpec((1, *x.shape[1:]), x.dtype), model.input
        )
        traced = tf.function(lambda inputs: model(inputs, training=False))
        with self._writer.as_default(0):
            tf.summary.graph(
                _with_layer_names(traced.get_concrete_function(specs), model)
            )

    def close(self) -> None:
        self._writer.close()

    @cached_property
    def _writer(self):
        """Made when first needed, since it makes a file."""
        return tf.summary.create_file_writer(str(self._folder))


def _experiment(names, metrics):
    """The columns of the table of runs, as a serialised summary.

    TensorBoard shows only five hyperparameters at first: those that are marked as
    different between the runs, then in alphabetical order.
    """
    summary = hparams.hparams_config_pb([*map(hparams.HParam, names)], metrics)
    plugin = summary.value[0].metadata.plugin_data
    content = HParamsPluginData.FromString(plugin.content)
    for info in content.experiment.hparam_infos:
        info.differs = info.name in _SHOWN_FIRST
    plugin.content = content.SerializeToString()
    return summary.SerializeToString()


def _with_layer_names(function, model):
    """The graph of a traced function, its groups of nodes named as the layers are.

    TensorFlow gave those names to the graph in which the model was built, and counts
    them up.
    """
    graph = function.graph.as_graph_def()
    names = {model.name, *(layer.name for layer in model.layers)}
    counted = {f"{name}_1": name for name in names}
    group = re.compile(r"(?<![^/^])[^/^]+(?=/)")

    def plain(path):
        return group.sub(lambda match: counted.get(match[0], match[0]), path)

    for node in graph.node:
        node.name = plain(node.name)
        node.input[:] = map(plain, node.input)
    return graph


def _text(value):
    if isinstance(value, tuple | list):
        return ", ".join(map(str, value))
    return str(value)
