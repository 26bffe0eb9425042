"""What a graph has at the four taps: nothing, a layer over a clip, or a cell's step.

The network has the sections that `versions.TAPS_BEHIND` names; a tap is between two of
them. In a clip, a section computes all frames or only the last one.
"""

from typing import Any

import keras
from keras import ops

from lstm_icnet.imports.own_layers import LAYERS, warp_states
from lstm_icnet.network.initializers import PackedGlorotUniform
from lstm_icnet.network.named_layers import NamedLayers
from lstm_icnet.network.versions import TAPS_BEHIND

TAP_FILTERS = 128
# The sections before and behind each tap.
_SECTIONS_AT = {
    "sub4": ("low", "fused"),
    "sub2": ("medium", "fused"),
    "sub1": ("high", "fused"),
    "sub12": ("fused", "heads"),
}


class Drawing:
    """No cell at any tap, single frames: ICNet; base class of the others."""

    def has_cell(self, tap: str) -> bool:
        """Whether there is a cell at a tap."""
        return False

    def move(self, x: keras.KerasTensor, source: str, target: str) -> keras.KerasTensor:
        """Passes the feature map `x` from section `source` to section `target`."""
        return x

    def tap(self, name: str, x: keras.KerasTensor) -> keras.KerasTensor:
        """The output of tap `name` for the feature map `x`."""
        return x


class ClipDrawing(Drawing):
    """Whole clips, their frames folded into the batch: `(batch * frames, ...)`.

    A section computes all frames if there is a cell behind it, and only the last
    otherwise.

    Args:
        layers: Makes and stores the recurrent layers.
        settings: The `NetworkSettings`.
        flow: Optical flow along which the states are warped, see `NetworkSettings`; or
            `None`.
    """

    def __init__(
        self,
        layers: NamedLayers,
        settings: Any,
        flow: keras.KerasTensor | None = None,
    ):
        self._layers = layers
        self._settings = settings
        self._flow = flow

    def has_cell(self, tap):
        return tap in self._settings.taps

    def move(self, x, source, target):
        if self._has_all_frames(source) and not self._has_all_frames(target):
            return self._unfold(x)[:, -1]  # (batch, height, width, channels)
        return x

    def tap(self, name, x):
        source, target = _SECTIONS_AT[name]
        if not self.has_cell(name):
            return self.move(x, source, target)
        all_frames = self._has_all_frames(target)
        layer, x = self._recurrent_layer(name, all_frames), self._unfold(x)
        if self._flow is None:
            x = layer(x)
        else:
            size = self._settings.image_size
            x = layer(x, flow=self._flow, flow_unit_size=size)
        if all_frames:
            x = ops.reshape(x, (-1, *x.shape[2:]))  # (batch * frames, h, w, channels)
        return x

    def _has_all_frames(self, section):
        return self._settings.return_sequences or any(
            map(self.has_cell, TAPS_BEHIND[section])
        )

    def _unfold(self, x):
        return ops.reshape(x, (-1, self._settings.num_frames, *x.shape[1:]))

    def _recurrent_layer(self, name, all_frames):
        return self._layers.get(
            LAYERS[self._settings.cell],
            f"convlstm_{name}",
            filters=self._layers.channels(TAP_FILTERS),
            kernel_size=3,
            padding="same",
            return_sequences=all_frames,
            peephole=self._settings.peephole,
            kernel_initializer=PackedGlorotUniform(),
            recurrent_initializer=PackedGlorotUniform(),
            kernel_regularizer=self._layers.regularizer(),
            recurrent_regularizer=self._layers.regularizer(),
        )


class StepDrawing(Drawing):
    """One frame of a stream, with the states as inputs and outputs.

    Args:
        layers: Layers of a clip drawing, recurrent ones included.
        states: Dict tap -> `[h, c]`, each `(batch, height, width, channels)`.

    Attributes:
        next_states: The states after the last frame, as `states`; filled while the
            network is drawn.
    """

    def __init__(self, layers: NamedLayers, states: dict[str, list[keras.KerasTensor]]):
        self._layers = layers
        self._states = states
        self.next_states: dict[str, list[keras.KerasTensor]] = {}

    def has_cell(self, tap):
        return tap in self._states

    def tap(self, name, x):
        if not self.has_cell(name):
            return x
        output, self.next_states[name] = self._cell(name)(x, self._states[name])
        return output

    def _cell(self, name):
        return self._layers[f"convlstm_{name}"].cell


class StepsDrawing(StepDrawing):
    """Consecutive frames of one stream, `(frames, ...)`; only the cells see an order.

    Args:
        layers, states: See `StepDrawing`; the states have a batch of one.
        num_frames: Int.
        flow: Dict tap -> `(num_frames - 1, height, width, 2)`, along which the states
            are warped from each frame to the next, see `warp_states`; empty for states
            that stay where they are.
    """

    def __init__(
        self,
        layers: NamedLayers,
        states: dict[str, list[keras.KerasTensor]],
        num_frames: int,
        flow: dict[str, keras.KerasTensor],
    ):
        super().__init__(layers, states)
        self._num_frames = num_frames
        self._flow = flow

    def tap(self, name: str, x: keras.KerasTensor) -> keras.KerasTensor:
        if not self.has_cell(name):
            return x
        cell, states, outputs = self._cell(name), self._states[name], []
        flows: list[Any] = [None] * self._num_frames
        if name in self._flow:
            flows[1:] = ops.split(self._flow[name], self._num_frames - 1)
        for frame, flow in zip(ops.split(x, self._num_frames), flows, strict=True):
            if flow is not None:
                states = [warp_states(state, flow) for state in states]
            output, states = cell(frame, states)
            outputs.append(output)
        self.next_states[name] = states
        return ops.concatenate(outputs)
