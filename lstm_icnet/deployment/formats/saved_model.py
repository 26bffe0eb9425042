"""Trained networks as TensorFlow SavedModels."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import tensorflow as tf

from lstm_icnet.deployment.formats.clip_graph import clip_graph
from lstm_icnet.deployment.formats.opened_step import FRAMES_AT_ONCE, runs_at_once
from lstm_icnet.deployment.formats.step_functions import StepFunctions, label_maps
from lstm_icnet.network.icnet_model import ICNet
from lstm_icnet.weights.foreign_files import first_line


def write_saved_model(
    model: ICNet, folder: Path, scores: bool = False, align_states: bool = False
) -> None:
    """Writes `model` with the signatures `step`, `clip` and `initial_state`.

        initial_state  batch_size           -> states, all zero
        step           image, states        -> labels, logits, states
        clip           images               -> labels, logits (of the last frame)

    `clip` is also `serving_default`. `image` is uint8 RGB (batch, height, width, 3) and
    `images` uint8 (batch, time, height, width, 3), of any size: the network resizes
    them to its own. `labels` are uint8 (batch, height, width) at the size of the image,
    `logits` float32 (batch, grid height, grid width, num_classes) on the network's
    output grid, and `batch_size` is an int32 scalar. The states are
    `convlstm_<tap>_h` and `convlstm_<tap>_c`, float32, 4-D. ICNet has none and hence no
    `initial_state`; its clips may have any number of frames.

    Args:
        model: The network.
        folder: Where to write; the parent must exist.
        scores: Whether `step` and `clip` give `scores`, float32 class probabilities
            (batch, height, width, num_classes), as well.
        align_states: Whether the network was trained with states moved along the
            optical flow.

    Raises:
        OSError: If the folder cannot be written.
    """
    module = _module_of(model, scores, align_states)
    signatures = {"clip": module.clip, "step": module.step}
    signatures["serving_default"] = module.clip
    if model.taps:
        signatures["initial_state"] = module.initial_state
    with errors_of_the_system(folder):
        tf.saved_model.save(module, str(folder), signatures)


@contextmanager
def errors_of_the_system(folder: Path | str) -> Iterator[None]:
    """Raises TensorFlow's errors of writing to `folder` as `OSError`."""
    try:
        yield
    except tf.errors.ResourceExhaustedError as error:
        reason = os.strerror(errno.ENOSPC)
        raise OSError(errno.ENOSPC, reason, str(folder)) from error
    except tf.errors.OpError as error:
        raise OSError(f"{folder} cannot be written: {first_line(error)}") from error


def _module_of(model, scores, align_states):
    """The functions of the SavedModel, and the weights that they use.

    `clip_logits`, `step_logits` and `steps_logits`, which is `ICNet.build_steps`, are
    in the SavedModel, but are no signatures: they take images at the network's size and
    draw no label map.
    """
    functions = _Functions(model, scores)
    module = tf.Module(name=model.name)
    module.weights = [variable.value for variable in model.variables]
    states = {
        name: tf.TensorSpec((None, *shape), tf.float32, name=name)
        for name, shape in model.state_shapes().items()
    }
    num_frames = model.num_frames if model.taps else None
    step, clip = _image_spec("image"), _image_spec("images", num_frames)
    module.step = _traced(functions.step, {"image": step, **states})
    module.clip = _traced(functions.clip, clip)
    step = _image_spec("image", size=model.image_size)
    clip = _image_spec("images", num_frames, size=model.image_size)
    module.step_logits = _traced(functions.step_logits, {"image": step, **states})
    module.clip_logits = _traced(functions.clip_logits, clip)
    if model.taps and runs_at_once(model.image_size):
        steps = model.build_steps(FRAMES_AT_ONCE, align_states)
        module.steps_logits = _traced(_steps_logits(steps), _steps_specs(steps))
    batch_size = tf.TensorSpec((), tf.int32, name="batch_size")
    module.initial_state = _traced(functions.initial_state, batch_size)
    return module


def _image_spec(name, *frames, size=(None, None)):
    return tf.TensorSpec((None, *frames, *size, 3), tf.uint8, name=name)


class _Functions:
    """The functions of a SavedModel, see `write_saved_model`."""

    def __init__(self, model, scores):
        self._has_states = bool(model.taps)
        self._state_shapes = model.state_shapes()
        self._image_size = model.image_size
        self._scores = scores
        self.step_logits = StepFunctions(model).logits
        self._clip = clip_graph(model)

    def clip_logits(self, images):
        frames = images if self._has_states else images[:, -1]
        return {"logits": tf.cast(self._clip(frames, training=False), tf.float32)}

    def step(self, inputs):
        image = inputs["image"]
        resized = _at_size(image, self._image_size)
        outputs = self.step_logits({**inputs, "image": resized})
        return {**outputs, **self._label_maps(outputs, image)}

    def clip(self, images):
        if not self._has_states:
            images = images[:, -1:]
        outputs = self.clip_logits(_clips_at_size(images, self._image_size))
        last = images[:, -1]
        return {**outputs, **self._label_maps(outputs, last)}

    def _label_maps(self, outputs, images):
        return label_maps(outputs["logits"], tf.shape(images)[1:3], self._scores)

    def initial_state(self, batch_size):
        return {
            name: tf.zeros((batch_size, *shape))
            for name, shape in self._state_shapes.items()
        }


def _steps_logits(steps):
    def run(inputs):
        outputs = dict(steps(inputs, training=False))
        outputs["logits"] = tf.cast(outputs.pop("main"), tf.float32)
        return outputs

    return run


def _steps_specs(steps):
    """The inputs of `ICNet.build_steps` by name."""
    return {
        name: tf.TensorSpec(x.shape, tf.uint8 if name == "image" else x.dtype, name)
        for name, x in steps.input.items()
    }


def _traced(function, spec):
    return tf.function(function, input_signature=[spec], autograph=False)


def _clips_at_size(clips, size):
    """Clips (batch, time, height, width, 3) of any size at `size`."""
    shape = tf.shape(clips)
    frames = tf.reshape(clips, (-1, shape[2], shape[3], 3))
    frames = _at_size(frames, size)  # (batch * time, height, width, 3)
    return tf.reshape(frames, (shape[0], shape[1], *size, 3))


def _at_size(images, size):
    """Images (batch, height, width, 3), uint8 and of any size, at `size`."""
    resized = tf.cond(
        tf.reduce_all(tf.shape(images)[1:3] == size),
        lambda: images,
        lambda: tf.cast(tf.round(tf.image.resize(images, size)), tf.uint8),
    )
    return tf.ensure_shape(resized, (None, *size, 3))
