import numpy as np
import pytest
from moving_texture import moving_texture

from lstm_icnet.smoothing import LabelSmoother


def still_video(rng, count):
    return moving_texture(rng, (48, 64), [(0, 0)] * count)


# A strength of s keeps the old class until 1 - s^k > s^k.
@pytest.mark.parametrize("strength, frames", [(0.0, 1), (0.6, 2), (0.75, 3), (0.9, 7)])
def test_a_class_changes_after_as_many_frames_as_the_strength_says(
    strength, frames, rng
):
    assert frames == max(1, np.ceil(np.log(0.5) / np.log(strength or 0.1)))
    smoother = LabelSmoother(strength)
    video = still_video(rng, frames + 2)
    old, new = np.full((48, 64), 3, "uint8"), np.full((48, 64), 255, "uint8")
    found = [
        smoother(labels, image)
        for image, labels in zip(video, [old, *[new] * (frames + 1)], strict=True)
    ]
    for labels in found[:frames]:
        assert (labels == 3).all()
    assert (found[frames] == 255).all()
    assert found[frames].dtype == np.uint8


def test_flicker_of_single_frames_goes_and_motion_stays(rng):
    shifts = [(2 * t, 3 * t) for t in range(6)]
    video = moving_texture(rng, (120, 160), shifts)
    rows, columns = np.indices((120, 160))
    smoother = LabelSmoother()
    for t, (image, (down, right)) in enumerate(zip(video, shifts, strict=True)):
        true = (((rows + down) // 20 + (columns + right) // 20) % 3).astype("uint16")
        noisy = true.copy()
        wrong = rng.random(true.shape) < 0.05
        noisy[wrong] = 300 + t
        found = smoother(noisy, image)
    inner = slice(20, -20), slice(20, -20)
    assert found.dtype == np.uint16
    assert (found != true)[inner].mean() < 0.3 * (noisy != true)[inner].mean()
    assert len(smoother._memory) <= 9  # three classes, and errors of six frames


def test_first_frames_are_as_given(rng):
    video = still_video(rng, 4)
    maps = [rng.integers(0, 9, (48, 64), dtype="uint8") for _ in video]
    smoother = LabelSmoother()
    assert np.array_equal(smoother(maps[0], video[0]), maps[0])
    assert not np.array_equal(smoother(maps[1], video[1]), maps[1])
    smoother.reset()
    assert np.array_equal(smoother(maps[2], video[2]), maps[2])
    small = maps[3][:20]  # another size
    assert np.array_equal(smoother(small, video[3]), small)


def test_label_maps_of_half_the_images_size_follow_the_motion(rng):
    video = moving_texture(rng, (120, 160), [(0, 0), (0, 8)])
    smoother = LabelSmoother()
    columns = np.tile(np.arange(80), (60, 1))
    smoother((columns < 40).astype("uint8"), video[0])
    # The class border moves 4 columns to the left; the new map is all zeros.
    found = smoother(np.zeros((60, 80), "uint8"), video[1])
    assert (found[10:-10, 10:34] == 1).mean() > 0.98
    assert (found[10:-10, 38:60] == 0).mean() > 0.98


@pytest.mark.parametrize(
    "labels",
    [np.zeros((8, 9)), np.zeros((8, 9, 1), int), np.zeros((0, 9), int), [[1]]],
    ids=["floats", "3-D", "empty", "list"],
)
def test_what_is_no_label_map_is_refused(labels, rng):
    with pytest.raises(ValueError, match="`labels` must be integers"):
        LabelSmoother()(labels, *still_video(rng, 1))
