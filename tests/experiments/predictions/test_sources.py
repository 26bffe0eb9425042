import sys

import cv2
import numpy as np
import pytest

from data.datasets.class_file import read_classes
from data.files.video.writer import VideoWriter
from data.labels.encodings import IndexEncoding
from data.labels.palette import colourise
from data.videos.video import Frame, Video
from experiments.predictions.sources import Comparison, find_videos
from experiments.scoring.score_videos import score_videos
from lstm_icnet import flicker

SIZE = (16, 24)
CLASSES = ("a", "b", "c")
PALETTE = ((250, 0, 0), (0, 250, 0), (0, 0, 250))


def write(path, array):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(".png", array)[1])


def write_maps(folder, maps, names=None):
    for index, ids in enumerate(maps):
        name = names[index] if names else f"f_{index:03}"
        write(folder / f"{name}.png", ids)


def write_flow(folder, count, to_the_right):
    """Writes `.flo` files in which all pixels move by the same distance."""
    flow = np.zeros((*SIZE, 2), "<f4")
    flow[..., 0] = to_the_right
    header = b"PIEH" + np.array(SIZE[::-1], "<i4").tobytes()
    folder.mkdir(parents=True)
    for index in range(count):
        (folder / f"f_{index:03}.flo").write_bytes(header + flow.tobytes())


@pytest.fixture
def maps(rng):
    labels = rng.integers(0, 3, (10, *SIZE)).astype(np.uint8)
    labels[rng.random(labels.shape) < 0.1] = 255
    return labels, rng.integers(0, 3, labels.shape).astype(np.uint8)


def score(systems, classes=CLASSES, **comparison):
    comparison.setdefault("num_classes", classes and len(classes))
    if not isinstance(systems, dict):
        systems = {"system": systems}
    found, _ = find_videos(
        {name: str(source) for name, source in systems.items()},
        Comparison(**comparison),
    )
    scores = {
        name: score_videos(videos, classes, with_images=True, progress=False)
        for name, videos in found.items()
    }
    return scores if len(scores) > 1 else next(iter(scores.values()))


def data_set(folder, labels, name="v", numbers=None, unlabelled=()):
    frames = []
    for index, label in enumerate(labels):
        number = numbers[index] if numbers else index
        image = folder / "images" / name / f"f_{number:03}.png"
        write(image, np.full((*SIZE, 3), index, np.uint8))
        path = folder / "labels" / name / f"f_{number:03}.png"
        write(path, label)
        known = None if index in unlabelled else str(path)
        frames.append(Frame(str(image), known, number))
    encoding = IndexEncoding([0, 1, 2, *[-1] * 252, 255])
    return Video(name, tuple(frames), 1, encoding)


def test_predictions_alone_give_mfip_alone(tmp_path, maps):
    write_maps(tmp_path, maps[1])
    scores = score(tmp_path, classes=None)
    assert scores.mfip == pytest.approx(flicker.mfip(maps[1]))
    assert scores.accuracy is scores.mfp is scores.tc is scores.confusion_matrix is None
    assert (scores.num_frames, scores.num_pairs) == (10, 9)


def test_labels_of_the_same_names_give_the_rest(tmp_path, maps):
    labels, predictions = maps
    write_maps(tmp_path / "p", predictions)
    write_maps(tmp_path / "l", labels)
    scores = score(tmp_path / "p", labels=str(tmp_path / "l"))
    confusion = flicker.ConfusionMatrix(3)
    confusion.update(labels, predictions)
    assert scores.mfp == pytest.approx(flicker.mfp(labels, predictions))
    assert scores.accuracy == pytest.approx(confusion.accuracy())
    assert scores.mean_iou == pytest.approx(confusion.mean_iou())
    assert scores.confusion_matrix == confusion.counts.tolist()
    ious = dict(zip(CLASSES, confusion.per_class_iou(), strict=True))
    assert scores.per_class_iou == pytest.approx(ious)
    # The same where nothing says how many classes there are.
    unknown = score(tmp_path / "p", classes=None, labels=str(tmp_path / "l"))
    assert list(unknown.per_class_iou) == ["0", "1", "2"]
    assert unknown.mean_iou == pytest.approx(scores.mean_iou)
    assert unknown.confusion_matrix == scores.confusion_matrix


def test_videos_are_kept_apart_and_weigh_by_their_pairs(tmp_path, maps):
    labels, predictions = maps
    for name, part in (("x/a", slice(0, 3)), ("b", slice(3, 10))):
        write_maps(tmp_path / "p" / name, predictions[part])
        write_maps(tmp_path / "l" / name, labels[part])
    scores = score(tmp_path / "p", labels=str(tmp_path / "l"))
    assert list(scores.videos) == ["b", "x/a"]
    parts = [slice(0, 3)] * 2 + [slice(3, 10)] * 6
    expected = np.mean([flicker.mfip(predictions[part]) for part in parts])
    assert scores.mfip == pytest.approx(expected)
    a = scores.videos["x/a"]
    assert a.mfp == pytest.approx(flicker.mfp(labels[:3], predictions[:3]))
    assert (a.num_pairs, scores.videos["b"].num_pairs, scores.num_pairs) == (2, 6, 8)


def test_a_number_left_out_parts_two_frames(tmp_path, maps):
    numbers = [0, 1, 2, 5, 6, 7, 8, 12, 13, 14]
    write_maps(tmp_path, maps[1], [f"f{n}" for n in numbers])
    scores = score(tmp_path)
    assert scores.num_pairs == 2 + 3 + 2
    parts = (slice(0, 3), slice(3, 7), slice(7, 10))
    pairs = [flicker.mfip(maps[1][p]) * (p.stop - p.start - 1) for p in parts]
    assert scores.mfip == pytest.approx(sum(pairs) / 7)
    (video,) = scores.videos
    assert video == tmp_path.name


def test_order_and_gaps_are_told_where_names_leave_a_doubt(tmp_path, maps):
    times = [f"2024-05-01_10-{s // 60:02}-{s % 60:02}" for s in range(55, 65)]
    write_maps(tmp_path / "times", maps[1], times)
    write_maps(tmp_path / "gap", maps[1], [f"f{n}" for n in (*range(5), *range(6, 11))])
    write_maps(tmp_path / "plain", maps[1])
    notes = {
        name: find_videos({"s": str(tmp_path / name)}, Comparison(num_classes=3))[1]
        for name in ("times", "gap", "plain")
    }
    assert "taken in the order of their names, without gaps" in notes["times"][0]
    assert "Video gap has a gap between frames 4 and 6 " in notes["gap"][0]
    assert not notes["plain"]
    scores = score(tmp_path / "times")
    assert scores.num_pairs == 9
    assert scores.mfip == pytest.approx(flicker.mfip(maps[1]))


def test_labels_may_be_few(tmp_path, maps):
    labels, predictions = maps
    write_maps(tmp_path / "p", predictions)
    write_maps(tmp_path / "l", labels[[4, 5, 8]], ["f_004", "f_005", "f_008"])
    scores = score(tmp_path / "p", labels=str(tmp_path / "l"))
    assert (scores.num_frames, scores.num_labelled_frames) == (10, 3)
    assert scores.mfp == pytest.approx(flicker.mfp(labels[4:6], predictions[4:6]))
    assert scores.mfip == pytest.approx(flicker.mfip(predictions))


def test_labels_of_a_flat_folder_belong_to_videos_in_folders(tmp_path, maps):
    labels, predictions = maps
    names = [f"{drive}_{n}" for drive in "ab" for n in range(5)]
    for drive, part in (("a", slice(0, 5)), ("b", slice(5, 10))):
        write_maps(tmp_path / "p" / drive, predictions[part], names[part])
    write_maps(tmp_path / "l", labels, names)
    scores = score(tmp_path / "p", labels=str(tmp_path / "l"))
    assert (scores.num_labelled_frames, scores.num_labelled_pairs) == (10, 8)


def test_files_of_one_name_in_two_folders_belong_to_none_elsewhere(tmp_path, maps):
    labels, predictions = maps
    write_maps(tmp_path / "p", predictions[:2])
    for name, part in (("a", slice(0, 1)), ("b", slice(0, 2))):
        write_maps(tmp_path / "l" / name, labels[part])
    with pytest.raises(ValueError, match=r"No file of .*/l, such as .*belongs to one"):
        score(tmp_path / "p", labels=f"{tmp_path}/l")


def test_systems_are_scored_on_the_frames_that_all_have(tmp_path, maps):
    ours, theirs = maps[1], maps[1][::-1]
    names = [f"f{n}" for n in range(10)]
    write_maps(tmp_path / "p", ours, names)
    write_maps(tmp_path / "q", theirs[3:9], names[3:9])
    systems = {"all": tmp_path / "p", "some": tmp_path / "q"}
    scores = score(systems)
    assert scores["all"].num_frames == scores["some"].num_frames == 6
    assert scores["all"].mfip == pytest.approx(flicker.mfip(ours[3:9]))
    assert scores["some"].mfip == pytest.approx(flicker.mfip(theirs[3:9]))
    _, notes = find_videos({n: str(s) for n, s in systems.items()}, Comparison())
    assert len(notes) == 1 and notes[0].startswith("6 of the 10 maps in")


def test_a_data_set_brings_labels_images_and_gaps(tmp_path, maps):
    labels, predictions = maps
    numbers = [*range(4), *range(6, 12)]
    video = data_set(tmp_path, labels, numbers=numbers, unlabelled={7})
    write_maps(tmp_path / "p" / "v", predictions, [f"f_{n:03}" for n in numbers])
    scores = score(tmp_path / "p", dataset="folder", videos=[video])
    assert (scores.num_pairs, scores.num_labelled_pairs) == (8, 6)
    assert scores.num_labelled_frames == 9
    # Even images do not move: TC is the IoU of neighbouring maps.
    confusion = flicker.ConfusionMatrix(3)
    for part in (predictions[:4], predictions[4:]):
        confusion.update(part[:-1], part[1:])
    assert scores.tc == pytest.approx(confusion.mean_iou())


def test_flow_files_are_found_for_a_data_set(tmp_path, maps):
    labels, _ = maps
    # What is predicted moves by two pixels a frame, and the even images do not.
    predictions = np.stack([np.roll(maps[1][0], 2 * t, axis=1) for t in range(4)])
    video = data_set(tmp_path, labels[:4])
    write_maps(tmp_path / "p" / "v", predictions)
    write_flow(tmp_path / "flow" / "v", 3, to_the_right=2)
    given = {"dataset": "folder", "videos": [video]}
    assert score(tmp_path / "p", flow=f"{tmp_path}/flow", **given).tc == 100
    assert score(tmp_path / "p", **given).tc < 80


def test_pairs_of_a_data_set_may_be_further_apart(tmp_path, maps):
    labels, predictions = maps
    video = data_set(tmp_path, labels)
    write_maps(tmp_path / "p", predictions)
    scores = score(tmp_path / "p", dataset="folder", videos=[video], frame_stride=2)
    pairs = [flicker.mfip(predictions[[t, t + 2]]) for t in range(8)]
    assert scores.num_pairs == 8
    assert scores.mfip == pytest.approx(np.mean(pairs))


def test_frames_without_history_need_no_prediction_and_others_do(tmp_path, maps):
    labels, predictions = maps
    video = data_set(tmp_path, labels)
    names = [f"f_{n:03}" for n in range(10)]
    write_maps(tmp_path / "p", predictions[3:], names[3:])
    kinds = ({"dataset": "folder", "videos": [video]}, {"labels": f"{tmp_path}/labels"})
    for kind in kinds:
        assert score(tmp_path / "p", **kind).num_labelled_frames == 7
    (tmp_path / "p" / "f_006.png").unlink()
    for kind in kinds:
        with pytest.raises(
            ValueError,
            match=r"labels/v/f_006\.png has no predict.*/p; add the predictions",
        ):
            score(tmp_path / "p", **kind)
        assert score(tmp_path / "p", partial=True, **kind).num_pairs == 2 + 2


def test_a_labelled_video_without_predictions_is_named(tmp_path, maps):
    labels, predictions = maps
    videos = [data_set(tmp_path, labels[:5], name) for name in "ab"]
    write_maps(tmp_path / "p" / "a", predictions[:5])
    message = r"labels/b/f_000\.png has no prediction .*4 others"
    with pytest.raises(ValueError, match=message):
        score(tmp_path / "p", dataset="folder", videos=videos)
    with pytest.raises(ValueError, match=message):
        score(tmp_path / "p", labels=f"{tmp_path}/labels")


def test_results_for_cityscapes_are_read_as_they_are_sent_in(tmp_path):
    ids = [7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32, 33]
    trains = np.arange(19, dtype=np.uint8).reshape(1, 19)
    name = "frankfurt_000000_00029{}"
    frames = []
    for n in range(3):
        path = tmp_path / "l" / f"{name.format(n)}_gtFine_labelTrainIds.png"
        write(path, trains)
        image = f"{name.format(n)}_leftImg8bit.png"
        frames.append(Frame(str(tmp_path / image), str(path), 290 + n))
    encoding = IndexEncoding([*range(19), *[-1] * 236, 255])
    video = Video("frankfurt/000000", tuple(frames), 1, encoding)
    as_ids = np.array(ids, np.uint8).reshape(1, 19)
    write(tmp_path / "p" / f"{name.format(0)}_labelIds.png", as_ids)
    write(tmp_path / "p" / "x" / f"{name.format(1)}_labelIds.png", as_ids)
    write(tmp_path / "p" / f"{name.format(2)}_leftImg8bit.png", trains)
    found, _ = find_videos(
        {"s": str(tmp_path / "p")},
        Comparison(dataset="cityscapes", videos=[video], num_classes=19),
    )
    scores = score_videos(found["s"], [str(i) for i in ids], progress=False)
    assert (scores.accuracy, scores.mean_iou, scores.mfp) == (100, 100, 0)
    assert (scores.num_frames, scores.num_pairs) == (3, 2)


def test_label_maps_in_colours(tmp_path, maps):
    labels, predictions = maps
    lines = [f"{n} {r} {g} {b}" for n, (r, g, b) in zip(CLASSES, PALETTE, strict=True)]
    (tmp_path / "list.txt").write_text("\n".join(lines))
    for name, ids in (("p", predictions), ("l", labels)):
        pictures = colourise(ids, PALETTE)[..., ::-1]
        write_maps(tmp_path / name, pictures)
    scores = score(
        tmp_path / "p",
        labels=f"{tmp_path}/l",
        colours=read_classes(f"{tmp_path}/list.txt"),
    )
    assert scores.mfp == pytest.approx(flicker.mfp(labels, predictions))


@pytest.mark.parametrize("suffix", ["mp4", "avi"])
def test_a_video_file_is_matched_in_order(tmp_path, suffix, rng, capsys, monkeypatch):
    coarse = rng.integers(0, 3, (2, 6, 4, 6)).astype(np.uint8)
    predictions, labels = np.kron(coarse, np.ones((1, 1, 16, 16), np.uint8))
    path = tmp_path / f"v.{suffix}"
    with VideoWriter(path, fps=25) as writer:
        for picture in colourise(predictions, PALETTE):
            writer.write(picture)
    lines = [f"{n} {r} {g} {b}" for n, (r, g, b) in zip(CLASSES, PALETTE, strict=True)]
    (tmp_path / "list.txt").write_text("\n".join(lines))
    write_maps(tmp_path / "l", labels, [f"x{n}" for n in range(6)])
    colours = read_classes(f"{tmp_path}/list.txt")
    given = {"labels": f"{tmp_path}/l", "colours": colours, "images": str(path)}
    # Between two classes colours mix; that is one pixel in ten of squares of 16.
    lenient = {"tolerance": 200}
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    scores = score(path, **given, **lenient)
    assert "counting frames" in capsys.readouterr().err
    assert scores.mfip == pytest.approx(flicker.mfip(predictions), abs=15)
    assert scores.mfp == pytest.approx(flicker.mfp(labels, predictions), abs=15)
    assert scores.tc is not None
    assert list(scores.videos) == ["l"]
    write_maps(tmp_path / "l", labels[:1], ["x6"])
    with pytest.raises(ValueError, match=r"v\.\w+ has 6 frames and l 7; frames of a"):
        score(path, **given, **lenient)
    with pytest.raises(ValueError, match=r"a file, not a folder .* pass --palette"):
        score(path)
    with pytest.raises(ValueError, match=rf"^{tmp_path}/l has 7 frames and .* 6; fr"):
        score(path, **given | {"labels": None, "images": f"{tmp_path}/l"}, **lenient)
    twice = score({"a": path, "b": path}, colours=colours, **lenient)
    assert twice["a"] == twice["b"]
    alone = score(path, colours=colours, **lenient)
    assert (alone.num_frames, alone.mfip) == (6, pytest.approx(scores.mfip))


def test_flow_files_are_taken_where_they_are(tmp_path):
    shifted = np.zeros((3, *SIZE), np.uint8)
    for t in range(3):
        shifted[t, 4:8, 3 + 2 * t : 9 + 2 * t] = 1
    write_flow(tmp_path / "flow", 3, to_the_right=2)
    write_maps(tmp_path / "p", shifted)
    scores = score(tmp_path / "p", flow=f"{tmp_path}/flow")
    assert scores.tc == 100
    video = data_set(tmp_path, shifted)
    given = {"dataset": "folder", "videos": [video], "flow": f"{tmp_path}/flow"}
    assert score(tmp_path / "p", **given).tc == 100
    with pytest.raises(ValueError, match="--flow leads to the next stored frame"):
        score(tmp_path / "p", **given, frame_stride=2)


@pytest.mark.parametrize(
    "change, message",
    [
        (
            ("l/f_003.png", np.zeros((5, 6), np.uint8)),
            r"p/f_003\.png is 16x24.*l/f_003",
        ),
        (("p/f_003.png", np.full(SIZE, 7, np.uint8)), r"p/f_003\.png holds the id 7;"),
        (("l/f_003.png", np.full(SIZE, 7, np.uint8)), r"l/f_003\.png holds the id 7;"),
        (("p/f_003.png", b"\x89PNG broken"), r"p/f_003\.png cannot be read"),
        (("p/f_003.png", np.zeros((*SIZE, 3), np.uint8)), r"f_003\.png holds colours"),
    ],
)
def test_a_wrong_file_is_named(tmp_path, maps, change, message):
    labels, predictions = maps
    write_maps(tmp_path / "p", predictions)
    write_maps(tmp_path / "l", labels)
    name, content = change
    if isinstance(content, bytes):
        (tmp_path / name).write_bytes(content)
    else:
        write(tmp_path / name, content)
    with pytest.raises(ValueError, match=message):
        score(tmp_path / "p", labels=str(tmp_path / "l"))


def test_a_prediction_of_no_class_is_an_error_where_the_label_counts(tmp_path):
    right = np.tile(np.uint8([[0, 1], [1, 0]]), (2, 1, 1))
    predictions = right.copy()
    predictions[1, 0] = 255
    write_maps(tmp_path / "p", predictions)
    write_maps(tmp_path / "l", right)
    scores = score(tmp_path / "p", labels=str(tmp_path / "l"))
    assert scores.accuracy == 75  # two of eight pixels
    assert scores.per_class_iou == {"a": 75, "b": 75, "c": None}
    assert scores.mfp == 500


def test_sizes_that_change_within_a_video_are_named(tmp_path, maps):
    write_maps(tmp_path, [maps[1][0], maps[1][1][:5]])
    with pytest.raises(ValueError, match=r"frame f_001: It is 5x24 .* f_000, is 16x24"):
        score(tmp_path)


def test_nothing_in_common_is_said(tmp_path, maps):
    write_maps(tmp_path / "p", maps[1])
    write_maps(tmp_path / "l", maps[0], [f"g{n}" for n in range(10)])
    with pytest.raises(
        ValueError, match=r"No file of .*/l, such as .*g0\.png, belongs"
    ):
        score(tmp_path / "p", labels=str(tmp_path / "l"))
    with pytest.raises(ValueError, match=r"l holds no prediction of any of the 10"):
        score({"p": tmp_path / "p", "l": tmp_path / "l"})
    video = data_set(tmp_path / "d", maps[0])
    with pytest.raises(ValueError, match=r"l holds no pred.*l/v/f_000\.png, and what"):
        score(tmp_path / "l", dataset="folder", videos=[video], partial=True)
    with pytest.raises(FileNotFoundError, match=r"nix is missing; a folder of predic"):
        score(tmp_path / "nix")
