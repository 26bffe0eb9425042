import cv2
import keras
import numpy as np
import pytest
import tensorflow as tf
from clip_batches import clip_batches

from data.labels.encodings import IndexEncoding
from data.pipeline.errors import original_error
from data.videos.clips import clip_index
from data.videos.video import Frame, Video


def stream(tmp_path):
    """One-frame clips with a valid image; tests write the label."""
    image, label = str(tmp_path / "0.png"), str(tmp_path / "0_gt.png")
    cv2.imwrite(image, np.zeros((8, 8, 3), np.uint8))
    video = Video("v", (Frame(image, label, 0),), 1, IndexEncoding([0]))
    arguments = {"image_size": (8, 8), "batch_size": 1, "num_frames": 1, "seed": 0}
    return clip_batches(clip_index([video], 1), **arguments), label


def test_a_value_error_comes_back_with_its_sentence_alone(tmp_path):
    clips, label = stream(tmp_path)
    cv2.imwrite(label, np.full((8, 8), 9, np.uint8))
    with pytest.raises(Exception, match="label value 9") as raised:
        next(iter(clips))
    error = original_error(raised.value)
    assert type(error) is ValueError
    assert str(error) == f"{label} holds the label value 9; the values allowed are 0"


def test_a_missing_file_comes_back_as_such(tmp_path):
    clips, label = stream(tmp_path)
    with pytest.raises(Exception, match="is missing") as raised:
        next(iter(clips))
    error = original_error(raised.value)
    assert type(error) is FileNotFoundError
    assert str(error) == f"{label} is missing; an image should be there"


def test_an_error_comes_back_through_fit(tmp_path):
    clips, label = stream(tmp_path)
    model = keras.Sequential([keras.layers.BatchNormalization()])
    model.compile(loss=lambda label, image: keras.ops.mean(image))
    with pytest.raises(Exception, match="is missing") as raised:
        model.fit(clips, steps_per_epoch=1, shuffle=False, verbose=0)
    error = original_error(raised.value)
    assert type(error) is FileNotFoundError
    assert str(error) == f"{label} is missing; an image should be there"


@pytest.mark.parametrize("kind", [PermissionError, OSError, MemoryError])
def test_errors_of_the_system_come_back_as_such(kind):
    def fail():
        raise kind("/data/1.png: no")

    dataset = tf.data.Dataset.range(1).map(
        lambda _: tf.numpy_function(fail, [], "int8")
    )
    with pytest.raises(tf.errors.OpError) as raised:
        next(iter(dataset))
    error = original_error(raised.value)
    assert type(error) is kind and str(error) == "/data/1.png: no"


@pytest.mark.parametrize("error", [KeyError("x"), ValueError("plain")])
def test_any_other_error_comes_back_as_it_is(error):
    assert original_error(error) is error
