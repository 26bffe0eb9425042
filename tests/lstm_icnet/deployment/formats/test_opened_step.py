from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from jax_process import outside_jax

from lstm_icnet.deployment.formats.opened_step import FrameMemory

pytestmark = outside_jax


@pytest.mark.parametrize("shape", [(1, 5, 7, 3), (4, 6, 6, 3), (1, 0, 4, 3)])
def test_tensors_hold_the_frames(shape, rng):
    memory = FrameMemory()
    for _ in range(3):
        frames = rng.integers(0, 256, shape, "uint8")
        tensor = memory.tensor_of(frames)
        assert tensor.dtype.name == "uint8"
        np.testing.assert_array_equal(tensor.numpy(), frames)


def test_frames_may_change_shape_or_be_views(rng):
    memory = FrameMemory()
    frames = rng.integers(0, 256, (2, 8, 9, 3), "uint8")
    for some in (frames[:1], frames, frames[:, ::2, 1:], frames[:1]):
        np.testing.assert_array_equal(memory.tensor_of(some).numpy(), some)


def test_each_thread_has_its_own_memory(rng):
    memory = FrameMemory()
    frames = rng.integers(0, 256, (8, 1, 40, 50, 3), "uint8")

    def is_kept(image):
        tensor = memory.tensor_of(image)
        return all(np.array_equal(tensor.numpy(), image) for _ in range(200))

    with ThreadPoolExecutor(4) as threads:
        assert all(threads.map(is_kept, frames))
