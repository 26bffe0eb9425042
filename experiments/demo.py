r"""Runs the whole project on a synthetic video, for people without any data set.

    python -m experiments.demo --out_dir=demo

Renders labelled driving videos in Virtual KITTI's layout, trains ICNet and separable
LSTM-ICNet v2 on them, scores both on videos not in the training set, as they are and
smoothed along the optical flow, exports, and ends with a table and three files to open:
a video of both networks and their flickering pixels side by side, a picture, and a
report. Four to ten minutes on two cores; if interrupted, the same command continues.
With several seeds, such as --seeds=0,1,2, it trains and scores once for each seed and
prints means and standard deviations.
"""

from pathlib import Path

from absl import flags, logging

from experiments.command_line import command
from experiments.command_line.flag_checks import parsed_seeds

_OUT_DIR = flags.DEFINE_string("out_dir", "demo", "Folder for everything it writes.")
_SEEDS = flags.DEFINE_list(
    "seeds",
    ["0"],
    "Seeds of the rendered videos and of the trainings, separated by commas; each is "
    "a run of its own.",
)


def main():
    # Imported here, since the rendering processes import this module and need no
    # network.
    from experiments.synthetic_demo.run import run_demo, run_seeds
    from experiments.synthetic_demo.trainings import Demo

    out_dir = Path(_OUT_DIR.value)
    if out_dir.exists() and not out_dir.is_dir():
        raise FileExistsError(f"--out_dir={out_dir} is a file; a folder is needed")
    logging.set_verbosity(logging.WARNING)
    seeds = parsed_seeds(_SEEDS.value)
    if len(seeds) == 1:
        run_demo(Demo(seed=seeds[0]), out_dir)
    else:
        run_seeds(Demo(), seeds, out_dir)


if __name__ == "__main__":
    command.run(main)
