"""The constructor arguments of the convLSTM cells."""

import keras
from keras import activations, constraints, initializers, regularizers

from layers import arguments


class CellArguments(keras.layers.Layer):
    """Base class that checks and stores the arguments of a convLSTM cell.

    Args:
        filters: Positive int, output channels (O in the paper).
        kernel_size: Positive int or pair, (height, width) of every kernel.
        strides: Positive int or pair, of the input's convolutions. Those of the state
            have stride 1, so that the state keeps its size.
        padding: `"valid"` or `"same"`, of the input's convolutions. The state's
            are always `"same"`.
        data_format: `"channels_last"` or `"channels_first"`; Keras' setting by
            default.
        dilation_rate: Positive int or pair, of the input's convolutions; it cannot be
            combined with strides above 1.
        activation: Applied to j, and to c where h is computed.
        recurrent_activation: Applied to the gates i, f and o.
        use_bias: Whether the gates have a bias.
        kernel_initializer, recurrent_initializer, bias_initializer: For every kernel
            of W_x, for every kernel of W_h, for the bias.
        unit_forget_bias: Whether the forget gate's bias starts at one, whatever
            `bias_initializer` is.
        kernel_regularizer, recurrent_regularizer, bias_regularizer: As the
            initialisers.
        kernel_constraint, recurrent_constraint, bias_constraint: As the initialisers.
        dropout: Float in [0, 1), share of the input's units dropped in training. Each
            gate drops other units, the same ones over a whole sequence.
        recurrent_dropout: The same for h_prev.
        seed: Int, seed of the dropout.
        peephole: Whether the gates see the cell state (Shi et al., 2015), by one
            weight per channel: `p_i c_prev` is added in i, `p_f c_prev` in f, `p_o c`
            in o. The weights start at zero.

    Raises:
        ValueError, TypeError: If an argument is out of its range.
    """

    def __init__(
        self,
        filters,
        kernel_size,
        strides=1,
        padding="valid",
        data_format=None,
        dilation_rate=1,
        activation="tanh",
        recurrent_activation="sigmoid",
        use_bias=True,
        kernel_initializer="glorot_uniform",
        recurrent_initializer="orthogonal",
        bias_initializer="zeros",
        unit_forget_bias=True,
        kernel_regularizer=None,
        recurrent_regularizer=None,
        bias_regularizer=None,
        kernel_constraint=None,
        recurrent_constraint=None,
        bias_constraint=None,
        dropout=0.0,
        recurrent_dropout=0.0,
        seed=None,
        peephole=False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.filters = arguments.positive_int(filters, "filters")
        self._set_convolution(kernel_size, strides, padding, data_format, dilation_rate)
        self.activation = activations.get(activation)
        self.recurrent_activation = activations.get(recurrent_activation)
        self.use_bias = use_bias
        self.unit_forget_bias = unit_forget_bias
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.recurrent_initializer = initializers.get(recurrent_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.recurrent_regularizer = regularizers.get(recurrent_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.recurrent_constraint = constraints.get(recurrent_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self.peephole = peephole
        self._set_dropout(dropout, recurrent_dropout, seed)

    def _set_convolution(
        self, kernel_size, strides, padding, data_format, dilation_rate
    ):
        self.kernel_size = arguments.positive_pair(kernel_size, "kernel_size")
        self.strides = arguments.positive_pair(strides, "strides")
        self.padding = arguments.choice(padding, "padding", ("valid", "same"))
        self.data_format = arguments.data_format(data_format)
        self.dilation_rate = arguments.positive_pair(dilation_rate, "dilation_rate")
        arguments.not_both(self.strides, self.dilation_rate)

    def _set_dropout(self, dropout, recurrent_dropout, seed):
        self.dropout = arguments.dropout_rate(dropout, "dropout")
        self.recurrent_dropout = arguments.dropout_rate(
            recurrent_dropout, "recurrent_dropout"
        )
        self.seed = seed
        if self.dropout or self.recurrent_dropout:
            self.seed_generator = keras.random.SeedGenerator(seed)

    def get_config(self):
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "strides": self.strides,
            "padding": self.padding,
            "data_format": self.data_format,
            "dilation_rate": self.dilation_rate,
            "activation": activations.serialize(self.activation),
            "recurrent_activation": activations.serialize(self.recurrent_activation),
            "use_bias": self.use_bias,
            "unit_forget_bias": self.unit_forget_bias,
            "dropout": self.dropout,
            "recurrent_dropout": self.recurrent_dropout,
            "seed": self.seed,
            "peephole": self.peephole,
            **{
                f"{part}_{what}": module.serialize(getattr(self, f"{part}_{what}"))
                for part in ("kernel", "recurrent", "bias")
                for what, module in (
                    ("initializer", initializers),
                    ("regularizer", regularizers),
                    ("constraint", constraints),
                )
            },
        }
