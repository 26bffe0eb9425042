"""Videos read back from the shards that `driving_video` writes."""

from pathlib import Path

from data.dataset_info import IGNORE_LABEL
from data.labels import IndexEncoding
from data.stored_file import StoredFile
from data.video import Frame, Video

_CLASS_IDS = IndexEncoding(range(IGNORE_LABEL + 1))


def prepared_folder(dataset_name: str, data_dir: str) -> Path | None:
    """The newest shards of a data set below `data_dir`, None if there are none."""
    found = Path(data_dir).glob(f"driving_video/{dataset_name}/*/dataset_info.json")
    return max((file.parent for file in found), default=None)


def read_prepared_videos(folder, split: str) -> list[Video]:
    """The videos of a split, with frames and clips as the tree's reader gives them.

    Args:
        folder: From `prepared_folder`.
        split: One of the data set's.

    Raises:
        ValueError: If the split was not there when the shards were made.
    """
    import tensorflow_datasets as tfds

    builder = tfds.builder_from_directory(str(folder))
    splits = builder.info.metadata
    if split not in splits:
        raise ValueError(
            f"{folder} has no split {split!r}, only {', '.join(splits)}; it was not in "
            f"the tree when the shards were made"
        )
    source = builder.as_data_source("frames")
    return [_video(listed, source, f"{folder}/{split}") for listed in splits[split]]


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
