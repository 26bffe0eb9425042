"""What opened networks have in common whose file holds one step of a stream."""

import math
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lstm_icnet.weights.foreign_files import check_regular_file, first_line

# For `steps`. On two cores at 360x480, ICNet takes 0.80 of the time of single frames
# for four at once, and 0.76 for sixteen.
FRAMES_AT_ONCE = 4
# Larger images need more memory and gain little: 1024x2048 takes 0.96 of the time.
_LARGEST_AT_ONCE = 512 * 1024  # pixels
_ALIGNMENT = 64  # bytes, of TensorFlow's memory


def runs_at_once(image_size: tuple[int, int]) -> bool:
    """Whether frames of a size gain by being computed together."""
    return math.prod(image_size) <= _LARGEST_AT_ONCE


class DescribedNetwork:
    """Base class of opened networks; see `open_network.OpenedNetwork`.

    Args:
        description: The `Metadata` of an export, or an `ICNet`.
        align_states: Whether it was trained with states moved along the optical flow.
    """

    def __init__(self, description: Any, align_states: bool):
        self.classes = description.classes
        self.palette = description.palette
        self.num_classes = description.num_classes
        self.num_frames = description.num_frames
        self.image_size = description.image_size
        self.align_states = align_states
        self.on_gpu = False
        self.steps: dict[bool, Callable[[dict], tuple[np.ndarray, dict]]] = {}

    @property
    def frames_at_once(self) -> int:
        """How many frames `steps` compute; 1 if there are none."""
        return FRAMES_AT_ONCE if self.steps else 1

    def draw(self, logits: Any, size: tuple[int, int]) -> np.ndarray:
        """Label maps of a size from the logits of `step`, where `on_gpu`."""
        raise NotImplementedError

    def move(self, states: dict, flow: dict) -> dict:
        """States warped along the flow, by `flow_<tap>`, where `on_gpu`."""
        raise NotImplementedError

    def initial_state(self) -> dict:
        """The states before the first frame, by name."""
        raise NotImplementedError

    def step(self, images: np.ndarray, states: dict) -> tuple[np.ndarray, dict]:
        """Outputs for uint8 images of the network's size, and the new states."""
        raise NotImplementedError


class StepNetwork(DescribedNetwork):
    """Base class of networks in a single file; see `open_network.OpenedNetwork`.

    A subclass calls `_check` with the shapes that it finds in its file, and has
    `_run(inputs)`, which gives `logits` and the states by name.

    Args:
        file: The file.
        metadata: What `metadata.json` says, a `Metadata`.
        allow_nonfinite: Whether weights may be NaN or infinite.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If weights are not finite.
    """

    gives_logits = True

    def __init__(self, file: Path, metadata: Any, allow_nonfinite: bool = False):
        super().__init__(metadata, metadata.align_states)
        self._states = metadata.states
        self._file = file
        check_regular_file(file, "a network that experiments.export wrote")
        if not (metadata.finite_weights or allow_nonfinite):
            raise ValueError(
                f"{file} has weights that are NaN or infinite, as after a training "
                f"that diverged; export an earlier checkpoint (`allow_nonfinite` is "
                f"for looking at such a network)"
            )

    def initial_state(self) -> dict:
        """The states before the first frame, by name."""
        return self._zeros(1)

    def step(self, images: np.ndarray, states: dict) -> tuple[np.ndarray, dict]:
        """Logits for uint8 images of the network's size, and the new states."""
        if images.shape[1:] != (*self.image_size, 3) or images.dtype != np.uint8:
            raise ValueError(
                f"Images must be uint8 RGB of {self.image_size} (height, width). "
                f"Received: shape={images.shape}, dtype={images.dtype}"
            )
        outputs = self._run({"image": images, **states})
        logits = outputs.pop("logits")
        return logits, outputs

    def clip(self, clips: np.ndarray) -> np.ndarray:
        """Logits for the last frame of each clip."""
        if not self._states:
            clips = clips[:, -1:]
        states = self._zeros(len(clips))
        for frame in range(clips.shape[1]):
            logits, states = self.step(clips[:, frame], states)
        return logits

    def _run(self, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        raise NotImplementedError

    def _zeros(self, batch_size):
        return {
            name: np.zeros((batch_size, *shape), np.float32)
            for name, shape in self._states.items()
        }

    def _check(self, inputs: Mapping[str, Sequence], outputs: Mapping[str, Sequence]):
        """Raises ValueError if shapes, without the batch, are not as expected."""
        states = {name: tuple(shape) for name, shape in self._states.items()}
        grid = output_grid(self.image_size)
        for what, found, expected in (
            ("inputs", inputs, {"image": (*self.image_size, 3), **states}),
            ("outputs", outputs, {"logits": (*grid, self.num_classes), **states}),
        ):
            shapes = {name: tuple(shape)[1:] for name, shape in found.items()}
            if shapes != expected:
                raise ValueError(f"its {what} are {shapes} instead of {expected}")

    def _unreadable(self, error: Exception) -> ValueError:
        """What to raise if the file cannot be used."""
        return ValueError(
            f"{self._file} is not the network that "
            f"{self._file.with_name('metadata.json')} describes: {first_line(error)}; "
            f"export the network again"
        )


class FrameMemory(threading.local):
    """Frames as tensors of TensorFlow, without new memory for every frame.

    `tf.constant` copies a frame to new memory, whose pages the system has to provide,
    and takes three to five times as long. TensorFlow uses aligned memory as it is: the
    frame is copied to that of its thread, which is free again when the function that
    takes the tensor has returned. A GPU may still read it then, so it gets a constant.
    """

    def __init__(self) -> None:
        import tensorflow as tf

        self._constant = tf.constant
        self._shared = tf.experimental.dlpack.from_dlpack
        self._on_gpu = bool(tf.config.list_logical_devices("GPU"))
        self._memory: np.ndarray = np.empty(0, np.uint8)

    def tensor_of(self, frames: np.ndarray) -> Any:
        """A uint8 tensor of frames, which the next call of this thread overwrites."""
        if self._on_gpu:
            return self._constant(frames)
        if self._memory.shape != frames.shape:
            memory = np.empty(frames.size + _ALIGNMENT, np.uint8)
            start = -memory.ctypes.data % _ALIGNMENT
            memory = memory[start : start + frames.size]
            self._memory = memory.reshape(frames.shape)
        np.copyto(self._memory, frames)
        return self._shared(self._memory.__dlpack__())


def refuse_several(images: np.ndarray, engine: str) -> None:
    """Raises ValueError unless there is one image."""
    if len(images) != 1:
        raise ValueError(
            f"{engine} runs one image at a time. Received: {len(images)} images"
        )


def output_grid(image_size: tuple[int, int]) -> tuple[int, int]:
    """(height, width) of the logits: halved three times, rounded up, then 2 n - 1."""
    height, width = (-(-side // 8) for side in image_size)
    return 2 * height - 1, 2 * width - 1
