from pathlib import Path

import cv2
import numpy as np
import pytest
from moving_texture import moving_texture

from data.files.video.writer import VideoWriter
from data.labels.id_png import read_ids, write_ids
from experiments.predictions.smoothed_maps import smooth_maps
from lstm_icnet.smoothing import FlowSmoother, LabelSmoother

SHIFTS = [(0, 0), (1, 2), (2, 4), (3, 6)]
VIDEOS = ("town/a", "town/b")


def write_image(path, image):
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), image[..., ::-1])


@pytest.fixture
def frames(tmp_path, rng):
    """Images of two videos below `images`, by video."""
    videos = {name: moving_texture(rng, (48, 64), SHIFTS) for name in VIDEOS}
    for name, images in videos.items():
        for t, image in enumerate(images):
            write_image(tmp_path / "images" / name / f"{t:04}.png", image)
    return videos


@pytest.fixture
def maps(tmp_path, rng, frames):
    """Label maps of noise below `maps`, by video."""
    videos = {}
    for name in VIDEOS:
        videos[name] = rng.integers(0, 4, (4, 48, 64), dtype="uint8")
        for t, labels in enumerate(videos[name]):
            write_ids(tmp_path / "maps" / name / f"{t:04}.png", labels)
    return videos


def smooth(tmp_path, predictions="maps", images="images", **arguments):
    return smooth_maps(
        str(tmp_path / predictions),
        str(tmp_path / images),
        str(tmp_path / "out"),
        progress=False,
        **arguments,
    )


def files_below(folder):
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*.*"))


def test_label_maps_are_smoothed_video_by_video(tmp_path, frames, maps):
    assert smooth(tmp_path, strength=0.6) == 8
    assert files_below(tmp_path / "out") == files_below(tmp_path / "maps")
    for name in VIDEOS:
        smoother = LabelSmoother(0.6)
        for t, (labels, image) in enumerate(zip(maps[name], frames[name], strict=True)):
            found = read_ids(str(tmp_path / "out" / name / f"{t:04}.png"))
            np.testing.assert_array_equal(found, smoother(labels, image))
    assert not np.array_equal(found, maps[name][-1])


def test_the_memory_starts_anew_where_frames_are_left_out(tmp_path, frames, maps):
    for folder in ("maps", "images"):
        (tmp_path / folder / "town/a" / "0002.png").rename(
            tmp_path / folder / "town/a" / "0009.png"
        )
        (tmp_path / folder / "town/a" / "0003.png").rename(
            tmp_path / folder / "town/a" / "0010.png"
        )
    smooth(tmp_path)
    found = read_ids(str(tmp_path / "out/town/a/0009.png"))
    np.testing.assert_array_equal(found, maps["town/a"][2])


@pytest.mark.parametrize("suffix", [".npy", ".npz"])
@pytest.mark.parametrize(
    "settings", [{}, {"hysteresis": 0.5}, {"hysteresis": 1.0, "probabilities": True}]
)
def test_scores_are_smoothed_and_drawn_at_the_images_size(
    settings, suffix, tmp_path, frames, rng
):
    scores = rng.random((4, 48, 64, 3)).astype("float32")
    scores /= scores.sum(axis=-1, keepdims=True)
    folder = tmp_path / "maps" / "town" / "a"
    folder.mkdir(parents=True)
    for t, array in enumerate(scores):
        if suffix == ".npy":
            np.save(folder / f"{t:04}.npy", array)
        else:
            np.savez_compressed(folder / f"{t:04}.npz", array)
    assert smooth(tmp_path, **settings) == 4
    smoother = FlowSmoother(0.75, **{"hysteresis": 0.0, **settings})
    for t, image in enumerate(frames["town/a"]):
        expected = smoother(scores[t], image).argmax(axis=-1)
        found = read_ids(str(tmp_path / "out" / "town" / "a" / f"{t:04}.png"))
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("settings", [{"hysteresis": 0.5}, {"probabilities": True}])
def test_settings_of_scores_are_refused_for_label_maps(
    settings, tmp_path, frames, maps
):
    with pytest.raises(ValueError, match=r"are for class scores, .* label maps only"):
        smooth(tmp_path, **settings)
    assert not (tmp_path / "out").exists()


def test_images_may_be_in_a_video_file(tmp_path, rng):
    images = moving_texture(rng, (64, 96), SHIFTS)
    with VideoWriter(str(tmp_path / "drive.mp4"), 25) as writer:
        for image in images:
            writer.write(image)
    for t in range(4):
        write_ids(tmp_path / "maps" / f"{t}.png", np.full((64, 96), t % 2, "uint8"))
    assert smooth(tmp_path, images="drive.mp4") == 4
    # A class of every second frame never lasts the three frames that it needs.
    inner = slice(10, -10), slice(10, -10)
    for t in range(4):
        found = read_ids(str(tmp_path / "out" / f"{t}.png"))
        assert (found[inner] == 0).mean() > 0.9


def test_a_prediction_without_image_is_named(tmp_path, frames, maps):
    (tmp_path / "images" / "town/a" / "0002.png").unlink()
    with pytest.raises(ValueError, match=r"a/0002\.png has no image in .*images"):
        smooth(tmp_path)
    assert not (tmp_path / "out").exists()


def test_a_fault_on_the_way_leaves_nothing(tmp_path, frames, maps):
    (tmp_path / "maps" / "town/b" / "0003.png").write_text("no image")
    with pytest.raises(ValueError, match=r"b/0003\.png"):
        smooth(tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["images", "maps"]


@pytest.mark.parametrize("size", [(48, 40), (64, 48), (24, 64), (52, 64)])
@pytest.mark.parametrize("kind", ["labels", "scores"])
def test_images_of_another_aspect_ratio_are_refused(kind, size, tmp_path, frames):
    (tmp_path / "maps/town/a").mkdir(parents=True)
    for t in range(2):
        file = tmp_path / "maps/town/a" / f"{t:04}"
        if kind == "labels":
            write_ids(f"{file}.png", np.zeros((4 * size[0], 4 * size[1]), "uint8"))
        else:
            np.save(f"{file}.npy", np.zeros((4 * size[0], 4 * size[1], 2), "float32"))
    with pytest.raises(ValueError, match=r"a/0000\.(png|npy): .*another aspect ratio"):
        smooth(tmp_path)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("size", [(13, 17), (12, 16), (96, 128), (11, 15)])
def test_grids_rounded_by_a_point_a_side_are_smoothed(size, tmp_path, frames):
    (tmp_path / "maps/town/a").mkdir(parents=True)
    for t in range(2):
        np.save(tmp_path / f"maps/town/a/{t:04}.npy", np.zeros((*size, 2), "float32"))
    assert smooth(tmp_path) == 2
    assert read_ids(str(tmp_path / "out/town/a/0001.png")).shape == (48, 64)


@pytest.mark.parametrize("strength", [-0.1, 1.0, float("nan")])
def test_a_strength_out_of_range_is_refused(strength, tmp_path, frames, maps):
    with pytest.raises(ValueError, match=r"at least 0 and below 1\. Received"):
        smooth(tmp_path, strength=strength)
    assert not (tmp_path / "out").exists()


def test_a_folder_that_holds_anything_is_left_alone(tmp_path, frames, maps):
    (tmp_path / "out").mkdir()
    smooth(tmp_path)
    with pytest.raises(FileExistsError, match="out is not empty"):
        smooth(tmp_path)
    before = files_below(tmp_path / "maps")
    with pytest.raises(FileExistsError, match="maps is not empty"):
        maps_dir = str(tmp_path / "maps")
        smooth_maps(maps_dir, str(tmp_path / "images"), maps_dir, progress=False)
    assert files_below(Path(tmp_path / "maps")) == before
