import subprocess
import sys

from experiments.training.flagfile import flagfile
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
    class_weights=(1.0, 2.5),
)
READ = """
import sys
from absl import flags
from experiments import train
flags.FLAGS(["train", f"--flagfile={sys.argv[1]}"])
read = train._flags_as_training(None)
print(read, flags.FLAGS.class_weights, flags.FLAGS.val_split == "", sep="\\n")
"""


def test_train_reads_the_same_training_from_its_flagfile(tmp_path):
    file = tmp_path / "flags.txt"
    file.write_text(flagfile(TRAINING, "virtual_kitti", "a folder", "all", ""))
    run = subprocess.run(
        [sys.executable, "-c", READ, file], capture_output=True, text=True, check=True
    )
    read, weights, without_validation = run.stdout.splitlines()
    expected = repr(TRAINING).replace("(1.0, 2.5)", "None")  # read with the labels
    assert (read, weights, without_validation) == (expected, "1.0,2.5", "True")
