r"""Exports a trained network for deployment.

    python -m experiments.export --workdir=runs/icnet --out_dir=exported

Half a minute. The folder then holds `saved_model/`, with the signatures that
`lstm_icnet/deployment/formats/saved_model.py` lists, and `metadata.json`.
"""

from pathlib import Path

from absl import flags

from experiments.command_line import command
from experiments.command_line.network_flags import chosen_network
from experiments.command_line.nonfinite_flag import ALLOW_NONFINITE
from lstm_icnet.deployment.export_folder import at_size, export
from lstm_icnet.weights.keras_file import load_icnet

FORMATS = ("saved_model",)
_OUT_DIR = flags.DEFINE_string(
    "out_dir", None, "Folder to write the exported network to.", required=True
)
_FORMATS = flags.DEFINE_multi_enum(
    "formats", list(FORMATS), FORMATS, "File formats to write; may be repeated."
)
_HEIGHT = flags.DEFINE_integer(
    "height", None, "Image height; by default that of the network.", lower_bound=1
)
_WIDTH = flags.DEFINE_integer(
    "width", None, "Image width; by default that of the network.", lower_bound=1
)
_SCORES = flags.DEFINE_bool("scores", False, "Also output the class probabilities.")


def main():
    command.log_flags()
    allowed = ALLOW_NONFINITE.value
    model = load_icnet(chosen_network(), allowed)
    height, width = model.image_size
    image_size = (_HEIGHT.value or height, _WIDTH.value or width)
    out_dir = export(
        at_size(model, image_size), Path(_OUT_DIR.value), _SCORES.value, allowed
    )
    print(f"{model.name} for {image_size[0]}x{image_size[1]} images is in {out_dir}")


if __name__ == "__main__":
    command.run(main)
