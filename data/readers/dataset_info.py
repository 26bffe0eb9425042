"""What is known about a data set before its files are opened."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DatasetInfo:
    """The facts of one data set.

    Attributes:
        name: Its name on the command line.
        classes: Class names; a label map holds their indices, and
            `IGNORE_LABEL` where a pixel belongs to none.
        palette: RGB in 0..255 per class, for pictures.
        mean_rgb: Mean colour of the images, RGB in [0, 255].
        image_size: (height, width) of the images as they lie on disk, in pixels.
        splits: Names that the reader takes.
        source: Where the data set comes from.
        void_id: Id by which label files of the data set mark pixels of no class, and
            which networks with an output for them predict; None where only
            `IGNORE_LABEL` does so.
    """

    name: str
    classes: tuple[str, ...]
    palette: tuple[tuple[int, int, int], ...]
    mean_rgb: tuple[float, float, float]
    image_size: tuple[int, int]
    splits: tuple[str, ...]
    source: str
    void_id: int | None = None

    def check_split(self, split: str) -> None:
        """Raises ValueError if this data set has no split of that name."""
        if split not in self.splits:
            raise ValueError(
                f"`split` must be one of {', '.join(self.splits)} for {self.name}. "
                f"Received: split={split!r}"
            )
