"""Predictions in the form that the evaluation script and server of Cityscapes need."""

import os
import re
from pathlib import Path

import numpy as np

from data.files.images import StoredFile, read_image
from data.labels.any_encoding import AnyEncoding
from data.labels.encodings import resize_label
from data.labels.id_png import write_ids
from data.readers.cityscapes import ID_ENCODING, IDS

_IMAGE_NAME = re.compile(r"(?P<frame>.+_\d{6}_\d{6})_leftImg8bit\.png")
_ENDING = "_labelIds.png"


class ResultEncoding:
    """How predictions for Cityscapes are read: as label ids if the name ends so.

    Args:
        others: How files are read whose names do not end in `_labelIds.png`, such as
            train ids.
    """

    def __init__(self, others: AnyEncoding):
        self._others = others

    def decode(self, path: str) -> np.ndarray:
        """The label map at `path`, uint8 (height, width), train ids and 255.

        Raises:
            FileNotFoundError: If there is no file at `path`.
            ValueError: If it cannot be read, or holds an unknown id.
        """
        encoding = ID_ENCODING if path.endswith(_ENDING) else self._others
        return encoding.decode(path)


def write_result(out_dir: str | Path, image_path: str, labels: np.ndarray) -> Path:
    """Writes one frame's prediction as `<city>_<sequence>_<frame>_labelIds.png`.

    The script (evaluation/evalPixelLevelSemanticLabeling.py of
    https://github.com/mcordts/cityscapesScripts) looks through the folder named by
    `CITYSCAPES_RESULTS` for the one PNG whose name begins with that of the frame. The
    file is written whole or not at all.

    Args:
        out_dir: Folder of the results; it is made if necessary.
        image_path: The frame's image, `<city>_<sequence>_<frame>_leftImg8bit.png`.
        labels: Integer array (height, width) of train ids 0..18, of any size; it is
            resized to the size of the image, nearest pixel.

    Returns:
        The path of the 8-bit PNG of label ids, as large as the image.

    Raises:
        FileNotFoundError: If there is no image at `image_path`.
        TypeError: If `labels` are not integers.
        ValueError: If the image has another name, cannot be read or is in a shard, or
            if `labels` has another rank or holds other values than train ids.
    """
    if isinstance(image_path, StoredFile):
        raise ValueError(
            f"{image_path} is in a shard and has no file name, which the name of its "
            f"result needs; use the tree of Cityscapes instead of shards"
        )
    match = _IMAGE_NAME.fullmatch(os.path.basename(image_path))
    if match is None:
        raise ValueError(
            f"{image_path} is not a frame of Cityscapes; its name should be such as "
            f"frankfurt_000000_000294_leftImg8bit.png"
        )
    ids = np.array(IDS, np.uint8)[_checked(labels)]
    ids = resize_label(ids, read_image(image_path).shape[:2])
    path = Path(out_dir) / f"{match['frame']}{_ENDING}"
    write_ids(path, ids)
    return path


def _checked(labels):
    labels = np.asarray(labels)
    if not np.issubdtype(labels.dtype, np.integer):
        raise TypeError(f"`labels` must be integers. Received: {labels.dtype.name}")
    if labels.ndim != 2 or not labels.size:
        raise ValueError(
            f"`labels` must be a map (height, width). Received: shape={labels.shape}"
        )
    wrong = labels[(labels < 0) | (labels >= len(IDS))]
    if wrong.size:
        raise ValueError(
            f"`labels` must be train ids, 0..{len(IDS) - 1}. Received: {wrong[0]}"
        )
    return labels
