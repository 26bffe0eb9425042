import warnings

import pytest
from tone_video import sound_packets, write_video_with_sound

from data.files.video.frame_stream import Start
from data.files.video.reader import read_frames
from data.files.video.writer import VideoWriter


def copied(source, target, num_frames=None, start=Start()):  # noqa: B008
    stream = read_frames(source, start, with_sound=True)
    with VideoWriter(target, stream.fps, stream.sound) as writer:
        for number, (seconds, frame) in enumerate(stream.timed_frames):
            if number == num_frames:
                break
            writer.write(frame, seconds)


def bytes_and_times(packets):
    return [data for _, data in packets], [seconds for seconds, _ in packets]


def test_sound_is_copied_packet_by_packet(tmp_path):
    write_video_with_sound(tmp_path / "in.mp4")
    copied(tmp_path / "in.mp4", tmp_path / "out.mp4")
    given, times = bytes_and_times(
        [p for p in sound_packets(tmp_path / "in.mp4") if p[0] >= 0]
    )
    found, found_times = bytes_and_times(sound_packets(tmp_path / "out.mp4"))
    assert len(found) > 80 and found == given
    assert found_times == pytest.approx(times, abs=1e-3)


def test_sound_ends_with_the_last_frame(tmp_path):
    write_video_with_sound(tmp_path / "in.mp4")
    copied(tmp_path / "in.mp4", tmp_path / "out.mp4", num_frames=10)
    times = [seconds for seconds, _ in sound_packets(tmp_path / "out.mp4")]
    # A packet of AAC has 1024 samples; the frames end at 0.4 s.
    assert 0.4 - 1024 / 48_000 <= times[-1] < 0.4


@pytest.mark.parametrize("start", [Start(seconds=1.2), Start(frame=30)])
def test_sound_starts_with_the_first_frame(start, tmp_path):
    write_video_with_sound(tmp_path / "in.mp4")
    copied(tmp_path / "in.mp4", tmp_path / "out.mp4", start=start)
    given = [p for p in sound_packets(tmp_path / "in.mp4") if p[0] >= 1.2]
    found = sound_packets(tmp_path / "out.mp4")
    assert [data for _, data in found] == [data for _, data in given]
    assert found[0][0] == pytest.approx(given[0][0] - 1.2, abs=1e-3)


def test_sound_that_a_file_cannot_store_is_told_of(tmp_path):
    write_video_with_sound(tmp_path / "in.mp4")
    with pytest.warns(RuntimeWarning, match=r"sound is aac, which \.webm files cannot"):
        copied(tmp_path / "in.mp4", tmp_path / "out.webm")
    assert sound_packets(tmp_path / "out.webm") == []
    assert len(list(read_frames(tmp_path / "out.webm"))) == 50


def test_video_without_a_sound_stays_so(tmp_path):
    with VideoWriter(tmp_path / "in.mp4", 25) as writer:
        stream = read_frames_of_grey(tmp_path)
        for frame in stream:
            writer.write(frame)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        copied(tmp_path / "in.mp4", tmp_path / "out.mp4")
    assert sound_packets(tmp_path / "out.mp4") == []


def read_frames_of_grey(folder):
    write_video_with_sound(folder / "grey.mp4", num_frames=5)
    return read_frames(folder / "grey.mp4")
