"""Files in the formats of published weights, with random values, for the tests.

Names and shapes come from the layer table of the reference, never from the networks.
"""

import os
import pickle
import struct
from typing import ClassVar

import icnet_reference
import numpy as np
import tensorflow as tf

CHANNELS = 128
# The authors' names of the four taps, and the shapes of their packed cell variables.
TAPS = {
    "sub4": "convlstm5_4_sub4",
    "sub2": "convlstm3_1_sub2",
    "sub1": "convlstm3_sub1",
    "sub12": "convlstm6_cls",
}
CELL_KERNELS = {
    "standard": {"kernel": (3, 3, 2 * CHANNELS, 4 * CHANNELS)},
    "spatial": {
        "kernel_h": (3, 1, 2 * CHANNELS, 4 * CHANNELS),
        "kernel_w": (1, 3, 2 * CHANNELS, 4 * CHANNELS),
    },
    "depthwise": {"kernel_depth": (3, 3, 2 * CHANNELS, 4)},
    "separable": {
        "kernel_depth": (3, 3, 2 * CHANNELS, 4),
        "kernel_sep": (1, 1, 2 * CHANNELS, 4 * CHANNELS),
    },
}
AUTHORS_NAMES = {"kernel": "weights", "bias": "biases"}
HELLOCHICK_NAMES = {
    **AUTHORS_NAMES,
    "gamma": "scale",
    "beta": "offset",
    "moving_mean": "mean",
    "moving_variance": "variance",
}


def random_array(rng, shape):
    """Float32 values under which a gate of such kernels and biases is not saturated."""
    fan_in = np.prod(shape[:-2]) * (CHANNELS if shape[-1] != 4 else 1)
    if len(shape) == 1:
        fan_in = 4
    return (rng.standard_normal(shape) / np.sqrt(fan_in)).astype("float32")


def icnet_layers(rng, num_classes=19):
    """ICNet's weights `{layer: {weight: array}}` under the names of Keras."""
    return {
        layer: {name: random_array(rng, shape) for name, shape in shapes.items()}
        for layer, shapes in icnet_reference.weight_shapes(num_classes).items()
    }


def hellochick_layers(layers):
    """The same under hellochick's names."""
    return {
        layer: {HELLOCHICK_NAMES[name]: array for name, array in weights.items()}
        for layer, weights in layers.items()
    }


def icnet_variables(layers):
    """The same as the variables of the authors' checkpoint."""
    return {
        f"{layer}/{AUTHORS_NAMES.get(name, name)}": array
        for layer, weights in layers.items()
        for name, array in weights.items()
    }


def cell_variables(rng, kind, tap):
    """The packed variables of the authors' cell at `tap`, and its new norm's if any."""
    cell = TAPS[tap]
    shapes = {**CELL_KERNELS[kind], "biases": (4 * CHANNELS,)}
    variables = {
        f"{cell}/rnn/{cell}/{name}": random_array(rng, shape)
        for name, shape in shapes.items()
    }
    if tap == "sub12":
        for name in ("gamma", "beta", "moving_mean", "moving_variance"):
            variables[f"{cell}_bn/{name}"] = random_array(rng, (CHANNELS,))
    return variables


def optimiser_variables(variables, slots):
    """What an optimiser of TensorFlow 1 saves besides `variables`."""
    kept = {
        f"{name}/{slot}": np.full(array.shape, np.nan, "float32")
        for name, array in variables.items()
        if "moving_" not in name
        for slot in slots
    }
    kept["global_step"] = np.int64(62475)
    if "Adam" in slots:
        kept["beta1_power"] = kept["beta2_power"] = np.float32(0.5)
    return kept


def write_checkpoint(folder, variables, step=0):
    """A checkpoint by TensorFlow 1's Saver without its `.meta`; returns the prefix."""
    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        values = {}
        for name, array in variables.items():
            value = v1.placeholder(np.asarray(array).dtype, np.shape(array))
            v1.get_variable(name, initializer=value, use_resource=False)
            values[value] = array
        session.run(v1.global_variables_initializer(), values)
        return v1.train.Saver().save(
            session,
            os.path.join(folder, "model.ckpt"),
            global_step=step,
            write_meta_graph=False,
        )


class Python2Pickler(pickle._Pickler):
    """Pickles as Python 2 with NumPy 1 did: every string one of bytes, protocol 2."""

    dispatch: ClassVar = dict(pickle._Pickler.dispatch)

    def save_string(self, text):
        data = text if isinstance(text, bytes) else text.encode("latin1")
        if len(data) < 256:
            self.write(pickle.SHORT_BINSTRING + bytes([len(data)]) + data)
        else:
            self.write(pickle.BINSTRING + struct.pack("<i", len(data)) + data)
        self.memoize(text)

    dispatch[str] = dispatch[bytes] = save_string

    def save_global(self, obj, name=None):
        if getattr(obj, "__name__", "") == "_reconstruct":
            self.write(pickle.GLOBAL + b"numpy.core.multiarray\n_reconstruct\n")
            self.memoize(obj)
        else:
            super().save_global(obj, name)

    dispatch[type] = save_global


def write_npy(file, content, pickler=pickle.Pickler, protocol=2):
    """`numpy.save(file, content)`, pickled by `pickler` in `protocol`."""
    array = np.empty((), object)
    array[()] = content
    with open(file, "wb") as opened:
        header = {"descr": "|O", "fortran_order": False, "shape": ()}
        np.lib.format.write_array_header_1_0(opened, header)
        pickler(opened, protocol).dump(array)
    return file
