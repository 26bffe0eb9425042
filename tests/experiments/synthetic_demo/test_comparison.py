import numpy as np

from data.datasets.open_dataset import DATASETS
from data.videos.video import Frame, Video
from experiments.synthetic_demo import comparison
from experiments.synthetic_demo.comparison import save_comparison_picture

INFO = DATASETS["virtual_kitti"].info


class Counter:
    """Predicts class t in every pixel of the frame t of a stream."""

    def segment_video(self, images):
        for t, image in enumerate(images):
            yield np.full(image.shape[:2], t, np.uint8)


def drawn(num_frames, monkeypatch):
    frames = tuple(Frame(f"{t:05d}.png", f"{t:05d}.png", t) for t in range(num_frames))
    video = Video("a", frames, 1, INFO.palette)
    monkeypatch.setattr(
        comparison, "read_image", lambda path: np.full((2, 3, 3), int(path[:5]))
    )
    monkeypatch.setattr(comparison, "read_label", lambda *_: np.zeros((2, 3), np.uint8))
    found = []
    monkeypatch.setattr(
        comparison, "save_filmstrip", lambda *given: found.append(given)
    )
    save_comparison_picture("p.png", {"N": Counter()}, video, INFO, num_columns=3)
    _, rows, *_, columns = found[0]
    return {name: (pictures, *texts) for name, pictures, *texts in rows}, columns


def test_the_picture_shows_a_stream_from_the_first_frame_on(monkeypatch):
    rows, columns = drawn(12, monkeypatch)
    assert columns == ["frame 00003", "frame 00004", "frame 00005"]
    assert [image[0, 0, 0] for image in rows["frame"][0]] == [3, 4, 5]
    assert [classes[0, 0] for classes in rows["N"][0]] == [3, 4, 5]


def test_flicker_in_the_picture_is_that_from_the_frame_before(monkeypatch):
    rows, _ = drawn(12, monkeypatch)
    pixels, texts = rows["N: mFIP"]
    assert len(pixels) == 3 and np.all(pixels)
    assert texts == ["1000 per mille of pixels"] * 3
    pixels, texts = rows["N: mFP"]  # wrong in all frames: the error does not change
    assert len(pixels) == 3 and not np.any(pixels)
    assert texts == ["0 per mille of pixels"] * 3


def test_a_short_video_is_shown_to_the_frame_that_fills_the_columns(monkeypatch):
    assert drawn(5, monkeypatch)[1] == ["frame 00001", "frame 00002", "frame 00003"]
