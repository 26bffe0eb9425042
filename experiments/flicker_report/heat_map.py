"""A heat map of the flicker of a whole video."""

from pathlib import Path

import cv2
import matplotlib
import numpy as np
from matplotlib import pyplot as plt

from experiments.flicker_report.flicker_record import METRICS, VideoRecord
from experiments.presentation.figure_style import save_figure, shown_name
from lstm_icnet.flicker.places import border_distances

_COLOURS = matplotlib.colormaps["inferno_r"]
_MAX_COLUMNS = 3
_PANEL_PIXELS = 640  # width of a panel


def save_heat_map(path: Path, record: VideoRecord) -> None:
    """Draws for each pixel the share of the pairs of frames in which it flickers.

    There is one panel per run and metric (mFP only with labels), all with the same
    colour scale, drawn over the first frame, or over its class borders if there is no
    image.

    Args:
        path: PNG file.
        record: Record of a video with at least two frames.
    """
    shares = [
        (metric, run, _shrunk(getattr(found, metric).share()))
        for metric in record.metrics()
        for run, found in record.runs.items()
    ]
    # A few pixels that always flicker would make all others pale.
    top = max(float(np.percentile([s for *_, s in shares], 99.5)), 1.0)
    height, width = shares[0][2].shape
    figure, panels = _panels(len(record.metrics()), len(record.runs), height / width)
    background = _background(record, (width, height))
    for axis, (metric, run, share) in zip(panels, shares, strict=True):
        axis.imshow(background)
        drawn = _draw(axis, share, top)
        mean = getattr(record.runs[run], metric).mean()
        title = f"{shown_name(run)}, {METRICS[metric]} {mean:.1f} per mille"
        axis.set_title(title, fontsize=9)
    bar = figure.colorbar(drawn, ax=figure.axes, extend="max", shrink=0.8)
    # Short: without labels the figure may be less than two inches high.
    bar.set_label("pairs in which it\nflickers (per mille)", fontsize=8)
    pairs = len(record.names) - 1
    figure.suptitle(
        f"{shown_name(record.video.name, 80)}: flicker over {pairs} pairs", fontsize=11
    )
    save_figure(figure, path)


def _panels(num_metrics, num_runs, aspect):
    """A figure and its panels: a block of rows per metric, a panel per run."""
    columns = min(num_runs, _MAX_COLUMNS)
    lines = -(-num_runs // columns)  # of each metric
    inches = 4.4 if columns > 1 else 6.0
    height = lines * num_metrics * (inches * aspect + 0.3) + 0.3
    figure, axes = plt.subplots(
        lines * num_metrics,
        columns,
        figsize=(inches * columns + 1.4, height),
        squeeze=False,
        layout="constrained",
    )
    for axis in axes.flat:
        axis.set_axis_off()
    blocks = axes.reshape(num_metrics, lines * columns)
    return figure, [axis for block in blocks for axis in block[:num_runs]]


def _draw(axis, share, top):
    """Draws a panel, transparent where nothing flickers."""
    alpha = np.clip(4 * share / top, 0, 0.9)
    return axis.imshow(share, cmap=_COLOURS, vmin=0, vmax=top, alpha=alpha)


def _background(record, size):
    first = record.first
    if first.image is not None:
        grey = cv2.cvtColor(first.image, cv2.COLOR_RGB2GRAY)
    else:
        labels = first.label
        if labels is None:
            labels = next(iter(first.predictions.values()))
        grey = np.where(border_distances(labels) == 1, 0, 255).astype(np.uint8)
    grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    faded = 255 - (255 - grey) // 3
    return np.repeat(faded[..., np.newaxis], 3, axis=-1)


def _shrunk(share):
    height, width = share.shape
    if width <= _PANEL_PIXELS:
        return share.astype(np.float32)
    size = (_PANEL_PIXELS, max(round(height * _PANEL_PIXELS / width), 1))
    return cv2.resize(share.astype(np.float32), size, interpolation=cv2.INTER_AREA)
