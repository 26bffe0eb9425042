r"""Reduces the flicker of any system's label maps, by smoothing along the optical flow.

    python -m experiments.smooth --predictions=maps --images=frames --out_dir=smoothed
    python -m experiments.flicker --predictions=maps --predictions=smoothed \
        --labels=labels --images=frames

No network is loaded; two cores smooth about 20 label maps of 360x480 a second. Every
frame is averaged with the frames before it, which are moved along the optical flow
between the images; where the flow is not known, the frame stays as it is.

`--predictions` is a folder of PNGs, grey, paletted or, with `--palette`, in colours, or
of class scores, `.npy` or `.npz` files of floats (height, width, classes), one file per
frame and one folder per video. Images lie in folders of the same names, or in one video
file. The results are grey PNGs of class ids, in folders of the same names.
"""

from absl import flags

from data.datasets.class_file import read_classes
from data.labels.any_encoding import AnyEncoding
from data.labels.encodings import ColourEncoding
from experiments.command_line import command
from experiments.predictions.smoothed_maps import smooth_maps

_PREDICTIONS = flags.DEFINE_string(
    "predictions",
    None,
    "Folder of label maps (PNG) or of class scores (.npy, .npz).",
    required=True,
)
_IMAGES = flags.DEFINE_string(
    "images", None, "Folder or video file of the frames.", required=True
)
_OUT_DIR = flags.DEFINE_string(
    "out_dir", None, "New or empty folder to write the label maps to.", required=True
)
_STRENGTH = flags.DEFINE_float(
    "strength",
    0.75,
    "Weight of the past, from 0 to below 1. With 0.75, a pixel of a label map takes a "
    "new class after three frames.",
)
_HYSTERESIS = flags.DEFINE_float(
    "hysteresis",
    0.0,
    "For class scores: a point that has had its class for long takes another one only "
    "if the score of that one is larger by this much, in logits or in natural "
    "logarithms of probabilities.",
)
_PROBABILITIES = flags.DEFINE_bool(
    "probabilities", False, "Class scores are probabilities and not logits."
)
_PALETTE = flags.DEFINE_string(
    "palette",
    None,
    "What colours mean: the name of a data set, a classes.json, or a text file of "
    "lines such as `road 128 64 128`.",
)


def _encoding():
    if _PALETTE.value is None:
        return AnyEncoding()
    classes = read_classes(_PALETTE.value)
    if classes.palette is None:
        raise ValueError(
            f"--palette: {_PALETTE.value} has no colours; its lines should be such as "
            f"'road 128 64 128'"
        )
    return AnyEncoding(colours=ColourEncoding(classes.colours, classes.source))


def main():
    command.log_flags()
    written = smooth_maps(
        _PREDICTIONS.value,
        _IMAGES.value,
        _OUT_DIR.value,
        _STRENGTH.value,
        _encoding(),
        hysteresis=_HYSTERESIS.value,
        probabilities=_PROBABILITIES.value,
    )
    print(f"{written} label maps are in {_OUT_DIR.value}")


if __name__ == "__main__":
    command.run(main)
