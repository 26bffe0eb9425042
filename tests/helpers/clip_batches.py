"""`training_clips` with all settings as keyword arguments."""

from data.pipeline.augment import Augmentation
from data.pipeline.training_clips import ClipBatches, training_clips


def clip_batches(
    clips,
    image_size,
    min_scale=0.5,
    max_scale=2.0,
    flip=True,
    mean_rgb=(0.0, 0.0, 0.0),
    **settings,
):
    augmentation = Augmentation(image_size, min_scale, max_scale, flip, mean_rgb)
    return training_clips(clips, ClipBatches(augmentation, **settings))
