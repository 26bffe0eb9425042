import struct

import av
import numpy as np
import pytest

from lstm_icnet.deployment.video_frames import frames_of


def write(path, images, codec="ffv1", pixels="bgr0"):
    """A video of uint8 RGB images; without loss unless another codec is given."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=10)
        stream.height, stream.width = images[0].shape[:2]
        stream.pix_fmt = pixels
        for image in images:
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def test_frames_of_a_file_come_in_rgb(tmp_path, rng):
    images = rng.integers(0, 256, (10, 32, 48, 3), "uint8")
    write(tmp_path / "a:b.mkv", images)
    frames = list(frames_of(tmp_path / "a:b.mkv"))
    assert all(frame.dtype == np.uint8 for frame in frames)
    np.testing.assert_array_equal(frames, images)


def test_rotated_video_of_a_phone_comes_upright(tmp_path):
    image = np.zeros((48, 64, 3), np.uint8)
    image[:20, :40], image[24:, 40:] = (220, 30, 30), (30, 220, 30)
    path = tmp_path / "phone.mp4"
    write(path, [image], "libx264", "yuv420p")
    # The matrix of the track's header: none, and a quarter turn clockwise.
    upright = struct.pack(">9i", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
    turned = struct.pack(">9i", 0, 1 << 16, 0, -1 << 16, 0, 0, 0, 0, 1 << 30)
    content = path.read_bytes()
    start = content.index(upright, content.index(b"tkhd"))
    path.write_bytes(content[:start] + turned + content[start + len(turned) :])
    (frame,) = frames_of(str(path))
    assert np.abs(frame.astype(int) - np.rot90(image, -1)).mean() < 8


def test_frames_that_are_given_stay_as_they_are():
    frames = [np.zeros((2, 2, 3)), np.ones((3, 3, 3))]
    assert all(a is b for a, b in zip(frames_of(iter(frames)), frames, strict=True))


def test_a_file_that_breaks_off_gives_the_frames_before(tmp_path, rng):
    path = tmp_path / "noise.mkv"
    images = rng.integers(0, 256, (10, 32, 48, 3), "uint8")
    write(path, images)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    frames = list(frames_of(path))
    assert 3 <= len(frames) <= 5
    np.testing.assert_array_equal(frames[:3], images[:3])


@pytest.mark.parametrize("content", [b"", b"no video", bytes(4096)])
def test_a_file_that_is_no_video_is_refused(content, tmp_path):
    (tmp_path / "film.mp4").write_bytes(content)
    with pytest.raises(ValueError, match=r"film\.mp4 cannot be read as a video"):
        next(frames_of(tmp_path / "film.mp4"))


@pytest.mark.parametrize("name", ["missing.mp4", "."])
def test_a_file_that_is_missing_is_refused(name, tmp_path):
    with pytest.raises(FileNotFoundError, match="is missing; a video file should be"):
        next(frames_of(tmp_path / name))
