r"""Reads a whole data set and lists everything that is wrong with it.

    python -m experiments.check_data --dataset=camvid --data_dir=$CAMVID \
        --split=train,val

Six seconds for CamVid on two busy cores. Prints faults, warnings about the labels (such
as a class that never occurs), notes, and for every split its size and the share of each
class. The exit code is 0 if there is no fault, and 1 otherwise.
"""

import json
import sys
from pathlib import Path

from absl import flags

from data.datasets.check import check_dataset
from data.files.whole_file import write_whole
from experiments.command_line import command, dataset_flags
from experiments.dataset_report.fault_report import describe

dataset_flags.require()
_SPLIT = flags.DEFINE_list(
    "split", None, "Splits to check, separated by commas; all by default."
)
_NUM_FRAMES = flags.DEFINE_integer(
    "num_frames", 4, "Count clips of this many frames.", lower_bound=1
)
_THREADS = flags.DEFINE_integer(
    "threads",
    None,
    "How many files are read in parallel; one per core by default.",
    lower_bound=1,
)
_JSON = flags.DEFINE_string("json", None, "JSON file to write the report to.")


def main():
    stride = dataset_flags.FRAME_STRIDE.value
    known = dataset_flags.chosen_dataset().info.splits
    unknown = [split for split in _SPLIT.value or () if split not in known]
    if unknown:
        raise ValueError(
            f"--split must be some of {', '.join(known)}. Received: "
            f"{','.join(_SPLIT.value)}"
        )
    report = check_dataset(
        dataset_flags.chosen_dataset(),
        dataset_flags.DATA_DIR.value,
        _SPLIT.value,
        _NUM_FRAMES.value,
        stride,
        dataset_flags.selected_videos(),
        _THREADS.value,
    )
    # A terminal may not be able to show every character of a file's name.
    sys.stdout.reconfigure(errors="backslashreplace")
    print(describe(report, _NUM_FRAMES.value, stride))
    if _JSON.value:
        content = json.dumps(report.as_json(), indent=2) + "\n"
        write_whole(Path(_JSON.value), content)
        print(f"The report is in {_JSON.value}")
    sys.exit(1 if report.faults else 0)


if __name__ == "__main__":
    command.run(main)
