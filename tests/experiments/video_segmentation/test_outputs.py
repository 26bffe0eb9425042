import cv2
import numpy as np
import pytest
from tone_video import sound_packets, write_video_with_sound

from data.files.video.frame_stream import FrameStream
from data.files.video.reader import read_frames
from experiments.video_segmentation.outputs import KINDS, Outputs

VIDEO = FrameStream(iter(()), (32, 48), None, None)


def write(path, kinds, video=VIDEO, count=3):
    with Outputs(str(path), kinds, 10.0, video) as outputs:
        for number in range(count):
            picture = np.full((32, 48, 3), 20 * number, np.uint8)
            labels = np.full((32, 48), number, np.uint8)
            outputs.write(picture, labels, None)


def names(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.*"))


def test_folder_gets_all_kinds(tmp_path):
    write(tmp_path / "out", KINDS)
    pngs = [f"00000{n}.png" for n in range(3)]
    assert names(tmp_path / "out") == [
        *(f"labels/{name}" for name in pngs),
        *(f"overlays/{name}" for name in pngs),
        "video.mp4",
    ]
    for number, name in enumerate(pngs):
        labels = cv2.imread(str(tmp_path / "out/labels" / name), cv2.IMREAD_UNCHANGED)
        assert labels.shape == (32, 48) and (labels == number).all()
        overlay = cv2.imread(str(tmp_path / "out/overlays" / name))
        assert (overlay == 20 * number).all()
    video = read_frames(tmp_path / "out/video.mp4")
    assert (video.fps, len(list(video))) == (10, 3)


@pytest.mark.parametrize("kinds", [(), ("overlays",), ("labels",)])
def test_pngs_of_one_kind_lie_in_the_folder_itself(kinds, tmp_path):
    write(tmp_path / "out", kinds)
    assert names(tmp_path / "out") == ["000000.png", "000001.png", "000002.png"]
    found = cv2.imread(str(tmp_path / "out/000002.png"), cv2.IMREAD_UNCHANGED)
    assert (found == (2 if kinds == ("labels",) else 40)).all()


def test_pngs_have_the_names_of_images(tmp_path):
    video = FrameStream(iter(()), (32, 48), None, None, ["a7", "a9", "b"])
    write(tmp_path / "out", ("labels",), video)
    assert names(tmp_path / "out") == ["a7.png", "a9.png", "b.png"]


def test_sound_goes_into_a_file_and_into_a_folder(tmp_path):
    write_video_with_sound(tmp_path / "in.mp4", num_frames=10)
    for place, kinds in (("out.mp4", ()), ("out", ("video", "labels"))):
        video = read_frames(tmp_path / "in.mp4", with_sound=True)
        write(tmp_path / place, kinds, video, count=10)
    for file in ("out.mp4", "out/video.mp4"):
        assert len(sound_packets(tmp_path / file)) > 10


def test_needs_no_pictures_for_labels(tmp_path):
    outputs = Outputs(str(tmp_path / "out"), ("labels",), 10.0, VIDEO)
    assert not outputs.needs_pictures
    assert Outputs(str(tmp_path / "o.mp4"), (), 10.0, VIDEO).needs_pictures
    assert not Outputs(None, (), 10.0, VIDEO).needs_pictures


@pytest.mark.parametrize("kinds", [("labels",), ("video", "overlays")])
def test_pngs_do_not_fit_into_a_video_file(kinds, tmp_path):
    with pytest.raises(ValueError, match="need a folder, which is a name without"):
        Outputs(str(tmp_path / "out.mp4"), kinds, 10.0, VIDEO)


def test_full_folder_is_refused_and_nothing_is_left_without_a_frame(tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    with pytest.raises(FileExistsError, match="choose a new or an empty folder"):
        Outputs(str(tmp_path / "full"), (), 10.0, VIDEO)
    for place, kinds in (("out", KINDS), ("out.mp4", ()), ("o", ("labels",))):
        with pytest.raises(ValueError, match="No frame was written"):
            write(tmp_path / place, kinds, count=0)
    assert [path.name for path in tmp_path.iterdir()] == ["full"]
