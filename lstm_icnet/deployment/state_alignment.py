"""Consecutive frames through a network, its states moved along the optical flow."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lstm_icnet.deployment.open_network import OpenedNetwork
from lstm_icnet.smoothing.frame_motion import FrameMotion, GridMotion

# The motion from the frame before, by (height, width) of the states; none for the first
# frame of a video.
Motions = Mapping[tuple[int, int], GridMotion]


class StateAligner:
    """Warps the states of one stream from the previous frame to the current one.

    It needs only the states of a network, so it works with every file format.
    """

    def __init__(self) -> None:
        self._motions: dict[tuple[int, int], FrameMotion] = {}

    def reset(self) -> None:
        """Forgets the previous frame: the next one is the first of a new video."""
        self._motions.clear()

    def __call__(
        self, states: Mapping[str, np.ndarray], image: np.ndarray
    ) -> dict[str, np.ndarray]:
        """The states after the previous frame, warped to this frame.

        Args:
            states: See `move_states`.
            image: The frame, uint8 RGB (height, width, 3), of any size.
        """
        return move_states(states, self.motions(image, states))

    def motions(self, image: np.ndarray, states: Mapping[str, Any]) -> Motions:
        """The motion from the previous frame to this one, for the sizes of `states`."""
        motions = {
            size: self._motions.setdefault(size, FrameMotion()).update(image, size)
            for size in set(map(size_of, states.values()))
        }
        return {size: motion for size, motion in motions.items() if motion is not None}


def size_of(state: Any) -> tuple[int, int]:
    """(height, width) of a state, an array or any engine's tensor."""
    _, height, width, _ = state.shape
    return int(height), int(width)


def move_states(states: Mapping[str, Any], motions: Motions) -> dict[str, Any]:
    """States warped from the previous frame to this one.

    Args:
        states: By name, arrays or an engine's tensors, (1, height, width, channels).
        motions: From the previous frame.

    Returns:
        The states as they are where there is no motion for their size; else float32
        arrays, zero where a point was outside the previous frame or looked different
        there.
    """
    moved = dict(states)
    for name, state in states.items() if motions else ():
        motion = motions.get(size_of(state))
        if motion is not None:
            warped = motion.warp(np.asarray(state)[0].astype(np.float32))
            warped[~motion.known] = 0
            moved[name] = warped[np.newaxis]
    return moved


def run_frames(
    network: OpenedNetwork,
    images: np.ndarray,
    states: Mapping[str, Any],
    motions: Sequence[Motions],
) -> tuple[list[np.ndarray], dict]:
    """Segments consecutive frames of one stream.

    The frames are computed together if the network can do that and there are as many of
    them as it takes.

    Args:
        network: The network.
        images: uint8 (frames, height, width, 3), of the network's size.
        states: Those before the first frame, by name.
        motions: For every frame, the motion from the frame before, along which the
            states are moved; empty to leave them.

    Returns:
        `(batches, states)`: what `OpenedNetwork.step` gives for the frames, in batches
        of one or more of them, and the states after the last frame.
    """
    first, *later = motions
    if len(images) == network.frames_at_once > 1 and all(later) == any(later):
        run = network.steps.get(all(later))
        if run is not None:
            flow = _flow_inputs(states, later) if all(later) else {}
            moved = _moved(network, states, first)
            maps, states = run({"image": images, **moved, **flow})
            return [maps], states
    batches = []
    for image, motion in zip(images, motions, strict=True):
        maps, states = network.step(image[np.newaxis], _moved(network, states, motion))
        batches.append(maps)
    return batches, dict(states)


def _moved(network, states, motions):
    if motions and network.on_gpu:
        return network.move(states, _flow_inputs(states, [motions]))
    return move_states(states, motions)


def _flow_inputs(states, motions):
    """`flow_<tap>` of every tap, of the motions between the frames."""
    inputs = {}
    for name, state in states.items():
        if name.endswith("_h"):
            flow = [motion[size_of(state)].as_flow() for motion in motions]
            tap = name.removeprefix("convlstm_").removesuffix("_h")
            inputs[f"flow_{tap}"] = np.stack(flow)
    return inputs
