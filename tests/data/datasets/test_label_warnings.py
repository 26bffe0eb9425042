import json
from dataclasses import replace

import numpy as np
from folder_tree import numbered, write_folder, write_image

from data.datasets.check import check_dataset
from data.datasets.label_warnings import sampled_label_warnings
from data.datasets.open_dataset import open_dataset
from data.videos.label_counts import labelled_frames, read_counts
from experiments.dataset_report.fault_report import describe

SIZE = (4, 10)


def write(root, labels, **settings):
    """One video, all labels of which are of one map of 40 pixels."""
    write_folder(root, {"a": numbered(range(6))}, settings, SIZE)
    for path in (root / "labels" / "a").iterdir():
        write_image(path, np.array(labels, np.uint8).reshape(SIZE))


def warnings_of(root):
    """The warnings of the check and of a training, which must be equal."""
    dataset = open_dataset("folder", str(root))
    report = check_dataset(dataset, str(root), ["all"], progress=False)
    assert report.faults == []
    videos = dataset.read_videos(str(root), "all")
    sampled = sampled_label_warnings(videos, dataset.info, progress=False)
    assert report.warnings == [f"Split all: {sentence}" for sentence in sampled]
    return sampled


def test_ordinary_labels_have_no_warning(tmp_path):
    # 4 of 40 pixels are a tenth.
    write(tmp_path, [0] * 12 + [1] * 12 + [2] * 12 + [255] * 4)
    assert warnings_of(tmp_path) == []


def test_more_than_a_tenth_ignored_is_a_warning(tmp_path):
    write(tmp_path, [0] * 11 + [1] * 12 + [2] * 12 + [255] * 5)
    (warning,) = warnings_of(tmp_path)
    # 5 of 40 are 12.5 %, of which Python rounds the half to the even number.
    assert warning.startswith("12 % of the pixels of the 6 labels are ignored (id 255)")


def test_classes_that_never_occur_are_named(tmp_path):
    write(tmp_path, [1] * 40, classes=["road", "car", "sky"])
    assert warnings_of(tmp_path) == [
        "All pixels of the 6 labels that are not ignored are car: a network that "
        "predicts nothing else has scores of 100 %"
    ]
    write(tmp_path, [0, 1] * 20, classes=["road", "car", "sky", "man"])
    warning = "The classes sky, man do not occur in the 6 labels"
    assert warnings_of(tmp_path) == [warning]
    write(tmp_path, [0, 2] * 20, classes=["road", "car", "sky"])
    assert warnings_of(tmp_path) == ["The class car does not occur in the 6 labels"]


def test_labels_of_no_class_at_all_are_a_warning(tmp_path):
    write(tmp_path, [255] * 40)
    (warning,) = warnings_of(tmp_path)
    assert warning.startswith("All pixels of the 6 labels are ignored (id 255): there")


def test_a_single_class_is_a_warning(tmp_path):
    write(tmp_path, [0] * 39 + [255], classes=["road"])
    (warning,) = warnings_of(tmp_path)
    assert warning.startswith(
        "There is one class, road: the loss of every network is 0"
    )


def test_masks_of_0_and_255_are_explained_and_the_advice_works(tmp_path):
    mask = [0] * 30 + [255] * 10
    write(tmp_path, mask, classes=["rest", "lane"])
    (warning,) = warnings_of(tmp_path)
    assert "255 means 'ignored', and the class lane never occurs" in warning
    advice = warning[warning.index('"labels"') : warning.index(" to classes.json")]
    settings = json.loads(f'{{"classes": ["rest", "lane"], {advice}}}')
    (tmp_path / "classes.json").write_text(json.dumps(settings))
    assert warnings_of(tmp_path) == []
    (video,) = open_dataset("folder", str(tmp_path)).read_videos(str(tmp_path), "all")
    labels = video.label_encoding.decode(video.frames[0].label)
    assert labels.ravel().tolist() == [0] * 30 + [1] * 10


def test_the_report_lists_warnings_between_faults_and_notes(tmp_path):
    write(tmp_path, [255] * 40)
    dataset = open_dataset("folder", str(tmp_path))
    report = check_dataset(dataset, str(tmp_path), ["all"], progress=False)
    text = describe(replace(report, faults=["F"], notes=["N"]), 4, 1)
    assert text.startswith(f"Faults:\nF\n\nWarnings:\n{report.warnings[0]}\n\nNotes:\n")
    assert report.as_json()["warnings"] == report.warnings


def test_videos_without_labels_have_no_warning(tmp_path):
    write_folder(tmp_path, {"a": numbered(range(6))}, labelled=[])
    assert warnings_of(tmp_path) == []


def test_at_most_so_many_labels_are_read_spread_over_all_videos(tmp_path):
    videos = {name: numbered(range(50)) for name in "abcde"}
    write_folder(tmp_path, videos, {"classes": ["x", "y", "z", "w"]})
    dataset = open_dataset("folder", str(tmp_path))
    found = dataset.read_videos(str(tmp_path), "all")
    places = [(v.name, f.number) for v, f in labelled_frames(found, 3)]
    # Places 0, 124.5 and 249 of 0..249; NumPy rounds the half to the even number.
    assert places == [("a", 0), ("c", 24), ("e", 49)]
    counts = list(read_counts(labelled_frames(found, 3), "", progress=False))
    assert [int(np.argmax(c)) for c in counts] == [0, 0, 1]
    # No label holds class 3 once it is called otherwise.
    for path in (tmp_path / "labels").rglob("*.png"):
        write_image(path, np.array([[0, 1, 2]], np.uint8))
    (warning,) = sampled_label_warnings(found, dataset.info, progress=False)
    assert warning == "The class w does not occur in 200 of the 250 labels"
