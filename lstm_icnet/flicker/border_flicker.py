"""mFP near the borders of classes and inside them."""

from numpy.typing import ArrayLike

from lstm_icnet.flicker.flickering_pixels import FlickeringPixels
from lstm_icnet.flicker.label_maps import IGNORE_LABEL, as_videos
from lstm_icnet.flicker.places import border_distances

BORDER_WIDTH = 4  # pixels: a step of ICNet's output grid where labels are of its size


class BorderFlicker:
    """mFP near and away from class borders, over any number of windows.

    Near borders, mFP is mostly caused by motion together with imprecise borders, which
    includes the floor of the output grid (`through_output_grid`); inside objects, it is
    caused by predictions that change from frame to frame.

    A pixel is near a border if a pixel of another label is at most `width` steps along
    rows and columns away, in either frame of the pair. Ignored pixels count as a class
    of their own here.

    Args:
        width: Positive int, in pixels.
        encoding, ignore_label: As in `FlickeringPixels`.

    Attributes:
        border: `FlickeringPixels` of the pixels near borders, per mille of them.
        interior: `FlickeringPixels` of all other pixels, per mille of them.

    Raises:
        ValueError: If `width` is not positive, or `encoding` is not known.

    Departures: the paper has no such metric.
    """

    def __init__(
        self,
        width: int = BORDER_WIDTH,
        encoding: str = "label",
        ignore_label: int | None = IGNORE_LABEL,
    ):
        if width < 1:
            raise ValueError(f"`width` must be positive. Received: width={width}")
        self.width = width
        self.border = FlickeringPixels(encoding, ignore_label)
        self.interior = FlickeringPixels(encoding, ignore_label)

    def update(self, labels: ArrayLike, predictions: ArrayLike) -> None:
        """Adds all pairs of a window; arguments as in `FlickeringPixels.update`.

        Raises:
            TypeError: If either array holds no integers.
            ValueError: If the shapes differ or have another number of axes.
        """
        for label, prediction in zip(*as_videos(labels, predictions), strict=True):
            near = [_is_near_border(frame, self.width) for frame in label]
            for t in range(1, len(label)):
                pair = slice(t - 1, t + 1)
                at_border = near[t - 1] | near[t]
                self.border.update_where(at_border, label[pair], prediction[pair])
                self.interior.update_where(~at_border, label[pair], prediction[pair])

    def merge(self, other: "BorderFlicker") -> None:
        """Adds the pairs that another object with the same settings has counted.

        Raises:
            ValueError: If the settings differ.
        """
        if other.width != self.width:
            raise ValueError(
                f"Only metrics of the same width can be merged. Received: "
                f"width={other.width}, into {self.width}"
            )
        self.border.merge(other.border)
        self.interior.merge(other.interior)


def _is_near_border(label, width):
    distances = border_distances(label)
    # In a frame of one class, all of them are height + width.
    return (distances <= width) & (distances < sum(label.shape))
