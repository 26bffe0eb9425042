import cv2
import numpy as np
import pytest

from data.datasets.open_dataset import DATASETS
from data.files.video.reader import read_frames
from data.files.video.writer import VideoWriter
from experiments.presentation.frame_drawing import FrameDrawing
from experiments.presentation.overlay_video import palette_of, segment

PALETTE = ((255, 0, 0), (0, 0, 255))


class HalfAndHalf:
    """Class 0 above, class 1 below; remembers how many frames it has seen."""

    num_classes = 2
    palette = PALETTE
    frames = None

    def reset(self):
        self.frames = 0

    def segment_frame(self, image):
        self.frames += 1
        labels = np.zeros(image.shape[:2], np.uint8)
        labels[image.shape[0] // 2 :] = 1
        return labels


def drawn(alpha=0.5):
    return FrameDrawing(PALETTE, alpha=alpha).draw


@pytest.fixture
def folder(tmp_path):
    images = tmp_path / "images"
    images.mkdir()
    for i in range(5):
        cv2.imwrite(str(images / f"{i}.png"), np.full((20, 30, 3), 40 * i, np.uint8))
    return images


def test_a_video_keeps_frames_rate_and_size(highway_video, tmp_path):
    output = tmp_path / "out.mp4"
    written = segment(HalfAndHalf(), str(highway_video), str(output), drawn())
    source, result = read_frames(highway_video), read_frames(output)
    assert written == source.num_frames == result.num_frames == 221
    assert result.fps == pytest.approx(source.fps, rel=1e-3)
    assert result.size == source.size


def test_a_variable_rate_is_kept(tmp_path):
    times = [0, 0.04, 0.08, 1.0, 1.04, 1.5]
    with VideoWriter(tmp_path / "in.mp4", 25) as writer:
        for seconds in times:
            writer.write(np.zeros((32, 48, 3), np.uint8), seconds)
    output = tmp_path / "out.mp4"
    assert segment(HalfAndHalf(), str(tmp_path / "in.mp4"), str(output), drawn()) == 6
    found = [seconds for seconds, _ in read_frames(output).timed_frames]
    assert found == pytest.approx(times, abs=1e-4)


def test_pngs_show_the_classes_over_the_frames(folder, tmp_path):
    output = tmp_path / "out"
    written = segment(HalfAndHalf(), str(folder), str(output), drawn(0.25))
    assert written == 5
    frames = list(read_frames(output))
    assert len(frames) == 5
    for i, frame in enumerate(frames):
        above = np.rint(0.75 * 40 * i + 0.25 * np.array(PALETTE[0]))
        below = np.rint(0.75 * 40 * i + 0.25 * np.array(PALETTE[1]))
        np.testing.assert_allclose(frame[:10], np.broadcast_to(above, (10, 30, 3)))
        np.testing.assert_allclose(frame[10:], np.broadcast_to(below, (10, 30, 3)))


def test_segmenting_stops_where_told(folder, tmp_path):
    segmenter = HalfAndHalf()
    assert segment(segmenter, str(folder), str(tmp_path / "o"), drawn(), 3) == 3
    assert segmenter.frames == 3


def test_nothing_is_left_of_a_video_that_failed(folder, tmp_path):
    (folder / "3.png").write_bytes(b"no image")
    with pytest.raises(ValueError, match=r"3\.png cannot be read as an image"):
        segment(HalfAndHalf(), str(folder), str(tmp_path / "out.mp4"), drawn())
    assert [path.name for path in tmp_path.iterdir()] == ["images"]


def test_colours_come_from_the_network_or_a_data_set():
    segmenter = HalfAndHalf()
    assert palette_of(segmenter, None) == PALETTE
    segmenter.num_classes = 11
    assert palette_of(segmenter, "camvid") == DATASETS["camvid"].info.palette
    with pytest.raises(ValueError, match="11 classes and --dataset=virtual_kitti"):
        palette_of(segmenter, "virtual_kitti")
    segmenter.palette = None
    with pytest.raises(ValueError, match="choose one with --dataset"):
        palette_of(segmenter, None)
