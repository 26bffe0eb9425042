import pytest

from data.labels.encodings import IndexEncoding
from data.videos.clips import clip_index
from data.videos.selection import VideoSelection, select_videos
from data.videos.video import Frame, Video


def video(name, numbers, spacing, labelled=None):
    labelled = numbers if labelled is None else labelled
    frames = tuple(
        Frame(f"{n}.png", f"{n}_gt.png" if n in labelled else None, n) for n in numbers
    )
    return Video(name, frames, spacing, IndexEncoding([0]))


def numbers(clips):
    return [(c.video.name, *(frame.number for frame in c.frames)) for c in clips]


def test_clips_end_in_every_labelled_frame_with_enough_history():
    clips = clip_index([video("a", [10, 12, 14, 16], 2)], num_frames=3)
    assert numbers(clips) == [("a", 10, 12, 14), ("a", 12, 14, 16)]


def test_clips_never_span_two_videos_or_a_gap():
    videos = [video("a", [0, 1], 1), video("b", [2, 3, 4, 6, 7, 8, 9], 1)]
    clips = clip_index(videos, num_frames=3)
    assert numbers(clips) == [("b", 2, 3, 4), ("b", 6, 7, 8), ("b", 7, 8, 9)]


def test_clips_skip_frames_that_are_not_labelled():
    clips = clip_index([video("a", range(6), 1, labelled=[1, 4])], num_frames=3)
    assert numbers(clips) == [("a", 2, 3, 4)]
    assert all(clip.frames[-1].label == "4_gt.png" for clip in clips)


def test_frame_stride_counts_stored_frames():
    clips = clip_index([video("a", range(0, 100, 20), 20)], 2, frame_stride=3)
    assert numbers(clips) == [("a", 0, 60), ("a", 20, 80)]


def test_a_stride_does_not_step_over_a_gap():
    assert numbers(clip_index([video("a", [0, 2, 3, 4], 1)], 2, frame_stride=2)) == [
        ("a", 2, 4)
    ]


def test_every_clip_of_random_videos_and_no_other_is_found(rng):
    for _ in range(30):
        spacing = int(rng.integers(1, 4))
        stored = sorted(rng.choice(40, 25, replace=False).tolist())
        stored = [number * spacing for number in stored]
        labelled = set(rng.choice(stored, 15, replace=False).tolist())
        num_frames, stride = int(rng.integers(1, 4)), int(rng.integers(1, 3))
        expected = []
        for last in sorted(labelled):
            first = last - (num_frames - 1) * stride * spacing
            if set(range(first, last + 1, spacing)) <= set(stored):
                expected.append(("a", *range(first, last + 1, stride * spacing)))
        if expected:
            a = video("a", stored, spacing, labelled)
            assert numbers(clip_index([a], num_frames, stride)) == expected


@pytest.mark.parametrize("name", ["num_frames", "frame_stride"])
def test_numbers_that_are_not_positive_are_refused(name):
    arguments = {"num_frames": 2, "frame_stride": 1, name: 0}
    with pytest.raises(ValueError, match=f"`{name}` must be positive. Rec.*{name}=0"):
        clip_index([video("a", range(6), 1)], **arguments)


def test_a_run_of_one_frame_is_not_called_frames():
    with pytest.raises(ValueError, match=r"gap has 1 frame \(video a\)$"):
        clip_index([video("a", [0], 1)], num_frames=2)


def test_a_video_in_two_splits_is_listed_once():
    selection = VideoSelection(only=["c"])
    with pytest.raises(ValueError, match=r"matches none of the videos a, b$"):
        selection.check(["a", "b", "a"])


def test_no_clip_is_an_error_that_tells_the_longest_run():
    videos = [video("a", [0, 2, 8], 2), video("b", [0, 2, 4, 8], 2)]
    with pytest.raises(ValueError) as error:
        clip_index(videos, num_frames=3, frame_stride=2)
    assert str(error.value) == (
        "No clip of 3 frames at a stride of 2 fits: it needs 5 frames without a gap "
        "up to a labelled one, and the longest run without a gap has 3 frames (video "
        "b, whose frame numbers rise by 2)"
    )


@pytest.mark.parametrize("videos", [[], [video("a", range(6), 1, labelled=[])]])
def test_no_label_at_all_is_told_apart_from_short_runs(videos):
    with pytest.raises(ValueError, match=f"None of the {len(videos)} videos has a lab"):
        clip_index(videos, num_frames=3)


VIDEOS = [video(f"{w}/{v}", [0], 1) for w in ("0001", "0002") for v in ("fog", "rain")]


@pytest.mark.parametrize(
    "only, skip, left",
    [
        ([], [], ["0001/fog", "0001/rain", "0002/fog", "0002/rain"]),
        (["0001/*"], [], ["0001/fog", "0001/rain"]),
        (["0001/fog", "*/rain"], [], ["0001/fog", "0001/rain", "0002/rain"]),
        ([], ["*/fog"], ["0001/rain", "0002/rain"]),
        (["0002/*"], ["*/rain"], ["0002/fog"]),
    ],
)
def test_select_videos_by_patterns(only, skip, left):
    assert [v.name for v in select_videos(VIDEOS, only, skip)] == left


@pytest.mark.parametrize("flag", ["only", "skip"])
def test_a_pattern_without_a_video_is_an_error(flag):
    with pytest.raises(ValueError, match=r"'0003/\*' matches none .* 0001/fog, 0001/r"):
        select_videos(VIDEOS, **{flag: ["0003/*"]})


def test_a_selection_without_a_video_is_an_error():
    with pytest.raises(
        ValueError, match=r"No video is selected from 0001/fog.*skip=\['\*'"
    ):
        select_videos(VIDEOS, skip=["*"])
