"""The network that a training starts or continues with."""

from typing import Any

import keras
from absl import logging
from keras import ops

from experiments.training.settings import MODELS
from experiments.training.step.precision import precision, scaled_loss
from experiments.training.step.recomputation import recompute_in_training
from lstm_icnet.network.freezing import freeze_batch_norm, freeze_branches
from lstm_icnet.network.icnet_model import ICNet
from lstm_icnet.network.loss import head_losses
from lstm_icnet.weights.given_weights import GivenWeights
from lstm_icnet.weights.initial_weights import copy_weights, read_weights
from lstm_icnet.weights.keras_file import load_icnet


def starting_network(training, info, checkpoint):
    """The network of a training, with the weights of `init_from` if there are any.

    The weights of a checkpoint are not loaded here, since the optimiser's belong to
    them.
    """
    version = MODELS[training.model]
    cell = None if version is None else training.cell
    source: ICNet | GivenWeights | None = None
    if checkpoint:
        source = load_icnet(checkpoint)
        _check_same_network(source, training, version, cell, len(info.classes))
    elif training.init_from:
        source = read_weights(training.init_from)
    with precision(training.precision):
        model = ICNet(
            version,
            cell,
            num_classes=len(info.classes),
            image_size=training.image_size,
            num_frames=training.num_frames,
            mean_rgb=(source and source.mean_rgb) or info.mean_rgb,
            classes=info.classes,
            palette=info.palette,
            weight_decay=training.weight_decay,
            return_sequences=training.every_label,
            peephole=training.peephole,
            width_multiplier=training.width_multiplier,
            align_states=training.align_states,
        )
    if source and not checkpoint:
        report = copy_weights(source, model)
        first, *unused = str(report).splitlines()
        logging.info("Weights from %s: %s", training.init_from, first)
        for line in unused:
            logging.info("%s", line)
        logging.info("Mean colour (RGB) %s", model.mean_rgb)
    _freeze(model, training)
    return model


def network_like(config: dict[str, Any], training) -> ICNet:
    """A new compiled network from the configuration of that of a training."""
    with precision(training.precision):
        model = ICNet.from_config(config)
    _freeze(model, training)
    compile_network(model, training)
    return model


def _freeze(model, training):
    if training.freeze_branches:
        freeze_branches(model)
    if training.freeze_batch_norm:
        freeze_batch_norm(model)


def _check_same_network(found, training, version, cell, num_classes):
    wanted = (
        *(version, cell, num_classes, tuple(training.image_size)),
        *(training.peephole, training.width_multiplier),
    )
    had = (
        *(found.version, found.cell, found.num_classes, found.image_size),
        *(found.peephole, found.width_multiplier),
    )
    if wanted != had:
        names = ("version", "cell", "classes", "image size", "peepholes", "width")
        differences = "; ".join(
            f"{name} {b} there and {a} asked for"
            for name, a, b in zip(names, wanted, had, strict=True)
            if a != b
        )
        raise ValueError(
            f"{training.workdir} holds the training of another network "
            f"({differences}); take another --workdir, or --init_from to start from "
            f"its weights"
        )


def compile_network(model, training):
    """Gives the model its losses and an optimiser with a polynomial learning rate."""
    if training.recompute:
        recompute_in_training(model)
    optimizer = make_optimizer(training, training.clip_norm)
    model.compile(
        scaled_loss(optimizer, training.precision),
        jit_compile="auto" if training.jit_compile is None else training.jit_compile,
        **head_losses(
            training.class_weights, training.consistency_weight, training.align_labels
        ),
    )
    model.optimizer.build(model.trainable_variables)
    build_losses(model)


def build_losses(model: keras.Model) -> None:
    """Builds the compiled losses and their means, as Keras does at the first step.

    A training that continues sets the means to what they were at its checkpoint. On
    several devices Keras would average the batches of the devices to learn their
    shapes, and labels that are not integers are refused.

    Args:
        model: Its `output` is {head: logits}; `image_size` is that of the labels.
    """
    logits = {head: ops.zeros((1, *x.shape[1:])) for head, x in model.output.items()}
    height, width = model.image_size
    labels = {
        head: ops.zeros((*x.shape[:-3], height, width), "int32")
        for head, x in logits.items()
    }
    model.compute_loss(y=labels, y_pred=logits)
    model.reset_metrics()


def make_optimizer(settings, clip_norm=None):
    """The optimiser of a training, with a polynomial learning rate of power 0.9.

    Args:
        settings: Has `optimizer` ("sgd" or "adam"), `steps`, `learning_rate` and
            `end_learning_rate`.
        clip_norm: Largest norm of the gradient, or `None`.
    """
    schedule = keras.optimizers.schedules.PolynomialDecay(
        settings.learning_rate,
        settings.steps,
        end_learning_rate=settings.end_learning_rate,
        power=0.9,
    )
    if settings.optimizer == "adam":
        return keras.optimizers.Adam(schedule, global_clipnorm=clip_norm)
    return keras.optimizers.SGD(schedule, momentum=0.9, global_clipnorm=clip_norm)
