"""Trained networks as TensorFlow SavedModels."""

from pathlib import Path

import tensorflow as tf

from lstm_icnet.deployment.formats.clip_graph import clip_graph
from lstm_icnet.network.icnet_model import ICNet
from lstm_icnet.weights.foreign_files import first_line


def write_saved_model(model: ICNet, folder: Path, scores: bool = False) -> None:
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

    Raises:
        OSError: If the folder cannot be written.
    """
    module = _ExportedNetwork(model, scores)
    signatures = {"clip": module.clip, "step": module.step}
    signatures["serving_default"] = module.clip
    if model.taps:
        signatures["initial_state"] = module.initial_state
    try:
        tf.saved_model.save(module, str(folder), signatures)
    except tf.errors.OpError as error:
        raise OSError(f"{folder} cannot be written: {first_line(error)}") from error


class _ExportedNetwork(tf.Module):
    """The functions of a SavedModel.

    `clip_logits` and `step_logits`, which take images at the network's size and draw
    no label map, are in the SavedModel, but are no signatures.
    """

    def __init__(self, model, scores):
        super().__init__(name=model.name)
        self._variables = [variable.value for variable in model.variables]
        step, clip = model.build_step(), clip_graph(model)
        size = model.image_size
        num_frames = model.num_frames if model.taps else None
        states = {
            name: tf.TensorSpec((None, *shape), tf.float32, name=name)
            for name, shape in model.state_shapes().items()
        }

        def image_spec(*shape, name="image"):
            return tf.TensorSpec((None, *shape, 3), tf.uint8, name=name)

        def step_logits(inputs):
            outputs = dict(step(inputs, training=False))
            outputs["logits"] = tf.cast(outputs.pop("main"), tf.float32)
            return outputs

        def clip_logits(images):
            logits = clip(images if model.taps else images[:, -1], training=False)
            return {"logits": tf.cast(logits, tf.float32)}

        def segment_frame(inputs):
            image = inputs["image"]
            outputs = step_logits({**inputs, "image": _at_size(image, size)})
            return {**outputs, **_label_maps(outputs["logits"], image, scores)}

        def segment_clip(images):
            if not model.taps:
                images = images[:, -1:]
            outputs = clip_logits(_clips_at_size(images, size))
            return {**outputs, **_label_maps(outputs["logits"], images[:, -1], scores)}

        def initial_state(batch_size):
            return {
                name: tf.zeros((batch_size, *spec.shape[1:]))
                for name, spec in states.items()
            }

        images = image_spec(num_frames, None, None, name="images")
        self.clip = _traced(segment_clip, images)
        self.step = _traced(segment_frame, {"image": image_spec(None, None), **states})
        self.step_logits = _traced(step_logits, {"image": image_spec(*size), **states})
        self.clip_logits = _traced(
            clip_logits, image_spec(num_frames, *size, name="images")
        )
        batch_size = tf.TensorSpec((), tf.int32, name="batch_size")
        self.initial_state = _traced(initial_state, batch_size)


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


def _label_maps(logits, images, scores):
    """What is drawn at the size of the images: `labels` and, if asked for, `scores`."""
    logits = tf.raw_ops.ResizeBilinear(
        images=logits, size=tf.shape(images)[1:3], align_corners=True
    )
    outputs = {"labels": tf.cast(tf.argmax(logits, -1, tf.int32), tf.uint8)}
    if scores:
        outputs["scores"] = tf.nn.softmax(logits)
    return outputs
