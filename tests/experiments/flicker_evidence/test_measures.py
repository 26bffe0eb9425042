import cv2
import numpy as np
import pytest

from experiments.flicker_evidence.measures import label_maps, measures_of_maps
from experiments.flicker_evidence.moved_labels import add_moved
from experiments.flicker_evidence.scored_videos import (
    ScoredVideo,
    open_scored,
    save_scored,
)
from lstm_icnet.flicker import FlickeringPixels, mfip, mfp

SIZE = (20, 24)


def video(rng, num_frames=8):
    labels = np.zeros((num_frames, *SIZE), np.uint8)
    for t in range(num_frames):
        labels[t, :, : 4 + 2 * t] = 1
    return ScoredVideo(
        rng.integers(0, 256, (num_frames, *SIZE, 3)).astype(np.uint8),
        labels,
        np.zeros((num_frames - 1, *SIZE, 2), np.float32),
    )


def test_a_perfect_prediction_has_no_flicker_beside_the_labels(rng):
    scored = video(rng)
    found = measures_of_maps([scored.labels], [scored], 2)
    assert found["accuracy"] == found["mean_iou"] == 100
    assert found["mfp"] == found["stale_rate"] == 0
    # Two columns of 24 change from frame to frame.
    assert found["mfip"] == pytest.approx(1000 * 2 / 24)


def test_the_labels_of_the_frame_before_are_stale_all_over(rng):
    scored = video(rng)
    late = np.concatenate([scored.labels[:1], scored.labels[:-1]])
    found = measures_of_maps([late], [scored], 2)
    assert found["stale_rate"] == 1
    assert found["accuracy"] == pytest.approx(100 * 22 / 24)


def test_the_first_three_frames_are_history(rng):
    scored = video(rng)
    maps = rng.integers(0, 2, scored.labels.shape).astype(np.uint8)
    found = measures_of_maps([maps], [scored], 2)
    assert found["mfp"] == pytest.approx(mfp(scored.labels[3:], maps[3:]))
    assert found["mfip"] == pytest.approx(mfip(maps[3:]))
    borders = found["mfp_border"], found["mfp_interior"]
    assert min(borders) <= found["mfp"] <= max(borders)


def test_labels_moved_with_the_image_keep_their_errors(rng):
    size, shift, num_frames = (96, 128), 3, 6
    noise = rng.integers(0, 256, (size[0], size[1] + 32, 3)).astype(np.uint8)
    texture = cv2.normalize(
        cv2.GaussianBlur(noise, (0, 0), 3), None, 0, 255, cv2.NORM_MINMAX
    )
    starts = [shift * (num_frames - t) for t in range(num_frames)]
    images = np.stack([texture[:, start : start + size[1]] for start in starts])
    labels = np.full((num_frames, *size), 255, np.uint8)  # no flow near the edges
    labels[:, 16:-16, 16:-16] = 0
    blocks = rng.integers(0, 2, (num_frames, size[0] // 16, size[1] // 16))
    maps = np.kron(blocks, np.ones((1, 16, 16), int)).astype(np.uint8)
    found = FlickeringPixels()
    add_moved(found, maps, ScoredVideo(images, labels, np.zeros((0, *size, 2))))
    changed = [
        (np.roll(past, shift, axis=1) != past)[16:-16, 16:-16].mean()
        for past in maps[:-1]
    ]
    assert found.result() == pytest.approx(1000 * np.mean(changed), rel=0.05)
    assert found.result() < 0.5 * mfp(labels, maps)  # whose blocks change at random


def test_logits_are_drawn_with_aligned_corners():
    # Along a row the second class overtakes the first in the middle of the grid.
    logits = np.zeros((1, 2, 3, 2), np.float32)
    logits[..., 1] = [-1, 0.6, 2]  # crosses zero at 0.625 of a grid pixel
    (drawn,) = label_maps(logits, (4, 13))
    # Pixel x of 13 reads grid position x / 6: the crossing lies at x = 3.75.
    np.testing.assert_array_equal(drawn[0], np.arange(13) > 3.75)


def test_scored_videos_survive_their_files(rng, tmp_path):
    scored = video(rng)
    save_scored(tmp_path, [scored, video(rng, 5)])
    first, second = open_scored(tmp_path)
    np.testing.assert_array_equal(first.labels, scored.labels)
    assert len(second.images) == 5
