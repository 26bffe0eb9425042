"""Keeping parts of a network as they are while the rest is trained."""

import keras

from lstm_icnet.network.icnet import HEAD_LAYERS
from lstm_icnet.network.icnet_model import ICNet


def freeze_branches(model: ICNet) -> None:
    """Leaves the cells, the norm of `sub12` and the classifiers to be trained.

    The authors' second variant. All else stays as it is, the statistics of batch
    normalisation included. To be called before `compile`.
    """
    for layer in model.layers:
        recurrent = layer.name.startswith("convlstm_")
        layer.trainable = recurrent or layer.name in HEAD_LAYERS.values()


def freeze_batch_norm(model: ICNet) -> None:
    """Normalises in training as at inference: by the moving statistics, kept.

    Scales and offsets are kept, too. To be called before `compile`.

    Left trained, a norm takes mean and variance over the frames of the batch that run
    through it: with the paper's batch of one clip, over the pixels of its four frames,
    or behind the last cell of the last frame alone. These are neighbours in time and
    scatter little, so the moving statistics, with a momentum of 0.95 a mean over some
    twenty such clips, differ from what the weights were trained with. Freezing suits a
    network that starts from trained weights; one from scratch needs the statistics.
    """
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.trainable = False
