from statistics import NormalDist

import cv2
import numpy as np
import pytest

from data.pipeline.camera_motion import CameraMotion, camera_path, place_in_source
from data.pipeline.clips_from_stills import (
    StillMotion,
    clip_from_still,
    moving_picture,
)
from data.pipeline.image_noise import NO_NOISE, ImageNoise, _add, disturb
from data.pipeline.moving_objects import cut_object

SIZE = (60, 80)
SOURCE = (180, 240)
QUIET = StillMotion(noise=NO_NOISE)


def smooth_still(rng):
    """A still without edges, so that interpolation costs nothing, and its label."""
    y, x = np.mgrid[: SOURCE[0], : SOURCE[1]]
    phases = rng.uniform(0, 2 * np.pi, 3)
    waves = [np.sin(x / 45 + p) + np.sin(y / 45 + 2 * p) for p in phases]
    image = np.rint(128 + 60 * np.stack(waves, axis=-1)).astype(np.uint8)
    return image, ((x // 30 + y // 30) % 5).astype(np.uint8)


def donor_with_object(rng):
    image, label = smooth_still(rng)
    label[:] = 0
    label[60:90, 100:130] = 7
    image[label == 7] = (255, 0, 0)
    return image, label


def sampled(frame, flow):
    """`frame` where the flow points, bilinear in float64, and where that is inside."""
    height, width = flow.shape[:2]
    rows, columns = np.indices((height, width), np.float64)
    y, x = rows + flow[..., 1], columns + flow[..., 0]
    inside = (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)
    top = np.clip(np.floor(y), 0, height - 2).astype(int)
    left = np.clip(np.floor(x), 0, width - 2).astype(int)
    down, right = (y - top)[..., None], (x - left)[..., None]
    frame = frame.astype(np.float64)
    upper = frame[top, left] * (1 - right) + frame[top, left + 1] * right
    lower = frame[top + 1, left] * (1 - right) + frame[top + 1, left + 1] * right
    return upper * (1 - down) + lower * down, inside


@pytest.mark.parametrize("seed", range(20))
def test_known_flow_brings_a_frame_to_the_next_within_a_grey_level(seed):
    # Planes of whole grey levels: bilinear interpolation is exact there, so that half a
    # grey level for the rounding of each frame is all that may differ. A rounded curved
    # still would add its own rounding, which differs from pixel to pixel.
    y, x = np.mgrid[: SOURCE[0], : SOURCE[1]]
    image = np.stack([x, y, 255 - x], axis=-1).astype(np.uint8)
    images, _, flow = clip_from_still(
        image,
        np.zeros(SOURCE, np.uint8),
        4,
        SIZE,
        QUIET,
        np.random.default_rng(seed),
        with_flow=True,
    )
    for t in range(3):
        moved, inside = sampled(images[t], flow[t])
        assert inside.mean() > 0.5
        assert np.abs(moved - images[t + 1])[inside].max() <= 1
        if np.abs(flow[t]).max() > 2:  # a test of something
            unmoved = np.abs(np.float64(images[t]) - images[t + 1])
            assert unmoved.max() > 2


def test_flow_on_blocks_is_that_of_the_pixels_in_their_middle(rng):
    picture = moving_picture(
        *smooth_still(rng), 3, SIZE, QUIET, rng, [donor_with_object(rng)]
    )
    whole, blocks = picture.backward_flow(), picture.backward_flow(block=8)
    assert blocks.shape == (2, 8, 10, 2)
    # 60 rows are 8 blocks of 7.5, 80 columns are 10 of 8.
    rows, columns = [3, 11, 18, 26, 33, 41, 48, 56], range(4, 80, 8)
    np.testing.assert_array_equal(blocks, whole[:, rows][:, :, columns])


def test_flow_of_a_moving_object_is_its_own_and_unknown_where_it_uncovers(rng):
    image, label = smooth_still(rng)
    still_camera = StillMotion(CameraMotion(still_share=1.0), NO_NOISE, flip=False)
    for seed in range(20):
        picture = moving_picture(
            image,
            label,
            3,
            SIZE,
            still_camera,
            np.random.default_rng(seed),
            [donor_with_object(rng)],
        )
        labels, flow = picture.labels(), picture.backward_flow()
        if (labels[1] == 7).sum() > 20:
            break
    assert (labels[1] == 7).sum() > 20
    step = picture.layers[1].transforms[0] @ np.linalg.inv(
        picture.layers[1].transforms[1]
    )
    assert not np.allclose(step[:2, 2], 0)
    of_object = flow[0][labels[1] == 7]
    scale = picture.layers[1].transforms[0][[0, 1], [0, 1]]
    np.testing.assert_allclose(
        of_object, np.tile(-step[:2, 2] / scale, (len(of_object), 1)), atol=1e-3
    )
    uncovered = (labels[0] == 7) & (labels[1] != 7)
    assert np.isnan(flow[0][uncovered]).all()
    elsewhere = (labels[0] != 7) & (labels[1] != 7)
    np.testing.assert_allclose(flow[0][elsewhere], 0, atol=1e-4)


def test_labels_move_with_the_image(rng):
    _, label = smooth_still(rng)
    image = np.repeat((50 * label)[..., None], 3, axis=-1).astype(np.uint8)
    images, labels = clip_from_still(image, label, 5, SIZE, QUIET, rng)
    # Away from the borders of classes, interpolation does not mix colours.
    borders = np.stack([cv2.Laplacian(x, cv2.CV_16S) != 0 for x in labels])
    inside = np.stack(
        [cv2.dilate(b.astype(np.uint8), np.ones((3, 3))) == 0 for b in borders]
    )
    assert inside.mean() > 0.5
    np.testing.assert_array_equal(images[..., 0][inside], (50 * labels)[inside])


@pytest.mark.parametrize("num_frames", [1, 2, 60])
@pytest.mark.parametrize("mirrored", [False, True])
def test_no_pixel_lies_beyond_the_still(num_frames, mirrored):
    fast = CameraMotion(zoom=(-0.05, 0.05), yaw=0.05, roll=2.0, still_share=0.0)
    corners = np.array([[0, 0, 1], [79, 0, 1], [0, 59, 1], [79, 59, 1]])
    for seed in range(20):
        rng = np.random.default_rng(seed)
        path = camera_path(num_frames, SIZE, fast, rng)
        placed = place_in_source(path, SIZE, SOURCE, 1.1, mirrored, rng) @ path
        x, y = (placed @ corners.T)[:, :2].transpose(1, 0, 2)
        assert x.min() >= -1e-6 and x.max() <= 239 + 1e-6
        assert y.min() >= -1e-6 and y.max() <= 179 + 1e-6


def test_a_scale_shows_that_share_of_the_still():
    rng = np.random.default_rng(0)
    path = camera_path(1, SIZE, CameraMotion(still_share=1.0), rng)
    placed = place_in_source(path, SIZE, SOURCE, 1.5, False, rng)
    assert placed[0, 0] == pytest.approx(240 / 80 / 1.5)
    assert placed[1, 1] == pytest.approx(180 / 60 / 1.5)


def test_one_clip_in_seven_has_no_motion():
    stands = [
        np.ptp(camera_path(3, SIZE, CameraMotion(), np.random.default_rng(s)), 0).max()
        == 0
        for s in range(700)
    ]
    # Binomial: 100 expected, standard deviation 9.3.
    assert 60 < sum(stands) < 140


def test_zoom_grows_about_the_vanishing_point():
    rng = np.random.default_rng(3)
    only_zoom = CameraMotion((0.02, 0.02), 0.0, 0.0, 0.0, still_share=0.0)
    path = camera_path(2, SIZE, only_zoom, rng)
    assert path[1][0, 0] == pytest.approx(1 / 1.02)
    x, y = path[1][:2, 2] / (1 - 1 / 1.02)  # the point that stays
    assert 0.4 * 80 <= x <= 0.6 * 80
    assert 0.4 * 60 <= y <= 0.55 * 60


def test_equal_generators_give_equal_clips_and_others_do_not(rng):
    still = smooth_still(rng)
    first, again, other = (
        clip_from_still(*still, 3, SIZE, StillMotion(), np.random.default_rng(s))[0]
        for s in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_frames_are_disturbed_each_on_its_own():
    frames = np.full((4, 32, 32, 3), 128, np.uint8)
    noisy = ImageNoise(noise=5.0, noise_share=1.0)
    disturb(frames, noisy, np.random.default_rng(1))
    assert all((frames[0] != frame).any() for frame in frames[1:])
    assert np.abs(frames.astype(float).mean() - 128) < 10


@pytest.mark.parametrize("gain", [0.9, 1.1])
def test_noise_is_normal_with_its_deviation_about_the_brightened_frame(gain):
    frame = np.full((1, 300, 300, 3), 120, np.uint8)
    _add(frame[0], gain, 8.0, np.random.default_rng(1))
    off = frame - 120.0 * gain
    # 270,000 samples: the mean deviates by 0.015. Rounding adds a variance of 1/12.
    assert abs(off.mean()) < 0.06
    assert off.std() == pytest.approx(np.sqrt(64 + 1 / 12), rel=0.01)
    within = NormalDist().cdf(7.5 / 8) - NormalDist().cdf(-7.5 / 8)
    assert (np.abs(off) < 7.5).mean() == pytest.approx(within, abs=0.01)
    neighbours = np.corrcoef(off[0, :, :-1].ravel(), off[0, :, 1:].ravel())
    assert abs(neighbours[0, 1]) < 0.01


def test_noise_stays_within_black_and_white():
    frame = np.zeros((1, 64, 64, 3), np.uint8)
    frame[:, 32:] = 255
    _add(frame[0], 1.0, 9.0, np.random.default_rng(1))
    assert (frame[:, :32] < 60).all() and (frame[:, 32:] > 195).all()


def test_gain_alone_rounds_to_the_nearest_grey_level():
    frame = np.arange(256, dtype=np.uint8).reshape(1, 16, 16)
    expected = np.minimum(np.rint(np.arange(256) * 1.03), 255).reshape(1, 16, 16)
    _add(frame, 1.03, 0.0, np.random.default_rng(1))
    np.testing.assert_array_equal(frame, expected)


def test_without_noise_the_frames_stay():
    frames = np.random.default_rng(0).integers(0, 256, (2, 8, 8, 3)).astype(np.uint8)
    kept = frames.copy()
    disturb(frames, NO_NOISE, np.random.default_rng(1))
    np.testing.assert_array_equal(frames, kept)


def test_only_whole_objects_of_rare_classes_are_cut_out(rng):
    image, label = donor_with_object(rng)
    label[:90, :20] = 8  # at the border: cut off
    cut = cut_object(image, label, rng)
    assert cut is not None
    assert cut[0].shape == (30, 30, 3) and (cut[1] == 7).all() and cut[2].all()
    label[label == 7] = 0
    assert cut_object(image, label, rng) is None


@pytest.mark.parametrize(
    "arguments", [{"scale": (0.9, 1.6)}, {"scale": (1.6, 1.1)}, {"zoom": (0.1, 0.0)}]
)
def test_impossible_motion_is_refused(arguments):
    (name,) = arguments
    with pytest.raises(ValueError, match=f"`{name}` must be"):
        CameraMotion(**arguments)
