r"""Trains ICNet or an LSTM-ICNet; run again, it goes on where it stopped.

    python -m experiments.train --dataset=camvid --data_dir=$CAMVID --model=icnet \
        --height=192 --width=256 --batch_size=8 --learning_rate=0.02 --steps=2000 \
        --workdir=runs/icnet

Twenty minutes on two cores; mean IoU on `val` around 50 %. What a workdir holds is
said in `experiments/workdir.py`.
"""

from dataclasses import dataclass

import keras
import tensorflow as tf
from absl import flags, logging

from data.clips import clip_index
from data.datasets import Dataset
from data.pipeline import training_clips
from data.streams import streams
from experiments import command, dataset_flags
from experiments.evaluation import evaluate
from experiments.training_callbacks import Checkpoints, MetricsLog, ProgressBar
from experiments.workdir import Workdir
from lstm_icnet.icnet_model import ICNet, model_name
from lstm_icnet.initial_weights import copy_weights
from lstm_icnet.loss import HEAD_WEIGHTS, head_losses
from lstm_icnet.network_file import load_icnet
from lstm_icnet.versions import CELLS, VERSIONS
from lstm_icnet.video_segmenter import VideoSegmenter

_MODELS = {model_name(version): version for version in (None, *VERSIONS)}

_MODEL = flags.DEFINE_enum("model", None, list(_MODELS), "Network.", required=True)
_CELL = flags.DEFINE_enum("cell", "standard", CELLS, "convLSTM variant.")
_WORKDIR = flags.DEFINE_string(
    "workdir", None, "What is left goes here.", required=True
)
_TRAIN_SPLIT = flags.DEFINE_string("train_split", "train", "Split to train on.")
_VAL_SPLIT = flags.DEFINE_string(
    "val_split",
    None,
    "Split scored at every checkpoint; the data set's second by default, '' for none.",
)
_STEPS = flags.DEFINE_integer("steps", 30_000, "Steps in all.", lower_bound=1)
_BATCH_SIZE = flags.DEFINE_integer("batch_size", 1, "Clips a step.", lower_bound=1)
_LEARNING_RATE = flags.DEFINE_float(
    "learning_rate", 1e-3, "At the first step; poly, power 0.9.", lower_bound=0.0
)
_WEIGHT_DECAY = flags.DEFINE_float(
    "weight_decay", 1e-4, "L2 in the loss, on kernels.", lower_bound=0.0
)
_NUM_FRAMES = flags.DEFINE_integer(
    "num_frames", None, "Frames of a clip: 4, or 1 for ICNet.", lower_bound=1
)
_HEIGHT = flags.DEFINE_integer("height", None, "Height trained at.", lower_bound=1)
_WIDTH = flags.DEFINE_integer("width", None, "Width trained at.", lower_bound=1)
_MIN_SCALE = flags.DEFINE_float("min_scale", 0.5, "Smallest random scale.")
_MAX_SCALE = flags.DEFINE_float("max_scale", 2.0, "Largest random scale.")
_SEED = flags.DEFINE_integer("seed", 0, "Of weights, order, crops.", lower_bound=0)
_DETERMINISTIC = flags.DEFINE_bool(
    "deterministic", False, "Same numbers every time, at some cost in speed."
)
_CHECKPOINT_STEPS = flags.DEFINE_integer(
    "checkpoint_steps", 500, "Steps between checkpoints.", lower_bound=1
)
_LOG_STEPS = flags.DEFINE_integer(
    "log_steps", 20, "Steps between lines of metrics.jsonl.", lower_bound=1
)
_INIT_FROM = flags.DEFINE_string(
    "init_from", None, "Workdir or .keras file whose weights to start from."
)


@dataclass(frozen=True)
class Training:
    """What a training is, apart from its data; the flags of the same names."""

    model: str
    cell: str
    workdir: str
    image_size: tuple[int, int]
    num_frames: int
    steps: int
    frame_stride: int = 1
    batch_size: int = 1
    learning_rate: float = 1e-3
    weight_decay: float = 1e-4
    min_scale: float = 0.5
    max_scale: float = 2.0
    seed: int = 0
    checkpoint_steps: int = 500
    log_steps: int = 20
    init_from: str | None = None


def train(
    training: Training, dataset: Dataset, train_videos, val_videos=(), flagfile=""
) -> ICNet:
    """Trains up to `training.steps` steps, from the newest checkpoint if there is one.

    Args:
        training: What to do.
        dataset: From `data.datasets`.
        train_videos: Videos whose clips are trained on.
        val_videos: Videos scored at every checkpoint, clip by clip.
        flagfile: What to leave in flags.txt.

    Raises:
        ValueError: If the workdir is of another network, or something in the data or
            in `init_from` does not fit.
    """
    workdir = Workdir(training.workdir)
    start_step, checkpoint = workdir.newest_checkpoint()
    clips = clip_index(train_videos, training.num_frames, training.frame_stride)
    logging.info("%d clips to train on", len(clips))
    model = _initial_model(training, dataset.info, checkpoint)
    _compile(model, training)
    workdir.write_flags(flagfile)
    if checkpoint:
        model.load_weights(checkpoint)
        workdir.forget_metrics_after(start_step)
        logging.info("Going on from step %d", start_step)
    if start_step >= training.steps:
        logging.info("Nothing to do: step %d of %d", start_step, training.steps)
        return model
    batches = training_clips(
        clips,
        image_size=training.image_size,
        batch_size=training.batch_size,
        num_frames=training.num_frames,
        seed=training.seed,
        start_step=start_step,
        min_scale=training.min_scale,
        max_scale=training.max_scale,
        mean_rgb=model.mean_rgb,
    ).map(lambda images, labels: _as_targets(model, images, labels))
    log = MetricsLog(workdir, start_step, training.log_steps)
    checkpoints = Checkpoints(
        workdir,
        start_step,
        training.steps,
        training.checkpoint_steps,
        _validation(model, dataset.info, val_videos, training.frame_stride),
        log,
    )
    model.fit(
        batches,
        steps_per_epoch=training.steps - start_step,
        verbose=0,
        callbacks=[ProgressBar(start_step, training.steps), log, checkpoints],
    )
    return model


def _initial_model(training, info, checkpoint):
    """The network as it starts, or as the checkpoint has it; weights still to come."""
    version = _MODELS[training.model]
    cell = None if version is None else training.cell
    source = None
    if checkpoint:
        source = load_icnet(checkpoint)
        _check_same_network(source, training, version, cell, len(info.classes))
    elif training.init_from:
        source = load_icnet(training.init_from)
    model = ICNet(
        version,
        cell,
        num_classes=len(info.classes),
        image_size=training.image_size,
        num_frames=training.num_frames,
        mean_rgb=source.mean_rgb if source else info.mean_rgb,
        classes=info.classes,
        palette=info.palette,
        weight_decay=training.weight_decay,
    )
    if source and not checkpoint:
        report = copy_weights(source, model)
        logging.info("Weights from %s: %s", training.init_from, report)
    return model


def _check_same_network(found, training, version, cell, num_classes):
    wanted = (version, cell, num_classes, tuple(training.image_size))
    had = (found.version, found.cell, found.num_classes, found.image_size)
    if wanted != had:
        names = ("version", "cell", "classes", "image size")
        differences = "; ".join(
            f"{name} {b} there and {a} asked for"
            for name, a, b in zip(names, wanted, had, strict=True)
            if a != b
        )
        raise ValueError(
            f"{training.workdir} holds the training of another network "
            f"({differences}); take another --workdir, or --init_from to start from "
            f"its weights"
        )


def _compile(model, training):
    schedule = keras.optimizers.schedules.PolynomialDecay(
        training.learning_rate, training.steps, end_learning_rate=0.0, power=0.9
    )
    model.compile(keras.optimizers.SGD(schedule, momentum=0.9), **head_losses())
    model.optimizer.build(model.trainable_variables)


def _as_targets(model, images, labels):
    """Frames instead of clips for ICNet, and the labels for each of the heads."""
    if not model.taps:
        images = images[:, -1]
    return images, {head: labels for head in HEAD_WEIGHTS}


def _validation(model, info, videos, frame_stride):
    if not videos:
        return None
    segmenter = VideoSegmenter(model)
    return lambda step: evaluate(
        segmenter, streams(videos, frame_stride), info.classes, "clip"
    )


def _flags_as_training(info):
    height, width = _HEIGHT.value, _WIDTH.value
    if (height is None) != (width is None):
        raise ValueError("Give both --height and --width, or neither")
    return Training(
        model=_MODEL.value,
        cell=_CELL.value,
        workdir=_WORKDIR.value,
        image_size=(height, width) if height else info.image_size,
        num_frames=_NUM_FRAMES.value or (1 if _MODEL.value == "icnet" else 4),
        steps=_STEPS.value,
        frame_stride=dataset_flags.FRAME_STRIDE.value,
        batch_size=_BATCH_SIZE.value,
        learning_rate=_LEARNING_RATE.value,
        weight_decay=_WEIGHT_DECAY.value,
        min_scale=_MIN_SCALE.value,
        max_scale=_MAX_SCALE.value,
        seed=_SEED.value,
        checkpoint_steps=_CHECKPOINT_STEPS.value,
        log_steps=_LOG_STEPS.value,
        init_from=_INIT_FROM.value,
    )


def main():
    dataset = dataset_flags.chosen_dataset()
    training = _flags_as_training(dataset.info)
    train_videos = dataset_flags.videos_of(_TRAIN_SPLIT.value)
    val_split = _VAL_SPLIT.value
    if val_split is None:
        val_split = dataset.info.splits[1]
    val_videos = dataset_flags.videos_of(val_split, select=False) if val_split else ()
    keras.utils.set_random_seed(training.seed)
    if _DETERMINISTIC.value:
        tf.config.experimental.enable_op_determinism()
    logging.set_verbosity(logging.INFO)
    train(training, dataset, train_videos, val_videos, command.log_flags())


if __name__ == "__main__":
    command.run(main)
