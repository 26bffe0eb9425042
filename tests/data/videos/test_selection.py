import pytest

from data.labels.encodings import IndexEncoding
from data.videos.selection import (
    VideoSelection,
    list_videos,
    read_all_but_incomplete,
    read_selected,
)
from data.videos.video import Fault, Frame, IncompleteVideosError, Video, require_whole


def video(root, name, files=("0.png",)):
    frames = tuple(Frame(str(root / f), None, n) for n, f in enumerate(files))
    return Video(name, frames, 1, IndexEncoding([0]))


@pytest.fixture
def reader(tmp_path):
    """Of a whole video `a/1`, one with a missing image and two that cannot be read."""
    (tmp_path / "0.png").touch()

    def read_videos(data_dir, split):
        videos = [video(tmp_path, "a/1"), video(tmp_path, "a/2", ["1.png"])]
        require_whole(videos, [Fault("b is empty", ("b/",)), Fault("c?", ("c/1",))])

    return read_videos


@pytest.mark.parametrize(
    "selection",
    [
        VideoSelection(skip=["a/2", "b/*", "c/*"]),
        VideoSelection(skip=["?/2", "[bc]*"]),
        VideoSelection(only=["a/1"]),
        VideoSelection(only=["a/*", "c/1"], skip=["c/1", "a/2"]),
    ],
)
def test_what_is_wrong_with_other_videos_does_not_matter(selection, reader):
    assert [v.name for v in read_selected(reader, "", "all", selection)] == ["a/1"]


@pytest.mark.parametrize(
    "selection, sentence",
    [
        (VideoSelection(), r"^b is empty; and 1 more$"),
        (VideoSelection(skip=["b/*", "c/*"]), r"1\.png is missing; the data set"),
        (VideoSelection(skip=["a/2", "c/*"]), r"^b is empty$"),
        # The folder b may hold a video of that name.
        (VideoSelection(only=["*/1"], skip=["c/*"]), r"^b is empty$"),
        (VideoSelection(skip=["a/2", "b/*"]), r"^c\?$"),
    ],
)
def test_what_is_wrong_with_selected_videos_is_an_error(selection, sentence, reader):
    with pytest.raises(IncompleteVideosError, match=sentence):
        read_selected(reader, "", "all", selection)


def test_a_fault_of_no_known_video_concerns_every_selection():
    assert VideoSelection(only=["a"]).concerns(Fault("train.txt, line 3: ..."))


@pytest.mark.parametrize("pattern", ["d", "b/1/x", "c/2"])
def test_a_pattern_must_match_a_video_even_a_faulty_one(pattern, reader):
    selection = VideoSelection(skip=["a/2", "b/*", "c/1", pattern])
    if pattern == "b/1/x":  # may be a video in b
        assert read_selected(reader, "", "all", selection)
        return
    with pytest.raises(ValueError, match=r"none of the videos a/1, a/2, b/, c/1"):
        read_selected(reader, "", "all", selection)


def test_listing_gives_videos_and_faults(reader):
    videos, faults = list_videos(reader, "", "all")
    assert [v.name for v in videos] == ["a/1", "a/2"]
    assert [fault.sentence for fault in faults] == ["b is empty", "c?"]


@pytest.mark.parametrize("also", [[], ["a/1"]])
def test_validation_leaves_out_incomplete_videos_alone(also, reader):
    skip = ["a/2", "b/*", "c/*", *also]
    videos = read_all_but_incomplete(reader, "", "all", skip)
    assert [v.name for v in videos] == ["a/1"]
    for pattern in skip[:3]:
        others = [p for p in skip if p != pattern]
        with pytest.raises(IncompleteVideosError):
            read_all_but_incomplete(reader, "", "all", others)


def test_validation_on_nothing_is_an_error(tmp_path):
    def read_videos(data_dir, split):
        require_whole([video(tmp_path, "a")], [])

    with pytest.raises(ValueError, match=r"0\.png is missing.* every video of val is"):
        read_all_but_incomplete(read_videos, "", "val", ["a"])
