import subprocess
import sys
from dataclasses import replace

import pytest

from experiments.training.flagfile import differences, flagfile
from experiments.training.settings import Training

TRAINING = Training(
    model="lstm_icnet_v2",
    cell="separable",
    workdir="run",
    image_size=(97, 129),
    num_frames=3,
    steps=7,
    learning_rate=0.25,
    init_from="other run",
    freeze_branches=True,
)
OTHERS = {
    "dataset": "virtual_kitti",
    "data_dir": "a folder",
    "train_split": "all",
    "val_split": "",
    "class_weights": "1,2.5",
    "deterministic": False,
    "only_videos": ["0001*", "0002*"],
    "skip_videos": [],
}
READ = """
import sys
from absl import flags
import experiments.train
from experiments.command_line import training_flags
flags.FLAGS(["train", f"--flagfile={sys.argv[1]}"])
print(training_flags.chosen_training(None))
print({name: flags.FLAGS[name].value for name in sys.argv[2:]})
"""


def test_train_reads_the_same_training_from_its_flagfile(tmp_path):
    file = tmp_path / "flags.txt"
    file.write_text(flagfile(TRAINING, OTHERS))
    command = [sys.executable, "-c", READ, file, *OTHERS]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert run.stdout.splitlines() == [repr(TRAINING), repr(OTHERS)]


def difference(change, **others):
    now = flagfile(replace(TRAINING, **change), {**OTHERS, **others})
    return differences(flagfile(TRAINING, OTHERS), now)


def test_a_training_continues_under_its_own_flags():
    assert difference({}) == []


@pytest.mark.parametrize(
    "change, found",
    [
        ({"learning_rate": 0.5}, ["learning_rate 0.25 there and 0.5 now"]),
        (
            {"seed": 1, "batch_size": 2},
            ["batch_size 1 there", "seed 0 there and 1 now"],
        ),
        ({"init_from": None}, ["init_from other run there and not set now"]),
        ({"freeze_branches": False}, ["freeze_branches true there and false now"]),
        ({"image_size": (97, 130)}, ["width 129 there and 130 now"]),
        ({"steps": 6}, ["steps 7 there and 6 now"]),
    ],
)
def test_flags_that_change_the_weights_may_not_differ(change, found):
    texts = difference(change)
    assert len(texts) == len(found)
    assert all(text.startswith(start) for text, start in zip(texts, found, strict=True))


def test_another_data_set_is_another_training():
    assert difference({}, dataset="camvid", deterministic=True) == [
        "dataset virtual_kitti there and camvid now",
        "deterministic false there and true now",
    ]


def test_steps_may_grow_and_paths_and_logging_may_differ():
    change = {"steps": 8, "workdir": "moved", "log_steps": 1, "checkpoint_steps": 3}
    assert difference(change, data_dir="moved", val_split="val") == []


def test_flags_as_absl_writes_them_are_understood():
    before = "--batch_size=1\n--freeze_branches\n--nopeephole\n--noevery_label\n"
    before += "--init_from=other run\n--learning_rate=0.25\n--deterministic\n"
    now = flagfile(TRAINING, {**OTHERS, "deterministic": True})
    relevant = {"freeze_branches", "peephole", "every_label", "deterministic"}
    found = {text.split()[0] for text in differences(before, now)}
    assert not found & (relevant | {"init_from", "learning_rate", "batch_size"})
    assert "freeze_branches" in {
        text.split()[0]
        for text in differences(before.replace("--freeze", "--nofreeze"), now)
    }
