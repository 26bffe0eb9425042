from dataclasses import replace

import numpy as np
import pytest

from experiments.training.settings import Training
from experiments.training.starting_network import compile_network
from lstm_icnet.network.icnet_model import ICNet

SIZE = (97, 97)
TRAINING = Training(
    model="icnet",
    cell="standard",
    workdir="run",
    image_size=SIZE,
    num_frames=1,
    steps=10,
)


@pytest.mark.parametrize("clip_norm", [None, 3.0])
def test_the_first_step_is_learning_rate_times_the_clipped_gradient(clip_norm):
    training = replace(TRAINING, learning_rate=0.5, clip_norm=clip_norm)
    model = ICNet(num_classes=2, image_size=SIZE, width_multiplier=0.25)
    compile_network(model, training)
    variables = model.trainable_variables
    before = [np.array(variable) for variable in variables]
    gradients = [np.full(variable.shape, 0.1, np.float32) for variable in variables]
    norm = 0.1 * np.sqrt(sum(gradient.size for gradient in gradients))
    assert norm > 3.0
    model.optimizer.apply(gradients, variables)
    moved = sum(
        np.sum(np.square(np.array(variable) - old))
        for variable, old in zip(variables, before, strict=True)
    )
    expected = 0.5 * (norm if clip_norm is None else clip_norm)
    assert np.sqrt(moved) == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("align_labels", [False, True])
def test_all_heads_read_labels_by_the_rule_that_was_asked_for(align_labels):
    training = replace(TRAINING, align_labels=align_labels)
    model = ICNet(num_classes=2, image_size=SIZE, width_multiplier=0.25)
    compile_network(model, training)
    rules = {head: loss.align_labels for head, loss in model.loss.items()}
    assert rules == dict.fromkeys(("main", "sub24", "sub4"), align_labels)
