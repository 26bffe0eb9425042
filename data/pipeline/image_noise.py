"""Changes from frame to frame as in a real camera: noise, brightness, blur, JPEG."""

from dataclasses import dataclass
from statistics import NormalDist

import cv2
import numpy as np

# Numbers that are equally likely and together normally distributed, with variance 1. To
# draw from them takes a tenth of the time of drawing from the normal distribution.
_NORMAL = np.array([NormalDist().inv_cdf((i + 0.5) / 256) for i in range(256)])
_NORMAL = (_NORMAL / _NORMAL.std()).astype(np.float32)


@dataclass(frozen=True)
class ImageNoise:
    """How the frames of a clip are disturbed.

    Attributes:
        noise: Largest standard deviation of Gaussian noise, in grey levels; the clip
            draws its own.
        noise_share: Share of clips with noise.
        gain: Standard deviation of the factor on brightness, drawn for each frame.
        blur: Largest standard deviation of Gaussian blur, in pixels, drawn for each
            frame.
        blur_share: Share of clips with blur.
        jpeg_quality: Smallest and largest quality, drawn for each frame.
        jpeg_share: Share of frames that are compressed.
    """

    noise: float = 9.0
    noise_share: float = 0.8
    gain: float = 0.02
    blur: float = 0.7
    blur_share: float = 0.25
    jpeg_quality: tuple[int, int] = (50, 95)
    jpeg_share: float = 0.5


NO_NOISE = ImageNoise(
    noise=0.0, noise_share=0.0, gain=0.0, blur=0.0, blur_share=0.0, jpeg_share=0.0
)


def disturb(images: np.ndarray, settings: ImageNoise, rng: np.random.Generator) -> None:
    """Changes the frames of a clip in place, independently of each other.

    Args:
        images: uint8 RGB (num_frames, height, width, 3).
        settings: How far they are disturbed.
        rng: Where the disturbances are drawn from.
    """
    noise = rng.uniform(0, settings.noise) * (rng.random() < settings.noise_share)
    blurred = rng.random() < settings.blur_share
    for image in images:
        if blurred:
            sigma = rng.uniform(0, settings.blur)
            if sigma > 0.1:  # below, the kernel is a single pixel
                cv2.GaussianBlur(image, (0, 0), sigma, dst=image)
        gain = rng.normal(1, settings.gain)
        if noise or settings.gain:
            _add(image, gain, noise, rng)
        if rng.random() < settings.jpeg_share:
            _compress(image, int(rng.integers(*settings.jpeg_quality, endpoint=True)))


def _add(image, gain, noise, rng):
    if not noise:
        cv2.convertScaleAbs(image, dst=image, alpha=max(gain, 0.0))
        return
    drawn = np.frombuffer(rng.bytes(image.size), np.uint8).reshape(image.shape)
    grain = cv2.LUT(drawn, _NORMAL * np.float32(noise))
    cv2.addWeighted(image, gain, grain, 1, 0, dst=image, dtype=cv2.CV_8U)


def _compress(image, quality):
    # The order of the channels would only matter to the weights of brightness.
    _, encoded = cv2.imencode(
        ".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality]
    )
    image[...] = np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR))[..., ::-1]
