"""What is written of a segmented video: a video file, or a folder of PNGs."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import cv2
import numpy as np

from data.files.video.frame_stream import FrameStream
from data.files.video.writer import VideoWriter
from data.files.whole_file import refuse_full_folder, whole_folder
from data.labels.id_png import write_ids

KINDS = ("video", "overlays", "labels")
_DEFAULT_KINDS = ("overlays",)


class Outputs:
    """Writes every frame of a segmented video; all of it becomes visible at the end.

        with Outputs("segmented", ["video", "labels"], 25.0, read_frames(path)) as out:
            out.write(picture, labels, seconds)

    Args:
        path: A video file; or a new or empty folder for what `kinds` says: `video.mp4`,
            and PNGs of the pictures in `overlays/` and of the class ids in `labels/`;
            PNGs of one kind alone lie in the folder itself. They have the names of the
            source's images, or numbers. `None` to write nothing.
        kinds: Some of `KINDS`, for a folder; pictures by default.
        fps: Frames per second if the source has none.
        video: The source.

    Attributes:
        needs_pictures: Whether `write` needs the picture.

    Raises:
        FileExistsError: If a folder is wanted and `path` is a file, or not empty.
        ValueError: If `kinds` are not possible, or no frame was written.
        OSError: If it cannot be written.
    """

    def __init__(
        self, path: str | None, kinds: Sequence[str], fps: float, video: FrameStream
    ):
        self._stack = ExitStack()
        self._rate = video.fps or fps
        self._names = video.names
        self._sound = video.sound
        self._video: VideoWriter | None = None
        self._pictures: Path | None = None
        self._labels: Path | None = None
        self._count = 0
        self._path = path
        self._kinds = _checked_kinds(path, kinds)
        self.needs_pictures = not {"video", "overlays"}.isdisjoint(self._kinds)
        if path is not None and self._kinds != ("video",):
            refuse_full_folder(Path(path))

    def write(
        self, picture: np.ndarray | None, labels: np.ndarray, seconds: float | None
    ) -> None:
        """Writes the next frame.

        Args:
            picture: uint8 RGB (height, width, 3); may be `None` unless
                `needs_pictures`.
            labels: uint8 (height, width), class ids.
            seconds: Time of the frame, or `None`.
        """
        name = self._names[self._count] if self._names else f"{self._count:06d}"
        if picture is not None and self._video is not None:
            self._video.write(picture, seconds)
        if picture is not None and self._pictures is not None:
            encoded = cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
            (self._pictures / f"{name}.png").write_bytes(encoded[1].tobytes())
        if self._labels is not None:
            write_ids(self._labels / f"{name}.png", labels)
        self._count += 1

    def __enter__(self) -> "Outputs":
        if self._path is None:
            return self
        if self._kinds == ("video",) and not _is_folder(self._path):
            writer = VideoWriter(self._path, self._rate, self._sound)
            self._video = self._stack.enter_context(writer)
            return self
        folder = self._stack.enter_context(whole_folder(self._path))
        places = {
            kind: folder if len(self._kinds) == 1 else folder / kind
            for kind in self._kinds
            if kind != "video"
        }
        for place in places.values():
            place.mkdir(exist_ok=True)
        self._pictures, self._labels = places.get("overlays"), places.get("labels")
        if "video" in self._kinds:
            writer = VideoWriter(folder / "video.mp4", self._rate, self._sound)
            self._video = self._stack.enter_context(writer)
        return self

    def __exit__(self, error_type, error, trace) -> None:
        if error_type is None and not self._count and self._path is not None:
            error = ValueError(f"No frame was written to {self._path}")
            self._stack.__exit__(ValueError, error, None)
            raise error
        self._stack.__exit__(error_type, error, trace)


def _is_folder(path):
    return Path(path).is_dir() or not Path(path).suffix


def _checked_kinds(path, kinds):
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown:
        raise ValueError(f"`kinds` must be some of {KINDS}. Received: {unknown}")
    if path is None:
        if kinds:
            raise ValueError(f"`kinds` needs a folder to write. Received: {kinds}")
        return ()
    if _is_folder(path):
        return tuple(dict.fromkeys(kinds)) or _DEFAULT_KINDS
    if set(kinds) - {"video"}:
        raise ValueError(
            f"{path} is the name of a video file; {', '.join(kinds)} need a folder, "
            f"which is a name without a suffix"
        )
    return ("video",)
