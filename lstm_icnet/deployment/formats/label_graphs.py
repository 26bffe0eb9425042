"""Networks that give label maps instead of logits; no auxiliary head is computed."""

import keras
from keras import ops

from lstm_icnet.network.image_layers import ResizeBilinear


def labels_of_clip(model, size=None, scores=False):
    """A functional model from what `model` takes to label maps of the last frame.

    Args:
        model: An `ICNet`.
        size: (height, width) of the label maps, by default the model's image size.
        scores: Bool, whether to give class probabilities as well.

    Returns:
        A model with the outputs `{"labels": uint8 (batch, height, width)}` and, if
        asked for, `"scores"`, float32 `(batch, height, width, num_classes)`. The
        logits are resized with aligned corners before the largest is taken, as the
        authors do.
    """
    logits = model.output["main"]
    if model.return_sequences:
        logits = logits[:, -1]
    outputs = _label_outputs(model, logits, size, scores)
    return keras.Model(model.input, outputs, name=f"{model.name}_clip_labels")


def labels_of_step(model, size=None, scores=False):
    """The streaming network: image and states in, label map and states out.

    Args:
        model, size, scores: As for `labels_of_clip`.

    Returns:
        A model that takes `{"image": (batch, height, width, 3), state name: state}` and
        gives the outputs of `labels_of_clip` and the states under the same names.
    """
    step = model.build_step()
    outputs = dict(step.output)
    logits = outputs.pop("main")
    outputs.update(_label_outputs(model, logits, size, scores))
    return keras.Model(step.input, outputs, name=f"{model.name}_step_labels")


def _label_outputs(model, logits, size, scores):
    logits = ResizeBilinear(size or model.image_size)(logits)
    outputs = {"labels": ops.cast(ops.argmax(logits, axis=-1), "uint8")}
    if scores:
        outputs["scores"] = ops.softmax(logits, axis=-1)
    return outputs
