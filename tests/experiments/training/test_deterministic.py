import pytest
import random_kills
from folder_tree import numbered, write_folder

FLAGS = (
    "--dataset=folder --model=lstm_icnet_v1 --cell=depthwise --num_frames=2 "
    "--height=97 --width=97 --width_multiplier=0.1 --train_split=all --val_split=all "
    "--learning_rate=0.001"
)


@pytest.mark.slow
def test_a_training_killed_thirty_times_ends_where_one_in_one_go_does(tmp_path):
    write_folder(tmp_path / "data", {"drive": numbered(range(8))}, size=(97, 97))
    flags = [*FLAGS.split(), f"--data_dir={tmp_path / 'data'}"]
    continued = random_kills.run(tmp_path, flags, seconds=3)
    assert len(continued) == random_kills.KILLS and min(continued) > 0
    logged = [line["step"] for line in random_kills.metrics_of(tmp_path / "whole")]
    assert logged[:6] == [3, 5, 6, 9, 10, 12]
