from itertools import pairwise

import pytest

from data.labels.encodings import IndexEncoding
from data.videos.clips import spread_clips, streams
from data.videos.video import Frame, Video


def video(name, numbers, spacing=1):
    frames = tuple(Frame(f"{n}.png", None, n) for n in numbers)
    return Video(name, frames, spacing, IndexEncoding([0]))


def numbers(videos, stride):
    return [
        (stream.video.name, *(frame.number for frame in stream.frames))
        for stream in streams(videos, stride)
    ]


def test_a_gap_and_a_video_end_a_stream():
    videos = [video("a", [0, 2, 4, 8, 10], 2), video("b", [11])]
    assert numbers(videos, 1) == [("a", 0, 2, 4), ("a", 8, 10), ("b", 11)]


@pytest.mark.parametrize("stride", [1, 2, 3, 7])
def test_every_frame_is_in_one_stream_at_any_stride(stride):
    found = numbers([video("a", range(5))], stride)
    assert sorted(n for _, *frames in found for n in frames) == list(range(5))
    for _, *frames in found:
        assert all(b - a == stride for a, b in pairwise(frames))


def test_a_stride_below_one_is_refused():
    with pytest.raises(ValueError, match="`frame_stride` must be positive"):
        streams([], 0)


def test_clips_to_look_at_are_spread_over_all_videos():
    runs = [list(range(20)), list(range(100, 105))]
    # In clips of eight: 0 to 7, 8 to 15, 16 to 19, 100 to 104.
    assert spread_clips(runs, 8, 16) == [list(range(8)), [16, 17, 18, 19]]
    assert spread_clips(runs, 8, 1) == [list(range(8))]
    assert len(spread_clips(runs, 8, 1000)) == 4
    assert spread_clips([], 8, 16) == []
