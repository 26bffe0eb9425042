"""The network that gives the logits of the last frame of a clip."""

import keras

from lstm_icnet.network.icnet_model import ICNet


def clip_graph(model: ICNet) -> keras.Model:
    """A functional model over the layers of `model`, without its auxiliary heads.

    It takes what `model` takes and gives the logits of the last frame, `(batch, grid
    height, grid width, num_classes)`.
    """
    logits = model.output["main"]
    if model.return_sequences:
        logits = logits[:, -1]
    return keras.Model(model.input, logits, name=f"{model.name}_clip")
