import cv2
import numpy as np
import pytest

from data.labels.encodings import IndexEncoding
from data.videos.video import Frame, Video
from experiments.flicker_evidence.pools import make_pool, open_pool

SIZE = (24, 32)


@pytest.fixture(scope="module")
def videos(tmp_path_factory):
    """Frame n is grey n throughout, and its label is n."""
    folder = tmp_path_factory.mktemp("video")
    frames = []
    for n in range(6):
        image, label = str(folder / f"{n}.png"), str(folder / f"{n}_gt.png")
        cv2.imwrite(image, np.full((48, 64, 3), n, np.uint8))
        cv2.imwrite(label, np.full((48, 64), n, np.uint8))
        frames.append(Frame(image, label, n))
    return [Video("v", tuple(frames), 1, IndexEncoding(range(6)))]


def test_pools_hold_clips_with_labels_and_flow(videos, tmp_path):
    pool = open_pool(make_pool(tmp_path, "motion3", videos, 5, SIZE))
    assert pool.images.shape == (5, 3, *SIZE, 3)
    assert pool.flow.shape == (5, 2, 3, 4, 2)
    assert set(np.unique(pool.labels)) <= set(range(6))
    frames = open_pool(make_pool(tmp_path, "frames", videos, 6, SIZE))
    np.testing.assert_array_equal(frames.images[..., 0], frames.labels)


def test_batches_see_every_clip_once_an_epoch(videos, tmp_path):
    pool = open_pool(make_pool(tmp_path, "frames", videos, 6, SIZE))
    seen = list(pool.order(2, 3, seed=0))
    assert sorted(np.concatenate(seen)) == list(range(6))
    again = list(pool.order(2, 3, seed=0))
    np.testing.assert_array_equal(seen, again)
