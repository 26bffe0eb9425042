r"""The whole project on a synthetic video, for people without any data set.

    python -m experiments.demo --out_dir=demo

Renders a labelled driving video in Virtual KITTI's layout, trains ICNet and separable
LSTM-ICNet v2 on it, scores both on worlds they have not seen, exports, segments one
video, and prints a table and where the pictures are. About eight minutes on two cores;
run again, it goes on where it stopped.
"""

from pathlib import Path

from absl import flags, logging

from experiments.command_line import command

_OUT_DIR = flags.DEFINE_string("out_dir", "demo", "Folder for everything.")
_SEED = flags.DEFINE_integer("seed", 0, "Of worlds and training.", lower_bound=0)


def main():
    # Not above: the processes that render import this module, and need no network.
    from experiments.synthetic_demo.run import Demo, run_demo

    out_dir = Path(_OUT_DIR.value)
    if out_dir.exists() and not out_dir.is_dir():
        raise FileExistsError(f"--out_dir={out_dir} is a file; a folder is needed")
    logging.set_verbosity(logging.WARNING)
    run_demo(Demo(seed=_SEED.value), out_dir)


if __name__ == "__main__":
    command.run(main)
