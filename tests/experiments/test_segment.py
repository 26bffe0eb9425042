"""The verb `segment` as users run it, with a small random network."""

import os
import signal
import subprocess
import sys
import time

import cv2
import numpy as np
import pytest
from checkout import ROOT
from random_icnet import CLASSES, PALETTE, new_random_network
from tone_video import sound_packets, write_video_with_sound
from verb_process import VerbProcess

from data.files.video.reader import read_frames
from data.files.video.writer import VideoWriter

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "icnet.keras"
    new_random_network(None, None, (97, 97)).save(path)
    return path


@pytest.fixture(scope="module")
def run():
    """Runs the verb: (exit code, standard output, standard error)."""
    patch = pytest.MonkeyPatch()
    patch.delenv("DISPLAY", raising=False)
    with VerbProcess("segment") as segment:
        patch.undo()

        def run(*arguments):
            result = segment(*arguments, seconds=300)
            return result.code, result.out, result.err

        yield run


def errors(text):
    lines = text.replace("\r", "\n").splitlines()
    return [line for line in lines if line.startswith("ERROR: ")]


def test_everything_at_once(run, model, tmp_path):
    write_video_with_sound(tmp_path / "in.mp4", num_frames=20)
    code, out, err = run(
        f"--model={model}",
        f"--input={tmp_path}/in.mp4",
        f"--output={tmp_path}/out",
        "--write=all",
        "--start=0.2",
        "--max_frames=10",
        "--reset_every=4",
    )
    assert code == 0, err
    assert out.endswith(f"10 frames are in {tmp_path}/out\n")
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "video.mp4",
        "labels",
        "overlays",
    }
    labels = cv2.imread(str(tmp_path / "out/labels/000009.png"), cv2.IMREAD_UNCHANGED)
    overlay = cv2.imread(str(tmp_path / "out/overlays/000009.png"))[..., ::-1]
    # Frame 5 + 9, grey, mixed with the colours; H.264 keeps grey within a few levels.
    grey = 20 + 4 * 14
    expected = 0.5 * grey + 0.5 * np.array(PALETTE, float)[labels]
    assert labels.max() < len(CLASSES) and labels.shape == (32, 48)
    assert np.abs(overlay - expected).max() <= 4
    times = [t for t, _ in read_frames(tmp_path / "out/video.mp4").timed_frames]
    assert times == pytest.approx(np.arange(10) / 25, abs=1e-4)
    assert 0.35 < sound_packets(tmp_path / "out/video.mp4")[-1][0] < 0.4


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_leaves_a_video_that_plays(number, model, tmp_path):
    write_video_with_sound(tmp_path / "in.mp4", num_frames=50, size=(720, 960))
    frames = tmp_path / "frames"
    frames.mkdir()
    for index, frame in enumerate(read_frames(tmp_path / "in.mp4")):
        for copy in range(20):  # long enough to be stopped in its middle
            (frames / f"{copy}_{index}.jpg").write_bytes(cv2.imencode(".jpg", frame)[1])
    output = tmp_path / "out" / "video.mp4"
    process = subprocess.Popen(
        [sys.executable, "-m", "experiments.segment", f"--model={model}"]
        + [f"--input={frames}", f"--output={output}"],
        cwd=ROOT,
        env=os.environ | {"CUDA_VISIBLE_DEVICES": "-1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while process.poll() is None and not list(tmp_path.glob("out/.*")):
        time.sleep(0.01)
    time.sleep(0.3)
    process.send_signal(number)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 128 + number, err
    count = int(out.split(" frames were segmented before, into ")[0].split()[-1])
    assert 1 <= count < 1000
    assert sum(1 for _ in read_frames(output)) == count
    capture = cv2.VideoCapture(str(output))
    assert [capture.read()[0] for _ in range(count + 1)] == [True] * count + [False]
    assert [path.name for path in output.parent.iterdir()] == ["video.mp4"]


@pytest.fixture
def damaged(tmp_path):
    """Motion JPEG of twelve frames, the sixth of zeros."""
    path = tmp_path / "damaged.avi"
    noise = np.random.default_rng(0).integers(0, 256, (12, 48, 48, 3), np.uint8)
    with VideoWriter(path, 25) as writer:
        for frame in noise:
            writer.write(frame)
    content = bytearray(path.read_bytes())
    start = content.index(b"movi")
    for _ in range(6):
        start = content.index(b"00dc", start + 4)
    size = int.from_bytes(content[start + 4 : start + 8], "little")
    content[start + 8 : start + 8 + size] = bytes(size)
    path.write_bytes(content)
    return path


def test_damaged_frame_is_skipped(run, model, damaged, tmp_path):
    output = tmp_path / "out.mp4"
    code, out, err = run(f"--model={model}", f"--input={damaged}", f"--output={output}")
    assert code == 0, err
    assert f"{damaged}: frame 5 cannot be decoded" in err
    assert out == f"11 frames are in {output}\n"
    assert len(list(read_frames(output))) == 11


def test_damaged_frame_ends_the_run(run, model, damaged, tmp_path):
    output = tmp_path / "out.mp4"
    code, out, err = run(
        f"--model={model}",
        f"--input={damaged}",
        f"--output={output}",
        "--on_error=stop",
    )
    assert (code, out) == (1, "")
    assert errors(err) == [
        f"ERROR: {damaged}: frame 5 cannot be decoded; 5 frames were segmented before, "
        f"into {output}"
    ]
    assert len(list(read_frames(output))) == 5


def test_camera_that_is_not_there_is_one_sentence(run, model, tmp_path):
    code, _, err = run(f"--model={model}", "--input=9", f"--output={tmp_path}/o.mp4")
    assert code == 1
    assert errors(err) == [
        "ERROR: Camera 9 cannot be read as a video: no frame can be decoded; is the "
        "camera connected, and may this user read its device?"
    ]


def test_window_without_a_display_is_one_sentence(run, model, tmp_path):
    write_video_with_sound(tmp_path / "in.mp4", num_frames=3)
    code, _, err = run(f"--model={model}", f"--input={tmp_path}/in.mp4", "--show")
    assert code == 1
    (error,) = errors(err)
    assert error.startswith("ERROR: --show needs a display")


@pytest.mark.parametrize(
    "given, expected",
    [
        ([], "--output=FILE or FOLDER is needed, or --show"),
        (["--output=o.mp4", "--write=labels"], "o.mp4 is the name of a video file"),
        (["--output=o", "--write=masks"], "--write must be some of video, overlays"),
        (["--show", "--write=labels"], "--write needs --output=FOLDER"),
        (["--output=o", "--start=soon"], "A start must be seconds, such as 12.5"),
    ],
)
def test_wrong_flags_are_one_sentence(given, expected, run, model, tmp_path):
    write_video_with_sound(tmp_path / "in.mp4", num_frames=3)
    code, _, err = run(f"--model={model}", f"--input={tmp_path}/in.mp4", *given)
    assert code == 1
    (error,) = errors(err)
    assert expected in error
