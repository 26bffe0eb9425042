r"""Renders a labelled synthetic driving video in Virtual KITTI 1.3.1's layout.

    python -m experiments.render_synthetic --out_dir=synthetic --num_videos=16 \
        --num_frames=40 --height=128 --width=256

It takes about half a minute on two cores and makes 16 videos of 40 frames, each in a
world of its own, with alternating weather. The same flags give the same bytes.
"""

from absl import flags

from data.synthetic.render_data_set import render_data_set
from experiments.command_line import command

_OUT_DIR = flags.DEFINE_string(
    "out_dir", None, "Folder to write; new or empty.", required=True
)
_NUM_VIDEOS = flags.DEFINE_integer(
    "num_videos", 16, "Number of videos, each in a world of its own.", 1, 9999
)
_NUM_FRAMES = flags.DEFINE_integer("num_frames", 40, "Frames per video.", 1, 2000)
_HEIGHT = flags.DEFINE_integer("height", 192, "Image height in pixels.", 32, 4096)
_WIDTH = flags.DEFINE_integer("width", 256, "Image width in pixels.", 32, 4096)
_SEED = flags.DEFINE_integer("seed", 0, "Seed of the random worlds.", 0)


def main():
    command.log_flags()
    size = _HEIGHT.value, _WIDTH.value
    render_data_set(
        _OUT_DIR.value, _NUM_VIDEOS.value, _NUM_FRAMES.value, size, _SEED.value
    )
    print(
        f"The videos are in {_OUT_DIR.value}; --dataset=virtual_kitti "
        f"--data_dir={_OUT_DIR.value} reads them"
    )


if __name__ == "__main__":
    command.run(main)
