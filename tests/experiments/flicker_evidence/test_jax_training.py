from dataclasses import replace

import cv2
import numpy as np
import pytest
from jax_process import in_jax, outside_jax, run_on_jax

from data.readers.camvid import INFO
from experiments.flicker_evidence.pools import Pool
from experiments.flicker_evidence.recipes import GROUPS
from experiments.flicker_evidence.scored_videos import ScoredVideo

SIZE = (97, 97)


@outside_jax
@pytest.mark.slow
def test_jax_trains_and_runs_recipes():
    run_on_jax(__file__, marked="slow")


def pool(rng, frames=6):
    return Pool(
        rng.integers(0, 256, (4, frames, *SIZE, 3)).astype(np.uint8),
        rng.integers(0, 11, (4, frames, *SIZE)).astype(np.uint8),
        rng.normal(0, 3, (4, frames - 1, 13, 13, 2)).astype(np.float32),
    )


def first_recipe(name):
    (found,) = [r for group in GROUPS for r in group if r.name == name]
    return replace(found, steps=2, batch_size=1)


@in_jax
@pytest.mark.slow
@pytest.mark.parametrize("name", ["align_2", "no_memory_2"])
def test_a_recipe_is_trained_where_it_may_be(name, rng):
    from experiments.flicker_evidence.jax_training import Trainer, weights_by_path
    from experiments.flicker_evidence.stream_logits import StreamRunner

    recipe = first_recipe(name)
    trainer = Trainer(recipe, SIZE, INFO)
    trainer.train(pool(rng), seed=1)
    first = weights_by_path(trainer.model)
    losses = trainer.train(pool(rng), seed=1, start=first)
    assert np.isfinite(losses).all()
    after = weights_by_path(trainer.model)
    changed = {p.split("/")[0] for p in first if (first[p] != after[p]).any()}
    assert {"convlstm_sub12", "convlstm_sub12_bn", "conv6_cls"} <= changed
    assert not any(layer.startswith(("conv1", "conv5")) for layer in changed)

    image = cv2.blur(rng.integers(0, 256, (120, 120, 3)).astype(np.uint8), (9, 9))
    frames = np.stack([image] * 3)  # of noise the states would not be kept
    video = ScoredVideo(frames, frames[..., 0], np.zeros((2, 120, 120, 2)))
    runner = StreamRunner(trainer.model, recipe.align_states, recipe.memory)
    (logits,) = runner.logits([video, video])[1:]
    assert logits.shape == (3, 25, 25, 11)
    (alone,) = runner.logits([replace(video, images=frames[2:])])
    same = np.array_equal(logits[2], alone[0])
    assert same == (not recipe.memory)


@in_jax
@pytest.mark.slow
def test_labels_are_read_by_the_rule_of_the_recipe(rng):
    from experiments.flicker_evidence.jax_training import Trainer

    recipe = first_recipe("no_memory_labels_4_long")
    assert recipe.align_labels
    authors = replace(recipe, align_labels=False)
    trainers = [Trainer(rule, SIZE, INFO) for rule in (recipe, authors)]
    noise = pool(rng)
    ours, theirs = (t.train(noise, seed=1)[0] for t in trainers)
    assert ours != pytest.approx(theirs, rel=1e-4)
    one_class = replace(noise, labels=np.full_like(noise.labels, 3))
    ours, theirs = (t.train(one_class, seed=1)[0] for t in trainers)
    assert ours == pytest.approx(theirs, rel=1e-5)
