"""What is suspicious about images that can be read without an error."""

from collections.abc import Sequence

from tqdm import tqdm

from data.files.image_header import exif_orientation, is_jpeg
from data.files.images import ImagePath, read_bytes, read_undamaged_image
from data.files.read_ahead import read_ahead
from data.videos.label_counts import labelled_frames
from data.videos.video import Frame, Video

_MOST_IMAGES = 200  # that are read before a training


def sampled_image_warnings(videos: Sequence[Video], progress: bool = True) -> list[str]:
    """What is suspicious about the images of some videos, one sentence each.

    Those with a label count, and at most 200 are read, evenly spread over the videos.

    Raises:
        FileNotFoundError: If an image is missing.
        ValueError: If one cannot be read.
    """
    frames = labelled_frames(videos, _MOST_IMAGES)
    found = tqdm(
        read_ahead(_look_at, frames),
        total=len(frames),
        unit="image",
        desc="looking at images",
        disable=not progress or None,
        leave=False,
    )
    damages, turned = zip(*found, strict=True) if frames else ((), ())
    return [
        *_damage_warnings([damage for damage in damages if damage], len(frames)),
        *_exif_warnings([image for image in turned if image], len(frames)),
    ]


def _look_at(labelled: tuple[Video, Frame]) -> tuple[str | None, ImagePath | None]:
    """What is damaged, and the image if EXIF data rotate it."""
    image = labelled[1].image
    encoded = read_bytes(image)
    turned = image if exif_orientation(encoded) != 1 else None
    if not is_jpeg(encoded):
        return None, turned
    try:
        read_undamaged_image(image)
    except ValueError as error:
        return str(error), turned
    return None, turned


def _damage_warnings(damages, total):
    if damages:
        yield (
            f"{len(damages)} of {total} images are damaged, and the parts that cannot "
            f"be decoded are trained on as grey or noise: {damages[0]}"
        )


def _exif_warnings(turned, total):
    if turned:
        yield (
            f"{len(turned)} of {total} images are rotated or mirrored because of their "
            f"EXIF data, such as {turned[0]}; their labels must match the images as "
            f"they are shown, which `show_data` can tell"
        )
