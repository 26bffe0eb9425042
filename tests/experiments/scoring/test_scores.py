import json
import os
from dataclasses import replace

import numpy as np
import pytest

from experiments.compare import read_scores
from experiments.predictions.segmented_video import SegmentedFrame
from experiments.predictions.system_names import named_sources
from experiments.scoring.score_tables import (
    confusion_table,
    csv_rows,
    describe,
    overall_table,
    stale_notes,
    video_table,
)
from experiments.scoring.scores import Scores, ScoreSheet

YARDSTICKS = (
    "stale_rate",
    "mfp_border",
    "mfp_interior",
    "label_mfip",
    "floor_mean_iou",
    "floor_mfp",
    "floor_mfip",
)


def scores_of(videos, classes=("road", "sky", "car")):
    """Of (label, prediction) rows by video."""
    sheet = ScoreSheet(classes)
    for name, rows in videos.items():
        with sheet.video(name) as tally:
            for label, prediction in rows:
                label, prediction = (
                    np.array([r], np.uint8) for r in (label, prediction)
                )
                tally.add(SegmentedFrame("f", prediction, label))
    return sheet.scores()


@pytest.fixture
def first():
    # Right: three of four pixels in a, two of four in b.
    return scores_of(
        {
            "a": [([0, 1], [0, 1]), ([0, 1], [0, 0])],
            "b": [([0, 0], [0, 0]), ([0, 0], [1, 1])],
            "empty": [],
        }
    )


@pytest.fixture
def second():
    return scores_of({"a": [([0, 1], [0, 1])] * 2, "b": [([0, 0], [0, 2])] * 2})


def row(table, name):
    return next(line.split() for line in table.split("\n") if line.startswith(name))


def test_figures_of_videos_and_of_all(first):
    assert list(first.videos) == ["a", "b"]
    assert first.videos["a"].accuracy == 75
    assert first.videos["b"].accuracy == 50
    assert first.accuracy == 100 * 5 / 8
    assert first.videos["a"].mfip == 500
    assert first.videos["b"].mfip == 1000
    assert first.mfip == 750
    # Labels 0: four right, two predicted 1. Labels 1: one right, one predicted 0.
    assert first.confusion_matrix == [[4, 2, 0], [1, 1, 0], [0, 0, 0]]
    assert first.per_class_iou == {
        "road": pytest.approx(100 * 4 / 7),
        "sky": pytest.approx(100 * 1 / 4),
        "car": None,
    }
    assert first.videos["b"].per_class_iou == {"road": 50, "sky": 0, "car": None}


def test_the_last_stream_of_a_video_need_not_be_ended():
    found = scores_of(
        {"a": [([0, 1], [0, 0])] * 8, "b": [([0], [k]) for k in [0, 1] * 4]}
    )
    assert [video.vc8 for video in found.videos.values()] == [100, 0]
    assert found.vc8 == 50


def test_ids_are_the_classes_where_nothing_names_them():
    found = scores_of({"a": [([0, 2], [0, 1])]}, classes=None)
    assert list(found.per_class_iou) == ["0", "1", "2"]
    assert found.confusion_matrix == [[1, 0, 0], [0, 0, 0], [0, 1, 0]]
    assert list(found.videos["a"].per_class_iou) == ["0", "1", "2"]


def test_scores_survive_json(first):
    assert Scores.from_json(json.loads(json.dumps(first.as_json()))) == first
    for wrong in ({}, {"mean_iou": 3}, [], {**first.as_json(), "more": 1}):
        with pytest.raises(ValueError, match="Scores must have the keys accuracy"):
            Scores.from_json(wrong)


@pytest.mark.parametrize(
    "key, value, sentence",
    [
        ("accuracy", "high", "`accuracy` must be a number or null. Received: 'high'"),
        ("per_class_iou", None, "`per_class_iou` must be an object of numbers"),
        ("per_class_iou", {"road": []}, r"`road` must be a number or null"),
        ("mean_iou", float("nan"), "`mean_iou` must be a number or null"),
        ("mfp", float("inf"), "`mfp` must be a number or null"),
        ("tc", 10**400, "`tc` must be a number or null"),
        ("accuracy", True, "`accuracy` must be a number or null. Received: True"),
        ("tc", -(10**400), "`tc` must be a number or null. Received: -1.{0,60}$"),
        ("mean_iou", -0.5, "`mean_iou` must not be negative. Received: -0.5"),
        ("stale_rate", -1, "`stale_rate` must not be negative"),
        ("num_frames", 1.5, "`num_frames` must be a non-negative integer"),
        ("num_pairs", None, "`num_pairs` must be a non-negative integer"),
    ],
)
def test_scores_that_are_no_numbers_are_refused(key, value, sentence, first):
    content = json.loads(json.dumps(first.as_json()))
    for of_whom in (content, content["videos"]["b"]):
        with pytest.raises(ValueError, match=sentence):
            of_whom[key], right = value, of_whom[key]
            Scores.from_json(content)
        of_whom[key] = right


@pytest.mark.parametrize(
    "matrix",
    [
        [[4, 2, 0], [1, 1], [0, 0, 0]],
        [[4, 2], [1, 1]],
        [[4, 2, 0], [1, 1, 0], 7],
        [[4, 2, 0], [1, 1, -1], [0, 0, 0]],
        [[4, 2, 0], [1, 1, 0.5], [0, 0, 0]],
        [[4, 2, 0], [1, 1, "1"], [0, 0, 0]],
        {"0": [4, 2, 0]},
        "all",
    ],
)
def test_a_confusion_matrix_is_square_and_counts_pixels(matrix, first):
    content = {**first.as_json(), "confusion_matrix": matrix}
    sentence = "`confusion_matrix` must be null or 3 lists of 3 numbers of pixels"
    with pytest.raises(ValueError, match=sentence):
        Scores.from_json(json.loads(json.dumps(content)))


@pytest.mark.parametrize(
    "text",
    ["", "7", '"mean_iou"', "null", "[]", "{}", "[" * 100_000, "\ufeff{}", '{"a": 1}'],
)
def test_a_file_of_anything_else_is_named(text, tmp_path):
    file = tmp_path / "scores.json"
    file.write_text(text)
    with pytest.raises(ValueError, match=f"{file} (does not hold|is nested too)"):
        read_scores(file)


def test_tables_show_every_video_class_and_figure(first):
    table = describe({"x": first})
    videos, classes, in_all = table.split("\n\n")
    assert row(videos, "b")[1:7] == ["2", "1", "50.00", "25.00", "1000.00", "1000.00"]
    assert row(classes, "road")[1:] == ["57.14"]
    assert row(classes, "car")[1:] == ["-"]
    assert row(in_all, "mFIP")[-1] == "750.00"
    assert row(in_all, "TC")[-1] == "-"
    assert row(in_all, "labelled frames")[-1] == "4"


def test_differences_are_to_the_first(first, second):
    table = describe({"x": first, "y": second, "z": first})
    assert row(table, "accuracy")[2:] == ["62.50", "75.00", "+12.50", "62.50", "+0.00"]
    assert row(table, "mFIP")[3:] == ["750.00", "0.00", "-750.00", "750.00", "+0.00"]
    assert row(table, "car")[1:] == ["-", "0.00", "-", "-", "-"]
    assert row(table, "b")[1:3] == ["x", "2"]


def test_a_difference_too_small_to_show_has_no_minus(first):
    table = describe({"x": first, "y": replace(first, accuracy=62.4999)})
    assert row(table, "accuracy")[2:] == ["62.50", "62.50", "+0.00"]


def test_one_video_needs_no_table_of_its_own():
    assert len(describe({"x": scores_of({"a": [([0], [0])]})}).split("\n\n")) == 2


def test_videos_can_be_shown_with_the_iou_of_each_class(first, second):
    header, *rows = video_table({"x": first, "y": second}, with_classes=True)
    assert header[:4] == ["video", "system", "frames", "pairs"]
    assert header[-3:] == ["road IoU (%)", "sky IoU (%)", "car IoU (%)"]
    assert [r[:2] for r in rows] == [["a", "x"], ["", "y"], ["b", "x"], ["", "y"]]
    assert rows[2][-3:] == ["50.00", "0.00", "-"]
    assert rows[3][-3:] == ["50.00", "-", "0.00"]


def test_without_labels_there_is_no_table_of_classes():
    sheet = ScoreSheet(["road", "sky"])
    with sheet.video("a") as tally:
        tally.add(SegmentedFrame("f", np.zeros((1, 2), np.uint8)))
    assert describe({"x": sheet.scores()}).startswith("all videos")


def test_csv_has_a_row_for_every_video_and_all(first, second):
    header, *rows = csv_rows({"x": first, "y": second})
    assert [r[:2] for r in rows] == [
        [system, video] for system in "xy" for video in ("a", "b", "all videos")
    ]
    assert rows[2][header.index("accuracy")] == 62.5
    assert rows[2][header.index("iou_road")] == pytest.approx(100 * 4 / 7)
    assert rows[2][header.index("tc")] == ""
    assert {len(r) for r in rows} == {len(header)}


def test_confusion_is_in_percent_of_the_label(first):
    assert confusion_table("x", first) == [
        ["% of label predicted as, x", "0", "1", "2"],
        ["0 road", "66.7", "33.3", "0.0"],
        ["1 sky", "50.0", "50.0", "0.0"],
        ["2 car", "-", "-", "-"],
    ]


def test_compare_reads_one_system_and_several(first, second, tmp_path):
    (tmp_path / "one.json").write_text(json.dumps(first.as_json()))
    assert read_scores(tmp_path / "one.json") == {"": first}
    both = {"x": first.as_json(), "y": second.as_json()}
    (tmp_path / "both.json").write_text(json.dumps(both))
    assert read_scores(tmp_path / "both.json") == {"x": first, "y": second}
    with pytest.raises(FileNotFoundError, match=r"nix\.json is missing; it should be"):
        read_scores(tmp_path / "nix.json")
    for text in ("", "{}", "[]", "[1]", "3", '{"a": 1}', '{"a": {}}', "\0"):
        (tmp_path / "bad.json").write_text(text)
        with pytest.raises(ValueError, match=r"bad\.json does not hold the scores"):
            read_scores(tmp_path / "bad.json")


def test_names_are_as_short_as_tells_apart(tmp_path):
    (tmp_path / "v2.json").write_text("")
    (tmp_path / "a=b").mkdir()
    values = ["x=p/maps", "q/maps", "r/maps", f"{tmp_path}/v2.json", "runs/v2.1"]
    assert named_sources(values, "--flag") == {
        "x": "p/maps",
        "q/maps": "q/maps",
        "r/maps": "r/maps",
        "v2": f"{tmp_path}/v2.json",
        "v2.1": "runs/v2.1",
    }
    assert named_sources([f"{tmp_path}/a=b"], "--flag") == {"a=b": f"{tmp_path}/a=b"}
    with pytest.raises(ValueError, match="--flag: two systems are named x; name them"):
        named_sources(["x=p", "x=q"], "--flag")
    for value in ("", "x="):
        with pytest.raises(ValueError, match=f"^--flag={value} must end in a path$"):
            named_sources([value], "--flag")


def test_scores_written_before_there_were_yardsticks_are_read(first):
    content = json.loads(json.dumps(first.as_json()))
    for of_whom in (content, *content["videos"].values()):
        for key in ("stale_rate", "label_mfip", "mfp_border", "floor_mfip"):
            del of_whom[key]
    found = Scores.from_json(content)
    assert (found.label_mfip, found.mfip) == (None, first.mfip)


def test_yardsticks_have_rows_where_there_are_labels(first):
    assert first.label_mfip == 0
    assert row(describe({"x": first}), "labels' own mFIP")[-1] == "0.00"
    unlabelled = replace(first, **dict.fromkeys(YARDSTICKS))
    titles = [title for title, *_ in overall_table({"x": unlabelled})]
    assert not [title for title in titles if "floor" in title or "own" in title]
    assert set(YARDSTICKS) < set(csv_rows({"x": first})[0])


def test_an_mfip_below_that_of_the_labels_is_noted(first):
    low = replace(first, mfip=21.0, label_mfip=61.0, stale_rate=0.4)
    [note] = stale_notes({"good": first, "low": low})
    assert note.startswith("mFIP below the labels' own (61.00): low 21.00. Such")
    both = stale_notes({"x": low, "y": replace(low, mfip=30.0)})
    assert "(61.00): x 21.00, y 30.00. Such" in both[0] and len(both) == 1
    assert note in describe({"good": first, "low": low})
    assert not stale_notes({"x": replace(low, label_mfip=None)})
    assert not stale_notes({"x": replace(low, stale_rate=0.0)})


@pytest.mark.parametrize(
    "content, sentence",
    [
        (b"[1]", "It is not a JSON object"),
        (b"null", "It is not a JSON object"),
        ('{"mean_iou": 3}'.encode("utf-16"), "it is not UTF-8 text"),
    ],
    ids=["list", "null", "utf-16"],
)
def test_files_of_others_are_refused_in_plain_words(content, sentence, tmp_path):
    path = tmp_path / "scores.json"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=f"^{path} does not hold .*{sentence}$"):
        read_scores(path)


def test_what_is_no_file_of_scores_is_not_called_missing(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for name, what in (("pipe", "is not a regular file"), ("", "is a folder")):
        with pytest.raises(FileNotFoundError, match=f"{what}; it should be a file"):
            read_scores(tmp_path / name)


def test_scores_with_a_byte_order_mark_are_read(first, tmp_path):
    path = tmp_path / "scores.json"
    path.write_text(json.dumps(first.as_json()), encoding="utf-8-sig")
    assert read_scores(path) == {"": first}
