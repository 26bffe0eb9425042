import warnings

import numpy as np
import pytest

from data.files.video.frame_stream import Start
from data.files.video.reader import read_frames
from data.files.video.writer import VideoWriter


@pytest.fixture
def video(tmp_path):
    """Sixty frames at 20 Hz whose brightness is their number, and then a gap."""
    path = tmp_path / "video.mp4"
    with VideoWriter(path, 20) as writer:
        for number in range(60):
            frame = np.full((32, 48, 3), 20 + 3 * number, np.uint8)
            writer.write(frame, number / 20 if number < 40 else 10 + number / 20)
    return path


def numbers(stream):
    return [round((int(frame.mean()) - 20) / 3) for frame in stream]


@pytest.mark.parametrize(
    "text, start",
    [
        ("12.5", Start(seconds=12.5)),
        (".5s", Start(seconds=0.5)),
        ("3", Start(seconds=3)),
        ("300f", Start(frame=300)),
        ("0", Start()),
    ],
)
def test_seconds_and_frames_are_told_apart(text, start):
    assert Start.parse(text) == start


@pytest.mark.parametrize("text", ["", "-1", "1.5f", "f", "soon", "nan", "1e3"])
def test_other_starts_are_refused(text):
    with pytest.raises(ValueError, match="A start must be seconds"):
        Start.parse(text)


@pytest.mark.parametrize("frame", [1, 17, 59])
def test_start_at_a_frame(video, frame):
    assert numbers(read_frames(video, Start(frame=frame))) == [*range(frame, 60)]


@pytest.mark.parametrize("seconds, first", [(0.05, 1), (0.87, 18), (1.95, 39), (5, 40)])
def test_start_at_a_time_gives_the_first_frame_from_then_on(video, seconds, first):
    stream = read_frames(video, Start(seconds=seconds))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert numbers(stream) == [*range(first, 60)]


def test_times_count_from_the_first_frame_given(video):
    times = [t for t, _ in read_frames(video, Start(frame=38)).timed_frames]
    assert times[:3] == pytest.approx([0, 0.05, 10.1])


@pytest.mark.parametrize("start", [Start(frame=60), Start(seconds=13)])
def test_start_behind_the_end_is_refused(video, start):
    with pytest.raises(ValueError, match=r"video\.mp4 ends before"):
        read_frames(video, start)


def test_images_need_a_frame(video, tmp_path):
    with VideoWriter(tmp_path / "images") as writer:
        for frame in read_frames(video):
            writer.write(frame)
    images = tmp_path / "images"
    assert numbers(read_frames(images, Start(frame=7))) == [*range(7, 60)]
    with pytest.raises(ValueError, match="must be a frame, such as 3f"):
        read_frames(images, Start(seconds=3))
    with pytest.raises(ValueError, match="has 60 images, and so no frame 60"):
        read_frames(images, Start(frame=60))
