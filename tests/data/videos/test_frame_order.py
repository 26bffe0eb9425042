import pytest

from data.files.listing import natural_order
from data.videos.frame_order import order_frames, split_videos


def runs(order):
    """Lengths of the runs of frames without a gap."""
    lengths = [1]
    for a, b in zip(order.numbers, order.numbers[1:], strict=False):
        if b - a == order.spacing:
            lengths[-1] += 1
        else:
            lengths.append(1)
    return lengths


def clock(seconds, form):
    return [form.format(10 + s // 3600, s // 60 % 60, s % 60) for s in seconds]


# Twenty names each, one video without a gap; the times jump as clocks do.
TIMES = {
    "date and time": clock(range(900, 960, 3), "2024-05-01_{:02}-{:02}-{:02}"),
    "over a minute": clock(range(50, 70), "2024-05-01_{:02}-{:02}-{:02}"),
    "over an hour": clock(range(3590, 3610), "20240501_{:02}{:02}{:02}"),
    "fourteen digits": clock(range(3590, 3610), "IMG20240501{:02}{:02}{:02}"),
    "time alone": clock(range(50, 70), "shot {:02}:{:02}:{:02}"),
    "ISO": clock(range(3590, 3610), "2024-05-01T{:02}:{:02}:{:02}.250"),
    "seconds since 1970": [f"{1650000012 + i / 30:.6f}" for i in range(20)],
    "tenths since 1970": [f"{1650000012 + i / 10:.6f}" for i in range(20)],
    "rounded seconds": [f"t{i / 30:.2f}" for i in range(20)],
    "microseconds": [str(1650000012000000 + 33333 * i + i % 3) for i in range(20)],
    "milliseconds behind": [
        f"2024-05-01_10-15-{50 + i // 2}-{i % 2 * 487 + 250:03}" for i in range(20)
    ],
    "several in a second": [
        f"2024-05-01_10-15-{50 + i // 4}_{i % 4}" for i in range(20)
    ],
}


@pytest.mark.parametrize("names", TIMES.values(), ids=TIMES)
def test_times_in_names_count_no_frames(names):
    names = sorted(names, key=natural_order)
    order = order_frames(names)
    assert runs(order) == [20]
    assert "without gaps" in order.note
    ((indices, split),) = split_videos(names).values()
    assert (indices, split) == (list(range(20)), order)


def test_recordings_named_by_their_start_are_videos():
    names = [
        f"2024-05-01_{time}_{frame:04}"
        for time in ("10-15-55", "10-47-02", "18-00-00")
        for frame in range(4)
    ]
    videos = split_videos(names)
    assert list(videos) == [
        "2024-05-01_10-15-55",
        "2024-05-01_10-47-02",
        "2024-05-01_18-00-00",
    ]
    assert all(order.numbers == (0, 1, 2, 3) for _, order in videos.values())


def test_decimals_are_one_number():
    order = order_frames([f"{i / 10:.3f}" for i in range(20) if i != 12])
    assert order.spacing == 100  # thousandths
    assert runs(order) == [12, 7]
    names = [f"v{video}.{frame:04}" for video in (1, 2) for frame in range(4)]
    ((_, order),) = split_videos(names).values()
    assert runs(order) == [4, 4]


def test_a_score_behind_the_counter_does_no_harm(rng):
    scores = rng.integers(0, 100, 20)
    names = [f"frame_{i:04}_{score}" for i, score in enumerate(scores, 1)]
    order = order_frames(names)
    assert order.numbers == tuple(range(1, 21)) and order.spacing == 1
    assert order.note.endswith(
        f"by the number 0001 in {names[0]} and those at its place in the other names"
    )
    assert len(split_videos(names)) == 1


def test_a_dropped_frame_is_a_gap_beside_other_numbers_too(rng):
    kept = [*range(8), *range(10, 20)]
    names = [f"{5 * i:05}_{rng.integers(100)}_of_100" for i in kept]
    order = order_frames(names)
    assert order.spacing == 5
    assert runs(order) == [8, 10]


@pytest.mark.parametrize(
    "numbers, expected",
    [
        ([1, 2, 10], [2, 1]),  # 3 to 9 were dropped
        ([0, 5, 10, 25, 30], [3, 2]),
        ([0, 3, 6, 7, 10, 13], [6]),  # 7 - 6 is no multiple of 3
        ([4, 17, 20, 98, 99], [5]),  # no usual step
        ([33, 66, 100, 133, 166, 200], [6]),  # milliseconds, rounded
        ([7], [1]),
    ],
)
def test_a_counter_rises_by_one_step_or_drops_frames(numbers, expected):
    names = [f"f{number:04}" for number in numbers]
    assert runs(order_frames(names)) == expected


def test_what_is_without_doubt_needs_no_note():
    assert order_frames([f"frame{i}" for i in range(5)]).note is None
    assert order_frames([f"2024_{i:03}_left8bit" for i in range(5)]).note is None
    assert order_frames(["a"]).note is None


def test_words_behind_the_counter_do_no_harm():
    order = order_frames(["0001_sun", "0002_rain", "0004_sun", "0005_fog"])
    assert order.numbers == (1, 2, 4, 5)


def test_words_that_alternate_are_one_video():
    names = sorted(["a1", "b7", "c3", "a9", "b2"], key=natural_order)
    assert len(split_videos([*names, "a11", "b12"])) == 1


def test_videos_in_one_folder_are_told_apart_by_words_and_by_numbers():
    clips = [f"clip{clip}_{frame:03}" for clip in range(9, 12) for frame in range(3)]
    assert list(split_videos(clips)) == ["clip9", "clip10", "clip11"]
    words = [f"{word}_{frame}" for word in ("dusk", "night") for frame in (8, 9, 10)]
    found = split_videos(words)
    assert {name: order.numbers for name, (_, order) in found.items()} == {
        "dusk": (8, 9, 10),
        "night": (8, 9, 10),
    }


@pytest.mark.parametrize("cameras", [("left", "right"), ("cam0", "cam1")])
def test_cameras_behind_the_counter_are_videos(cameras):
    names = [f"frame_{n:03}_{camera}" for n in range(6) for camera in cameras]
    found = split_videos(names)
    assert list(found) == [f"frame_{camera}" for camera in cameras]
    for camera, (indices, order) in zip((0, 1), found.values(), strict=True):
        assert indices == list(range(camera, 12, 2))
        assert order.numbers == tuple(range(6))


def test_every_name_is_in_one_video_and_no_name_is_lost(rng):
    letters = ["a", "b_", "-", "12", "7", "003", "x.", "2024-05-01_10-00-0"]
    for _ in range(300):
        count = rng.integers(1, 12)
        names = {"".join(rng.choice(letters, rng.integers(1, 5))) for _ in range(count)}
        names = sorted(names, key=natural_order)
        try:
            videos = split_videos(names)
        except ValueError as error:
            assert "both have frame number" in str(error)
            continue
        indices = sorted(i for found, _ in videos.values() for i in found)
        assert indices == list(range(len(names)))
        for found, order in videos.values():
            assert found == sorted(found) and len(found) == len(order.numbers)
            assert list(order.numbers) == sorted(set(order.numbers))


def test_equal_numbers_are_refused():
    with pytest.raises(ValueError, match="f1 and f01 both have frame number 1"):
        order_frames(["f1", "f01", "f2"])
