"""Predictions of any system smoothed along the optical flow, written as label maps."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
from tqdm import tqdm

from data.files.images import IMAGE_SUFFIXES, read_image
from data.files.read_ahead import read_ahead
from data.files.whole_file import refuse_full_folder, whole_folder
from data.labels.any_encoding import AnyEncoding
from data.labels.id_png import write_ids
from data.videos.frame_tree import FrameTree
from experiments.predictions.matched_by_name import MatchedStream, match_folders
from experiments.predictions.matched_in_order import match_in_order
from experiments.predictions.predicted_videos import frames_of_video, is_video_file
from experiments.predictions.score_files import SCORE_SUFFIXES, read_scores
from lstm_icnet.deployment.label_drawing import draw_labels
from lstm_icnet.smoothing import FlowSmoother, LabelSmoother


def smooth_maps(
    predictions: str,
    images: str,
    out_dir: str,
    strength: float = 0.75,
    encoding: AnyEncoding | None = None,
    progress: bool = True,
    hysteresis: float = 0.0,
    probabilities: bool = False,
) -> int:
    """Smooths the predictions of every video and writes them as grey PNGs of class ids.

    Predictions and images belong together as for `experiments.flicker`, and every map
    gets the path in `out_dir` that its prediction has in its folder. Smoothing starts
    again with every video, and after every gap.

    Args:
        predictions: Folder of label maps (PNG), or of class scores (`.npy`, `.npz`).
        images: Folder of the frames, or a video file of them.
        out_dir: New or empty folder, written whole or not at all.
        strength: Weight of the past, see `FlowSmoother`.
        encoding: What ids and colours of label maps mean.
        progress: Whether to show a progress bar.
        hysteresis: Of class scores, see `FlowSmoother`; label maps have none.
        probabilities: Whether class scores are probabilities and not logits.

    Returns:
        The number of maps.

    Raises:
        FileExistsError: If `out_dir` is a file, or holds anything.
        FileNotFoundError: If something is missing.
        ValueError: If something cannot be read, or has no image; or if `hysteresis` or
            `probabilities` are given and there are only label maps.
    """
    out = Path(out_dir)
    refuse_full_folder(out)
    tree = FrameTree(predictions, (".png", *SCORE_SUFFIXES), "predictions")
    streams = _match(tree, images)
    if hysteresis or probabilities:
        _require_scores(predictions, streams)
    of_scores = partial(FlowSmoother, strength, hysteresis, probabilities)
    of_scores()  # refuses what is out of range before anything is written
    total = sum(len(stream.frames) for stream in streams)
    with (
        whole_folder(out) as temporary,
        tqdm(
            total=total, unit="frame", desc="smooth", disable=not progress or None
        ) as bar,
    ):
        for stream in streams:
            paths = [frame.predictions[0] for frame in stream.frames]
            smoothers = LabelSmoother(strength), of_scores()
            smoothed = _smoothed(stream, images, smoothers, encoding or AnyEncoding())
            for path, labels in zip(paths, smoothed, strict=True):
                place = Path(path).relative_to(tree.root).with_suffix(".png")
                write_ids(temporary / place, labels)
                bar.update()
    return total


def _require_scores(predictions, streams):
    files = (frame.predictions[0] for stream in streams for frame in stream.frames)
    if not any(file.lower().endswith(SCORE_SUFFIXES) for file in files):
        raise ValueError(
            f"`hysteresis` and `probabilities` are for class scores, and {predictions} "
            f"holds label maps only"
        )


def _match(tree, images) -> list[MatchedStream]:
    """The frames of every video without a gap, each with its image."""
    if is_video_file(images):
        return match_in_order([tree], images=images)
    streams = match_folders(
        [tree],
        None,
        FrameTree(images, IMAGE_SUFFIXES, "images"),
        None,
        label_encoding=None,
        partial=True,
    )
    for frame in (frame for stream in streams for frame in stream.frames):
        if frame.image is None:
            raise ValueError(
                f"{frame.predictions[0]} has no image in {images}; an image of the "
                f"same name should be there"
            )
    return streams


def _smoothed(stream, images, smoothers, encoding) -> Iterator[np.ndarray]:
    """Yields the smoothed label map of every frame of one stream."""
    of_labels, of_scores = smoothers
    paths = [frame.predictions[0] for frame in stream.frames]
    handles = [frame.image for frame in stream.frames]
    if is_video_file(images):
        frames = (image for _, image in frames_of_video(images, handles))
    else:
        frames = read_ahead(read_image, handles)
    read = read_ahead(lambda path: _read(path, encoding), paths)
    for path, prediction, image in zip(paths, read, frames, strict=True):
        try:
            _check_aspect_ratio(prediction.shape[:2], image.shape[:2])
            if prediction.ndim == 2:
                yield of_labels(prediction, image)
            else:
                yield draw_labels(of_scores(prediction, image), image.shape[:2])
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from None


def _read(path, encoding):
    scores = path.lower().endswith(SCORE_SUFFIXES)
    return read_scores(path) if scores else encoding.decode(path)


def _check_aspect_ratio(size, image_size):
    """Raises ValueError unless maps of `size` can show images of `image_size`."""
    (rows, columns), (height, width) = size, image_size
    # Every side may have been rounded by up to a pixel.
    tolerance = 1 / rows + 1 / columns + 1 / height + 1 / width
    if abs(rows * width / (columns * height) - 1) > tolerance:
        raise ValueError(
            f"it has {rows} x {columns} pixels (height x width) and its image "
            f"{height} x {width}, which is another aspect ratio; the images should be "
            f"the frames that were segmented"
        )
