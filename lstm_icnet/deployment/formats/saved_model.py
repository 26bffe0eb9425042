"""Writing a trained network as a TensorFlow SavedModel."""

import json

import cv2
import keras
import numpy as np
import tensorflow as tf
from keras import ops

from lstm_icnet.deployment.formats.label_graphs import labels_of_clip, labels_of_step


def write_saved_model(model, folder, scores=False) -> None:
    """Writes `model` with the signatures `step`, `clip` and `initial_state`.

        initial_state  batch_size           -> states, all zero
        step           image, states        -> labels, states
        clip           images               -> labels (of the last frame)

    `clip` is also `serving_default`. `image` is uint8 (batch, height, width, 3),
    `images` uint8 (batch, time, height, width, 3), `labels` uint8 (batch, height,
    width) at the model's image size, and `batch_size` an int32 scalar. The states are
    `convlstm_<tap>_h` and `convlstm_<tap>_c`, float32, 4-D. ICNet has none and hence no
    `initial_state`; its clips may have any number of frames.

    Args:
        model: An `ICNet`.
        folder: Where to write; the parent must exist.
        scores: Bool, whether `step` and `clip` give `scores`, float32 class
            probabilities (batch, height, width, num_classes), as well.
    """
    archive = keras.export.ExportArchive()
    clip = labels_of_clip(model, scores=scores)
    step = labels_of_step(model, scores=scores)
    archive.track(clip)
    archive.track(step)

    def segment_clip(images):
        return clip(images if model.taps else images[:, -1], training=False)

    def segment_frame(inputs):
        return step(inputs, training=False)

    def initial_state(batch_size):
        return {
            name: ops.zeros((batch_size, *shape))
            for name, shape in model.state_shapes().items()
        }

    num_frames = model.num_frames if model.taps else None
    image = (*model.image_size, 3)
    # The first one becomes `serving_default`.
    archive.add_endpoint(
        "clip",
        segment_clip,
        [tf.TensorSpec((None, num_frames, *image), tf.uint8, name="images")],
    )
    frame_and_states = {"image": tf.TensorSpec((None, *image), tf.uint8, name="image")}
    for name, shape in model.state_shapes().items():
        frame_and_states[name] = tf.TensorSpec((None, *shape), tf.float32, name=name)
    archive.add_endpoint("step", segment_frame, [frame_and_states])
    if model.taps:
        batch_size = tf.TensorSpec((), tf.int32, name="batch_size")
        archive.add_endpoint("initial_state", initial_state, [batch_size])
    archive.write_out(str(folder), verbose=False)


class SavedModelNetwork:
    """An export folder: `saved_model/` and `metadata.json`."""

    def __init__(self, folder):
        import tensorflow as tf

        metadata_file = folder / "metadata.json"
        if not metadata_file.is_file():
            raise FileNotFoundError(
                f"There is no {metadata_file}; it should lie beside saved_model/, as "
                f"experiments.export writes it"
            )
        metadata = json.loads(metadata_file.read_text(encoding="utf-8"))
        self.classes = metadata["classes"]
        self.palette = metadata["palette"]
        self.num_classes = metadata["num_classes"]
        self.num_frames = metadata["num_frames"]
        self.image_size = tuple(metadata["image_size"])
        self._loaded = tf.saved_model.load(str(folder / "saved_model"))
        self._signatures = self._loaded.signatures

    def initial_state(self):
        if "initial_state" not in self._signatures:
            return {}
        return self._signatures["initial_state"](batch_size=_constant(1))

    def step(self, images, states, size):
        outputs = self._signatures["step"](image=_constant(images), **states)
        states = {name: outputs[name] for name in states}  # there may be scores, too
        return _at_size(outputs["labels"], size), states

    def clip(self, clips, size):
        outputs = self._signatures["clip"](images=_constant(clips))
        return _at_size(outputs["labels"], size)


def _constant(value):
    import tensorflow as tf

    return tf.constant(value)


def _at_size(labels, size):
    """Label maps at `size`, nearest pixel: an exported network has one size."""
    height, width = size
    return np.stack(
        [
            cv2.resize(label, (width, height), interpolation=cv2.INTER_NEAREST_EXACT)
            for label in labels.numpy()
        ]
    )
