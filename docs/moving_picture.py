r"""Makes the moving picture of README out of the demo's video.

    make demo
    .venv/bin/python -m docs.moving_picture demo/comparison.mp4 docs/images/flicker.webp

The picture is an animated WebP. Quality is lowered until the file is small enough.
"""

import argparse
import io
from itertools import islice
from pathlib import Path

import cv2
from PIL import Image

from data.files.video.reader import read_frames
from data.files.whole_file import whole_file

_QUALITIES = range(90, 9, -10)  # percent


def moving_picture(
    video: Path, output: Path, width: int, num_frames: int, most_bytes: int
) -> int:
    """Writes the first frames of a video as an animated WebP; returns its quality.

    Args:
        video: Video file.
        output: File to write.
        width: Of the picture, in pixels.
        num_frames: How many frames at most.
        most_bytes: Size that the file may have.

    Raises:
        ValueError: If the lowest quality is still too large.
    """
    stream = read_frames(video)
    height = round(width * stream.size[0] / stream.size[1])
    frames = [
        Image.fromarray(
            cv2.resize(frame, (width, height), interpolation=cv2.INTER_AREA)
        )
        for frame in islice(stream, num_frames)
    ]
    for quality in _QUALITIES:
        encoded = _encoded(frames, 1000 / (stream.fps or 10), quality)
        if len(encoded) <= most_bytes:
            with whole_file(output) as temporary:
                temporary.write_bytes(encoded)
            return quality
    raise ValueError(
        f"{output} would have {len(encoded)} bytes at the lowest quality, more than "
        f"{most_bytes}; take fewer frames or a smaller --width"
    )


def _encoded(frames, milliseconds, quality):
    stream = io.BytesIO()
    first, *others = frames
    first.save(
        stream,
        "WEBP",
        save_all=True,
        append_images=others,
        duration=round(milliseconds),
        loop=0,
        quality=quality,
        method=4,
    )
    return stream.getvalue()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("video", type=Path, help="video file of the demo")
    parser.add_argument("output", type=Path, help="WebP file to write")
    parser.add_argument("--width", type=int, default=1200, help="pixels")
    parser.add_argument("--frames", type=int, default=60, help="how many at most")
    parser.add_argument("--bytes", type=int, default=2_900_000, help="size at most")
    found = parser.parse_args()
    quality = moving_picture(
        found.video, found.output, found.width, found.frames, found.bytes
    )
    size = found.output.stat().st_size
    print(f"{found.output}: {size / 1e6:.2f} MB, quality {quality}")


if __name__ == "__main__":
    main()
