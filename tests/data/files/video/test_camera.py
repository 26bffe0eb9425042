import numpy as np
import pytest

from data.files.video import camera
from data.files.video.frame_stream import Start
from data.files.video.reader import read_frames


class FakeCapture:
    """A camera of three frames, whose clock is `FakeTime`."""

    def __init__(self, source):
        self.source = source
        self.read_frames = 0
        self.released = False
        FakeCapture.last = self

    def read(self):
        self.read_frames += 1
        if self.read_frames > 3:
            return False, None
        blue_green_red = (10 * self.read_frames, 100, 200)
        return True, np.full((4, 6, 3), blue_green_red, np.uint8)

    def get(self, _):
        return 0.0

    def release(self):
        self.released = True


@pytest.fixture
def clock(monkeypatch):
    times = iter([50.0, 50.25, 50.75, 51.0])
    monkeypatch.setattr(camera.cv2, "VideoCapture", FakeCapture)
    monkeypatch.setattr(camera.time, "monotonic", lambda: next(times))


@pytest.mark.usefixtures("clock")
def test_frames_of_a_camera_have_the_times_at_which_they_came():
    stream = read_frames("0")
    assert FakeCapture.last.source == 0
    assert (stream.size, stream.fps, stream.num_frames) == ((4, 6), None, None)
    assert stream.is_live
    frames = list(stream.timed_frames)
    assert [seconds for seconds, _ in frames] == [0, 0.25, 0.75]
    assert [frame[0, 0].tolist() for _, frame in frames] == [
        [200, 100, 10],
        [200, 100, 20],
        [200, 100, 30],
    ]
    assert FakeCapture.last.released


@pytest.mark.usefixtures("clock")
def test_camera_is_released_when_reading_ends_early():
    frames = read_frames(0).timed_frames
    next(frames)
    frames.close()
    assert FakeCapture.last.released


def test_camera_starts_now():
    with pytest.raises(ValueError, match="Camera 0 is a camera, which starts now"):
        read_frames(0, Start(frame=3))
