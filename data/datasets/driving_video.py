"""The data sets as TensorFlow Datasets: a tree of files turned into shards.

Every frame is stored once, whatever clips it is part of, with its file's own bytes; its
label as a PNG of class ids. Made for disks on which many small files are slow.
"""

import shutil
from contextlib import redirect_stdout
from dataclasses import asdict
from io import StringIO
from pathlib import Path
from typing import ClassVar

import cv2
import tensorflow as tf
import tensorflow_datasets as tfds

from data.datasets.open_dataset import DATASET_NAMES, open_dataset
from data.files.images import read_bytes
from data.files.whole_file import whole_folder
from data.readers.shards import FRAMES
from data.videos.video import IncompleteVideosError

VERSION = "1.0.0"


class DrivingVideo(tfds.core.GeneratorBasedBuilder):
    """Videos of one of `DATASET_NAMES`, which is the name of the config.

    `download_and_prepare` reads the tree from the manual folder, with the reader of
    that data set. All frames are examples of one split, `FRAMES`: `image` and `label`
    are the bytes of image files, the label's empty where there is none.

    `info.metadata` has the `facts` of the data set, its classes among them; the
    `videos` of its own splits, and which examples their frames are; and the splits
    `left_out` because they are not in the tree, with a sentence that says why.
    """

    VERSION = tfds.core.Version(VERSION)
    BUILDER_CONFIGS: ClassVar = [
        tfds.core.BuilderConfig(name=name) for name in DATASET_NAMES
    ]
    MANUAL_DOWNLOAD_INSTRUCTIONS = (
        "The tree as the data set's owner gives it out, after registration where that "
        "is needed."
    )

    def _info(self):
        return self.dataset_info_from_configs(
            features=tfds.features.FeaturesDict(
                {
                    "image": tfds.features.Tensor(shape=(), dtype=tf.string),
                    "label": tfds.features.Tensor(shape=(), dtype=tf.string),
                }
            ),
            disable_shuffling=True,
            metadata=tfds.core.MetadataDict(),
        )

    def _split_generators(self, dl_manager):
        tree = str(dl_manager.manual_dir)
        dataset = open_dataset(self.builder_config.name, tree)
        examples, videos, left_out = {}, {}, {}
        for split in dataset.info.splits:
            try:
                found = dataset.read_videos(tree, split)
            except IncompleteVideosError:
                raise
            except FileNotFoundError as error:
                left_out[split] = str(error)
                continue
            videos[split] = [_listed(video, examples) for video in found]
        if not examples:
            raise FileNotFoundError(next(iter(left_out.values())))
        facts = asdict(dataset.info)
        self.info.metadata.update(facts=facts, videos=videos, left_out=left_out)
        return {FRAMES: self._generate_examples(examples)}

    def _generate_examples(self, examples):
        for frame, (number, encoding) in examples.items():
            label = b""
            if frame.label is not None:
                ids = encoding.decode(frame.label)
                label = cv2.imencode(".png", ids)[1].tobytes()
            yield number, {"image": read_bytes(frame.image), "label": label}


def _listed(video, examples):
    """What the metadata hold of a video; its frames join `examples`, each once."""
    for frame in video.frames:
        examples.setdefault(frame, (len(examples), video.label_encoding))
    return {
        "name": video.name,
        "spacing": video.spacing,
        "numbers": [frame.number for frame in video.frames],
        "labelled": [frame.label is not None for frame in video.frames],
        "examples": [examples[frame][0] for frame in video.frames],
    }


def prepare(dataset_name: str, data_dir: str, out_dir: str) -> Path:
    """Turns the tree in `data_dir` into shards below `out_dir`; returns their folder.

    Raises:
        FileExistsError: If there are shards of this data set already.
        FileNotFoundError: If no split is in `data_dir`, or a file is missing.
        ValueError: If a file cannot be read.
    """
    tree = Path(data_dir)
    if not tree.is_dir() or not any(tree.iterdir()):
        raise FileNotFoundError(
            f"{data_dir} is missing or empty; it should hold the data set "
            f"{dataset_name}"
        )
    out_dir = Path(out_dir).absolute()
    folder = out_dir / "driving_video" / dataset_name / VERSION
    if folder.exists():
        raise FileExistsError(
            f"{folder} is there already; remove it to make the shards anew, or choose "
            f"another folder for them"
        )
    # What TFDS prints speaks of downloads, of which there are none.
    with whole_folder(folder) as temporary, redirect_stdout(StringIO()):
        draft = temporary / "draft"
        builder = DrivingVideo(
            config=dataset_name, data_dir=str(draft), file_format="array_record"
        )
        builder.download_and_prepare(
            download_config=tfds.download.DownloadConfig(manual_dir=data_dir)
        )
        for file in Path(builder.data_dir).iterdir():
            file.rename(temporary / file.name)
        shutil.rmtree(draft)
    return folder
