"""Base of the four convLSTM cells: arguments, weights, gates and states."""

import contextlib
from collections.abc import Iterator
from typing import Any

import keras
from keras import ops

from layers.cell_arguments import CellArguments
from layers.fast_operations import bias_add

GATES = 4  # i, f, j, o: always in this order on the last axis of every kernel


class BaseConvLSTM2DCell(CellArguments):
    """One step of a convLSTM, Eq. (1), (3), (6) or (9) of the paper.

        i, f, o = sigmoid(W_x * x + W_h * h_prev + b)     (per gate)
        j       = tanh   (W_x * x + W_h * h_prev + b)
        c       = f c_prev + i j
        h       = o tanh(c)

    A subclass defines in `kernel_shapes` which kernels make up a W, and in
    `convolve` what `W * y` is; everything else is here.

    Args: See `CellArguments`.

    Call arguments:
        inputs: Float tensor `(batch, height, width, channels)`.
        states: `[h_prev, c_prev]`, each shaped as the output; None means zeros and
            saves their convolutions.
        training: Whether dropout is active.

    Returns:
        `(h, [h, c])`, each `(batch, new_height, new_width, filters)`. With
        `"channels_first"` the channels of all of these come second.

    Raises:
        ValueError, TypeError: If an argument is out of its range, or the channel
            axis is not static when the cell is built.

    Departures: the forget bias starts at one, as in the authors' release; the
        paper does not mention it. Peepholes have one weight per channel; those of Shi
        et al. have one per pixel, which ties a network to one resolution.
    """

    convolution_with_sum = True  # see `bias_add`
    _sequence_masks = None

    @property
    def state_size(self) -> list[int]:
        """Numbers of channels of h and c, which `keras.layers.RNN` asks for."""
        return [self.filters, self.filters]

    def kernel_shapes(self, channels: int) -> dict[str, tuple[int, ...]]:
        """Names and shapes of the kernels of one W, for `channels` input channels.

        The last axis of every shape holds the four gates one after the other.
        """
        raise NotImplementedError

    def convolve(
        self,
        y: Any,
        *kernels: Any,
        strides: tuple[int, int] = (1, 1),
        padding: str = "same",
        dilation_rate: tuple[int, int] = (1, 1),
    ) -> Any:
        """`W * y` of one gate, given this gate's part of every kernel of W."""
        raise NotImplementedError

    @property
    def channel_axis(self) -> int:
        """The axis of the channels of inputs and states, -1 or 1."""
        return -1 if self.data_format == "channels_last" else 1

    def build(self, inputs_shape, states_shape=None):
        channels = inputs_shape[self.channel_axis]
        if channels is None:
            raise ValueError(
                "The channel axis must be static. "
                f"Received: input_shape={tuple(inputs_shape)}"
            )
        self.input_spec = keras.layers.InputSpec(
            ndim=4, axes={self.channel_axis: channels}
        )
        self._built_size = self.height_and_width(inputs_shape)
        for axis, length in enumerate(self._built_size):
            if length is not None and self._output_length(length, axis) < 1:
                raise ValueError(
                    'The image must be as large as the kernel for `padding="valid"`. '
                    f"Received: input_shape={tuple(inputs_shape)}, "
                    f"kernel_size={self.kernel_size}, "
                    f"dilation_rate={self.dilation_rate}"
                )
        for name, shape in self.kernel_shapes(channels).items():
            self._add_kernel(name, shape, "kernel")
        for name, shape in self.kernel_shapes(self.filters).items():
            self._add_kernel(f"recurrent_{name}", shape, "recurrent")
        if self.use_bias:
            self.bias = self.add_weight(
                shape=(GATES * self.filters,),
                initializer=self._initial_bias,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
                name="bias",
            )
        if self.peephole:
            for name in ("peephole_i", "peephole_f", "peephole_o"):
                weight = self.add_weight(
                    shape=(self.filters,), initializer="zeros", name=name
                )
                setattr(self, name, weight)

    def _add_kernel(self, name, shape, part):
        initializer = getattr(self, f"{part}_initializer")
        if isinstance(initializer, keras.initializers.Initializer):
            # An initialiser draws the same numbers each time, so two kernels of one
            # size would start as copies of each other.
            initializer = initializer.clone()
        weight = self.add_weight(
            shape=shape,
            initializer=initializer,
            regularizer=getattr(self, f"{part}_regularizer"),
            constraint=getattr(self, f"{part}_constraint"),
            name=name,
        )
        setattr(self, name, weight)

    def _initial_bias(self, shape, dtype=None):
        if not self.unit_forget_bias:
            return self.bias_initializer(shape, dtype=dtype)
        one_gate = (self.filters,)
        return ops.concatenate(
            [
                self.bias_initializer(one_gate, dtype=dtype),
                ops.ones(one_gate, dtype=dtype),
                self.bias_initializer((2 * self.filters,), dtype=dtype),
            ]
        )

    def call(self, inputs, states=None, training=False):
        h_prev, c_prev = (None, 0.0) if states is None else states
        z_i, z_f, z_j, z_o = self._gate_inputs(inputs, h_prev, training)
        if self.peephole:
            z_i = z_i + self._per_channel(self.peephole_i) * c_prev
            z_f = z_f + self._per_channel(self.peephole_f) * c_prev
        i = self.recurrent_activation(z_i)
        f = self.recurrent_activation(z_f)
        j = self.activation(z_j)
        c = f * c_prev + i * j
        if self.peephole:
            z_o = z_o + self._per_channel(self.peephole_o) * c
        o = self.recurrent_activation(z_o)
        h = o * self.activation(c)
        return h, [h, c]

    def _gate_inputs(self, x, h_prev, training):
        """`W_x * x + W_h * h_prev + b` of the four gates."""
        x_masks, h_masks = self._masks(x, h_prev, training)
        geometry: dict[str, Any] = dict(
            strides=self.strides,
            padding=self.padding,
            dilation_rate=self.dilation_rate,
        )
        z = [
            self.convolve(y, *kernels, **geometry)
            for y, kernels in zip(
                _masked(x, x_masks), self._gate_kernels(""), strict=True
            )
        ]
        if self.use_bias:
            biases = ops.split(self.bias, GATES)
            z = [
                bias_add(a, b, self.data_format, self.convolution_with_sum)
                for a, b in zip(z, biases, strict=True)
            ]
        if h_prev is not None:
            recurrent_kernels = self._gate_kernels("recurrent_")
            z = [
                a + self.convolve(y, *kernels)
                for a, y, kernels in zip(
                    z, _masked(h_prev, h_masks), recurrent_kernels, strict=True
                )
            ]
        return z

    def _gate_kernels(self, prefix):
        """For each gate, its part of every kernel of W_x, or of W_h."""
        names = self.kernel_shapes(self.filters)
        parts = [ops.split(getattr(self, prefix + n), GATES, axis=-1) for n in names]
        return zip(*parts, strict=True)

    def _per_channel(self, vector):
        """`vector` (filters,) so that it broadcasts over a state."""
        if self.data_format == "channels_last":
            return ops.convert_to_tensor(vector)
        return ops.reshape(vector, (-1, 1, 1))

    def _masks(self, x, h_prev, training):
        """Dropout masks for input and state, one per gate, or None."""
        if self._sequence_masks is not None:
            return self._sequence_masks
        return (
            self._draw_masks(x, self.dropout, training),
            self._draw_masks(h_prev, self.recurrent_dropout, training),
        )

    def _draw_masks(self, y, rate, training):
        if y is None or not training or not rate:
            return None
        ones = ops.ones_like(y)
        return tuple(
            keras.random.dropout(ones, rate, seed=self.seed_generator)
            for _ in range(GATES)
        )

    @contextlib.contextmanager
    def one_dropout_for_all_steps(
        self, x: Any, h_prev: Any, training: bool
    ) -> Iterator[None]:
        """Within this context, every step drops the same units of input and state."""
        self._sequence_masks = self._masks(x, h_prev, training)
        try:
            yield
        finally:
            self._sequence_masks = None

    def get_initial_state(
        self,
        batch_size: int | None = None,
        height: int | None = None,
        width: int | None = None,
    ) -> list[Any]:
        """Zeros `[h, c]` for inputs of `height` x `width`, or of the built size."""
        if height is None and width is None:
            height, width = self._built_size
        if height is None or width is None:
            raise ValueError(
                "A state needs `height` and `width` of the input where the cell was "
                f"built without them. Received: height={height}, width={width}"
            )
        shape = self._state_shape(batch_size, height, width)
        return [ops.zeros(shape, dtype=self.compute_dtype) for _ in range(2)]

    def compute_output_shape(self, inputs_shape, states_shape=None):
        shape = self._state_shape(inputs_shape[0], *self.height_and_width(inputs_shape))
        return shape, [shape, shape]

    def height_and_width(
        self, inputs_shape: tuple[int | None, ...]
    ) -> tuple[int | None, int | None]:
        """Height and width of an input of this shape, in either data format."""
        if self.data_format == "channels_last":
            return inputs_shape[1], inputs_shape[2]
        return inputs_shape[2], inputs_shape[3]

    def _state_shape(self, batch, *size):
        """Shape of a state, for a batch of inputs of `size` (height, width)."""
        size = tuple(
            self._output_length(length, axis) for axis, length in enumerate(size)
        )
        if self.data_format == "channels_last":
            return (batch, *size, self.filters)
        return (batch, self.filters, *size)

    def _output_length(self, length, axis):
        """The output's height or width for that of the input; None if it is unknown."""
        if length is None:
            return None
        if self.padding == "valid":
            length = length - (self.kernel_size[axis] - 1) * self.dilation_rate[axis]
        return -(-length // self.strides[axis])


def _masked(y, masks):
    """`y` for each of the four gates, with that gate's dropout mask if there is one."""
    if masks is None:
        return [y] * GATES
    return [y * mask for mask in masks]
