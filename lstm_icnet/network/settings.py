"""The arguments that a network is built from, with their checks."""

from collections.abc import Sequence
from dataclasses import dataclass

from lstm_icnet.network.icnet import HEADS, SMALLEST_SIDE
from lstm_icnet.network.versions import check_version

FLOW_BLOCK = 8  # pixels
CITYSCAPES_MEAN_RGB = (73.158, 82.909, 72.392)


@dataclass(frozen=True)
class NetworkSettings:
    """The arguments of `ICNet`; a `.keras` file stores all of them.

    Attributes:
        version: `None` for ICNet, else 1 to 6.
        cell: `None` for ICNet, else `standard`, `spatial`, `depthwise`, `separable`.
        num_classes: Int, 1 to 255; label maps are uint8.
        image_size: Pair of ints, (height, width), each at least 97.
        num_frames: Positive int, frames of a clip; always 1 for ICNet.
        mean_rgb: Three floats, subtracted from the image; no division.
        peephole: Bool, whether the cells have peepholes (the paper's have none).
        classes: Names of the classes. The network does not use them; they are stored
            for programs that open its file.
        palette: RGB colours of the classes, 0 to 255, stored for the same purpose.
        weight_decay: Float, for the loss term `0.5 weight_decay ||W||^2` on
            convolution and cell kernels.
        heads: Which of the three classifiers to have; `sub24` and `sub4` are for
            training only.
        return_sequences: Bool, whether the heads classify every frame of a clip or
            its last one.
        width_multiplier: Positive float, multiplies the number of channels of every
            layer; 1 is the paper's network, at half the width of the first ICNet.
        folded: Bool; see `fold_batch_norm`, which sets it.
        align_states: Bool, whether h and c are warped along the optical flow from frame
            to frame. Then the network takes `{"images": clips, "flow": (batch,
            num_frames - 1, *flow_size(image_size), 2)}`. Each vector belongs to the
            centre of a block of eight by eight pixels: the position of the same point
            in the previous frame minus its position now, in pixels of the image to the
            right and down; NaN if it was not visible. In the streaming graph, the
            caller warps the states.

    Raises:
        ValueError: If a value is out of its range.
    """

    version: int | None = None
    cell: str | None = None
    num_classes: int = 19
    image_size: tuple[int, int] = (1024, 2048)
    num_frames: int = 4
    mean_rgb: tuple[float, float, float] = CITYSCAPES_MEAN_RGB
    peephole: bool = False
    classes: Sequence[str] | None = None
    palette: Sequence[Sequence[int]] | None = None
    weight_decay: float = 0.0
    heads: Sequence[str] = HEADS
    return_sequences: bool = False
    width_multiplier: float = 1.0
    folded: bool = False
    align_states: bool = False

    def __post_init__(self):
        check_version(self.version, self.cell)
        self._check_sizes()
        self._check_heads()
        self._check_alignment()
        # A file gives lists where a caller gave tuples.
        for name in ("image_size", "mean_rgb", "heads", "classes"):
            value = getattr(self, name)
            object.__setattr__(self, name, None if value is None else tuple(value))
        if self.palette is not None:
            palette = tuple(tuple(colour) for colour in self.palette)
            object.__setattr__(self, "palette", palette)
        if self.version is None:
            object.__setattr__(self, "num_frames", 1)

    @property
    def taps(self) -> tuple[str, ...]:
        """The places with a cell, of `versions.VERSIONS`."""
        return check_version(self.version, self.cell)

    @property
    def model_name(self) -> str:
        """`icnet` or `lstm_icnet_v<version>`."""
        return model_name(self.version)

    def _check_sizes(self):
        if not 1 <= self.num_classes <= 255:
            raise ValueError(
                f"`num_classes` must be 1 to 255, as labels are bytes and 255 is "
                f"ignored. Received: num_classes={self.num_classes}"
            )
        if self.num_frames < 1:
            raise ValueError(
                f"`num_frames` must be positive. Received: num_frames={self.num_frames}"
            )
        if not 0 < self.width_multiplier < float("inf"):
            raise ValueError(
                f"`width_multiplier` must be positive and finite. "
                f"Received: width_multiplier={self.width_multiplier}"
            )
        if len(self.image_size) != 2 or min(self.image_size) < SMALLEST_SIDE:
            raise ValueError(
                f"Both sides of `image_size` must be at least {SMALLEST_SIDE} pixels, "
                f"or the coarsest pool has no pixel. "
                f"Received: image_size={tuple(self.image_size)}"
            )

    def _check_heads(self):
        if not self.heads or set(self.heads) - set(HEADS):
            raise ValueError(
                f"`heads` must be some of {HEADS}. Received: heads={self.heads}"
            )
        if self.return_sequences and self.version is None:
            raise ValueError(
                "ICNet segments single frames and has no sequence to return. "
                f"Received: return_sequences={self.return_sequences}"
            )

    def _check_alignment(self):
        if self.align_states and (self.version is None or self.num_frames < 2):
            raise ValueError(
                f"`align_states` needs a network with cells and clips of at least two "
                f"frames. Received: version={self.version}, "
                f"num_frames={self.num_frames}"
            )


def flow_size(image_size: Sequence[int]) -> tuple[int, int]:
    """(height, width) of the flow that states are aligned by: an eighth of the image's.

    The states with the highest resolution have the same size.
    """
    height, width = image_size
    return -(-height // FLOW_BLOCK), -(-width // FLOW_BLOCK)


def model_name(version: int | None) -> str:
    """`icnet` for `None`, else `lstm_icnet_v<version>`."""
    return "icnet" if version is None else f"lstm_icnet_v{version}"
