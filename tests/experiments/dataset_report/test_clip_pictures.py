import subprocess
import sys

import numpy as np
import pytest
from checkout import ROOT
from folder_tree import numbered, write_folder

from data.datasets.open_dataset import open_dataset
from data.files.images import read_image
from data.pipeline.augment import Augmentation
from data.videos.clips import clip_index
from experiments.dataset_report import clip_pictures
from experiments.dataset_report.clip_pictures import save_training_clips


@pytest.fixture
def drawn(monkeypatch):
    """The arguments of every picture drawn."""
    calls = []
    monkeypatch.setattr(
        clip_pictures, "save_filmstrip", lambda *a, **k: calls.append((a, k))
    )
    return calls


def rows_of(root, drawn, labelled=None, **arguments):
    write_folder(root, {"v": numbered(range(6))}, labelled=labelled)
    dataset = open_dataset("folder", str(root))
    clips = clip_index(dataset.read_videos(str(root), "all"), num_frames=3)
    count = arguments.pop("count")
    augmentation = Augmentation((6, 8), **arguments)
    save_training_clips(root / "x.png", clips, dataset.info, augmentation, 3, 0, count)
    return drawn[-1][0][1]


def test_frames_and_their_labels_are_those_of_the_pipeline(tmp_path, drawn):
    rows = rows_of(tmp_path, drawn, min_scale=1.0, max_scale=1.0, count=2)
    assert [caption for caption, _ in rows] == ["clip 1", "labels", "clip 2", "labels"]
    for (_, images), (_, labels) in zip(rows[::2], rows[1::2], strict=True):
        numbers = [int(image[0, 0, 0]) for image in images]
        assert numbers == list(range(numbers[0], numbers[0] + 3))
        assert [int(label[0, 0]) for label in labels] == [n % 3 for n in numbers]


def test_labels_begin_with_the_first_frame_that_has_one(tmp_path, drawn):
    rows = rows_of(tmp_path, drawn, labelled=["0004"], count=1)
    assert len(rows[0][1]) == 3 and len(rows[1][1]) == 1


def test_clips_from_stills_are_drawn_with_all_their_labels(tmp_path, drawn):
    write_folder(tmp_path, {"v": numbered(range(6))})
    dataset = open_dataset("folder", str(tmp_path))
    stills = clip_index(dataset.read_videos(str(tmp_path), "all"), num_frames=1)
    augmentation = Augmentation((12, 16))
    save_training_clips(
        tmp_path / "x.png", [], dataset.info, augmentation, 5, 0, 1, 1.0, stills
    )
    (_, images), (_, labels) = drawn[-1][0][1]
    assert len(images) == len(labels) == 5


def test_the_legend_has_the_classes_and_black_for_ignored(tmp_path, drawn):
    rows_of(tmp_path, drawn, count=1)
    legend = drawn[-1][1]
    assert legend["classes"] == ("road", "car", "sky", "ignored")
    assert legend["palette"][-1] == (0, 0, 0) and len(legend["palette"]) == 4


def test_the_command_writes_a_picture(tmp_path):
    palette = [[250, 0, 0], [0, 250, 0], [0, 0, 250]]
    write_folder(tmp_path, {"v": numbered(range(6))}, {"palette": palette})
    output = tmp_path / "new" / "clips.png"
    result = subprocess.run(
        [
            *(sys.executable, "-m", "experiments.show_data", "--dataset=folder"),
            *(f"--data_dir={tmp_path}", f"--output={output}", "--num_frames=2"),
            *("--count=2", "--height=12", "--width=16", "--split=all"),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert result.returncode == 0, result.stderr
    assert str(output) in result.stdout
    picture = read_image(str(output))
    for colour in palette:  # in the legend at least
        assert (picture == colour).all(axis=-1).sum() > 50
    assert np.ptp(picture) == 255
