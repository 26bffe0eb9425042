"""Small random videos with labels and predictions, as scores and pictures read them."""

import numpy as np

from experiments.predictions.segmented_video import SegmentedFrame, SegmentedVideo

NUM_CLASSES = 4
VOID = 255


def random_maps(rng, num_frames=6, height=20, width=32, wrong=0.3, void=0.1):
    """labels, predictions and images, (num_frames, height, width, ...) uint8."""
    blocks = rng.integers(0, NUM_CLASSES, (num_frames, height // 4, width // 4))
    labels = np.kron(blocks, np.ones((1, 4, 4))).astype(np.uint8)
    predictions = labels.copy()
    at = rng.random(labels.shape) < wrong
    predictions[at] = rng.integers(0, NUM_CLASSES, at.sum())
    labels[rng.random(labels.shape) < void] = VOID
    images = rng.integers(0, 256, (*labels.shape, 3), dtype=np.uint8)
    return labels, predictions, images


def segmented_video(predictions, labels=None, images=None, name="drive"):
    """A `SegmentedVideo` of arrays; a list of labels may hold `None`."""
    count = len(predictions)
    labels = [None] * count if labels is None else labels

    def read(with_images):
        for k in range(count):
            image = images[k] if with_images and images is not None else None
            yield SegmentedFrame(f"frame_{k:03d}", predictions[k], labels[k], image)

    return SegmentedVideo(name, count, read)
