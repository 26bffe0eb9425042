import dataclasses

import numpy as np
import pytest

from data.pipeline.augment import Augmentation, augment_clip

PLAIN = Augmentation((12, 20), min_scale=1.0, max_scale=1.0, flip=False)


def striped_clip(height=48, width=80, num_frames=3):
    """Frames and label of blocks whose id can be told from the colour.

    Blocks are large and the ids of neighbours far apart, so that a blend of two
    colours is not mistaken for a third.
    """
    ids = np.arange(height)[:, None] // 8 * 10 + np.arange(width) // 8
    label = (ids * 3 % 200).astype(np.uint8)
    image = np.stack([label, 255 - label, label // 2], axis=-1)
    return [image.copy() for _ in range(num_frames)], label


def test_without_augmentation_the_whole_frame_is_resized():
    images, label = striped_clip()
    new_images, new_label = augment_clip(images, label, PLAIN, np.random.default_rng(0))
    assert new_images.shape == (3, 12, 20, 3) and new_images.dtype == np.uint8
    assert new_label.shape == (12, 20) and new_label.dtype == np.uint8
    # Every result pixel lies between the centres of four source pixels.
    np.testing.assert_array_equal(new_label, label[2::4, 2::4])
    blocks = np.stack([image.reshape(12, 4, 20, 4, 3) for image in images])
    between = blocks[:, :, 1:3, :, 1:3].astype(float).mean(axis=(2, 4))
    np.testing.assert_allclose(new_images, between, atol=1)


def test_at_its_own_size_a_clip_comes_back_unchanged(rng):
    images = [rng.integers(0, 256, (12, 20, 3), np.uint8) for _ in range(2)]
    label = rng.integers(0, 256, (12, 20), np.uint8)
    new_images, new_label = augment_clip(images, label, PLAIN, rng)
    np.testing.assert_array_equal(new_images, images)
    np.testing.assert_array_equal(new_label, label)


@pytest.mark.parametrize("seed", range(20))
def test_image_and_label_stay_aligned_and_all_frames_share_the_view(seed):
    images, label = striped_clip()
    augmentation = Augmentation((48, 80), padding_rgb=(7, 8, 9))
    new_images, new_label = augment_clip(
        images, label, augmentation, np.random.default_rng(seed)
    )
    for image in new_images[1:]:
        np.testing.assert_array_equal(image, new_images[0])
    padded = new_label == 255
    assert (new_images[0][padded] == (7, 8, 9)).all()
    # Away from the borders of blocks the label can be read off the image.
    inner = np.ones_like(padded)
    for axis in (0, 1):
        for shift in (-1, 1):
            inner &= np.roll(new_label, shift, axis) == new_label
    inner &= ~padded
    assert inner.sum() > 0.1 * (~padded).sum()
    difference = new_images[0, ..., 0].astype(int) - new_label
    assert abs(difference[inner]).max() <= 1


def test_frames_keep_their_own_content(rng):
    images = [np.full((48, 80, 3), value, np.uint8) for value in (10, 20, 30)]
    label = np.zeros((48, 80), np.uint8)
    augmentation = Augmentation((48, 80), min_scale=1.5)
    new_images, _ = augment_clip(images, label, augmentation, rng)
    for image, value in zip(new_images, (10, 20, 30), strict=True):
        assert (image == value).all()


def test_scaled_down_the_whole_frame_is_shown_somewhere_and_the_rest_is_padding():
    images, label = striped_clip()
    half = dataclasses.replace(PLAIN, image_size=(48, 80), min_scale=0.5, max_scale=0.5)
    corners = set()
    for seed in range(20):
        _, new_label = augment_clip(images, label, half, np.random.default_rng(seed))
        rows, columns = np.nonzero(new_label != 255)
        top, left = rows.min(), columns.min()
        corners.add((top, left))
        inside = new_label[top : top + 24, left : left + 40]
        np.testing.assert_array_equal(inside, label[1::2, 1::2])
        assert (new_label != 255).sum() == 24 * 40
    assert len(corners) > 10


def test_scaled_up_a_crop_without_padding_fills_the_result():
    label = np.add.outer(np.arange(48) * 2, np.arange(80)).astype(np.uint8)
    image = np.stack([label] * 3, axis=-1)
    twice = dataclasses.replace(PLAIN, image_size=(48, 80), min_scale=2, max_scale=2)
    corners = set()
    for seed in range(20):
        _, new_label = augment_clip([image], label, twice, np.random.default_rng(seed))
        corners.add(new_label[0, 0])
        crop = new_label[::2, ::2]
        assert crop.shape == (24, 40)
        np.testing.assert_array_equal(new_label, crop.repeat(2, 0).repeat(2, 1))
        np.testing.assert_array_equal(crop - crop[0, 0], label[:24, :40])
    assert len(corners) > 10


def test_half_of_the_clips_are_mirrored_images_and_label_alike(rng):
    images = [rng.integers(0, 256, (12, 20, 3), np.uint8) for _ in range(2)]
    label = rng.integers(0, 256, (12, 20), np.uint8)
    flipping = dataclasses.replace(PLAIN, flip=True)
    mirrored = 0
    for _ in range(200):
        new_images, new_label = augment_clip(images, label, flipping, rng)
        if (new_label == label[:, ::-1]).all():
            mirrored += 1
            np.testing.assert_array_equal(new_images, np.stack(images)[:, :, ::-1])
        else:
            np.testing.assert_array_equal(new_label, label)
            np.testing.assert_array_equal(new_images, images)
    assert 70 < mirrored < 130


def test_scales_fill_their_range():
    images, label = [np.zeros((50, 50, 3), np.uint8)], np.zeros((50, 50), np.uint8)
    augmentation = Augmentation((100, 100), min_scale=0.5, max_scale=1.0)
    filled = [
        (augment_clip(images, label, augmentation, np.random.default_rng(s))[1] == 0)
        for s in range(200)
    ]
    heights = np.array([f.any(axis=1).sum() for f in filled])
    widths = np.array([f.any(axis=0).sum() for f in filled])
    np.testing.assert_array_equal(heights, widths)
    assert 50 <= heights.min() < 53 and 97 < heights.max() <= 100
    assert abs(heights.mean() - 75) < 4


@pytest.mark.parametrize("source", [(1, 1), (3, 200), (97, 5)])
@pytest.mark.parametrize("result", [(1, 1), (5, 3), (33, 64)])
def test_every_size_works(source, result, rng):
    images = [np.zeros((*source, 3), np.uint8)]
    label = np.zeros(source, np.uint8)
    for _ in range(20):
        new_images, new_label = augment_clip(images, label, Augmentation(result), rng)
        assert new_images.shape == (1, *result, 3)
        assert (new_label == 0).any()


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"image_size": (0, 5)}, "`image_size` must be positive. Received.*0, 5"),
        ({"min_scale": 0.0}, "`min_scale` must be positive.*min_scale=0.0"),
        ({"min_scale": 3.0}, "at most `max_scale`.*min_scale=3.0, max_scale=2.0"),
    ],
)
def test_arguments_out_of_range_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        Augmentation(**{"image_size": (5, 5), **arguments})


@pytest.mark.parametrize("seed", range(10))
def test_the_labels_of_every_frame_get_the_view_of_the_last(seed, rng):
    images, _ = striped_clip()
    labels = rng.integers(0, 20, (3, 48, 80), np.uint8)
    augmentation = Augmentation((30, 70))
    new_images, new_labels = augment_clip(
        images, labels, augmentation, np.random.default_rng(seed)
    )
    assert new_labels.shape == (3, 30, 70) and new_labels.dtype == np.uint8
    for label, new_label in zip(labels, new_labels, strict=True):
        same_images, expected = augment_clip(
            images, label, augmentation, np.random.default_rng(seed)
        )
        np.testing.assert_array_equal(new_label, expected)
        np.testing.assert_array_equal(new_images, same_images)
