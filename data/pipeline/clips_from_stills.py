"""Video from one labelled still: a moving camera, moving objects, a noisy sensor."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from data.labels.encodings import IGNORE_LABEL
from data.pipeline.augment import empty_for_tensorflow
from data.pipeline.camera_motion import CameraMotion, camera_path, place_in_source
from data.pipeline.image_noise import ImageNoise, disturb
from data.pipeline.moving_objects import Layer, cut_object, moving_object

BLOCK = 8  # side in pixels of the blocks that batches have a vector of flow for


@dataclass(frozen=True)
class StillMotion:
    """Ranges of the random changes that make a clip from a still.

    Attributes:
        camera: How the camera moves.
        noise: How the frames are disturbed.
        flip: Whether half of the clips are mirrored left to right.
    """

    camera: CameraMotion = field(default_factory=CameraMotion)
    noise: ImageNoise = field(default_factory=ImageNoise)
    flip: bool = True


@dataclass(frozen=True)
class MovingPicture:
    """A clip as layers with known motion, the background first.

    Attributes:
        layers: From behind to the front.
        size: (height, width) of the frames.
    """

    layers: tuple[Layer, ...]
    size: tuple[int, int]

    def __len__(self):
        return len(self.layers[0].transforms)

    def images(self) -> np.ndarray:
        """uint8 RGB (num_frames, height, width, 3), bilinear, not yet disturbed."""
        frames = empty_for_tensorflow((len(self), *self.size, 3))
        for t, frame in enumerate(frames):
            for layer in self.layers:
                image = self._warped(layer.image, layer, t, cv2.INTER_LINEAR)
                if layer.mask is None:
                    frame[...] = image
                else:
                    np.copyto(frame, image, where=self._covers(layer, t)[..., None])
        return frames

    def labels(self) -> np.ndarray:
        """uint8 (num_frames, height, width), nearest."""
        maps = np.empty((len(self), *self.size), np.uint8)
        for t, labels in enumerate(maps):
            for layer in self.layers:
                ids = self._warped(
                    layer.label, layer, t, cv2.INTER_NEAREST, IGNORE_LABEL
                )
                np.copyto(labels, ids, where=self._covers(layer, t))
        return maps

    def backward_flow(self, block: int = 1) -> np.ndarray:
        """Where the pixels of a frame were in the frame before it.

        Args:
            block: Only the pixels in the middle of blocks of this side are looked at.

        Returns:
            float32 (num_frames - 1, height / block, width / block, 2), rounded up:
            pixel (x, y) of frame t + 1 was at (x, y) + flow[t, y, x] in frame t, in
            pixels to the right and down, possibly outside of it; NaN where something
            covered it.
        """
        rows, columns = (_middles(side, block) for side in self.size)
        x, y = np.meshgrid(columns, rows)
        here = np.stack([x, y], axis=-1).astype(np.float32)
        flow = np.empty((len(self) - 1, *x.shape, 2), np.float32)
        front = self._front_layer(0)
        for t in range(len(self) - 1):
            before, front = front, self._front_layer(t + 1)
            for number, layer in enumerate(self.layers):
                back = np.linalg.solve(layer.transforms[t], layer.transforms[t + 1])
                source = here @ back[:2, :2].T.astype(np.float32) + np.float32(
                    back[:2, 2]
                )
                source[self._hidden(before, source, number)] = np.nan
                shown = front[np.ix_(rows, columns)] == number
                np.copyto(flow[t], source - here, where=shown[..., None])
        return flow

    def _hidden(self, front, source, number):
        """Where a layer is covered or absent at the places of `source`, in frame t."""
        height, width = self.size
        x, y = np.rint(source).astype(np.intp).transpose(2, 0, 1)
        inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
        x, y = np.clip(x, 0, width - 1), np.clip(y, 0, height - 1)
        return inside & (front[y, x] != number)

    def _front_layer(self, t):
        front = np.zeros(self.size, np.uint8)
        for number, layer in enumerate(self.layers[1:], start=1):
            front[self._covers(layer, t)] = number
        return front

    def _covers(self, layer, t):
        if layer.mask is None:
            return np.ones(self.size, bool)
        return self._warped(layer.mask, layer, t, cv2.INTER_NEAREST, 0) > 0

    def _warped(self, source, layer, t, interpolation, outside=None):
        height, width = self.size
        return cv2.warpAffine(
            source,
            layer.transforms[t][:2],
            (width, height),
            flags=interpolation | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE if outside is None else cv2.BORDER_CONSTANT,
            borderValue=outside or 0,
        )


def moving_picture(
    image: np.ndarray,
    label: np.ndarray,
    num_frames: int,
    size: tuple[int, int],
    motion: StillMotion,
    rng: np.random.Generator,
    donors: Sequence[tuple[np.ndarray, np.ndarray]] = (),
) -> MovingPicture:
    """Draws the motion of a clip from one labelled still.

    Every frame is one warp of the full-size still, and nothing beyond its border is
    ever shown.

    Args:
        image: uint8 RGB (source height, source width, 3).
        label: uint8 (source height, source width), 255 ignored.
        num_frames: Number of frames of the clip, at least 1.
        size: (height, width) of the frames.
        motion: What may happen.
        rng: Where it is drawn from.
        donors: Other stills, image and label; each gives one moving object if it has
            one of a rare class.
    """
    camera = motion.camera
    path = camera_path(num_frames, size, camera, rng)
    scale = rng.uniform(*camera.scale)
    mirrored = motion.flip and rng.random() < 0.5
    placed = place_in_source(path, size, label.shape[:2], scale, mirrored, rng)
    layers = [Layer(image, label, None, placed @ path)]
    pixels = abs(placed[0, 0]), placed[1, 1]
    for donor in donors:
        cut = cut_object(*donor, rng)
        if cut is not None:
            layers.append(moving_object(cut, path, size, pixels, rng))
    return MovingPicture(tuple(layers), size)


def clip_from_still(
    image: np.ndarray,
    label: np.ndarray,
    num_frames: int,
    size: tuple[int, int],
    motion: StillMotion,
    rng: np.random.Generator,
    donors: Sequence[tuple[np.ndarray, np.ndarray]] = (),
    with_flow: bool = False,
    flow_block: int = 1,
) -> tuple[np.ndarray, ...]:
    """A clip of any length from one labelled still; arguments: `moving_picture`.

    Args:
        with_flow: Whether to give the flow as well.
        flow_block: `block` of `MovingPicture.backward_flow`.

    Returns:
        Images uint8 (num_frames, height, width, 3), labels uint8 (num_frames, height,
        width) and, with `with_flow`, `MovingPicture.backward_flow`.
    """
    picture = moving_picture(image, label, num_frames, size, motion, rng, donors)
    images = picture.images()
    disturb(images, motion.noise, rng)
    if with_flow:
        return images, picture.labels(), picture.backward_flow(flow_block)
    return images, picture.labels()


def _middles(side, block):
    """The pixel in the middle of each of the blocks along a side."""
    blocks = -(-side // block)
    return (2 * np.arange(blocks) + 1) * side // (2 * blocks)
