import weakref

import numpy as np
import pytest
from random_runs import NUM_CLASSES, VOID, random_maps, segmented_video

from experiments.flicker_report import figures_2_and_3
from experiments.flicker_report.figures_2_and_3 import (
    Strip,
    frames_around,
    frames_evenly,
    save_strips,
)
from experiments.flicker_report.flicker_record import record_video
from experiments.predictions.segmented_video import SegmentedFrame, SegmentedVideo
from experiments.predictions.side_by_side import side_by_side
from lstm_icnet.flicker import mfip, mfp

CLASSES = ["road", "tree", "sky", "car"]
PALETTE = [(128, 64, 128), (0, 200, 0), (70, 130, 180), (0, 0, 142)]
GREY = (64, 64, 64)


@pytest.fixture
def drawn(monkeypatch):
    """The arguments of `save_filmstrip`, by path."""
    found = {}

    def save(path, rows, classes, palette, title, columns):
        found[path] = (list(rows), classes, palette, title, columns)

    monkeypatch.setattr(figures_2_and_3, "save_filmstrip", save)
    return found


def in_colour(labels):
    colours = {k: colour for k, colour in enumerate(PALETTE)} | {VOID: GREY}
    return np.array([[colours[k] for k in row] for row in labels.tolist()], np.uint8)


def test_figure_2_shows_what_the_paper_says(drawn, rng):
    labels, predictions, images = random_maps(rng, height=8, width=12)
    (video,) = side_by_side({"a": [segmented_video(predictions, labels, images)]})
    strip = Strip("two", "mfp", [1, 4], "title")
    save_strips(video, [strip], CLASSES, PALETTE)
    rows, classes, palette, title, columns = drawn["two"]
    captions = ["frame", "label", "prediction", "difference", "flickering pixels (mFP)"]
    assert [caption for caption, *_ in rows] == captions
    assert columns == ["frame_001", "frame_004"] and title == "title"
    assert classes == [*CLASSES, "ignored"] and palette == [*PALETTE, GREY]
    for column, k in enumerate([1, 4]):
        frame, label, prediction, difference, flicker = (r[1][column] for r in rows)
        np.testing.assert_array_equal(frame, images[k])
        np.testing.assert_array_equal(label, in_colour(labels[k]))
        np.testing.assert_array_equal(prediction, in_colour(predictions[k]))
        for y, x in np.ndindex(8, 12):
            truth, said = labels[k, y, x], predictions[k, y, x]
            before = labels[k - 1, y, x], predictions[k - 1, y, x]
            colour = (0, 0, 0) if truth == said else PALETTE[said]
            expected = GREY if truth == VOID else colour
            assert tuple(difference[y, x]) == expected
            errors = [0 if g == s else int(g) + 1 for g, s in (before, (truth, said))]
            flickers = VOID not in (truth, before[0]) and errors[0] != errors[1]
            assert tuple(flicker[y, x]) == (255 * flickers,) * 3
        share = mfp(labels[k - 1 : k + 1], predictions[k - 1 : k + 1])
        assert rows[4][2][column] == f"{share:.1f} per mille"


def test_figure_3_of_two_runs_shares_the_frame(drawn, rng):
    maps = [random_maps(rng, height=8, width=12) for _ in range(2)]
    images = maps[0][2]
    (video,) = side_by_side(
        {
            "a": [segmented_video(maps[0][1], maps[0][0], images)],
            "b": [segmented_video(maps[1][1])],
        }
    )
    save_strips(video, [Strip("three", "mfip", [0, 3], "")], CLASSES, PALETTE)
    rows, classes, *_ = drawn["three"]
    assert classes == CLASSES  # no label is drawn, and so nothing ignored
    flicker = "flickering pixels (mFIP)"
    assert [caption for caption, *_ in rows] == [
        *("frame", "a: prediction", f"a: {flicker}"),
        *("b: prediction", f"b: {flicker}"),
    ]
    for row, (_, predictions, _) in zip(rows[2::2], maps, strict=True):
        changes = predictions[3] != predictions[2]
        np.testing.assert_array_equal(row[1][1][..., 0], 255 * changes)
        share = mfip(predictions[2:4])
        assert row[2] == ("not known", f"{share:.1f} per mille")
        assert (row[1][0] == 255).all()  # the first frame has none before it


def test_rows_without_content_are_left_out(drawn, rng):
    labels, predictions, _ = random_maps(rng, num_frames=1)
    (video,) = side_by_side({"a": [segmented_video(predictions, labels)]})
    save_strips(video, [Strip("one", "mfp", [0], "")], CLASSES, PALETTE)
    captions = [caption for caption, *_ in drawn["one"][0]]
    assert captions == ["label", "prediction", "difference"]


def test_a_frame_without_a_label_leaves_its_place_white(drawn, rng):
    labels, predictions, _ = random_maps(rng)
    some = [*labels[:3], None, *labels[4:]]
    (video,) = side_by_side({"a": [segmented_video(predictions, some)]})
    save_strips(video, [Strip("some", "mfp", [2, 3, 4], "")], CLASSES, PALETTE)
    label, _, difference, flicker = drawn["some"][0]
    assert (label[1][1] == 255).all() and (difference[1][1] == 255).all()
    share = mfp(labels[1:3], predictions[1:3])
    assert flicker[2] == (f"{share:.1f} per mille", "not known", "not known")


def test_large_pictures_are_shrunk_and_keep_their_share_of_white(drawn, rng):
    predictions = np.zeros((2, 600, 1200), np.uint8)
    predictions[1] = rng.random((600, 1200)) < 0.02
    (video,) = side_by_side({"a": [segmented_video(predictions)]})
    save_strips(video, [Strip("big", "mfip", [1], "")], CLASSES, PALETTE)
    picture = drawn["big"][0][-1][1][0]
    assert picture.shape == (240, 480, 3)
    assert picture.mean() / 255 == pytest.approx(predictions[1].mean(), rel=0.02)


def test_no_pass_keeps_the_frames_of_a_video(drawn, rng):
    labels, predictions, images = random_maps(rng, num_frames=30)
    alive, most = weakref.WeakSet(), [0]

    class Map(np.ndarray):
        """An object that can be counted as long as it exists."""

        __hash__ = object.__hash__

    def read(with_images):
        for k in range(30):
            maps = [predictions[k], labels[k], *([images[k]] if with_images else [])]
            fresh = [map_.copy().view(Map) for map_ in maps]
            alive.update(fresh)
            most[0] = max(most[0], len(alive))
            yield SegmentedFrame(str(k), *fresh)

    (video,) = side_by_side({"a": [SegmentedVideo("drive", 30, read)]})
    record = record_video(video, NUM_CLASSES)
    strip = Strip("any", "mfp", frames_around(record.worst_pair("mfp"), 30), "")
    save_strips(video, [strip], CLASSES, PALETTE)
    # The first frame (for the heat map), the one before, this one and the next, each
    # of three maps; and the five images of the strip, which are small by themselves.
    assert 0 < most[0] <= 4 * 3 + 5


@pytest.mark.parametrize(
    "frame, num_frames, expected",
    [
        (10, 100, [8, 9, 10, 11, 12]),
        (1, 100, [0, 1, 2, 3, 4]),
        (99, 100, [95, 96, 97, 98, 99]),
        (1, 3, [0, 1, 2]),
    ],
)
def test_frames_around_stay_within_the_video(frame, num_frames, expected):
    assert frames_around(frame, num_frames) == expected


@pytest.mark.parametrize(
    "num_frames, expected",
    [(101, [1, 26, 50, 75, 100]), (6, [1, 2, 3, 4, 5]), (3, [1, 2]), (1, [0])],
)
def test_frames_evenly_reach_from_the_first_pair_to_the_last(num_frames, expected):
    assert frames_evenly(num_frames) == expected
