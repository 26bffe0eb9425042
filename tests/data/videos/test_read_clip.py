from dataclasses import replace

import cv2
import numpy as np
import pytest

from data.labels.encodings import IndexEncoding
from data.videos.clips import Clip
from data.videos.read_clip import read_clip, read_label
from data.videos.video import Frame, Video


@pytest.fixture
def clip(tmp_path, rng):
    frames = []
    for n in range(3):
        image, label = tmp_path / f"{n}.png", tmp_path / f"{n}_gt.png"
        cv2.imwrite(str(image), rng.integers(0, 256, (4, 6, 3), np.uint8))
        frames.append(Frame(str(image), str(label), n))
    # Only the last label is there: no other may be opened.
    cv2.imwrite(frames[-1].label, rng.integers(0, 3, (4, 6), np.uint8))
    frames = tuple(frames)
    return Clip(Video("drive", frames, 1, IndexEncoding([2, 255, 0])), frames)


def test_read_clip_gives_all_images_and_the_last_label(clip):
    images, label = read_clip(clip)
    assert len(images) == 3
    for image, frame in zip(images, clip.frames, strict=True):
        np.testing.assert_array_equal(image, cv2.imread(frame.image)[..., ::-1])
    ids = cv2.imread(clip.frames[-1].label, cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(label, np.array([2, 255, 0])[ids])
    np.testing.assert_array_equal(
        read_label(clip.video, clip.frames[-1], list(images)[-1]), label
    )


def test_every_label_is_read_where_there_is_one(clip, rng):
    frames = list(clip.frames)
    cv2.imwrite(frames[1].label, rng.integers(0, 3, (4, 6), np.uint8))
    frames[0] = replace(frames[0], label=None)
    images, labels = read_clip(replace(clip, frames=tuple(frames)), every_label=True)
    assert len(images) == 3 and labels.shape == (3, 4, 6) and labels.dtype == np.uint8
    assert (labels[0] == 255).all()
    for n in (1, 2):
        ids = cv2.imread(frames[n].label, cv2.IMREAD_UNCHANGED)
        np.testing.assert_array_equal(labels[n], np.array([2, 255, 0])[ids])
    np.testing.assert_array_equal(labels[-1], read_clip(clip)[1])


def test_a_label_that_should_be_there_and_is_not_is_named(clip):
    with pytest.raises(FileNotFoundError, match=r"0_gt\.png is missing"):
        read_clip(clip, every_label=True)


def test_a_frame_of_another_size_is_named_with_both_sizes(clip):
    cv2.imwrite(clip.frames[0].image, np.zeros((5, 6, 3), np.uint8))
    with pytest.raises(ValueError) as error:
        list(read_clip(clip)[0])
    assert str(error.value) == (
        f"{clip.frames[0].image} is 5x6 (height x width) and {clip.frames[-1].label} "
        f"is 4x6 (height x width); the frames of a video and their labels must be "
        f"equally large"
    )


def test_a_label_of_another_size_is_named_with_both_sizes(clip):
    cv2.imwrite(clip.frames[-1].label, np.zeros((4, 7), np.uint8))
    with pytest.raises(ValueError) as error:
        list(read_clip(clip)[0])
    assert str(error.value) == (
        f"{clip.frames[0].image} is 4x6 (height x width) and {clip.frames[-1].label} "
        f"is 4x7 (height x width); the frames of a video and their labels must be "
        f"equally large"
    )
    image = np.zeros((4, 6, 3), np.uint8)
    with pytest.raises(ValueError, match=r"is 4x7 .* its image .* is 4x6 .* equally"):
        read_label(clip.video, clip.frames[-1], image)


def test_labels_of_different_sizes_are_named(clip):
    for frame, width in zip(clip.frames, (6, 7, 6), strict=True):
        cv2.imwrite(frame.label, np.zeros((4, width), np.uint8))
    with pytest.raises(ValueError, match=r"1_gt\.png is 4x7 .* is 4x6 .* equally"):
        read_clip(clip, every_label=True)


def test_one_image_is_decoded_at_a_time(clip, monkeypatch):
    events = []
    monkeypatch.setattr(
        "data.videos.read_clip.read_image",
        lambda path: events.append("decoded") or np.zeros((4, 6, 3), np.uint8),
    )
    for _ in read_clip(clip)[0]:
        events.append("used")
    assert events == ["decoded", "used"] * 3
