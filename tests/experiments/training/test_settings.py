import pytest

from experiments.training.settings import Training


def training(**arguments):
    return Training(
        model="lstm_icnet_v2",
        cell="separable",
        workdir="w",
        image_size=(97, 97),
        num_frames=4,
        steps=1,
        **arguments,
    )


def test_consistency_needs_every_label():
    with pytest.raises(ValueError, match="needs --every_label"):
        training(consistency_weight=0.5)


def test_aligned_states_need_clips_with_known_flow():
    with pytest.raises(ValueError, match="--align_states needs --motion_share=1"):
        training(align_states=True, motion_share=0.5)


def test_the_options_fit_together():
    training(
        every_label=True, consistency_weight=0.5, align_states=True, motion_share=1.0
    )
