import numpy as np
import pytest
from moving_texture import moving_texture

from experiments.flicker_evidence.measures import smoothed
from experiments.flicker_evidence.smoothings import (
    CURVES,
    DEFAULT,
    DEFAULT_WITH_MEMORY,
    NO_SMOOTHING,
    Smoothing,
    parsed,
)
from lstm_icnet.smoothing import SMOOTHINGS, FlowSmoother, make_smoother


def test_every_smoothing_has_a_row_of_its_own():
    every = (NO_SMOOTHING, DEFAULT, DEFAULT_WITH_MEMORY, *CURVES)
    assert len(set(every)) == len(every)
    assert {smoothing.name for smoothing in every} == set(SMOOTHINGS)


def test_the_defaults_are_those_of_the_smoothers():
    smoother = FlowSmoother()
    assert Smoothing("flow", smoother.strength, smoother.hysteresis) == DEFAULT
    smoother = make_smoother("flow", has_memory=True)
    found = Smoothing("flow", smoother.strength, smoother.hysteresis)
    assert found == DEFAULT_WITH_MEMORY


@pytest.mark.parametrize("smoothing", CURVES)
def test_every_smoothing_smooths_as_it_says(smoothing, rng):
    images = moving_texture(rng, (48, 64), [(0, 0), (0, 0), (0, 0)])
    logits = rng.standard_normal((3, 13, 17, 4)).astype(np.float16)
    found = list(smoothed(logits, images, smoothing))
    expected = smoothing.new_smoother()
    for x, image, y in zip(logits, images, found, strict=True):
        np.testing.assert_array_equal(y, expected(x, image))
    assert expected.strength == smoothing.strength
    assert getattr(expected, "hysteresis", 0.0) == smoothing.hysteresis
    assert (found[2].argmax(axis=-1) != logits[2].argmax(axis=-1)).any()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("flow/0.75", Smoothing("flow", 0.75)),
        ("flow/0.6/1", Smoothing("flow", 0.6, 1.0)),
        ("vote/3", Smoothing("vote", 3.0)),
    ],
)
def test_smoothing_of_a_text(text, expected):
    assert parsed(text) == expected


@pytest.mark.parametrize("text", ["flow", "blur/1", "mean/0.5/1", "flow/a", "none/1"])
def test_other_texts_are_refused(text):
    with pytest.raises(ValueError, match=f"{text} is no smoothing; write"):
        parsed(text)
