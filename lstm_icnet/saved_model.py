"""Writing a trained network as a TensorFlow SavedModel."""

import keras
import tensorflow as tf
from keras import ops

from lstm_icnet.inference import labels_of_clip, labels_of_step


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
