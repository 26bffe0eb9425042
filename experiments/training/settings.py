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
    checkpoint_minutes: float | None = None
    keep_checkpoints: int = 2
    log_steps: int = 20
    init_from: str | None = None
    freeze_branches: bool = False
    freeze_batch_norm: bool = False
    peephole: bool = False
    width_multiplier: float = 1.0
    class_weights: tuple[float, ...] | None = None
    every_label: bool = False
    clip_norm: float | None = None
    optimizer: str = "sgd"
    end_learning_rate: float = 0.0
    motion_share: float = 0.0
    consistency_weight: float = 0.0
    align_states: bool = False
    align_labels: bool = False
    precision: str = "float32"
    recompute: bool = False
    jit_compile: bool | None = None

    def __post_init__(self):
        if self.every_label and MODELS[self.model] is None:
            raise ValueError(
                f"--every_label needs a network that takes clips, and "
                f"--model={self.model} takes single frames; leave the flag out, or "
                f"choose an LSTM-ICNet"
            )
        if self.consistency_weight and not self.every_label:
            raise ValueError(
                "--consistency_weight compares neighbouring frames, so it needs "
                "--every_label"
            )
        if self.align_states and self.motion_share < 1:
            raise ValueError(
                f"--align_states needs --motion_share=1, as the flow between frames is "
                f"known only for clips made from stills. Received: "
                f"--motion_share={self.motion_share}"
            )
