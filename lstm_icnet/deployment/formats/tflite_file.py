"""Trained networks as TFLite files."""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from lstm_icnet.deployment.formats.saved_model import errors_of_the_system
from lstm_icnet.deployment.formats.step_functions import StepFunctions
from lstm_icnet.network.icnet_model import ICNet
from lstm_icnet.network.image_layers import MeanSubtraction

FILES = {
    "float32": "model.tflite",
    "float16": "model_float16.tflite",
    "int8": "model_int8.tflite",
}
WITH_LABELS, WITHOUT_LABELS = "step", "step_logits"


def write_tflite(
    model: ICNet,
    folder: Path,
    scores: bool = False,
    samples: Sequence[Mapping[str, np.ndarray]] = (),
    kinds: Sequence[str] = tuple(FILES),
) -> None:
    """Writes files of `FILES`, each with one step for a single image.

        step         image, states -> labels, logits, states
        step_logits  image, states -> logits, states

    Images are uint8 RGB (1, height, width, 3) of the network's size, labels uint8 (1,
    height, width), logits and states float32 in every file. The operators are TFLite's
    own. In `model_float16.tflite` the weights are float16. In `model_int8.tflite`
    weights and intermediate values are int8, also the states within the step.

    Args:
        model: The network.
        folder: Where to write; it must exist.
        scores: Whether `step` gives `scores`, float32 class probabilities, as well.
        samples: What `calibration.calibration_inputs` gives, from which the ranges of
            the int8 values are taken. Without any, there is no int8 file.
        kinds: Which files, keys of `FILES`.

    Raises:
        OSError: If a file cannot be written.
    """
    functions = StepFunctions(model, scores, _with_convolutions)
    with tempfile.TemporaryDirectory(dir=folder) as saved_model:
        _save(model, functions, saved_model)
        for kind in kinds:
            if kind != "int8" or samples:
                content = _converted(saved_model, kind, samples)
                (folder / FILES[kind]).write_bytes(content)


def _with_convolutions(step: keras.Model) -> keras.Model:
    """A step that stays exact in int8, with the same outputs in float32.

    The mean is subtracted, and the channels are reversed, by a convolution: TFLite's
    int8 operator that reverses channels gives its output another scale than its input
    and copies the bytes. Batch normalisations, those behind cells, are convolutions
    too: they have a scale for each channel, where a product has one scale for all
    factors, by which the small ones become zero.
    """
    return keras.models.clone_model(
        step, clone_function=_as_convolution, call_function=_called_without_mask
    )


def _as_convolution(layer):
    if isinstance(layer, MeanSubtraction):
        convolution = keras.layers.Conv2D(3, 1, name=layer.name)
        kernel = np.eye(3)[::-1].reshape(1, 1, 3, 3)
        bias = -np.array(layer.mean_rgb[::-1])
    elif isinstance(layer, keras.layers.BatchNormalization):
        convolution = keras.layers.DepthwiseConv2D(1, name=layer.name)
        gamma, beta, mean, variance = map(np.float64, layer.get_weights())
        factor = gamma / np.sqrt(variance + layer.epsilon)
        kernel, bias = factor.reshape(1, 1, -1, 1), beta - mean * factor
    else:
        return layer
    convolution.build((None, None, None, len(bias)))
    convolution.set_weights([kernel, bias])
    return convolution


def _called_without_mask(layer, *inputs, mask=None, **arguments):
    return layer(*inputs, **arguments)  # convolutions take none, and there is none


def _save(model, functions, folder):
    module = tf.Module(name=model.name)
    module.weights = [variable.value for variable in functions.variables]
    signature = [functions.specs(1)]
    module.step = tf.function(functions.labels, signature, autograph=False)
    module.step_logits = tf.function(functions.logits, signature, autograph=False)
    signatures = {WITH_LABELS: module.step, WITHOUT_LABELS: module.step_logits}
    with errors_of_the_system(folder):
        tf.saved_model.save(module, folder, signatures)


def _converted(saved_model, kind, samples):
    converter = tf.lite.TFLiteConverter.from_saved_model(
        saved_model, [WITH_LABELS, WITHOUT_LABELS]
    )
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    if kind != "float32":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if kind == "float16":
        converter.target_spec.supported_types = [tf.float16]
    if kind == "int8":
        converter.representative_dataset = lambda: (
            (signature, sample)
            for signature in (WITH_LABELS, WITHOUT_LABELS)
            for sample in samples
        )
    return converter.convert()
