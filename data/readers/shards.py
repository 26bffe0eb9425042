"""Videos read back from the shards that `driving_video` writes."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from data.files.images import StoredFile
from data.labels.encodings import ids_and_255
from data.readers.dataset_info import (
    DatasetInfo,
    are_counts,
    info_from_json,
    is_name_list,
)
from data.videos.video import Frame, Video

FRAMES = "frames"  # the split of all frames; TFDS reserves names such as "all"
_KEYS_OF_VIDEOS = {"name", "spacing", "numbers", "labelled", "examples"}
_NOTE = "order_note"  # older shards lack it
_VERSION = re.compile(r"\d+\.\d+\.\d+")  # other folders were left by a crash


def prepared_folder(dataset_name: str, data_dir: str) -> Path | None:
    """The newest shards of a data set below `data_dir`, None if there are none."""
    found = Path(data_dir).glob(f"driving_video/{dataset_name}/*/dataset_info.json")
    folders = [f.parent for f in found if _VERSION.fullmatch(f.parent.name)]
    return max(folders, default=None)


def read_prepared_info(folder: Path) -> DatasetInfo:
    """The facts of the data set at the time when its shards were made.

    The ids in the shards belong to these classes.

    Args:
        folder: From `prepared_folder`.

    Raises:
        ValueError: If the files that describe the shards are damaged.
    """
    return _open(folder).info


def splits_left_out(folder: Path) -> dict[str, str]:
    """For each split that was not in the tree, the reason as a sentence."""
    return _open(folder).left_out


def read_prepared_videos(folder: Path, split: str) -> list[Video]:
    """The videos of a split, with the frames that the reader of the tree gives.

    Args:
        folder: From `prepared_folder`.
        split: One of the data set's.

    Raises:
        FileNotFoundError: If the split did not exist when the shards were made.
        ValueError: If the data set has no such split, or the files that describe the
            shards are damaged.
    """
    shards = _open(folder)
    if split in shards.left_out:
        raise FileNotFoundError(
            f"{folder} has no split {split!r}, only {', '.join(shards.videos)}; "
            f"when the shards were made, {shards.left_out[split]}"
        )
    shards.info.check_split(split)
    return [
        _video(video, shards, f"{folder}/{split}") for video in shards.videos[split]
    ]


@dataclass(frozen=True)
class _Shards:
    """What the files in a folder of shards describe.

    Attributes:
        info: Facts of the data set.
        videos: What `metadata.json` says of each video, by split.
        left_out: Why a split is missing, by split.
        frames: Random access to the stored frames.
        has_names: Whether each frame is stored with its name.
    """

    info: DatasetInfo
    videos: dict[str, list[dict[str, Any]]]
    left_out: dict[str, str]
    frames: Sequence[Mapping[str, bytes]]
    has_names: bool


def _open(folder: Path) -> _Shards:
    """Opens the shards, and checks that all that describes them fits together."""
    import tensorflow_datasets as tfds
    from google.protobuf.json_format import ParseError

    try:
        builder = tfds.builder_from_directory(str(folder))
        frames = builder.as_data_source(FRAMES)
        has_names = "frame" in builder.info.features
        return _checked(builder.info.metadata, frames, has_names)
    # TFDS raises whatever Python does where a JSON file holds other types or too many
    # levels.
    except (
        *(AttributeError, LookupError, OSError, ParseError, RuntimeError),
        *(TypeError, ValueError),
    ) as error:
        damage = " ".join(str(error).split())
        raise ValueError(
            f"{folder} holds shards whose description (dataset_info.json, "
            f"features.json, metadata.json) cannot be read: {damage}"
        ) from None


def _checked(
    metadata: Any, frames: Sequence[Mapping[str, bytes]], has_names: bool
) -> _Shards:
    if not isinstance(metadata, dict) or not metadata.keys() >= {
        *("facts", "videos", "left_out"),
    }:
        raise ValueError("metadata.json lacks facts, videos or left_out")
    info = info_from_json(metadata["facts"])
    videos, left_out = metadata["videos"], metadata["left_out"]
    if not (isinstance(videos, dict) and isinstance(left_out, dict)):
        raise ValueError("videos and left_out in metadata.json must be objects")
    if {*videos, *left_out} != {*info.splits}:
        raise ValueError("metadata.json must describe every split, and no other")
    if not all(isinstance(reason, str) for reason in left_out.values()):
        raise ValueError("left_out in metadata.json must hold sentences")
    for split, listed in videos.items():
        if not isinstance(listed, list):
            raise ValueError(f"videos in metadata.json must be a list for {split}")
        for video in listed:
            if not _is_video(video, len(frames)):
                raise ValueError(f"a video of {split} in metadata.json is wrong")
    return _Shards(info, videos, left_out, frames, has_names)


def _is_video(video: Any, num_examples: int) -> bool:
    """Whether a value from JSON describes a video of frames in the shards."""
    if not isinstance(video, dict) or {*video} - {_NOTE} != _KEYS_OF_VIDEOS:
        return False
    if not isinstance(video.get(_NOTE), str | None):
        return False
    numbers, labelled, examples = (
        video[key] for key in ("numbers", "labelled", "examples")
    )
    return (
        is_name_list([video["name"]])
        and are_counts([video["spacing"]])
        and are_counts(numbers)
        and all(before < after for before, after in pairwise(numbers))
        and are_counts(examples)
        and all(example < num_examples for example in examples)
        and isinstance(labelled, list)
        and all(isinstance(value, bool) for value in labelled)
        and 0 < len(numbers) == len(examples) == len(labelled)
    )


def frame_name(video: str, number: int) -> str:
    """The name of a frame in a shard, by which it can be told from all others."""
    return f"{video}/{number}"


def _video(listed: Mapping[str, Any], shards: _Shards, where: str) -> Video:
    video = listed["name"]

    def stored(part: str, number: int, example: int) -> StoredFile:
        name = f"{where}, {video}, {part} {number}"
        frame = frame_name(video, number) if shards.has_names else None
        return StoredFile(shards.frames, example, part, name, frame)

    columns = (listed[name] for name in ("numbers", "examples", "labelled"))
    frames = tuple(
        Frame(
            image=stored("image", number, example),
            label=stored("label", number, example) if labelled else None,
            number=number,
        )
        for number, example, labelled in zip(*columns, strict=True)
    )
    encoding = ids_and_255(range(len(shards.info.classes)))
    return Video(video, frames, listed["spacing"], encoding, listed.get(_NOTE))
