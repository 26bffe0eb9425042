"""The data sets as TensorFlow Datasets: a tree of files turned into shards.

Every frame is stored once, even if it is part of several clips: the image as the bytes
of its file, the label as a PNG of class ids. Meant for disks on which many small files
are slow.
"""

import os
import shutil
import sys
from contextlib import redirect_stdout
from dataclasses import asdict
from io import StringIO
from pathlib import Path
from typing import Any, ClassVar

import cv2
import tensorflow as tf
import tensorflow_datasets as tfds

from data.datasets.open_dataset import DATASET_NAMES, open_dataset
from data.files.images import read_bytes
from data.files.listing import list_folder
from data.files.whole_file import whole_folder
from data.readers.shards import FRAMES, frame_name, prepared_folder
from data.videos.selection import VideoSelection, list_videos, names_of
from data.videos.video import Frame, Video, require_whole

VERSION = "1.1.0"  # 1.0.0 stored no names of frames
_NAME = "driving_video"
_EVERY_VIDEO = VideoSelection()
Examples = dict[Frame, tuple[int, Video]]  # the number of each frame, and its video


class _OwnInfo(tfds.core.DatasetInfo):
    """The description of a data set that TFDS's own servers do not have."""

    def initialize_from_bucket(self) -> None:
        """Does nothing, where TFDS would leave an empty folder behind."""


class DrivingVideo(tfds.core.GeneratorBasedBuilder):
    """Videos of one of `DATASET_NAMES`, which is the name of the config.

    `download_and_prepare` reads the tree from the manual folder, with the reader of
    that data set. All frames are examples of one split, `FRAMES`: `image` and `label`
    are the bytes of image files; `label` is empty if there is none. `frame` is the name
    of the frame, by which its reader knows that the shard and the metadata belong
    together.

    `info.metadata` holds the `facts` of the data set, such as its classes; the `videos`
    of each of its splits, with the numbers of their frames among the examples; and the
    splits `left_out` because they are not in the tree, each with the reason.

    Attributes:
        selection: Which videos to take, all by default; set before
            `download_and_prepare`.
    """

    VERSION = tfds.core.Version(VERSION)
    selection = _EVERY_VIDEO
    BUILDER_CONFIGS: ClassVar = [
        tfds.core.BuilderConfig(name=name) for name in DATASET_NAMES
    ]
    MANUAL_DOWNLOAD_INSTRUCTIONS = (
        "The tree as the owner of the data set distributes it, if necessary after "
        "registration."
    )

    def _info(self):
        return _OwnInfo(
            builder=self,
            features=tfds.features.FeaturesDict(
                {
                    "image": tfds.features.Tensor(shape=(), dtype=tf.string),
                    "label": tfds.features.Tensor(shape=(), dtype=tf.string),
                    "frame": tfds.features.Tensor(shape=(), dtype=tf.string),
                }
            ),
            disable_shuffling=True,
            metadata=tfds.core.MetadataDict(),
        )

    def _split_generators(self, dl_manager):
        tree = str(dl_manager.manual_dir)
        dataset = open_dataset(self.builder_config.name, tree)
        examples: Examples = {}
        videos, left_out, names = {}, {}, []
        for split in dataset.info.splits:
            try:
                found, faults = list_videos(dataset.read_videos, tree, split)
            except FileNotFoundError as error:
                left_out[split] = str(error)
                continue
            names += names_of(found, faults)
            found = [video for video in found if self.selection.takes(video.name)]
            require_whole(found, [f for f in faults if self.selection.concerns(f)])
            videos[split] = [_listed(video, examples) for video in found]
        self.selection.check(names)
        if not examples:
            raise FileNotFoundError(next(iter(left_out.values())))
        facts = asdict(dataset.info)
        self.info.metadata.update(facts=facts, videos=videos, left_out=left_out)
        return {FRAMES: self._generate_examples(examples)}

    def _generate_examples(self, examples):
        for frame, (number, video) in examples.items():
            label = b""
            if frame.label is not None:
                ids = video.read_label(frame)
                label = cv2.imencode(".png", ids)[1].tobytes()
            name = os.fsencode(frame_name(video.name, frame.number))
            image = read_bytes(frame.image)
            yield number, {"image": image, "label": label, "frame": name}


def _listed(video: Video, examples: Examples) -> dict[str, Any]:
    """The metadata of a video; adds its frames to `examples`, each once."""
    for frame in video.frames:
        examples.setdefault(frame, (len(examples), video))
    return {
        "name": video.name,
        "spacing": video.spacing,
        "numbers": [frame.number for frame in video.frames],
        "labelled": [frame.label is not None for frame in video.frames],
        "examples": [examples[frame][0] for frame in video.frames],
        "order_note": video.order_note,
    }


def prepare(
    dataset_name: str,
    data_dir: str,
    out_dir: str,
    selection: VideoSelection = _EVERY_VIDEO,
) -> Path:
    """Turns the tree in `data_dir` into shards below `out_dir`; returns their folder.

    Args:
        dataset_name: One of `DATASET_NAMES`.
        data_dir: Folder of the data set.
        out_dir: Folder for the shards of any number of data sets.
        selection: Which videos to take.

    Raises:
        FileExistsError: If there are shards of this data set already.
        FileNotFoundError: If no split is in `data_dir`, or a file is missing.
        OSError: If the shards cannot be written.
        ValueError: If a file cannot be read, `selection` has a pattern that matches
            no video, or `data_dir` holds shards.
    """
    folder = Path(out_dir).absolute() / _NAME / dataset_name / VERSION
    if folder.exists():
        raise FileExistsError(
            f"{folder} exists already; remove it to make the shards again, or choose "
            f"another folder for them"
        )
    if prepared_folder(dataset_name, data_dir):
        raise ValueError(
            f"{data_dir} holds shards of {dataset_name} already; give the folder that "
            f"they were made from"
        )
    _require_files(dataset_name, data_dir)
    if not sys.stderr.isatty():
        tfds.disable_progress_bar()  # its lines are for terminals
    # What TFDS prints is about downloads, of which there are none.
    with whole_folder(folder) as temporary, redirect_stdout(StringIO()):
        draft = temporary / "draft"
        builder = DrivingVideo(
            config=dataset_name, data_dir=str(draft), file_format="array_record"
        )
        builder.selection = selection
        try:
            builder.download_and_prepare(
                download_config=tfds.download.DownloadConfig(manual_dir=data_dir)
            )
        except RuntimeError as error:  # a full disk, and others
            reason = str(error).split("; writing ")[0].split("\n")[0]
            raise OSError(f"{folder} cannot be written: {reason}") from None
        for file in Path(builder.data_dir).iterdir():
            file.rename(temporary / file.name)
        shutil.rmtree(draft)
    return folder


def _require_files(dataset_name: str, data_dir: str) -> None:
    """Raises the error of the reader if `data_dir` is missing or holds nothing.

    Otherwise TFDS would raise its own error.
    """
    if not Path(data_dir).is_dir() or not list_folder(Path(data_dir)):
        dataset = open_dataset(dataset_name, data_dir)
        dataset.read_videos(data_dir, dataset.info.splits[0])
