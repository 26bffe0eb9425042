"""Several frames of a stream at once give what they give one by one.

The tests that `in_jax` marks run on JAX; the others on TensorFlow.
"""

from itertools import count

import numpy as np
import pytest
from jax_process import in_jax, outside_jax, run_on_jax
from moving_texture import moving_texture
from random_icnet import new_random_network

from lstm_icnet import VideoSegmenter
from lstm_icnet.deployment.export_folder import export
from lstm_icnet.deployment.formats.opened_keras import KerasNetwork
from lstm_icnet.deployment.video_frames import in_groups
from lstm_icnet.network.versions import CELLS

SIZE = (97, 129)


def assert_same_stream(network, rng, **arguments):
    """Checks ten frames at once, which are two groups of four and two single frames."""
    frames = moving_texture(rng, SIZE, [(0, 4 * i) for i in range(10)])
    alone = VideoSegmenter(network, **arguments)
    together = alone.stream()
    expected = [alone.segment_frame(frame, scores=True) for frame in frames]
    assert together.frames_at_once == 4
    found = together.segment_frames(frames, scores=True)
    np.testing.assert_allclose(found, expected, atol=1e-4)
    for name, state in (alone._states or {}).items():
        np.testing.assert_allclose(together._states[name], state, atol=1e-3)
    assert np.abs(expected[-1] - expected[0]).max() > 0.01
    together.reset()
    labels = together.segment_frames(frames)
    assert np.not_equal(labels, np.argmax(expected, axis=-1)).mean() < 1e-3


@outside_jax
@pytest.mark.parametrize("align_states", [False, True])
@pytest.mark.parametrize("cell", CELLS)
def test_every_cell(cell, align_states, rng):
    network = new_random_network(2, cell, SIZE, num_classes=5)
    assert_same_stream(network, rng, align_states=align_states)


@outside_jax
@pytest.mark.parametrize("version", [5, 6])
def test_several_cells_aligned_and_smoothed(version, rng):
    network = new_random_network(version, "separable", SIZE, num_classes=5)
    assert_same_stream(network, rng, align_states=True, smoothing="flow")


@outside_jax
def test_icnet(rng):
    network = new_random_network(None, None, SIZE, num_classes=5)
    assert_same_stream(network, rng)


@outside_jax
@pytest.mark.parametrize("align_states", [False, True])
@pytest.mark.parametrize("version", [None, 2])
def test_saved_models(version, align_states, rng, tmp_path):
    if align_states and version is None:
        pytest.skip("ICNet has no states")
    network = new_random_network(
        version,
        version and "separable",
        SIZE,
        num_classes=5,
        align_states=align_states,
    )
    export(network, tmp_path / "export")
    assert_same_stream(tmp_path / "export", rng)


@in_jax
def test_on_jax(rng):
    network = new_random_network(2, "separable", SIZE, num_classes=5)
    assert_same_stream(network, rng, align_states=True)


@outside_jax
def test_streams_run_on_jax():
    run_on_jax(__file__)


@outside_jax
def test_frames_of_another_size_start_a_new_video(rng):
    network = new_random_network(2, "separable", SIZE, num_classes=5)
    frames = moving_texture(rng, SIZE, [(0, 2 * i) for i in range(6)])
    mixed = [frames[0], frames[1], frames[2][:80], frames[3][:80], *frames[4:]]
    segmenter = VideoSegmenter(network, align_states=True)
    found = segmenter.segment_frames(mixed)
    assert [labels.shape for labels in found] == [image.shape[:2] for image in mixed]
    for start in (0, 2, 4):
        stream = segmenter.stream()
        for labels, frame in zip(
            found[start : start + 2], mixed[start : start + 2], strict=True
        ):
            np.testing.assert_array_equal(stream.segment_frame(frame), labels)


@outside_jax
def test_nothing_is_segmented_if_an_image_is_wrong(rng):
    network = new_random_network(2, "separable", SIZE, num_classes=5)
    frames = moving_texture(rng, SIZE, [(0, 0), (0, 2)])
    segmenter = VideoSegmenter(network)
    with pytest.raises(ValueError, match="must be uint8 RGB"):
        segmenter.segment_frames([frames[0], frames[1][..., 0]])
    assert segmenter._states is None
    assert segmenter.segment_frames([]) == []


@outside_jax
def test_large_images_are_segmented_one_by_one():
    sizes = {(512, 1024): 4, (512, 1032): 1}
    for size, expected in sizes.items():
        network = new_random_network(2, "separable", size, width_multiplier=0.25)
        assert KerasNetwork(network).frames_at_once == expected


def test_groups_hold_what_there_is():
    assert list(in_groups("abcdefg", 3)) == [["a", "b", "c"], ["d", "e", "f"], ["g"]]
    assert list(in_groups("abcd", 2)) == [["a", "b"], ["c", "d"]]
    assert list(in_groups("", 2)) == []
    numbers = count()
    assert next(in_groups(numbers, 4)) == [0, 1, 2, 3]
    assert next(numbers) == 4  # it reads no further


def test_items_before_an_error_are_a_group():
    def broken():
        yield from range(5)
        raise ValueError("broken")

    groups = in_groups(broken(), 3)
    assert [next(groups), next(groups)] == [[0, 1, 2], [3, 4]]
    with pytest.raises(ValueError, match="broken"):
        next(groups)
