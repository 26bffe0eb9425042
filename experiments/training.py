"""Training a network: data, weights and callbacks put together."""

from contextlib import closing
from dataclasses import dataclass

import keras
from absl import logging

from data.clips import clip_index
from data.datasets import Dataset
from data.pipeline import training_clips
from experiments.training_callbacks import Checkpoints, MetricsLog, ProgressBar
from experiments.validation import Validation
from experiments.workdir import Workdir
from lstm_icnet.freezing import freeze_batch_norm, freeze_branches
from lstm_icnet.icnet_model import ICNet, model_name
from lstm_icnet.initial_weights import copy_weights, read_weights
from lstm_icnet.loss import HEAD_WEIGHTS, head_losses
from lstm_icnet.network_file import load_icnet
from lstm_icnet.versions import VERSIONS

MODELS = {model_name(version): version for version in (None, *VERSIONS)}


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
    freeze_branches: bool = False
    freeze_batch_norm: bool = False
    peephole: bool = False
    width_multiplier: float = 1.0
    class_weights: tuple[float, ...] | None = None
    every_label: bool = False

    def __post_init__(self):
        if self.every_label and MODELS[self.model] is None:
            raise ValueError(
                f"--every_label needs a network that sees clips, and "
                f"--model={self.model} sees single frames: leave it out, or take an "
                f"LSTM-ICNet"
            )


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
    log = MetricsLog(workdir, start_step, training.log_steps)
    checkpoints = Checkpoints(
        workdir,
        start_step,
        training.steps,
        training.checkpoint_steps,
        Validation(model, dataset.info, val_videos, training.frame_stride)
        if val_videos
        else None,
        log,
    )
    with closing(ProgressBar(start_step, training.steps)) as progress:
        model.fit(
            _batches(training, clips, model, start_step),
            steps_per_epoch=training.steps - start_step,
            shuffle=False,
            verbose=0,
            callbacks=[progress, log, checkpoints],
        )
    return model


def _batches(training, clips, model, start_step):
    """What `fit` takes: frames or clips, and the labels for each of the heads."""
    clips = training_clips(
        clips,
        image_size=training.image_size,
        batch_size=training.batch_size,
        num_frames=training.num_frames,
        seed=training.seed,
        start_step=start_step,
        min_scale=training.min_scale,
        max_scale=training.max_scale,
        mean_rgb=model.mean_rgb,
        every_label=training.every_label,
    )

    def as_targets(images, labels):
        frames = images if model.taps else images[:, -1]
        return frames, {head: labels for head in HEAD_WEIGHTS}

    return clips.map(as_targets)


def _initial_model(training, info, checkpoint):
    """The network as it starts, or as the checkpoint has it; weights still to come."""
    version = MODELS[training.model]
    cell = None if version is None else training.cell
    source = None
    if checkpoint:
        source = load_icnet(checkpoint)
        _check_same_network(source, training, version, cell, len(info.classes))
    elif training.init_from:
        source = read_weights(training.init_from)
    model = ICNet(
        version,
        cell,
        num_classes=len(info.classes),
        image_size=training.image_size,
        num_frames=training.num_frames,
        mean_rgb=(source and source.mean_rgb) or info.mean_rgb,
        classes=info.classes,
        palette=info.palette,
        weight_decay=training.weight_decay,
        return_sequences=training.every_label,
        peephole=training.peephole,
        width_multiplier=training.width_multiplier,
    )
    if source and not checkpoint:
        report = copy_weights(source, model)
        logging.info("Weights from %s: %s", training.init_from, report)
        logging.info("Mean colour (RGB) %s", model.mean_rgb)
    if training.freeze_branches:
        freeze_branches(model)
    if training.freeze_batch_norm:
        freeze_batch_norm(model)
    return model


def _check_same_network(found, training, version, cell, num_classes):
    wanted = (
        *(version, cell, num_classes, tuple(training.image_size)),
        *(training.peephole, training.width_multiplier),
    )
    had = (
        *(found.version, found.cell, found.num_classes, found.image_size),
        *(found.peephole, found.width_multiplier),
    )
    if wanted != had:
        names = ("version", "cell", "classes", "image size", "peepholes", "width")
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
    model.compile(
        keras.optimizers.SGD(schedule, momentum=0.9),
        **head_losses(training.class_weights),
    )
    model.optimizer.build(model.trainable_variables)
