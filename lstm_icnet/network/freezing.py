"""Excluding parts of a network from training."""

import keras

from lstm_icnet.network.icnet import HEAD_LAYERS
from lstm_icnet.network.icnet_model import ICNet


def freeze_branches(model: ICNet) -> None:
    """Only the cells, the normalisation of `sub12` and the classifiers are trained.

    The authors' second variant. Everything else stays as it is, including the
    statistics of batch normalisation. Call it before `compile`.
    """
    for layer in model.layers:
        recurrent = layer.name.startswith("convlstm_")
        layer.trainable = recurrent or layer.name in HEAD_LAYERS.values()


def freeze_batch_norm(model: ICNet) -> None:
    """Training normalises as inference does, by the moving statistics as they are.

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
