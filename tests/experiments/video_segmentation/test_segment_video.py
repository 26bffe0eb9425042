import os
import signal
import threading
import time
from dataclasses import replace

import cv2
import numpy as np
import pytest
from folder_server import folder_server
from tone_video import sound_packets, write_video_with_sound

from data.datasets.open_dataset import DATASETS
from data.files.video.reader import read_frames
from data.files.video.writer import VideoWriter
from experiments.presentation.frame_drawing import FrameDrawing, palette_of
from experiments.video_segmentation import segment_video
from experiments.video_segmentation.segment_video import (
    BrokenFrameError,
    Settings,
    segment,
)

PALETTE = ((255, 0, 0), (0, 0, 255))


class HalfAndHalf:
    """Class 0 above, class 1 below; remembers how many frames it has seen."""

    num_classes = 2
    palette = PALETTE
    frames = None
    frames_at_once = 2

    def reset(self):
        self.frames = 0

    def segment_frame(self, image):
        self.frames += 1
        labels = np.zeros(image.shape[:2], np.uint8)
        labels[image.shape[0] // 2 :] = 1
        return labels

    def segment_frames(self, images):
        assert 0 < len(images) <= self.frames_at_once
        return [self.segment_frame(image) for image in images]


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
    assert (
        segment(
            segmenter, str(folder), str(tmp_path / "o"), drawn(), Settings(max_frames=3)
        )
        == 3
    )


def test_broken_image_is_left_out_or_ends_the_video(folder, tmp_path, caplog):
    (folder / "3.png").write_bytes(b"no image")
    skipped = tmp_path / "skipped"
    assert segment(HalfAndHalf(), str(folder), str(skipped), drawn()) == 4
    assert [p.name for p in sorted(skipped.iterdir())] == [
        f"{number}.png" for number in (0, 1, 2, 4)
    ]
    assert "3.png cannot be read as an image" in caplog.text
    stop = Settings(stops_at_broken=True)
    with pytest.raises(BrokenFrameError, match=r"3\.png .*; 3 frames were segmented"):
        segment(HalfAndHalf(), str(folder), str(tmp_path / "stop.mp4"), drawn(), stop)
    assert len(list(read_frames(tmp_path / "stop.mp4"))) == 3


def test_nothing_is_left_of_a_video_that_starts_broken(folder, tmp_path):
    (folder / "0.png").write_bytes(b"no image")
    with pytest.raises(BrokenFrameError, match=r"0\.png cannot be read"):
        segment(
            HalfAndHalf(),
            str(folder),
            str(tmp_path / "out.mp4"),
            drawn(),
            Settings(stops_at_broken=True),
        )
    assert [path.name for path in tmp_path.iterdir()] == ["images"]


@pytest.mark.parametrize("where", ["segmenting", "drawing"])
def test_error_of_any_thread_surfaces_and_nothing_is_left(where, folder, tmp_path):
    segmenter, draw = HalfAndHalf(), drawn()

    def fail(image, *_):
        if image[0, 0, 0] == 80:
            raise OSError("no space")
        return np.zeros(image.shape[:2], np.uint8)

    if where == "segmenting":
        segmenter.segment_frame = fail
    else:
        draw = fail
    threads = threading.active_count()
    with pytest.raises((OSError, ValueError)):
        segment(segmenter, str(folder), str(tmp_path / "out.mp4"), draw)
    assert [path.name for path in tmp_path.iterdir()] == ["images"]
    assert threading.active_count() == threads


@pytest.mark.parametrize("at_once", [1, 2, 4])
def test_state_is_reset_every_so_many_frames(at_once, folder, tmp_path):
    class Counting(HalfAndHalf):
        frames_at_once = at_once
        since_reset = ()

        def segment_frame(self, image):
            labels = super().segment_frame(image)
            self.since_reset += (self.frames,)
            return labels

    for reset_every, expected in [(2, (1, 2, 1, 2, 1)), (0, (1, 2, 3, 4, 5))]:
        segmenter = Counting()
        output = str(tmp_path / f"out{reset_every}")
        settings = Settings(reset_every=reset_every)
        assert segment(segmenter, str(folder), output, drawn(), settings) == 5
        assert segmenter.since_reset == expected


@pytest.mark.parametrize(
    "num_frames, expected", [(5, (2, 2, 1)), (None, (1, 1, 1, 1, 1))]
)
def test_only_frames_of_a_video_with_an_end_wait_for_others(
    num_frames, expected, folder, tmp_path, monkeypatch
):
    class Counting(HalfAndHalf):
        groups = ()

        def segment_frames(self, images):
            self.groups += (len(images),)
            return super().segment_frames(images)

    def read(*arguments, **others):
        return replace(read_frames(*arguments, **others), num_frames=num_frames)

    monkeypatch.setattr(segment_video, "read_frames", read)
    segmenter = Counting()
    segment(segmenter, str(folder), str(tmp_path / "out"), drawn())
    assert segmenter.groups == expected


def test_url_is_segmented_with_times_and_sound(tmp_path):
    write_video_with_sound(tmp_path / "in.mp4", num_frames=20)
    output = tmp_path / "out.mp4"
    with folder_server(tmp_path) as url:
        assert segment(HalfAndHalf(), f"{url}/in.mp4", str(output), drawn()) == 20
    times = [seconds for seconds, _ in read_frames(output).timed_frames]
    assert times == pytest.approx(np.arange(20) / 25, abs=1e-4)
    given = [data for s, data in sound_packets(tmp_path / "in.mp4") if 0 <= s < 0.8]
    assert [data for _, data in sound_packets(output)] == given


def test_camera_runs_until_ctrl_c(tmp_path, monkeypatch):
    class Capture:
        def __init__(self, _):
            self.frames = 0

        def read(self):
            self.frames += 1
            if self.frames == 10:
                os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.01)
            return True, np.zeros((32, 48, 3), np.uint8)

        def get(self, _):
            return 30.0

        def release(self):
            pass

    monkeypatch.setattr(cv2, "VideoCapture", Capture)
    output = tmp_path / "out.mp4"
    written = segment(HalfAndHalf(), "0", str(output), drawn())
    assert 1 <= written <= 10
    assert len(list(read_frames(output))) == written


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
