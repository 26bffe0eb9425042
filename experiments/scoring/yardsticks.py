"""Reference values for the flicker of predictions, computed frame by frame."""

import numpy as np

from lstm_icnet.flicker import (
    BorderFlicker,
    ConfusionMatrix,
    FlickeringImagePixels,
    FlickeringPixels,
    StaleRate,
    through_output_grid,
)


class Yardsticks:
    """Stale rate, mFP by distance to borders, the labels' own mFIP, and the floor.

    The floor is the mIoU, mFP and mFIP of labels reduced to a network's output grid and
    enlarged again, see `through_output_grid`.

    Args:
        num_classes: Int in 1..255.
        encoding: Of errors in mFP.
        image_size: (height, width) of the network's input, whose outputs have a quarter
            of it; that of the labels if it is not known.
    """

    def __init__(
        self,
        num_classes: int,
        encoding: str = "label",
        image_size: tuple[int, int] | None = None,
    ):
        self._image_size = image_size
        self._stale = StaleRate()
        self._places = BorderFlicker(encoding=encoding)
        self._label_mfip = FlickeringImagePixels()
        self._floor_confusion = ConfusionMatrix(num_classes)
        self._floor_mfp = FlickeringPixels(encoding)
        self._floor_mfip = FlickeringImagePixels()
        self._before: np.ndarray | None = None
        self._floor: np.ndarray | None = None

    def add(self, label: np.ndarray | None) -> None:
        """Adds the label of the next frame, if it has one."""
        self._before, self._floor = self._floor, None
        if label is not None:
            self._floor = through_output_grid(label, self._image_size)
            self._floor_confusion.update(label, self._floor)

    def add_pair(self, labels: np.ndarray, predictions: np.ndarray) -> None:
        """Adds two consecutive labelled frames `(2, height, width)`, after `add`."""
        self._stale.update(labels, predictions)
        self._places.update(labels, predictions)
        self._label_mfip.update(labels)
        floors = np.stack([self._before, self._floor])
        self._floor_mfp.update(labels, floors)
        self._floor_mfip.update(floors)

    def merge(self, other: "Yardsticks") -> None:
        """Adds what another one with the same settings has counted."""
        for mine, its in zip(self._metrics(), other._metrics(), strict=True):
            mine.merge(its)

    def results(self) -> dict[str, float | None]:
        """By their keys in JSON; `None` where nothing could be measured."""
        return {
            "stale_rate": self._stale.result(),
            "mfp_border": self._places.border.result(),
            "mfp_interior": self._places.interior.result(),
            "label_mfip": self._label_mfip.result(),
            "floor_mean_iou": self._floor_confusion.mean_iou(),
            "floor_mfp": self._floor_mfp.result(),
            "floor_mfip": self._floor_mfip.result(),
        }

    def _metrics(self):
        return (
            self._stale,
            self._places,
            self._label_mfip,
            self._floor_confusion,
            self._floor_mfp,
            self._floor_mfip,
        )
