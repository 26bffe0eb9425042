"""The recurrent layer around a convLSTM cell."""

from typing import Any

import keras
from keras import ops

from layers.base_conv_lstm2d_cell import BaseConvLSTM2DCell
from layers.warp_states import resize_flow, warp_states

# Arguments of the layer; all others are those of its cell.
LAYER_ARGUMENTS = (
    "return_sequences",
    "return_state",
    "go_backwards",
    "stateful",
    "unroll",
    "zero_output_for_mask",
    "activity_regularizer",
    "trainable",
    "autocast",
    "batch_size",
    "batch_shape",
    "input_shape",
    "name",
)


class BaseConvLSTM2D(keras.layers.RNN):
    """A convLSTM over a clip: `cell_class` step by step along the second axis.

    Args:
        filters: Positive int, output channels.
        kernel_size: Positive int or pair, (height, width).
        *args, **kwargs: The other arguments of the cell, and those of
            `keras.layers.RNN`: `return_sequences`, `return_state`, `go_backwards`,
            `stateful`, `unroll`, `zero_output_for_mask`. Together they are the
            arguments of `keras.layers.ConvLSTM2D`, with its defaults, and `peephole`.

    Call arguments:
        sequences: Float tensor `(batch, time, height, width, channels)`, or with the
            channels third for `"channels_first"`. Height and width may be None, and
            differ from call to call unless the layer is stateful.
        initial_state: `[h, c]`, each `(batch, new_height, new_width, filters)`; zeros
            by default.
        mask: Boolean `(batch, time)` or, for each pixel of the output, `(batch, time,
            new_height, new_width)`, as `keras.layers.Masking` gives it for
            `padding="same"` without strides. Where it is False, a step leaves the
            state as it is and repeats the output of the step before (zeros at the
            first step, and everywhere with `zero_output_for_mask`).
        training: Whether dropout is active.
        flow: Float tensor `(batch, time - 1, flow height, flow width, 2)`, optional:
            the motion between the frames, along which h and c are warped before each
            step but the first; see `warp_states`. Its unit is a pixel of an image whose
            size is `flow_unit_size`. It needs a zero initial state, forward order, no
            mask, `"channels_last"`, and a known size.
        flow_unit_size: (height, width).

    Returns:
        The last output `(batch, new_height, new_width, filters)`, or all of them
        `(batch, time, new_height, new_width, filters)` with `return_sequences`; with
        `return_state` followed by h and c.

    Raises:
        ValueError, TypeError: If an argument is out of its range; if a stateful layer
            is built without a static batch size, height and width; if `mask` has
            another shape; if `flow` is combined with an option that does not support
            it.
    """

    cell_class: type[BaseConvLSTM2DCell]

    def __init__(self, filters, kernel_size, *args, **kwargs):
        own = {name: kwargs.pop(name) for name in LAYER_ARGUMENTS if name in kwargs}
        dtype = kwargs.pop("dtype", None)
        cell = self.cell_class(filters, kernel_size, *args, dtype=dtype, **kwargs)
        super().__init__(cell, dtype=dtype, **own)
        # Keras would number the cells, and with them the paths of their weights. Named
        # after their layers, the cells of several layers can be in one step model.
        cell.name = f"{self.name}_cell"
        self.input_spec = keras.layers.InputSpec(ndim=5)

    def build(self, sequences_shape, initial_state_shape=None):
        super().build(sequences_shape, initial_state_shape)
        channel_axis = self.cell.channel_axis % 4 + 1
        # The variables of a stateful layer's states have a fixed size.
        fixed_axes = (2, 3, 4) if self.stateful else (channel_axis,)
        self.input_spec = keras.layers.InputSpec(
            ndim=5, axes={axis: sequences_shape[axis] for axis in fixed_axes}
        )

    @property
    def variables(self):
        # Keras leaves out a stateful layer's states. On JAX, `fit` and `predict` pass
        # all variables through compiled functions, so the states would be lost.
        return super().variables + list(self.states or [])

    def call(
        self,
        sequences,
        initial_state=None,
        mask=None,
        training=False,
        flow=None,
        flow_unit_size=None,
    ):
        if flow is not None:
            self._check_flow(initial_state, mask)
            return self._call_along_flow(sequences, flow, flow_unit_size, training)
        if self.stateful:
            sequences = self._with_static_batch(sequences)
        shape = ops.shape(sequences)
        zeros = self.cell.get_initial_state(
            shape[0], *self.cell.height_and_width((shape[0], *shape[2:]))
        )
        with self.cell.one_dropout_for_all_steps(sequences[:, 0], zeros[0], training):
            if initial_state is None and not self.stateful:
                if mask is None and sequences.shape[1] is not None:
                    return self._call_from_zero(sequences, training)
                initial_state = zeros
            return super().call(
                sequences, initial_state=initial_state, mask=mask, training=training
            )

    def _with_static_batch(self, sequences):
        """`sequences` with the states' batch size, which is unknown in an export."""
        batch_size = self.states[0].shape[0]
        if sequences.shape[0] not in (None, batch_size):
            raise ValueError(
                f"This stateful layer was built for a batch size of {batch_size}. "
                f"Received: batch_size={sequences.shape[0]}"
            )
        return ops.reshape(sequences, (batch_size, *ops.shape(sequences)[1:]))

    def _call_from_zero(self, sequences, training):
        """The layer's result, without the convolutions of zeros at the first step."""
        if self.go_backwards:
            first, others = sequences[:, -1], sequences[:, :-1]
        else:
            first, others = sequences[:, 0], sequences[:, 1:]
        output, states = self.cell(first, training=training)
        if self.return_sequences:
            output = output[:, None]
        if sequences.shape[1] > 1:
            rest = super().call(others, initial_state=states, training=training)
            rest, *states = rest if self.return_state else (rest, *states)
            output = (
                ops.concatenate([output, rest], axis=1)
                if self.return_sequences
                else rest
            )
        return (output, *states) if self.return_state else output

    def _check_flow(self, initial_state, mask):
        refused = {
            "initial_state": initial_state is not None,
            "mask": mask is not None,
            "go_backwards": self.go_backwards,
            "stateful": self.stateful,
            "channels_first": self.cell.data_format == "channels_first",
        }
        found = [name for name, is_there in refused.items() if is_there]
        if found:
            raise ValueError(
                f"`flow` cannot be combined with {', '.join(refused)}. "
                f"Received: {', '.join(found)}"
            )

    def _call_along_flow(self, sequences, flow, image_size, training):
        """The layer's result with the states warped along the flow before each step."""
        outputs: list[Any] = []
        states: Any = None
        for t in range(sequences.shape[1]):
            if states is not None:
                size = states[0].shape[1:3]
                motion = resize_flow(flow[:, t - 1], size, image_size)
                states = [warp_states(state, motion) for state in states]
            output, states = self.cell(sequences[:, t], states, training=training)
            outputs.append(output)
        output = ops.stack(outputs, axis=1) if self.return_sequences else outputs[-1]
        return (output, *states) if self.return_state else output

    def inner_loop(self, sequences, initial_state, mask, training=False):
        if mask is not None:
            mask = self._broadcastable(mask, initial_state[0].shape)
        num_steps = sequences.shape[1]
        # On JAX, Keras' loop takes the last axis of a mask for one of channels.
        unsafe = mask is not None and mask.shape[-1] != 1 and num_steps is not None
        if self.unroll or num_steps == 1 or unsafe:
            return self._unrolled_loop(sequences, initial_state, mask, training)
        return super().inner_loop(sequences, initial_state, mask, training=training)

    def _broadcastable(self, mask, state_shape):
        """`mask` with five axes, so that each step's broadcasts over any state.

        Keras' loops accept such a mask. A mask (batch, time) fails in them where height
        or width is unknown, and always on JAX; a mask (batch, time, height, width)
        fails in the unrolled loop.
        """
        mask = ops.cast(mask, "bool")
        size = self.cell.height_and_width(state_shape)
        if len(mask.shape) == 2:
            return mask[:, :, None, None, None]
        if len(mask.shape) != 4 or any(
            None not in sides and sides[0] != sides[1]
            for sides in zip(mask.shape[2:], size, strict=True)
        ):
            raise ValueError(
                "`mask` must be (batch, time), or (batch, time, height, width) with "
                "the output's height and width. "
                f"Received: mask.shape={tuple(mask.shape)}, output height and width "
                f"{tuple(size)}"
            )
        return ops.expand_dims(mask, self.cell.channel_axis % 4 + 1)

    def _unrolled_loop(self, sequences, states, mask, training):
        """Step by step in Python: last output, all outputs, last states.

        Keras' own unrolled loop cannot mask images of unknown size.
        """
        steps = range(sequences.shape[1])
        output, outputs = ops.zeros_like(states[0]), []
        for t in reversed(steps) if self.go_backwards else steps:
            h, new_states = self.cell(sequences[:, t], states, training=training)
            if mask is None:
                output, states = h, new_states
            else:
                counts = mask[:, t]
                before = 0.0 if self.zero_output_for_mask else output
                output = ops.where(counts, h, before)
                states = [
                    ops.where(counts, new, old)
                    for new, old in zip(new_states, states, strict=True)
                ]
            outputs.append(output)
        return output, ops.stack(outputs, axis=1), states

    def compute_output_shape(self, sequences_shape, initial_state_shape=None):
        batch_size, time, *step_shape = sequences_shape
        state, _ = self.cell.compute_output_shape((batch_size, *step_shape))
        output = (batch_size, time, *state[1:]) if self.return_sequences else state
        return (output, state, state) if self.return_state else output

    def get_config(self):
        config = super().get_config()
        del config["cell"]
        return {**self.cell.get_config(), **config}

    @classmethod
    def from_config(cls, config):
        return cls(**config)
