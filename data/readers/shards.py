"""Videos read back from the shards that `driving_video` writes."""

import re
from pathlib import Path

from data.files.stored_file import StoredFile
from data.labels.encodings import IGNORE_LABEL, IndexEncoding
from data.readers.dataset_info import DatasetInfo
from data.videos.video import Frame, Video

FRAMES = "frames"  # the split of all; TFDS keeps names such as "all" for itself
_METADATA = {"facts", "videos", "left_out"}
_CLASS_IDS = IndexEncoding(range(IGNORE_LABEL + 1))
_VERSION = re.compile(r"\d+\.\d+\.\d+")  # other folders are what a crash left behind


def prepared_folder(dataset_name: str, data_dir: str) -> Path | None:
    """The newest shards of a data set below `data_dir`, None if there are none."""
    found = Path(data_dir).glob(f"driving_video/{dataset_name}/*/dataset_info.json")
    folders = [f.parent for f in found if _VERSION.fullmatch(f.parent.name)]
    return max(folders, default=None)


def read_prepared_info(folder: Path) -> DatasetInfo:
    """The facts of the data set, as they were when its shards were made.

    The ids in the shards are those of these classes, so the two stay together.

    Args:
        folder: From `prepared_folder`.

    Raises:
        ValueError: If the files that describe the shards are damaged.
    """
    facts = _open(folder)[1]["facts"]
    return DatasetInfo(**{name: _in_tuples(value) for name, value in facts.items()})


def splits_left_out(folder: Path) -> dict[str, str]:
    """For each split that the tree did not have, the sentence that says so."""
    return _open(folder)[1]["left_out"]


def read_prepared_videos(folder: Path, split: str) -> list[Video]:
    """The videos of a split, with frames and clips as the tree's reader gives them.

    Args:
        folder: From `prepared_folder`.
        split: One of the data set's.

    Raises:
        FileNotFoundError: If the split was not there when the shards were made.
        ValueError: If the data set has no such split, or the files that describe the
            shards are damaged.
    """
    builder, metadata = _open(folder)
    if split in metadata["left_out"]:
        raise FileNotFoundError(
            f"{folder} has no split {split!r}, only {', '.join(metadata['videos'])}; "
            f"when the shards were made, {metadata['left_out'][split]}"
        )
    read_prepared_info(folder).check_split(split)
    source = builder.as_data_source(FRAMES)
    listed = metadata["videos"][split]
    return [_video(video, source, f"{folder}/{split}") for video in listed]


def _open(folder):
    """What TFDS makes of the folder, and the metadata that `driving_video` wrote."""
    import tensorflow_datasets as tfds
    from google.protobuf.json_format import ParseError

    try:
        builder = tfds.builder_from_directory(str(folder))
        metadata = builder.info.metadata
        damage = "" if metadata.keys() >= _METADATA else "metadata.json lacks something"
    except (OSError, ValueError, ParseError) as error:
        damage = " ".join(str(error).split())
    if damage:
        raise ValueError(
            f"{folder} holds shards whose description (dataset_info.json, "
            f"features.json, metadata.json) cannot be read: {damage}"
        )
    return builder, metadata


def _in_tuples(value):
    """A value from JSON, with tuples for its lists."""
    return tuple(map(_in_tuples, value)) if isinstance(value, list) else value


def _video(listed, source, where):
    def stored(part, number, example):
        name = f"{where}, {listed['name']}, {part} {number}"
        return StoredFile(source, example, part, name)

    columns = (listed[name] for name in ("numbers", "examples", "labelled"))
    frames = tuple(
        Frame(
            image=stored("image", number, example),
            label=stored("label", number, example) if labelled else None,
            number=number,
        )
        for number, example, labelled in zip(*columns, strict=True)
    )
    return Video(listed["name"], frames, listed["spacing"], _CLASS_IDS)
