"""Training a network: data, weights and callbacks put together."""

from contextlib import closing

from absl import logging

from data.datasets.open_dataset import Dataset
from data.pipeline.training_clips import training_clips
from data.videos.clips import clip_index
from experiments.training.checkpoints import Checkpoints
from experiments.training.metrics_log import MetricsLog, ProgressBar
from experiments.training.settings import Training
from experiments.training.starting_network import (
    compile_network,
    starting_network,
)
from experiments.training.validation import Validation
from experiments.training.workdir import Workdir
from lstm_icnet.network.icnet_model import ICNet
from lstm_icnet.network.loss import HEAD_WEIGHTS


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
    model = starting_network(training, dataset.info, checkpoint)
    compile_network(model, training)
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
