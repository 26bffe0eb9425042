"""Frames that cannot be read, reported one by one."""

import struct

import cv2
import numpy as np
import pytest

from data.files.video.reader import read_frames
from data.files.video.writer import VideoWriter


@pytest.fixture
def damaged_video(tmp_path, rng):
    """Motion JPEG; frames 8 and 13 of 20 consist of zeros."""
    path = tmp_path / "a.avi"
    with VideoWriter(path, 25) as writer:
        for frame in rng.integers(0, 256, (20, 32, 32, 3), np.uint8):
            writer.write(frame)
    content = bytearray(path.read_bytes())
    start = content.index(b"movi")
    for number in range(20):
        start = content.index(b"00dc", start + 4)
        size = struct.unpack_from("<I", content, start + 4)[0]
        if number in (8, 13):
            content[start + 8 : start + 8 + size] = bytes(size)
    path.write_bytes(content)
    return path


@pytest.fixture
def damaged_images(tmp_path):
    folder = tmp_path / "images"
    folder.mkdir()
    for number in range(6):
        image = np.full((20, 30, 3), 40 * number, np.uint8)
        cv2.imwrite(str(folder / f"frame{number}.jpg"), image)
    whole = (folder / "frame2.jpg").read_bytes()
    (folder / "frame2.jpg").write_bytes(whole[: len(whole) // 2])
    cv2.imwrite(str(folder / "frame4.jpg"), np.zeros((20, 31, 3), np.uint8))
    return folder


def test_broken_frames_of_a_video_are_named_and_left_out(damaged_video):
    found = []
    frames = list(read_frames(damaged_video, on_broken=found.append))
    assert len(frames) == 18
    assert [str(e).partition("a.avi: ")[2] for e in found] == [
        f"frame {number} cannot be decoded" for number in (8, 13)
    ]


def test_first_broken_frame_may_end_a_video(damaged_video):
    class EndError(Exception):
        pass

    def end(error):
        raise EndError(error)

    frames = iter(read_frames(damaged_video, on_broken=end))
    seen = 0
    with pytest.raises(EndError, match="frame 8"):
        for _ in frames:
            seen += 1
    assert seen == 8


def test_broken_images_are_named_and_left_out(damaged_images):
    found = []
    stream = read_frames(damaged_images, on_broken=found.append)
    brightness = [round(frame.mean()) for frame in stream]
    assert brightness == [0, 40, 120, 200]
    assert stream.names == ["frame0", "frame1", "frame3", "frame5"]
    assert "frame2.jpg cannot be read" in str(found[0])
    assert "frame4.jpg is 20x31" in str(found[1]) and len(found) == 2


def test_broken_image_is_an_error_where_nobody_listens(damaged_images):
    with pytest.raises(ValueError, match=r"frame2\.jpg cannot be read as an image"):
        list(read_frames(damaged_images))


def test_video_that_breaks_off_is_told_of_once(damaged_video):
    content = damaged_video.read_bytes()
    damaged_video.write_bytes(content[: content.index(b"movi") + 3000])
    found = []
    frames = list(read_frames(damaged_video, on_broken=found.append))
    assert 0 < len(frames) < 8
    assert "breaks off after" in str(found[-1])


def test_pattern_is_read_in_natural_order(tmp_path):
    for number in (1, 2, 10):
        for side, grey in (("left", 10 * number), ("right", 255)):
            folder = tmp_path / "drive"
            folder.mkdir(exist_ok=True)
            image = np.full((20, 30, 3), grey, np.uint8)
            cv2.imwrite(str(folder / f"f{number}_{side}.png"), image)
    stream = read_frames(str(tmp_path / "drive" / "*_left.png"))
    assert stream.names == ["f1_left", "f2_left", "f10_left"]
    assert [int(frame.mean()) for frame in stream] == [10, 20, 100]
    deep = read_frames(str(tmp_path / "**" / "*_right.png"))
    assert deep.num_frames == 3


def test_pattern_without_images_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"\*\.png matches no image"):
        read_frames(str(tmp_path / "*.png"))


def test_a_name_with_brackets_is_a_name(tmp_path):
    path = tmp_path / "drive[1].mp4"
    with VideoWriter(path, 25) as writer:
        writer.write(np.zeros((32, 32, 3), np.uint8))
    assert len(list(read_frames(str(path)))) == 1


def test_images_of_one_name_in_several_folders_have_no_names(tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        cv2.imwrite(str(tmp_path / folder / "0.png"), np.zeros((20, 30, 3), np.uint8))
    stream = read_frames(str(tmp_path / "*" / "*.png"))
    assert stream.num_frames == 2 and stream.names is None
