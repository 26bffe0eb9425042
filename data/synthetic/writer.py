"""Writing rendered frames in the layout of Virtual KITTI 1.3.1."""

from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from data.synthetic.render import Renderer

_RGB = "vkitti_1.3.1_rgb"
_SCENEGT = "vkitti_1.3.1_scenegt"
_COLOURS = {
    "Terrain": (210, 0, 200),
    "Sky": (90, 200, 255),
    "Tree": (0, 199, 0),
    "Vegetation": (90, 240, 0),
    "Building": (140, 140, 140),
    "Road": (100, 60, 100),
    "GuardRail": (255, 100, 255),
    "TrafficSign": (255, 255, 0),
    "TrafficLight": (200, 200, 0),
    "Pole": (255, 130, 0),
    "Misc": (80, 80, 80),
    "Truck": (160, 60, 60),
}


class VirtualKittiWriter:
    """Writes the frames of one video; several processes may write one video.

    Args:
        root: Folder that gets `vkitti_1.3.1_rgb` and `vkitti_1.3.1_scenegt`.
        world: Number of the world, 0 to 9999.
        variation: Name of the weather.
        names: What each label means, from `Renderer.names`.
    """

    def __init__(self, root: Path, world: int, variation: str, names: tuple[str, ...]):
        self._images = root / _RGB / f"{world:04d}" / variation
        self._labels = root / _SCENEGT / f"{world:04d}" / variation
        self._encoding = (
            root / _SCENEGT / f"{world:04d}_{variation}_scenegt_rgb_encoding.txt"
        )
        self._names = names
        self._palette = label_colours(names, world)

    def write_encoding(self) -> None:
        """Writes the file that says which class or instance each label colour means."""
        self._encoding.parent.mkdir(parents=True, exist_ok=True)
        lines = ["Category(:id) r g b"]
        for name, colour in zip(self._names, self._palette.tolist(), strict=True):
            lines.append(" ".join([name, *map(str, colour)]))
        self._encoding.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def write_frame(self, frame: int, image: np.ndarray, label: np.ndarray) -> None:
        """Writes a uint8 `(h, w, 3)` RGB image and `(h, w)` indices into the names."""
        pictures = (self._images, image), (self._labels, self._palette[label])
        for folder, picture in pictures:
            folder.mkdir(parents=True, exist_ok=True)
            encoded = cv2.imencode(".png", picture[..., ::-1])[1]
            # OpenCV's own writer does not say why it fails.
            (folder / f"{frame:05d}.png").write_bytes(encoded.tobytes())


def label_colours(names: tuple[str, ...], world: int) -> np.ndarray:
    """Returns the label colour of each name, uint8 `(len(names), 3)`, all different.

    Each car and van has a colour of its own, which differs from world to world.
    """
    rng = np.random.default_rng(world)
    taken: set[tuple[int, ...]] = set(_COLOURS.values())
    colours = []
    for name in names:
        colour: tuple[int, ...] | None = _COLOURS.get(name)
        while colour is None:
            drawn = tuple(rng.integers(20, 256, 3).tolist())
            colour = None if drawn in taken else drawn
        taken.add(colour)
        colours.append(colour)
    return np.array(colours, np.uint8)


def render_frames(
    root: Path,
    video: tuple[int, str],
    frames: range,
    seed: int,
    num_frames: int,
    image_size: tuple[int, int],
) -> int:
    """Renders and writes some frames of a video, and its encoding file.

    Args:
        root: Folder of the data set.
        video: (world, variation).
        frames: Numbers of the frames to draw.
        seed: Of the data set.
        num_frames: Length of the whole video.
        image_size: (height, width) in pixels.

    Returns:
        The number of frames written.
    """
    world, variation = video
    renderer = _renderer(seed, world, variation, num_frames, image_size)
    writer = VirtualKittiWriter(root, world, variation, renderer.names)
    if 0 in frames:
        writer.write_encoding()
    for frame in frames:
        image, label, _ = renderer.draw(frame)
        writer.write_frame(frame, image, label)
    return len(frames)


@lru_cache(maxsize=1)  # the next frames are usually of the same video
def _renderer(*arguments):
    return Renderer(*arguments)
