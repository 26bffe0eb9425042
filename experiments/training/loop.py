"""Training a network: data, weights and callbacks put together."""

import math
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict, replace
from functools import partial

from absl import logging

from data.datasets.open_dataset import Dataset
from data.pipeline.augment import Augmentation
from data.pipeline.training_clips import (
    ClipBatches,
    clips_of_step,
    training_clips,
)
from data.videos.clips import Clip, clip_index
from data.videos.video import Video
from experiments.training.checkpoints import Checkpoints
from experiments.training.devices.devices import ONE_DEVICE, Devices
from experiments.training.flagfile import differences, flagfile
from experiments.training.reporting.metrics_log import MetricsLog, SilentLog
from experiments.training.reporting.profile import Profile
from experiments.training.reporting.progress_bar import ProgressBar
from experiments.training.settings import Training
from experiments.training.starting_network import (
    compile_network,
    network_like,
    starting_network,
)
from experiments.training.stopping import (
    FiniteLoss,
    StopOnSignal,
    StopTogether,
    check_finite,
)
from experiments.training.validation import Validation, ValidationOfCopy
from experiments.training.workdir.checkpoint_file import read_state
from experiments.training.workdir.workdir import Workdir
from lstm_icnet.network.icnet_model import ICNet
from lstm_icnet.network.loss import HEAD_WEIGHTS


def train(
    training: Training,
    dataset: Dataset,
    train_videos: Sequence[Video],
    val_videos: Sequence[Video] = (),
    flags: Mapping[str, object] | None = None,
    devices: Devices = ONE_DEVICE,
    profile: bool = False,
) -> ICNet:
    """Trains up to `training.steps` steps, from the newest checkpoint if there is one.

    SIGINT and SIGTERM end the step, save a checkpoint and end the process.

    Args:
        training: The settings.
        dataset: From `data.datasets`.
        train_videos: Videos whose clips are trained on.
        val_videos: Videos scored at every checkpoint, clip by clip.
        flags: Flags of `experiments.train` that are not in `training`, for flags.txt;
            a flag in both is written with the value given here.
        devices: Where it trains.
        profile: Whether to record a profile of a few steps.

    Raises:
        ValueError: If the workdir was started with other flags or is in use, something
            in the data or in `init_from` does not fit, or the loss is not finite.
        OSError: If something cannot be written; the checkpoints are intact.
    """
    workdir = Workdir(training.workdir, training.keep_checkpoints)
    devices.check_batch_size(training.batch_size)
    clips, stills = _sources(training, train_videos)
    settings = flagfile(training, {"dataset": dataset.info.name, **(flags or {})})
    make = partial(network_like, training=training)
    if devices.process_id:
        return _train_along(training, clips, stills, workdir, devices, make)
    with ExitStack() as stack:
        with devices.telling_errors():
            stack.enter_context(workdir.locked())
            step, checkpoint = workdir.newest_checkpoint()
            with devices.scope():
                first = _prepared_network(
                    training, dataset, workdir, step, checkpoint, settings
                )
            validation = _validation(training, dataset, val_videos, first)
            told = {
                "step": step,
                "log": read_state(checkpoint) if checkpoint else {},
                "checkpoint_steps": training.checkpoint_steps,
            }
        model, _ = devices.distributed(first, told, make)
        if validation and model is not first:
            validation = ValidationOfCopy(validation, first, model)
        stop = stack.enter_context(StopOnSignal(step, devices.num_processes))
        log = _metrics_log(MetricsLog, training, workdir, told, devices)
        checkpoints = _checkpoints(
            training, workdir, step, validation, log, stop, devices
        )
        if checkpoint:
            checkpoints.catch_up(checkpoint)
        else:
            log.write_start(first, settings, asdict(training))
        others = [checkpoints, *([Profile(workdir.tensorboard)] if profile else [])]
        _fit(training, clips, stills, model, told, stop, devices, log, others)
        log.write_end()
    return model


def _train_along(training, clips, stills, workdir, devices, make):
    """The part of a process that leaves the workdir to process 0."""
    model, told = devices.distributed(None, {}, make)
    log = _metrics_log(SilentLog, training, workdir, told, devices)
    with StopOnSignal(told["step"], devices.num_processes) as stop:
        _fit(training, clips, stills, model, told, stop, devices, log, [])
    return model


def _prepared_network(training, dataset, workdir, start_step, checkpoint, settings):
    """The compiled network with its weights; flags and metrics are brought up to date.

    Nothing is written before everything fits.
    """
    if checkpoint:
        _refuse_other_flags(workdir, settings)
    model = starting_network(training, dataset.info, checkpoint)
    compile_network(model, training)
    if checkpoint:
        model.load_weights(checkpoint)
        logging.info("Continuing from step %d", start_step)
    variables = [*model.variables, *model.optimizer.variables]
    check_finite(variables, f"in {checkpoint or training.init_from}")
    workdir.check_space(sum(4 * math.prod(variable.shape) for variable in variables))
    workdir.forget_after(start_step if checkpoint else -1)
    workdir.write_flags(settings)
    return model


def _metrics_log(kind, training, workdir, told, devices):
    with devices.scope():
        return kind(
            workdir,
            told["step"],
            training.steps,
            training.log_steps,
            training.batch_size,
            told["log"],
        )


def _checkpoints(training, workdir, step, validation, log, stop, devices):
    return Checkpoints(
        workdir,
        step,
        training.steps,
        training.checkpoint_steps,
        validation,
        log,
        stop,
        training.checkpoint_minutes,
        devices.alone,
    )


def _validation(training, dataset, videos, model):
    if not videos:
        return None
    return Validation(model, dataset.info, videos, training.frame_stride)


def _refuse_other_flags(workdir, settings):
    before = workdir.read_flags()
    found = differences(before, settings) if before else []
    if found:
        raise ValueError(
            f"{workdir.path} holds a training with other flags ({'; '.join(found)}); "
            f"take another --workdir, or --init_from to start from its weights"
        )


def _sources(training, videos):
    """Clips as they are stored, and labelled frames that become clips by motion."""
    clips, stills = [], []
    if training.motion_share < 1:
        clips = clip_index(videos, training.num_frames, training.frame_stride)
        logging.info("%d clips to train on", len(clips))
    if training.motion_share:
        stills = clip_index(videos, 1)
        logging.info("%d labelled frames to make clips from", len(stills))
    return clips, stills


def _fit(
    training,
    clips: Sequence[Clip],
    stills: Sequence[Clip],
    model,
    told,
    stop,
    devices,
    log: MetricsLog,
    callbacks,
):
    start_step = told["step"]
    with devices.training():
        together, after_validation = _stopping_together(stop, devices, told)
    if start_step >= training.steps:
        logging.info("Nothing to do: step %d of %d", start_step, training.steps)
        devices.meet()
        return
    settings = _clip_batches(training, model.mean_rgb, start_step)
    finite = FiniteLoss(
        start_step, partial(clips_of_step, clips, settings=settings, stills=stills)
    )
    share = _share(settings, devices)
    with ExitStack() as stack:
        bars = []
        if devices.process_id == 0:
            bar = ProgressBar(start_step, training.steps, training.batch_size)
            bars = [stack.enter_context(closing(bar))]
        stack.enter_context(devices.training())
        batches = _batches(training_clips(clips, share, stills), model)
        model.fit(
            log.data_wait.watch(batches),
            steps_per_epoch=training.steps - start_step,
            shuffle=False,
            verbose=0,
            callbacks=[finite, *bars, together, log, *callbacks, after_validation],
        )
        devices.meet()
    stop.leave_if_received()


def _stopping_together(stop, devices, told):
    """Callbacks for the signals that come in a step, and in a validation after it.

    Process 0 alone validates, and may also have got a signal when it validated the
    checkpoint that the training continues from.
    """
    start_step = told["step"]
    in_step = StopTogether(stop, devices.largest, start_step)
    if in_step.exchange():
        stop.leave_if_received()
    validates_every = told["checkpoint_steps"]
    return in_step, StopTogether(stop, devices.largest, start_step, validates_every)


def _share(settings, devices):
    """What this process takes of every batch."""
    return replace(
        settings,
        batch_size=settings.batch_size // devices.num_processes,
        num_shards=devices.num_processes,
        shard_index=devices.process_id,
    )


def _clip_batches(training, mean_rgb, start_step):
    augmentation = Augmentation(
        training.image_size,
        training.min_scale,
        training.max_scale,
        padding_rgb=mean_rgb,
    )
    return ClipBatches(
        augmentation,
        batch_size=training.batch_size,
        num_frames=training.num_frames,
        seed=training.seed,
        start_step=start_step,
        every_label=training.every_label,
        motion_share=training.motion_share,
        with_flow=training.align_states,
    )


def _batches(clips, model):
    """The input of `fit`: frames or clips, and labels for each of the heads."""

    def as_targets(images, labels, *flow):
        inputs = images if model.taps else images[:, -1]
        if flow:
            inputs = {"images": images, "flow": flow[0]}
        return inputs, {head: labels for head in HEAD_WEIGHTS}

    return clips.map(as_targets)
