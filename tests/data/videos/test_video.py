import pytest

from data.labels.encodings import IndexEncoding
from data.videos.video import Frame, Video, most_common_spacing, require_files


def video(numbers, spacing):
    frames = tuple(Frame(f"{n}.png", None, n) for n in numbers)
    return Video("drive", frames, spacing, IndexEncoding([0]))


@pytest.mark.parametrize(
    "numbers, spacing",
    [([7], 1), ([3, 5], 2), ([0, 30, 60, 1000, 1030, 1061], 30), ([0, 1, 3, 4, 6], 1)],
)
def test_most_common_spacing_is_the_mode_and_the_smaller_of_two(numbers, spacing):
    assert most_common_spacing(numbers) == spacing


@pytest.mark.parametrize(
    "numbers, runs",
    [
        ([], []),
        ([5], [[5]]),
        ([0, 30, 60], [[0, 30, 60]]),
        ([0, 30, 61, 90, 120], [[0, 30], [61], [90, 120]]),
        ([0, 15, 30, 90], [[0], [15], [30], [90]]),
    ],
)
def test_unbroken_runs_are_cut_at_every_other_distance(numbers, runs):
    found = video(numbers, 30).unbroken_runs()
    assert [[frame.number for frame in run] for run in found] == runs


def test_require_files_names_the_first_missing_and_counts_the_others(tmp_path):
    frames = tuple(
        Frame(str(tmp_path / "rgb" / f"{n}.png"), str(tmp_path / "gt" / f"{n}.png"), n)
        for n in range(3)
    )
    videos = [Video("drive", frames, 1, IndexEncoding([0]))]
    for folder in ("rgb", "gt"):
        (tmp_path / folder).mkdir()
        for n in range(3):
            (tmp_path / folder / f"{n}.png").touch()
    require_files(videos)
    (tmp_path / "gt" / "1.png").unlink()
    with pytest.raises(FileNotFoundError, match=r"gt/1\.png is missing; the data set"):
        require_files(videos)
    (tmp_path / "gt" / "0.png").unlink()
    with pytest.raises(FileNotFoundError, match=r"gt/0\.png is missing, and 1 others"):
        require_files(videos)


def test_require_files_takes_a_missing_folder_for_missing_files():
    with pytest.raises(FileNotFoundError, match=r"5\.png is missing"):
        require_files([video([5], 1)])


def test_require_files_does_not_ask_for_labels_that_a_video_lacks(tmp_path):
    (tmp_path / "0.png").touch()
    frames = (Frame(str(tmp_path / "0.png"), None, 0),)
    require_files([Video("drive", frames, 1, IndexEncoding([0]))])
