r"""Trains ICNet or an LSTM-ICNet; run again, it resumes where it stopped.

    python -m experiments.train --dataset=camvid --data_dir=$CAMVID --model=icnet \
        --height=192 --width=256 --batch_size=8 --learning_rate=0.02 --min_scale=1 \
        --max_scale=1.6 --steps=2000 --workdir=runs/icnet

Half an hour on two busy cores; mean IoU on `val` 49 %. The files in a workdir, and
what TensorBoard shows, are listed in docs/training.md.
"""

from dataclasses import replace

import keras
import tensorflow as tf
from absl import flags, logging

from data.datasets.image_warnings import sampled_image_warnings
from data.datasets.label_warnings import sampled_label_warnings
from experiments.command_line import command, dataset_flags, training_flags
from experiments.training.class_weights import class_weights
from experiments.training.devices.chosen_devices import STRATEGIES, chosen_devices
from experiments.training.loop import train
from experiments.training.reporting.end_report import end_report
from experiments.training.workdir.workdir import Workdir

dataset_flags.require()
_TRAIN_SPLIT = flags.DEFINE_string(
    "train_split", "train", "Split of the data set to train on."
)
_VAL_SPLIT = flags.DEFINE_string(
    "val_split",
    None,
    "Split that is scored at every checkpoint; by default the second of the data set, "
    "'' for none.",
)
_DETERMINISTIC = flags.DEFINE_bool(
    "deterministic", False, "Give the same weights on every run; slower."
)
_CLASS_WEIGHTS = flags.DEFINE_string(
    "class_weights",
    None,
    "Weight of each class in the loss: numbers in the order of the classes, separated "
    "by commas, or median_frequency, computed from the training labels; all equal by "
    "default.",
)
_STRATEGY = flags.DEFINE_enum(
    "strategy",
    "none",
    STRATEGIES,
    "Which devices share each batch: none for one device, mirrored for all GPUs of "
    "this machine.",
)
_PROFILE = flags.DEFINE_bool(
    "profile",
    False,
    "Record a profile of steps 10 to 14 of this run for TensorBoard.",
)
_COORDINATOR = flags.DEFINE_string(
    "coordinator",
    None,
    "Address and port of process 0, such as 10.0.0.1:1234, for a training by several "
    "processes with KERAS_BACKEND=jax.",
)
_NUM_PROCESSES = flags.DEFINE_integer(
    "num_processes",
    None,
    "Number of processes that share each batch; with --coordinator.",
    lower_bound=1,
)
_PROCESS_ID = flags.DEFINE_integer(
    "process_id",
    None,
    "Number of this process, from 0; process 0 writes the workdir.",
    lower_bound=0,
)


def main():
    dataset = dataset_flags.chosen_dataset()
    training = training_flags.chosen_training(dataset.info)
    train_videos = dataset_flags.videos_of(_TRAIN_SPLIT.value)
    val_split = _VAL_SPLIT.value
    if val_split is None:
        val_split = dataset.info.splits[1]
    val_videos = dataset_flags.videos_of(val_split, select=False) if val_split else ()
    keras.utils.set_random_seed(training.seed)
    if _DETERMINISTIC.value:
        tf.config.experimental.enable_op_determinism()
    logging.set_verbosity(logging.INFO)
    for warning in (
        *sampled_label_warnings(train_videos, dataset.info),
        *sampled_image_warnings(train_videos),
    ):
        logging.warning("%s", warning)
    weights = class_weights(_CLASS_WEIGHTS.value, train_videos, dataset.info.classes)
    training = replace(training, class_weights=weights)
    command.log_flags()
    devices = chosen_devices(
        _STRATEGY.value, _COORDINATOR.value, _NUM_PROCESSES.value, _PROCESS_ID.value
    )
    train(
        training,
        dataset,
        train_videos,
        val_videos,
        _other_flags(val_split),
        devices,
        _PROFILE.value,
    )
    if devices.process_id == 0:
        data_flags = dataset_flags.as_flags()
        shown = {name: data_flags[name] for name in ("dataset", "data_dir")}
        print(end_report(Workdir(training.workdir), shown))


def _other_flags(val_split):
    """Flags that are no part of `Training`, for flags.txt."""
    return {
        **dataset_flags.as_flags(),
        "train_split": _TRAIN_SPLIT.value,
        "val_split": val_split,
        "deterministic": _DETERMINISTIC.value,
        "strategy": _STRATEGY.value,
        "coordinator": _COORDINATOR.value,
        "num_processes": _NUM_PROCESSES.value,
        "process_id": _PROCESS_ID.value,
        "class_weights": _CLASS_WEIGHTS.value,
    }


if __name__ == "__main__":
    command.run(main)
