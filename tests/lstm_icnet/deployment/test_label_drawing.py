import os
import subprocess
import sys

import icnet_reference
import numpy as np
import pytest

from lstm_icnet.deployment.label_drawing import (
    draw_labels,
    draw_probabilities,
    enlarge_labels,
)


def smooth_logits(rng, height=9, width=13, classes=4):
    """Logits in which large areas have one class, as those of a trained network."""
    coarse = 5 * rng.standard_normal((1, 3, 4, classes))
    return icnet_reference.resize(coarse, (height, width))[0].astype("float32")


def noise_logits(rng, height=9, width=13, classes=4):
    return rng.standard_normal((height, width, classes)).astype("float32")


@pytest.mark.parametrize("size", [(65, 97), (9, 13), (70, 31), (1, 1), (3, 200)])
@pytest.mark.parametrize("make", [smooth_logits, noise_logits])
def test_the_largest_of_the_resized_logits_is_drawn(make, size, rng):
    logits = make(rng)
    resized = icnet_reference.resize(logits[np.newaxis].astype("float64"), size)[0]
    labels = draw_labels(logits, size)
    assert labels.dtype == np.uint8
    assert labels.shape == size
    second, first = np.moveaxis(np.sort(resized, axis=-1)[..., -2:], -1, 0)
    clear = first - second > 1e-4  # rounding decides the others
    assert clear.mean() > 0.99
    np.testing.assert_array_equal(labels[clear], resized.argmax(axis=-1)[clear])


def test_a_class_that_wins_at_no_grid_point_may_win_between_them():
    # Half-way between two points the logits are 1, 1 and 1.5.
    logits = np.float32([[[2, 0, 1.5], [0, 2, 1.5]]])
    np.testing.assert_array_equal(draw_labels(logits, (1, 3)), [[0, 2, 1]])


def test_a_class_may_win_only_in_the_middle_of_a_cell():
    # At the centre every class has the mean of its corners: 1, 1, 1, 1 and 1.5.
    corners = 4 * np.eye(4, 5).reshape(2, 2, 5)
    corners[..., 4] = 1.5
    labels = draw_labels(np.float32(corners), (3, 3))
    np.testing.assert_array_equal(labels, [[0, 0, 1], [0, 4, 1], [2, 2, 3]])


def test_logits_that_are_no_numbers_are_drawn_as_some_class(rng):
    logits = noise_logits(rng)
    expected = draw_labels(logits, (33, 41))  # the grid row 6 is the image row 24
    logits[3:6, 2:9] = np.nan
    labels = draw_labels(logits, (33, 41))
    assert labels.max() < 4
    np.testing.assert_array_equal(labels[24:], expected[24:])


def test_logits_of_other_types_and_memory_layouts_are_drawn_alike(rng):
    logits = noise_logits(rng)
    expected = draw_labels(logits, (33, 41))
    turned = np.asfortranarray(logits.astype("float64"))
    np.testing.assert_array_equal(draw_labels(turned, (33, 41)), expected)
    logits.flags.writeable = False  # as those of TensorFlow and JAX are
    np.testing.assert_array_equal(draw_labels(logits, (33, 41)), expected)


def test_the_first_of_equal_classes_is_drawn():
    np.testing.assert_array_equal(draw_labels(np.zeros((3, 4, 5), "f4"), (9, 13)), 0)


_NO_FOLDER = """
from numba.core import caching

caching.CacheImpl._locator_classes = []
"""
_FULL_DISK = """
import resource, signal

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
"""
_DRAW = """
import numpy as np
from lstm_icnet.deployment.label_drawing import draw_labels

print(draw_labels(np.float32([[[0, 3, 1]]]), (1, 2)).tolist())
"""


@pytest.mark.parametrize("problem", [_NO_FOLDER, _FULL_DISK])
def test_labels_are_drawn_where_compiled_code_cannot_be_kept(problem, tmp_path):
    run = subprocess.run(
        [sys.executable, "-c", problem + _DRAW],
        env={**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert run.stdout.strip() == "[[1, 1]]", run.stderr


def test_a_grid_of_one_point_is_drawn_everywhere():
    labels = draw_labels(np.float32([[[0, 3, 1]]]), (4, 5))
    np.testing.assert_array_equal(labels, np.ones((4, 5)))


def test_grid_points_of_a_large_image_have_their_own_class(rng):
    logits = noise_logits(rng, 200, 211)
    labels = draw_labels(logits, (399, 421))  # every second pixel is a grid point
    np.testing.assert_array_equal(labels[::2, ::2], logits.argmax(axis=-1))


@pytest.mark.parametrize("size", [(65, 97), (7, 5), (1, 1)])
def test_probabilities_are_the_softmax_of_the_resized_logits(size, rng):
    logits = 100 * noise_logits(rng)  # whose exponentials overflow float32
    resized = icnet_reference.resize(logits[np.newaxis].astype("float64"), size)[0]
    expected = np.exp(resized - resized.max(axis=-1, keepdims=True))
    expected /= expected.sum(axis=-1, keepdims=True)
    probabilities = draw_probabilities(logits, size)
    assert probabilities.dtype == np.float32
    np.testing.assert_allclose(probabilities, expected, atol=1e-4)  # of float32


def test_the_most_probable_class_is_the_label(rng):
    logits = smooth_logits(rng)
    labels = draw_probabilities(logits, (65, 97)).argmax(axis=-1)
    assert np.not_equal(labels, draw_labels(logits, (65, 97))).mean() < 1e-3


def test_label_maps_are_enlarged_by_the_nearest_pixel():
    labels = np.uint8([[1, 2], [3, 4]])
    expected = np.repeat(np.repeat(labels, 2, axis=0), 3, axis=1)
    np.testing.assert_array_equal(enlarge_labels(labels, (4, 6)), expected)
