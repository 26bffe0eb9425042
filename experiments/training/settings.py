"""The settings of a training."""

from dataclasses import dataclass

from lstm_icnet.network.settings import model_name
from lstm_icnet.network.versions import VERSIONS

MODELS = {model_name(version): version for version in (None, *VERSIONS)}


@dataclass(frozen=True)
class Training:
    """Settings of a training apart from its data; the flags have the same names."""

    model: str
    cell: str
    workdir: str
    image_size: tuple[int, int]
    num_frames: int
    steps: int
    frame_stride: int = 1
    batch_size: int = 1
    learning_rate: float = 1e-3
    weight_decay: float = 1e-4
    min_scale: float = 0.5
    max_scale: float = 2.0
    seed: int = 0
    checkpoint_steps: int = 500
    log_steps: int = 20
    init_from: str | None = None
    freeze_branches: bool = False
    freeze_batch_norm: bool = False
    peephole: bool = False
    width_multiplier: float = 1.0
    class_weights: tuple[float, ...] | None = None
    every_label: bool = False
    clip_norm: float | None = None

    def __post_init__(self):
        if self.every_label and MODELS[self.model] is None:
            raise ValueError(
                f"--every_label needs a network that takes clips, and "
                f"--model={self.model} takes single frames; leave the flag out, or "
                f"choose an LSTM-ICNet"
            )
