import os
import re
import struct
import subprocess
import sys
import warnings

import cv2
import numpy as np
import pytest

from data.files.video.encoder import VideoEncoder
from data.files.video.reader import read_frames
from data.files.video.writer import VideoWriter

VIDEO_SUFFIXES = [".mp4", ".webm", ".avi"]


def moving_square(num_frames=12, height=48, width=64):
    """A grey ramp with a red square that moves to the right."""
    frames = np.empty((num_frames, height, width, 3), np.uint8)
    frames[:] = np.linspace(40, 200, width).astype(np.uint8)[:, np.newaxis]
    for t, frame in enumerate(frames):
        frame[8:24, 2 * t : 2 * t + 16] = 220, 30, 30
    return frames


def write(path, frames, fps=25):
    with VideoWriter(path, fps) as writer:
        for frame in frames:
            writer.write(frame)


@pytest.mark.parametrize("suffix", VIDEO_SUFFIXES)
@pytest.mark.parametrize("fps", [25, 29.97, 10])
def test_video_survives_a_round_trip(suffix, fps, tmp_path):
    frames = moving_square()
    path = tmp_path / f"vidéo 1{suffix}"
    write(path, frames, fps)
    stream = read_frames(path)
    assert stream.fps == pytest.approx(fps, abs=1e-3)
    assert (stream.size, stream.num_frames) == ((48, 64), 12)
    again = np.stack(list(stream))
    assert again.dtype == np.uint8 and again.shape == frames.shape
    # The codecs lose something: a tenth of the range is far less than a wrong
    # order of frames or of colours.
    assert np.abs(again.astype(int) - frames).mean() < 8
    assert os.listdir(tmp_path) == [path.name]


@pytest.mark.parametrize("suffix", VIDEO_SUFFIXES)
def test_odd_sizes_are_continued_to_even_ones(suffix, tmp_path):
    path = tmp_path / f"odd{suffix}"
    write(path, moving_square(height=47, width=63))
    assert {frame.shape for frame in read_frames(path)} == {(48, 64, 3)}


def test_folder_of_png_is_lossless(tmp_path):
    frames = moving_square(height=47, width=63)
    write(tmp_path / "out", frames, fps=None)
    stream = read_frames(tmp_path / "out")
    assert (stream.size, stream.fps, stream.num_frames) == ((47, 63), None, 12)
    np.testing.assert_array_equal(np.stack(list(stream)), frames)
    assert sorted(os.listdir(tmp_path / "out"))[0] == "000000.png"


def test_images_are_read_in_natural_order(tmp_path):
    for number in (10, 9, 1, 100):
        image = np.full((8, 8, 3), number, np.uint8)
        cv2.imwrite(str(tmp_path / f"drive2_{number}.PNG"), image)
    (tmp_path / "notes.txt").write_text("not an image")
    (tmp_path / "._drive2_1.png").write_text("what some systems leave behind")
    assert [frame[0, 0, 0] for frame in read_frames(tmp_path)] == [1, 9, 10, 100]


def test_images_of_another_size_are_refused(tmp_path):
    cv2.imwrite(str(tmp_path / "1.png"), np.zeros((8, 8, 3), np.uint8))
    cv2.imwrite(str(tmp_path / "2.png"), np.zeros((8, 9, 3), np.uint8))
    with pytest.raises(ValueError, match=r"2\.png is 8x9 .*, but 1\.png.* is 8x8"):
        list(read_frames(tmp_path))


def test_broken_image_is_named(tmp_path):
    cv2.imwrite(str(tmp_path / "1.png"), np.zeros((8, 8, 3), np.uint8))
    (tmp_path / "2.png").write_bytes(b"no image")
    with pytest.raises(ValueError, match=r"2\.png cannot be read as an image"):
        list(read_frames(tmp_path))


def test_what_is_no_video_is_refused(tmp_path):
    for name in ("none.mp4", "²", "-1"):
        with pytest.raises(FileNotFoundError, match=rf"{re.escape(name)} is missing"):
            read_frames(tmp_path / name if name == "none.mp4" else name)
    with pytest.raises(ValueError, match="holds no image"):
        read_frames(tmp_path)
    for content in (b"", b"hello" * 100):
        path = tmp_path / "text.mp4"
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"text\.mp4 cannot be read as a video"):
            read_frames(path)


def test_rotated_video_of_a_phone_comes_upright(tmp_path):
    frames = np.zeros((3, 48, 64, 3), np.uint8)
    frames[:, :20, :40], frames[:, 24:, 40:] = (220, 30, 30), (30, 220, 30)
    path = tmp_path / "phone.mp4"
    write(path, frames)
    # The matrix of the track's header: none, and a quarter turn clockwise.
    upright = struct.pack(">9i", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
    turned = struct.pack(">9i", 0, 1 << 16, 0, -1 << 16, 0, 0, 0, 0, 1 << 30)
    content = path.read_bytes()
    start = content.index(upright, content.index(b"tkhd"))
    path.write_bytes(content[:start] + turned + content[start + len(turned) :])
    stream = read_frames(path)
    assert stream.size == (64, 48)
    for frame, given in zip(stream, frames, strict=True):
        assert np.abs(frame.astype(int) - np.rot90(given, -1)).mean() < 8


def test_garbage_within_a_video_ends_it_or_is_read_over(tmp_path):
    path = tmp_path / "video.avi"
    write(path, moving_square(num_frames=40))
    content = bytearray(path.read_bytes())
    half = len(content) // 2
    content[half : half + 3000] = bytes(3000)
    path.write_bytes(content)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        num_frames = len(list(read_frames(path)))
    assert 10 <= num_frames <= 40
    assert (num_frames == 40) == (not caught)


@pytest.mark.parametrize("source", [97, "97"])
def test_camera_that_is_not_there_is_named(source):
    with pytest.raises(ValueError, match="Camera 97 cannot be read"):
        read_frames(source)


def test_video_that_breaks_off_gives_what_is_there(tmp_path):
    whole = tmp_path / "whole.avi"
    write(whole, moving_square(num_frames=40))
    content = whole.read_bytes()
    broken = tmp_path / "broken.avi"
    broken.write_bytes(content[: len(content) // 2])
    stream = read_frames(broken)
    with pytest.warns(RuntimeWarning, match=r"broken\.avi breaks off after \d+ frames"):
        num_frames = len(list(stream))
    assert 10 <= num_frames < 40


def test_reading_a_part_of_a_video_is_no_fault(tmp_path):
    write(tmp_path / "video.mp4", moving_square())
    stream = read_frames(tmp_path / "video.mp4")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        next(iter(stream))
        del stream


@pytest.mark.parametrize("name", ["out.mp4", "out"])
def test_error_leaves_what_was_there_before(name, tmp_path):
    if name == "out.mp4":
        (tmp_path / name).write_bytes(b"an earlier result")
    before = os.listdir(tmp_path)
    with (
        pytest.raises(KeyboardInterrupt),
        VideoWriter(tmp_path / name, fps=25) as writer,
    ):
        writer.write(moving_square()[0])
        assert len(os.listdir(tmp_path)) == len(before) + 1
        raise KeyboardInterrupt
    assert os.listdir(tmp_path) == before


def test_earlier_video_is_replaced_and_folders_are_made(tmp_path):
    path = tmp_path / "new" / "folder" / "out.mp4"
    write(path, moving_square(num_frames=3))
    write(path, moving_square(num_frames=5))
    assert read_frames(path).num_frames == 5


def test_empty_folder_is_filled_and_a_full_one_refused(tmp_path):
    folder = tmp_path / "out.v2"
    folder.mkdir()
    write(folder, moving_square(num_frames=2))
    with pytest.raises(FileExistsError, match=r"out\.v2 is not empty"):
        VideoWriter(folder)


def test_wrong_arguments_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"out\.gif should end in one of .*\.mp4"):
        VideoWriter(tmp_path / "out.gif", 25)
    for fps in (None, 0, float("nan")):
        with pytest.raises(ValueError, match="`fps` must be positive"):
            VideoWriter(tmp_path / "out.mp4", fps)
    with pytest.raises(ValueError, match="No frame was written"):
        write(tmp_path / "out.mp4", [])
    with pytest.raises(ValueError, match="must be uint8"):
        write(tmp_path / "out.mp4", np.zeros((2, 8, 8, 3)))
    frames = [np.zeros((32, 32, 3), np.uint8), np.zeros((32, 34, 3), np.uint8)]
    with pytest.raises(ValueError, match=r"\(32, 32\).*Received: \(32, 34\)"):
        write(tmp_path / "out.mp4", frames)
    assert not os.listdir(tmp_path)


def test_frames_that_were_not_stored_are_an_error(tmp_path, monkeypatch):
    mux, packets = VideoEncoder._mux, []

    def first_four(encoder, encoded):
        packets.extend(encoded)
        mux(encoder, encoded if len(packets) <= 4 else [])

    monkeypatch.setattr(VideoEncoder, "_mux", first_four)
    with pytest.raises(OSError, match="of 12 frames were stored"):
        write(tmp_path / "out.avi", moving_square())
    assert not os.listdir(tmp_path)


def test_full_disk_is_one_error_with_the_path(tmp_path):
    code = """
import resource, sys
import numpy as np
from data.files.video.writer import VideoWriter
frames = np.random.default_rng(0).integers(0, 256, (200, 64, 64, 3), np.uint8)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
try:
    with VideoWriter(sys.argv[1], 25) as writer:
        for frame in frames:
            writer.write(frame)
except OSError as error:
    print("OSError", error)
"""
    for suffix in VIDEO_SUFFIXES:
        path = tmp_path / f"out{suffix}"
        path.write_bytes(b"an earlier result")
        command = [sys.executable, "-c", code, str(path)]
        out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        assert out.startswith("OSError") and str(path) in out and "partial" not in out
        assert path.read_bytes() == b"an earlier result"
    assert len(os.listdir(tmp_path)) == len(VIDEO_SUFFIXES)


def test_real_video_is_read_to_its_end(highway_video):
    stream = read_frames(highway_video)
    assert (stream.size, stream.fps, stream.num_frames) == ((540, 960), 25, 221)
    seconds, first = next(stream.timed_frames)
    assert first.shape == (540, 960, 3) and first.dtype == np.uint8 and seconds == 0
    assert 1 + sum(1 for _ in stream) == 221


def test_real_video_keeps_frames_and_rate_when_it_is_written(highway_video, tmp_path):
    source = read_frames(highway_video)
    small = [cv2.resize(frame, (240, 136)) for frame in source]
    write(tmp_path / "small.mp4", small, source.fps)
    copy = read_frames(tmp_path / "small.mp4")
    assert (copy.size, copy.fps, copy.num_frames) == ((136, 240), 25, 221)
    errors = [
        np.abs(a.astype(int) - b).mean() for a, b in zip(copy, small, strict=True)
    ]
    assert max(errors) < 8
