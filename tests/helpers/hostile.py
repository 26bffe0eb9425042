"""Damages files, and checks what training and `check_dataset` then report."""

import os
import struct
import zlib
from itertools import islice

import numpy as np
import pytest
from clip_batches import clip_batches
from PIL import Image

from data.datasets.check import check_dataset
from data.datasets.open_dataset import open_dataset
from data.pipeline.errors import original_error
from data.videos.clips import clip_index

NUM_FRAMES = 2
SIZE = (6, 8)


def write_paletted(path, ids):
    image = Image.fromarray(ids, mode="P")
    image.putpalette([value for i in range(256) for value in (i, 255 - i, 7)])
    image.save(path)


def empty(path):
    path.write_bytes(b"")


def write_text(path):
    path.write_text("not an image")


def cut_in_half(path):
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def promise_too_many_pixels(path):
    content = bytearray(path.read_bytes())
    content[16:24] = struct.pack(">II", 100_000, 100_000)
    content[29:33] = struct.pack(">I", zlib.crc32(content[12:29]))
    path.write_bytes(content)


def replace_by_loop(path):
    path.unlink()
    path.symlink_to(path.name)


def replace_by_folder(path):
    path.unlink()
    path.mkdir()


def forbid(path):
    if os.geteuid() == 0:
        pytest.skip("root may read every file")
    path.chmod(0)


def pixels(*channels, dtype=np.uint8, size=SIZE):
    return np.ones((*size, *channels), dtype)


def train(root, split="all", name="folder"):
    """Every clip once, as in training; errors come as the commands show them."""
    try:
        dataset = open_dataset(name, str(root))
        clips = clip_index(dataset.read_videos(str(root), split), NUM_FRAMES)
        stream = clip_batches(
            clips, image_size=SIZE, batch_size=1, num_frames=NUM_FRAMES, seed=0
        )
        return list(islice(stream.as_numpy_iterator(), len(clips)))
    except Exception as error:
        raise original_error(error) from None


def check(root, split="all", name="folder"):
    dataset = open_dataset(name, str(root))
    return check_dataset(dataset, str(root), [split], NUM_FRAMES, progress=False)


def assert_refused(root, file, **arguments):
    """Training and check both name the file in one sentence; the check continues."""
    with pytest.raises((FileNotFoundError, ValueError)) as info:
        train(root, **arguments)
    faults = check(root, **arguments).faults
    for sentence in (str(info.value), *faults):
        assert "\n" not in sentence and "Traceback" not in sentence
        assert str(root / file) in sentence
    assert faults


def assert_used(root, clips, **arguments):
    assert len(train(root, **arguments)) == clips
    report = check(root, **arguments)
    assert report.faults == [] and report.splits[0].clips == clips
