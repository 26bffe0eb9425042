import cv2
import numpy as np
import pytest
from moving_texture import moving_texture

from lstm_icnet import VideoSegmenter
from lstm_icnet.deployment.export_folder import export
from lstm_icnet.deployment.state_alignment import StateAligner
from lstm_icnet.network.icnet_model import ICNet

SIZE = (97, 129)


def textured(rng, size=(96, 128)):
    image = rng.integers(0, 256, (*size, 3)).astype(np.uint8)
    return cv2.GaussianBlur(image, (0, 0), 2)


def test_states_move_with_the_picture(rng):
    picture = cv2.normalize(textured(rng, (96, 160)), None, 0, 255, cv2.NORM_MINMAX)
    before, after = picture[:, 16:144], picture[:, 8:136]  # 8 pixels to the right
    state = rng.normal(size=(1, 12, 16, 3)).astype(np.float32)
    aligner = StateAligner()
    first = aligner({"h": state}, before)["h"]
    np.testing.assert_array_equal(first, state)
    moved = aligner({"h": state}, after)["h"]
    # One pixel of the state is about 8 of the image.
    inner = np.s_[0, 3:9, 4:12]
    shifted = np.roll(state, 1, axis=2)
    assert np.abs(moved[inner] - shifted[inner]).mean() < 0.3
    assert np.abs(moved[inner] - state[inner]).mean() > 0.7


def test_a_new_video_starts_without_motion(rng):
    state = {"h": rng.normal(size=(1, 12, 16, 3)).astype(np.float32)}
    aligner = StateAligner()
    aligner(state, textured(rng))
    aligner.reset()
    found = aligner(state, textured(rng))
    np.testing.assert_array_equal(found["h"], state["h"])


def test_a_cut_leaves_no_state(rng):
    state = {"h": np.ones((1, 12, 16, 3), np.float32)}
    aligner = StateAligner()
    aligner(state, np.zeros((96, 128, 3), np.uint8))
    assert not aligner(state, np.full((96, 128, 3), 255, np.uint8))["h"].any()


@pytest.fixture(scope="module")
def aligned_network():
    return ICNet(
        2,
        "depthwise",
        num_classes=3,
        image_size=SIZE,
        num_frames=3,
        width_multiplier=0.25,
        align_states=True,
    )


@pytest.mark.parametrize("form", ["network.keras", "export"])
def test_a_network_trained_aligned_is_aligned_in_streams_and_clips(
    form, aligned_network, tmp_path, rng
):
    if form == "export":
        export(aligned_network, tmp_path / form)
    else:
        aligned_network.save(tmp_path / form)
    frames = moving_texture(rng, SIZE, [(0, 0), (0, 8), (0, 16)])
    states = {}
    for align in (None, True, False):
        segmenter = VideoSegmenter(tmp_path / form, align_states=align)
        *_, last = segmenter.segment_video(frames)
        states[align] = np.asarray(segmenter._states["convlstm_sub12_h"])
        if align is None:
            clip = segmenter.segment_clip(np.stack(frames))
            np.testing.assert_array_equal(clip, last)
    np.testing.assert_array_equal(states[None], states[True])
    assert np.abs(states[None] - states[False]).max() > 1e-3


def test_alignment_can_be_chosen_for_any_network(aligned_network, rng):
    frames = np.stack([textured(rng, SIZE) for _ in range(3)])
    logits = {}
    for align in (False, True):
        segmenter = VideoSegmenter(aligned_network, align_states=align)
        list(segmenter.segment_video(frames))
        logits[align] = segmenter._states["convlstm_sub12_h"]
    assert np.abs(logits[True] - logits[False]).max() > 1e-3
