import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser

import cv2
import numpy as np
import pytest
from random_runs import NUM_CLASSES, random_maps, segmented_video

from experiments.flicker_report.figures import _folders, write_figures
from experiments.scoring.score_videos import score_videos
from lstm_icnet.flicker import mfip, mfp

CLASSES = ["road & kerb", "<b>tree</b>", "_sky", "car $x^{"]
PALETTE = [(128, 64, 128), (0, 200, 0), (70, 130, 180), (0, 0, 142)]
EVIL = "<script>alert(1)</script>"
ALL_PICTURES = {
    *("flicker_by_border", "flicker_by_class", "flicker_by_row", "confusion"),
    *("figure_2_most", "figure_2_evenly", "figure_3_most", "figure_3_evenly"),
    *("heat_map", "flicker_over_time"),
}


class Page(HTMLParser):
    """The content of a report as a browser reads it."""

    def __init__(self, file):
        super().__init__()
        self.tags, self.attributes, self.texts = [], [], []
        self.source = file.read_text(encoding="utf-8")
        self.feed(self.source)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += attributes

    def handle_data(self, data):
        self.texts.append(data)

    @property
    def text(self):
        return "".join(self.texts)


def scores_of(videos, classes=CLASSES):
    by_name = {video.name: [video] for video in videos}
    return score_videos(by_name, classes, progress=False)


def write(folder, runs, classes=CLASSES, palette=PALETTE, scores=None, **arguments):
    scores = scores or {run: scores_of(videos, classes) for run, videos in runs.items()}
    write_figures(folder, runs, scores, classes, palette, progress=False, **arguments)
    return Page(folder / "report.html")


def pictures(folder):
    """Each PNG by its stem, uint8 BGR (height, width, 3); nothing else may be there."""
    files = [file for file in folder.rglob("*") if file.is_file()]
    assert {file.suffix for file in files} == {".png", ".html"}
    found = {f.stem: cv2.imread(str(f)) for f in files if f.suffix == ".png"}
    for name, picture in found.items():
        assert picture.shape[0] >= 200 and picture.shape[1] >= 500, name
        assert len(np.unique(picture)) > 2, f"{name} is blank"
    return found


@pytest.fixture(scope="module")
def two_runs(tmp_path_factory):
    rng = np.random.default_rng(0)
    labels, predictions, images = random_maps(rng)
    others = random_maps(rng)[1]
    folder = tmp_path_factory.mktemp("two_runs") / "new"
    runs = {
        EVIL: [segmented_video(predictions, labels, images, name=f"a/{EVIL}")],
        "_$\\frac$": [segmented_video(others, labels, name=f"a/{EVIL}")],
    }
    return folder, write(folder, runs, command=f"evaluate {EVIL}"), labels, predictions


def test_all_pictures_are_there_and_nothing_else(two_runs):
    folder, *_ = two_runs
    found = pictures(folder)
    assert set(found) == ALL_PICTURES
    # 15 inches of five columns at 120 dots an inch
    assert found["figure_2_most"].shape[1] == 1800
    (video,) = (folder / "videos").iterdir()
    assert video.name == "a_script_alert_1_script"


def test_the_report_needs_nothing_from_outside(two_runs):
    page = two_runs[1]
    assert page.tags.count("img") == len(ALL_PICTURES)
    assert not {"script", "link", "iframe", "object", "b"} & set(page.tags)
    for name, value in page.attributes:
        assert name not in ("href", "srcset", "action", "data") and name[:2] != "on"
        assert name != "src" or value.startswith("data:image/png;base64,")
    assert "url(" not in page.source and "@import" not in page.source


def test_hostile_names_are_shown_and_not_run(two_runs):
    page = two_runs[1]
    assert "<script" not in page.source and "<b>" not in page.source
    assert f"Flicker of {EVIL}, _$\\frac$" in page.text
    assert f"evaluate {EVIL}" in page.text
    assert f"Video a/{EVIL}" in page.text
    assert "<b>tree</b>" in page.text


def test_the_report_holds_the_scores_and_explains_each_picture(two_runs):
    _, page, labels, predictions = two_runs
    assert f"{mfp(labels, predictions):.2f}" in page.texts
    assert f"{mfip(predictions):.2f}" in page.texts
    captions = [value for name, value in page.attributes if name == "alt"]
    assert len(set(captions)) == len(ALL_PICTURES)
    assert all(page.text.count(caption) == 1 for caption in captions)
    assert all(len(caption) > 60 for caption in captions)
    unit = ("per mille", "percent", "pixels")
    assert all(any(word in caption for word in unit) for caption in captions)


def test_given_scores_are_shown(tmp_path, rng):
    labels, predictions, _ = random_maps(rng, num_frames=1)
    runs = {name: [segmented_video(predictions, labels)] for name in "ab"}
    found = scores_of(runs["a"])
    others = replace(found, accuracy=12.34, tc=90.12, per_class_iou={CLASSES[0]: 3.21})
    page = write(tmp_path, runs, scores={"a": found, "b": others})
    for text in ("12.34", f"{12.34 - found.accuracy:+.2f}", "90.12", "3.21"):
        assert text in page.texts
    assert "warped along the optical" in page.text


def test_without_labels_and_images_there_is_what_mfip_can_show(tmp_path, rng):
    predictions = random_maps(rng)[1]
    page = write(tmp_path, {"a": [segmented_video(predictions)]}, None, None)
    labelled = {"confusion", "figure_2_most", "figure_2_evenly"}
    assert set(pictures(tmp_path)) == ALL_PICTURES - labelled
    assert "there are no labels" in page.text
    assert f"{mfip(predictions):.2f}" in page.texts
    assert "IoU (%) of class" not in page.texts
    assert "warped along the optical" not in page.text  # there is no TC


def test_a_single_frame_has_its_strip_and_no_flicker(tmp_path, rng):
    labels, predictions, images = random_maps(rng, num_frames=1)
    page = write(tmp_path, {"a": [segmented_video(predictions, labels, images)]})
    assert set(pictures(tmp_path)) == {"confusion", "figure_2_evenly"}
    assert "the only frame" in page.text and "Where the flicker is" not in page.text


def test_of_many_videos_those_that_flicker_most_are_drawn(tmp_path, rng):
    wrong = {"calm": 0.0, "wild": 0.9, "a b": 0.5, "a/b": 0.4, "still": 0.1}
    videos = []
    for name, share in wrong.items():
        labels, predictions, _ = random_maps(rng, num_frames=2, wrong=share, void=0)
        videos.append(segmented_video(predictions, labels, name=name))
    page = write(tmp_path, {"a": videos}, max_videos=2)
    folders = sorted(file.name for file in (tmp_path / "videos").iterdir())
    assert folders == ["a_b", "wild"]
    assert "the 2 videos that flicker most, of 5" in page.text
    for name in wrong:  # in the table of all
        assert name in page.texts
    assert "road & kerb IoU (%)" in page.texts
    assert page.tags.count("details") == 4


def test_videos_get_folders_of_their_own(tmp_path):
    names = ["a b", "a/b", "A_B", "a_b_2", "../..", ""]
    folders = [folder.name for folder in _folders(tmp_path, names)]
    assert folders == ["a_b", "a_b_2", "A_B_3", "a_b_2_2", "video", "video_2"]


def test_what_does_not_fit_is_refused_before_anything_is_written(tmp_path, rng):
    predictions = random_maps(rng)[1]
    longer, shorter = segmented_video(predictions), segmented_video(predictions[:3])
    with pytest.raises(ValueError, match="has 6 frames in run a and 3 in run b"):
        write(tmp_path, {"a": [longer], "b": [shorter]})
    with pytest.raises(ValueError, match="4 classes and 2 colours"):
        write(tmp_path, {"a": [longer]}, palette=PALETTE[:2])
    with pytest.raises(ValueError, match=r"drive, frame frame_000: .*0\.\.1"):
        write(tmp_path, {"a": [longer]}, CLASSES[:2], PALETTE[:2])
    assert not list(tmp_path.iterdir())
    (tmp_path / "file").touch()
    with pytest.raises(FileExistsError, match="file is a file"):
        write(tmp_path / "file", {"a": [longer]})


def test_classes_that_have_no_names_take_their_colours_from_the_palette(tmp_path, rng):
    predictions = random_maps(rng, num_frames=1)[1]
    write(tmp_path, {"a": [segmented_video(predictions)]}, None, PALETTE)
    strip = pictures(tmp_path)["figure_3_evenly"][..., ::-1]
    colours = {
        tuple(map(int, colour)) for colour in np.unique(strip.reshape(-1, 3), axis=0)
    }
    assert set(PALETTE[:NUM_CLASSES]) <= colours


def test_pictures_of_flicker_come_without_keras_or_tensorflow():
    code = (
        "import sys; from experiments.flicker_report import figures; "
        "sys.exit(bool({'keras', 'tensorflow', 'jax'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
