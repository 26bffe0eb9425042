"""The flags that choose a trained network."""

from absl import flags

_WORKDIR = flags.DEFINE_string(
    "workdir",
    None,
    "Working folder of a training; its newest network, last.keras, is used.",
)
_MODEL_FILE = flags.DEFINE_string(
    "model_file",
    None,
    "Network: a .keras file, or an export folder where the verb can use one.",
)
flags.mark_flags_as_mutual_exclusive(["workdir", "model_file"], required=True)


def chosen_network() -> str:
    """The path that one of the two flags gives."""
    return _WORKDIR.value or _MODEL_FILE.value
