import keras
import numpy as np
import pytest

from layers.warp_states import resize_flow, warp_states
from lstm_icnet.network.icnet_model import ICNet
from lstm_icnet.network.settings import flow_size

SIZE = (97, 129)


def network(version, **arguments):
    return ICNet(
        version,
        "depthwise",
        num_classes=3,
        image_size=SIZE,
        num_frames=3,
        width_multiplier=0.25,
        **arguments,
    )


def clip_and_flow(rng):
    clip = rng.integers(0, 256, (1, 3, *SIZE, 3)).astype(np.uint8)
    flow = rng.normal(0, 12, (1, 2, *flow_size(SIZE), 2)).astype(np.float32)
    return {"images": clip, "flow": flow}


@pytest.mark.parametrize("version", [2, 6])
def test_aligned_clip_equals_the_stream_whose_states_are_warped(version, rng):
    model = network(version, align_states=True)
    inputs = clip_and_flow(rng)
    whole = model(inputs)["main"]
    step = model.build_step()
    states = {n: np.zeros((1, *s), np.float32) for n, s in model.state_shapes().items()}
    for t in range(3):
        if t:
            states = {
                name: warp_states(
                    state,
                    resize_flow(inputs["flow"][:, t - 1], state.shape[1:3], SIZE),
                )
                for name, state in states.items()
            }
        frame = {"image": inputs["images"][:, t], **states}
        outputs = step(keras.tree.map_structure(keras.ops.convert_to_tensor, frame))
        states = {name: outputs[name] for name in states}
    np.testing.assert_allclose(whole, outputs["main"], rtol=1e-3, atol=1e-4)


def test_motion_matters_and_none_of_it_is_the_plain_network(rng):
    aligned, plain = network(2, align_states=True), network(2)
    plain.set_weights(aligned.get_weights())
    inputs = clip_and_flow(rng)
    expected = plain(inputs["images"])["main"]
    assert np.abs(aligned(inputs)["main"] - expected).max() > 1e-3
    inputs["flow"] = np.zeros_like(inputs["flow"])
    np.testing.assert_allclose(aligned(inputs)["main"], expected, rtol=1e-3, atol=1e-4)


def test_aligned_network_survives_its_file(tmp_path, rng):
    model = network(2, align_states=True)
    model.save(tmp_path / "aligned.keras")
    loaded = keras.saving.load_model(tmp_path / "aligned.keras")
    assert loaded.align_states
    inputs = clip_and_flow(rng)
    np.testing.assert_array_equal(model(inputs)["main"], loaded(inputs)["main"])


@pytest.mark.parametrize("version, num_frames", [(None, 4), (2, 1)])
def test_alignment_without_a_frame_before_is_refused(version, num_frames):
    cell = None if version is None else "separable"
    with pytest.raises(ValueError, match="`align_states` needs a network with cells"):
        ICNet(version, cell, image_size=SIZE, num_frames=num_frames, align_states=True)


def test_flow_has_a_vector_for_eight_by_eight_pixels():
    assert flow_size((192, 256)) == (24, 32)
    assert flow_size((360, 481)) == (45, 61)
