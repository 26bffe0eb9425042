"""What stands at the four taps: nothing, a layer over a clip, or one step of its cell.

A drawing has `remembers(tap)`, whether a cell stands there; `move(x, source, target)`,
which hands a map on from one stretch of the network to the next; and `tap(name, x)`.
The stretches are the keys of `versions.TAPS_BEHIND`.
"""

from keras import ops

from lstm_icnet.network.initializers import PackedGlorotUniform
from lstm_icnet.network.own_layers import LAYERS
from lstm_icnet.network.versions import TAPS_BEHIND

TAP_FILTERS = 128
# Between which stretches a tap lies.
_TAP_LIES = {
    "sub4": ("low", "fused"),
    "sub2": ("medium", "fused"),
    "sub1": ("high", "fused"),
    "sub12": ("fused", "heads"),
}


class FrameDrawing:
    """ICNet: every frame by itself."""

    def remembers(self, tap):
        return False

    def move(self, x, source, target):
        return x

    def tap(self, name, x):
        return x


class ClipDrawing:
    """Whole clips, their frames folded into the batch: `(batch * frames, ...)`.

    A stretch sees all frames if a cell lies behind it, and only the last otherwise.

    Args:
        layers: `NamedLayers`, where the recurrent layers are made.
        cell: One of `versions.CELLS`.
        taps: Names of the taps with a cell.
        num_frames: Int, frames of a clip.
        peephole: Bool, whether the cells have peepholes.
        all_frames: Bool, whether every stretch sees all frames.
    """

    def __init__(
        self, layers, cell, taps, num_frames, peephole=False, all_frames=False
    ):
        self._layers = layers
        self._cell = cell
        self._taps = taps
        self._num_frames = num_frames
        self._peephole = peephole
        self._all_frames = all_frames

    def remembers(self, tap):
        return tap in self._taps

    def _sees_all_frames(self, stretch):
        return self._all_frames or any(map(self.remembers, TAPS_BEHIND[stretch]))

    def move(self, x, source, target):
        if self._sees_all_frames(source) and not self._sees_all_frames(target):
            return self._unfold(x)[:, -1]  # (batch, height, width, channels)
        return x

    def tap(self, name, x):
        source, target = _TAP_LIES[name]
        if not self.remembers(name):
            return self.move(x, source, target)
        all_frames = self._sees_all_frames(target)
        x = self._recurrent_layer(name, all_frames)(self._unfold(x))
        if all_frames:
            x = ops.reshape(x, (-1, *x.shape[2:]))  # (batch * frames, h, w, channels)
        return x

    def _unfold(self, x):
        return ops.reshape(x, (-1, self._num_frames, *x.shape[1:]))

    def _recurrent_layer(self, name, all_frames):
        return self._layers.get(
            LAYERS[self._cell],
            f"convlstm_{name}",
            filters=self._layers.channels(TAP_FILTERS),
            kernel_size=3,
            padding="same",
            return_sequences=all_frames,
            peephole=self._peephole,
            kernel_initializer=PackedGlorotUniform(),
            recurrent_initializer=PackedGlorotUniform(),
            kernel_regularizer=self._layers.regularizer(),
            recurrent_regularizer=self._layers.regularizer(),
        )


class StepDrawing:
    """One frame of a stream; the states come in and go out.

    Args:
        layers: `NamedLayers` with the recurrent layers of a clip drawing.
        states: Dict tap -> `[h, c]`, each `(batch, height, width, channels)`; those
            after the frame are left in `next_states`.
    """

    def __init__(self, layers, states):
        self._layers = layers
        self._states = states
        self.next_states = {}

    def remembers(self, tap):
        return tap in self._states

    def move(self, x, source, target):
        return x

    def tap(self, name, x):
        if not self.remembers(name):
            return x
        cell = self._layers[f"convlstm_{name}"].cell
        output, self.next_states[name] = cell(x, self._states[name])
        return output
