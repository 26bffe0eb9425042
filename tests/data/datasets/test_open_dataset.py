import dataclasses
import inspect

import pytest

from data.datasets.open_dataset import DATASETS


def test_names_are_those_of_the_command_line():
    assert {"camvid", "virtual_kitti"} <= set(DATASETS)


@pytest.mark.parametrize("name", DATASETS)
def test_facts_are_complete_and_consistent(name):
    info = DATASETS[name].info
    assert info.name == name
    assert len(info.classes) == len(set(info.classes)) == len(info.palette)
    assert all(0 <= value <= 255 for colour in info.palette for value in colour)
    assert all(0 < value < 255 for value in info.mean_rgb)
    assert len(info.image_size) == 2 and "train" in info.splits
    assert info.source.startswith("https://")
    with pytest.raises(dataclasses.FrozenInstanceError):
        info.name = "other"


@pytest.mark.parametrize("name", DATASETS)
def test_readers_share_one_signature_and_refuse_what_is_not_there(name, tmp_path):
    dataset = DATASETS[name]
    parameters = inspect.signature(dataset.read_videos).parameters
    assert list(parameters) == ["data_dir", "split"]
    with pytest.raises(ValueError, match=f"`split` must be one of .* for {name}"):
        dataset.read_videos(str(tmp_path), "nonsense")
    with pytest.raises(FileNotFoundError, match=f"{tmp_path}.* is missing; "):
        dataset.read_videos(str(tmp_path), "train")
