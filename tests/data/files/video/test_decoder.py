import os
import struct
import subprocess
import sys
import warnings
from fractions import Fraction

import av
import cv2
import numpy as np
import pytest
from folder_server import folder_server

from data.files.listing import is_url
from data.files.video.reader import read_frames
from data.files.video.writer import VideoWriter

# The boxes of an MP4 file that hold boxes, not data.
CONTAINERS = {b"moov", b"trak", b"mdia", b"minf", b"stbl"}


def boxes(content, start=0, end=None):
    """Yields (name, start of the data, end) of all boxes, by ISO 14496-12."""
    end = len(content) if end is None else end
    while start < end:
        size, name = struct.unpack_from(">I4s", content, start)
        assert size >= 8, "a size that the writer does not use"
        yield name, start + 8, start + size
        if name in CONTAINERS:
            yield from boxes(content, start + 8, start + size)
        start += size


def frame_seconds(content):
    """How long every frame of an MP4 file is shown, from its table of times."""
    found = {name: start for name, start, _ in boxes(content)}
    # Version 0: flags, creation, modification, unit.
    unit = struct.unpack_from(">I", content, found[b"mdhd"] + 12)[0]
    entries = struct.unpack_from(">I", content, found[b"stts"] + 4)[0]
    runs = struct.iter_unpack(
        ">II", content[found[b"stts"] + 8 : found[b"stts"] + 8 + 8 * entries]
    )
    return [Fraction(ticks, unit) for count, ticks in runs for _ in range(count)]


def numbered(num_frames, size=(64, 96)):
    """Grey frames, each a little brighter, so that their order can be seen."""
    levels = np.linspace(20, 230, num_frames).astype(np.uint8)
    return np.broadcast_to(
        levels[:, np.newaxis, np.newaxis, np.newaxis], (num_frames, *size, 3)
    )


def write(path, frames, fps=25, times=None):
    with VideoWriter(path, fps) as writer:
        for frame, seconds in zip(frames, times or [None] * len(frames), strict=True):
            writer.write(frame, seconds)


def read_without_warning(path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return list(read_frames(path))


def test_mp4_is_what_browsers_play(tmp_path):
    path = tmp_path / "a.mp4"
    write(path, numbered(30), fps=25)
    content = path.read_bytes()
    names = [name for name, _, _ in boxes(content)]
    assert names.index(b"moov") < names.index(b"mdat")  # plays while it is loaded
    assert frame_seconds(content) == [Fraction(1, 25)] * 30
    assert b"avc1" in content[: content.index(b"mdat")]
    capture = cv2.VideoCapture(str(path))
    fourcc = struct.pack("<I", int(capture.get(cv2.CAP_PROP_FOURCC)))
    pixels = struct.pack("<I", int(capture.get(cv2.CAP_PROP_CODEC_PIXEL_FORMAT)))
    assert fourcc.lower() in (b"avc1", b"h264") and pixels == b"I420"
    decoded = [capture.read() for _ in range(31)]
    assert [found for found, _ in decoded] == [True] * 30 + [False]
    for (_, image), frame in zip(decoded[:30], numbered(30), strict=True):
        assert abs(image.mean() - frame.mean()) < 3


@pytest.mark.parametrize("suffix", [".mp4", ".webm", ".avi"])
def test_colours_are_kept_by_both_decoders(suffix, tmp_path):
    colours = np.array([[220, 30, 30], [0, 0, 142], [107, 142, 35], [128, 64, 128]])
    frame = colours.astype(np.uint8).reshape(2, 2, 3).repeat(32, 0).repeat(32, 1)
    path = tmp_path / f"a{suffix}"
    write(path, [frame] * 3)
    ours = next(iter(read_frames(path)))
    theirs = cv2.VideoCapture(str(path)).read()[1][..., ::-1]
    for image in (ours, theirs):
        assert np.abs(image[16::32, 16::32].reshape(4, 3) - colours).max() <= 4


@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
def test_variable_rate_keeps_every_time(suffix, tmp_path):
    times = [0, 0.033, 0.066, 0.5, 0.6, 2.0, 2.04]
    path = tmp_path / f"a{suffix}"
    write(path, numbered(7), fps=25, times=[100 + time for time in times])
    stream = read_frames(path)
    assert stream.fps == pytest.approx(6 / 2.04, rel=1e-6)  # steps by their span
    assert [t for t, _ in stream.timed_frames] == pytest.approx(times, abs=1e-6)
    if suffix == ".mp4":
        shown = [b - a for a, b in zip(times, [*times[1:], 2.08], strict=True)]
        assert [float(s) for s in frame_seconds(path.read_bytes())] == pytest.approx(
            shown, abs=1 / 90_000
        )


def test_times_that_do_not_ascend_are_moved_behind_each_other(tmp_path):
    path = tmp_path / "a.mp4"
    write(path, numbered(4), fps=10, times=[0, 1, 1, 0.5])
    times = [t for t, _ in read_frames(path).timed_frames]
    assert times == pytest.approx([0, 1, 1.1, 1.2])


@pytest.mark.parametrize("suffix", [".mp4", ".webm", ".avi"])
@pytest.mark.parametrize("fps", [66.667, 23.976, 59.94005994, 1000, 1 / 3, 0.001])
def test_every_rate_can_be_written(suffix, fps, tmp_path):
    path = tmp_path / f"a{suffix}"
    write(path, numbered(8), fps)
    # WebM counts in milliseconds.
    assert read_frames(path).fps == pytest.approx(fps, rel=1e-3)
    assert len(read_without_warning(path)) == 8
    if suffix == ".mp4":
        assert float(sum(frame_seconds(path.read_bytes()))) == pytest.approx(8 / fps)


@pytest.mark.parametrize("fps", [1e-9, 1e9, float("inf"), -25])
def test_rate_that_no_codec_takes_is_refused(fps, tmp_path):
    with pytest.raises(ValueError, match=r"`fps` must be positive, 0\.001 to 1000"):
        VideoWriter(tmp_path / "a.mp4", fps)


def test_duration_in_the_header_is_not_believed(tmp_path):
    path = tmp_path / "a.mp4"
    write(path, numbered(20), fps=20)
    content = bytearray(path.read_bytes())
    for name, start, _ in list(boxes(content)):
        if name in (b"mvhd", b"mdhd"):
            struct.pack_into(">I", content, start + 16, 10**8)
    path.write_bytes(content)
    assert read_frames(path).fps == 20
    assert len(read_without_warning(path)) == 20


@pytest.mark.parametrize("claimed", [0, 3, 4000])
def test_number_of_frames_in_the_header_is_not_believed(claimed, tmp_path):
    path = tmp_path / "a.avi"
    write(path, numbered(20))
    content = bytearray(path.read_bytes())
    struct.pack_into("<I", content, content.index(b"avih") + 8 + 16, claimed)
    struct.pack_into("<I", content, content.index(b"strh") + 8 + 32, claimed)
    path.write_bytes(content)
    assert read_frames(path).num_frames == 20
    assert len(read_without_warning(path)) == 20


@pytest.mark.parametrize("suffix", [".mp4", ".avi"])
def test_file_that_was_cut_off_says_where(suffix, tmp_path, rng):
    path = tmp_path / f"a{suffix}"
    frames = rng.integers(0, 256, (40, 32, 32, 3), np.uint8)  # no frame is small
    write(path, frames)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 3 // 4])
    with pytest.warns(RuntimeWarning, match=r"breaks off after (\d+) frames") as caught:
        decoded = list(read_frames(path))
    assert 15 <= len(decoded) < 40
    assert f"after {len(decoded)} frames" in str(caught[0].message)


def test_cut_between_two_frames_is_seen_by_the_index(tmp_path):
    path = tmp_path / "a.mp4"
    write(path, numbered(40))
    content = path.read_bytes()
    found = {name: start for name, start, _ in boxes(content)}
    sizes = struct.unpack_from(">40I", content, found[b"stsz"] + 12)
    path.write_bytes(content[: found[b"mdat"] + sum(sizes[:30])])
    with pytest.warns(RuntimeWarning, match="breaks off after 30 frames"):
        assert len(list(read_frames(path))) == 30


def test_damage_in_the_middle_is_told(tmp_path, rng):
    path = tmp_path / "a.avi"
    write(path, rng.integers(0, 256, (20, 32, 32, 3), np.uint8))
    content = bytearray(path.read_bytes())
    start = content.index(b"00dc", len(content) // 2)
    size = struct.unpack_from("<I", content, start + 4)[0]
    content[start + 8 : start + 8 + size] = bytes(size)
    path.write_bytes(content)
    with pytest.warns(RuntimeWarning, match="damaged: 1 of its 20 frames"):
        assert len(list(read_frames(path))) == 19


def test_cover_picture_is_not_the_video(tmp_path):
    path = tmp_path / "film.mp4"
    with av.open(str(path), "w") as container:
        cover = container.add_stream("png", rate=1)
        cover.width, cover.height, cover.pix_fmt = 640, 480, "rgb24"
        cover.disposition = av.stream.Disposition.attached_pic
        video = container.add_stream("libx264", rate=25)
        video.width, video.height, video.pix_fmt = 96, 64, "yuv420p"
        picture = np.full((480, 640, 3), 200, np.uint8)
        for stream, images in ((cover, [picture]), (video, numbered(5))):
            for image in images:
                frame = av.VideoFrame.from_ndarray(np.array(image), format="rgb24")
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
    with av.open(str(path)) as container:
        assert len(container.streams.video) == 2
    stream = read_frames(path)
    assert (stream.size, stream.fps) == ((64, 96), 25)
    assert len(list(stream)) == 5


def test_file_without_a_video_is_refused(tmp_path):
    path = tmp_path / "sound.wav"
    header = struct.pack("<4sI4s4sIHHIIHH", b"RIFF", 36 + 800, b"WAVE", b"fmt ", 16,
                         1, 1, 8000, 8000, 1, 8)  # fmt: skip
    path.write_bytes(header + struct.pack("<4sI", b"data", 800) + bytes(800))
    with pytest.raises(ValueError, match=r"sound\.wav .*it holds no video stream that"):
        read_frames(path)


@pytest.mark.parametrize(
    "name", ["10:15:55.mp4", "frame_%03d.mp4", "-i.mp4", "ü?*.mp4"]
)
def test_names_mean_nothing_but_themselves(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(name, numbered(3))
    assert len(read_without_warning(name)) == 3


@pytest.fixture
def server(tmp_path):
    with folder_server(tmp_path) as url:
        yield url


def test_video_is_read_from_its_url(server, tmp_path):
    write(tmp_path / "a.mp4", numbered(6))
    stream = read_frames(f"{server}/a.mp4")
    assert (stream.size, stream.fps, len(list(stream))) == ((64, 96), 25, 6)


@pytest.mark.parametrize(
    "url", ["https://127.0.0.1:1//a.mp4", "rtsp://127.0.0.1:1/a", "nothing://a//b?c=d"]
)
def test_url_that_cannot_be_opened_is_quoted_unchanged(url):
    assert is_url(url)
    with pytest.raises(ValueError) as caught:
        read_frames(url)
    assert str(caught.value).startswith(f"{url} cannot be opened as a video: ")
    with pytest.raises(ValueError, match="is a URL") as caught:
        VideoWriter(url, 25)
    assert str(caught.value).startswith(url)


def test_missing_file_on_a_server_is_told(server):
    url = f"{server}/none.mp4"
    with pytest.raises(ValueError, match="404"):
        read_frames(url)


@pytest.mark.parametrize("suffix", [".mp4", ".webm", ".avi"])
def test_damage_of_any_kind_is_one_sentence_or_fewer_frames(suffix, tmp_path, rng):
    path = tmp_path / f"a{suffix}"
    write(path, numbered(12, size=(32, 48)))
    whole = path.read_bytes()
    path = tmp_path / f"damaged{suffix}"
    refused = 0
    for number in range(60):
        content = bytearray(whole)
        place = int(rng.integers(len(content) if number % 2 else 900))
        if number % 3 == 0:
            content[place : place + 4] = rng.bytes(4)
        elif number % 3 == 1:
            del content[place:]
        else:
            del content[place : place + int(rng.integers(1, 200))]
        path.write_bytes(content)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            try:
                assert len(list(read_frames(path))) <= 20
            except ValueError as error:
                assert "damaged" in str(error) and "\n" not in str(error)
                refused += 1
    assert 5 < refused < 55


def test_killed_writer_leaves_nothing_after_the_next_one(tmp_path):
    code = """
import sys, time
import numpy as np
from data.files.video.writer import VideoWriter
with VideoWriter(sys.argv[1], 25) as writer:
    for _ in range(20):
        writer.write(np.zeros((32, 32, 3), np.uint8))
    print("in the middle", flush=True)
    time.sleep(60)
"""
    for name in ("a.mp4", "folder"):
        path = tmp_path / name
        command = [sys.executable, "-c", code, str(path)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert process.stdout.readline()
        process.kill()
        process.wait()
        assert not path.exists() and len(os.listdir(tmp_path)) == 1 + (name != "a.mp4")
        write(path, numbered(3))
        assert not [entry for entry in os.listdir(tmp_path) if entry[0] == "."]


def test_size_that_changes_is_refused(tmp_path):
    streams = []
    for size in ((32, 48), (48, 32)):
        path = tmp_path / "part.ts"
        with av.open(str(path), "w") as container:
            stream = container.add_stream("libx264", rate=25)
            (stream.height, stream.width), stream.pix_fmt = size, "yuv420p"
            for image in numbered(5, size):
                frame = av.VideoFrame.from_ndarray(np.array(image), format="rgb24")
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        streams.append(path.read_bytes())
    path = tmp_path / "both.ts"
    path.write_bytes(b"".join(streams))
    with pytest.raises(ValueError, match=r"Frame 5 of .*both\.ts is 48x32 .* is 32x48"):
        list(read_frames(path))


def test_frames_that_the_decoder_makes_up_are_told_of(tmp_path, rng):
    coarse = rng.integers(0, 255, (8, 4, 6, 3)).astype(np.uint8)
    write(tmp_path / "v.mp4", np.kron(coarse, np.ones((1, 16, 16, 1), np.uint8)))
    content = bytearray((tmp_path / "v.mp4").read_bytes())
    for share in (0.5, 0.6, 0.7):
        content[int(share * len(content))] ^= 0x5A
    (tmp_path / "v.mp4").write_bytes(content)
    with pytest.warns(RuntimeWarning, match=r"v\.mp4 is damaged: parts of \d of its 8"):
        assert len(list(read_frames(tmp_path / "v.mp4"))) == 8
