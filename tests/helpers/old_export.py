"""Exports as older versions wrote them: fixed image size, label maps, no logits."""

import json

import keras
import tensorflow as tf
from keras import ops

from lstm_icnet.network.image_layers import ResizeBilinear


def write_old_export(model, folder):
    """Writes `saved_model/` and `metadata.json` of an ICNet; gives the folder."""

    def labels(logits):
        logits = ResizeBilinear(model.image_size)(logits)
        return {"labels": ops.cast(ops.argmax(logits, axis=-1), "uint8")}

    clip = keras.Model(model.input, labels(model.output["main"]))
    archive = keras.export.ExportArchive()
    archive.track(clip)
    size = (*model.image_size, 3)
    archive.add_endpoint(
        "clip",
        lambda images: clip(images[:, -1], training=False),
        [tf.TensorSpec((None, None, *size), tf.uint8, name="images")],
    )
    archive.add_endpoint(
        "step",
        lambda inputs: clip(inputs["image"], training=False),
        [{"image": tf.TensorSpec((None, *size), tf.uint8, name="image")}],
    )
    archive.write_out(str(folder / "saved_model"), verbose=False)
    metadata = {
        "model": model.name,
        "num_classes": model.num_classes,
        "classes": model.classes,
        "palette": model.palette,
        "image_size": model.image_size,
        "num_frames": 1,
        "states": {},
    }
    (folder / "metadata.json").write_text(json.dumps(metadata))
    return folder
