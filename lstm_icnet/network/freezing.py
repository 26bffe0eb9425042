"""Excluding parts of a network from training."""

import keras

from lstm_icnet.network.icnet import HEAD_LAYERS
from lstm_icnet.network.icnet_model import ICNet


def freeze_branches(model: ICNet) -> None:
    """Trains only the cells, the normalisation of `sub12` and the classifiers.

    This is the authors' second variant. All other weights keep their values, including
    the statistics of batch normalisation. Call it before `compile`.
    """
    for layer in model.layers:
        recurrent = layer.name.startswith("convlstm_")
        layer.trainable = recurrent or layer.name in HEAD_LAYERS.values()


def freeze_batch_norm(model: ICNet) -> None:
    """Makes training normalise as inference does, by the fixed moving statistics.

    Scales and offsets stay as they are, too. Call it before `compile`.

    Otherwise, training normalises by mean and variance over the frames of the batch:
    with the paper's batch of one clip, over the pixels of its four frames, and behind
    the last cell over those of the last frame alone. Such frames look alike, so their
    statistics differ from the moving ones, which are a mean over about twenty clips
    (momentum 0.95) and are used at inference. Freezing suits a network that starts from
    trained weights; a network trained from scratch needs the statistics.
    """
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.trainable = False
