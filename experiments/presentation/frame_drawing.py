"""Drawing the segmented frames of one video."""

from collections.abc import Sequence

import numpy as np

from data.datasets.open_dataset import DATASETS
from data.labels.palette import overlay
from experiments.presentation.flickering_video import FLICKER_LEGEND, FlickeringVideo
from experiments.presentation.panel_sheet import Colour, Panel, panel_sheet
from lstm_icnet.deployment.video_segmenter import VideoSegmenter


class FrameDrawing:
    """Draws each frame with its classes and, if requested, with panels and a legend.

    Without panels and legend the result has the size of the frame.

    Args:
        palette: RGB per class, 0 to 255.
        classes: Names for the legend; by default `class 0`, `class 1`, ...
        alpha: Weight of the class colours, 0 to 1.
        side_by_side: Whether the frame itself is drawn beside the segmentation.
        flicker: Whether the pixels whose class changed since the previous frame are
            drawn beside it.
        legend: Whether the names of the classes are drawn below.
    """

    def __init__(
        self,
        palette: Sequence[Colour],
        classes: Sequence[str] | None = None,
        alpha: float = 0.5,
        side_by_side: bool = False,
        flicker: bool = False,
        legend: bool = False,
    ):
        self._palette = palette
        self._alpha = alpha
        self._side_by_side = side_by_side
        self._flickering = FlickeringVideo() if flicker else None
        self._legend: list[tuple[str, Colour]] = []
        if legend:
            names = classes or [f"class {number}" for number in range(len(palette))]
            self._legend = [*zip(names, palette, strict=True)]
            if flicker:
                self._legend.insert(0, FLICKER_LEGEND)

    def draw(self, image: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """The picture of the next frame of the video.

        Args:
            image: uint8 RGB (height, width, 3).
            labels: uint8 (height, width), class ids.

        Returns:
            uint8 RGB (height, width, 3).
        """
        segmented = overlay(image, labels, self._palette, self._alpha)
        panels = [Panel("segmentation", segmented)]
        if self._side_by_side:
            panels.insert(0, Panel("input", image))
        if self._flickering is not None:
            changes = self._flickering.draw(image, labels)
            panels.append(Panel(self._flickering.caption(), changes))
        if len(panels) == 1 and not self._legend:
            return segmented
        return panel_sheet([panels], legend=self._legend)


def palette_of(segmenter: VideoSegmenter, dataset: str | None) -> Sequence[Colour]:
    """The palette of the network, or of a data set if one is given.

    Raises:
        ValueError: If neither has them for this number of classes.
    """
    palette = DATASETS[dataset].info.palette if dataset else segmenter.palette
    if palette is None:
        raise ValueError("This network has no palette; choose one with --dataset")
    if len(palette) != segmenter.num_classes:
        raise ValueError(
            f"This network has {segmenter.num_classes} classes and "
            f"--dataset={dataset} has {len(palette)}"
        )
    return palette
