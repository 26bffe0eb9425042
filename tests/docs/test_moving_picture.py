import numpy as np
import pytest
from PIL import Image

from data.files.video.writer import VideoWriter
from docs.moving_picture import moving_picture


@pytest.fixture
def video(tmp_path, rng):
    path = tmp_path / "video.mp4"
    with VideoWriter(path, fps=10) as writer:
        for grey in rng.integers(0, 256, 6, dtype=np.uint8):
            writer.write(np.full((60, 120, 3), grey, np.uint8))
    return path


def test_the_picture_has_the_first_frames_at_the_rate_of_the_video(video, tmp_path):
    output = tmp_path / "picture.webp"
    moving_picture(video, output, width=80, num_frames=4, most_bytes=100_000)
    with Image.open(output) as picture:
        assert (picture.size, picture.n_frames) == ((80, 40), 4)
        picture.load()
        assert picture.info["duration"] == 100  # ms


def test_a_picture_that_cannot_be_small_enough_is_not_written(video, tmp_path):
    output = tmp_path / "picture.webp"
    with pytest.raises(ValueError, match=r"picture\.webp would have \d+ bytes"):
        moving_picture(video, output, width=80, num_frames=4, most_bytes=10)
    assert not output.exists()
