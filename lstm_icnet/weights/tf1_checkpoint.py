"""Reading the variables of a TensorFlow 1 checkpoint."""

import re
from pathlib import Path

import numpy as np

from lstm_icnet.weights.foreign_files import first_line, refuse_lfs_pointer

_FILE_OF_CHECKPOINT = re.compile(r"\.(index|meta|data-\d{5}-of-\d{5})$")
# Variables of TensorFlow's optimisers and of the authors' gradient accumulation.
_OPTIMISER = re.compile(
    r"(^|/)(global_step|beta[12]_power|(Momentum|Adam)(_\d+)?)$|^AccumGradOptimizer/"
)


def checkpoint_prefix(path: str | Path) -> str | None:
    """The common prefix of a checkpoint's files; None if `path` is no checkpoint.

    Args:
        path: The prefix itself, one of its files, or a folder with the file
            `checkpoint`, which names the newest.

    Raises:
        FileNotFoundError: If the checkpoint that the folder names is not in it.
        ValueError: If the folder's `checkpoint` names none.
    """
    path = Path(path)
    if (path / "checkpoint").is_file():
        return _newest_prefix(path)
    prefix = _FILE_OF_CHECKPOINT.sub("", str(path))
    return prefix if Path(f"{prefix}.index").is_file() else None


def _newest_prefix(folder):
    import tensorflow as tf

    try:
        state = tf.train.get_checkpoint_state(str(folder))
    except ValueError:
        state = None
    if state is None:
        raise ValueError(f"{folder / 'checkpoint'} does not name a checkpoint")
    named = Path(state.model_checkpoint_path)
    # A folder that was copied may name the place where it was written.
    for prefix in (folder / named.name, named):
        if Path(f"{prefix}.index").is_file():
            return str(prefix)
    raise FileNotFoundError(
        f"There is no {folder / named.name}.index, which {folder / 'checkpoint'} names "
        f"as the newest checkpoint"
    )


def read_tf1_checkpoint(prefix: str) -> dict[str, np.ndarray]:
    """Reads the network's variables by name, float32, without the optimiser's.

    Args:
        prefix: As `checkpoint_prefix` gives it.

    Raises:
        ValueError: If a file of the checkpoint is missing or cannot be read.
    """
    import tensorflow as tf

    name = Path(prefix).name
    for file in Path(prefix).parent.iterdir():
        if file.name.startswith(f"{name}.") and file.suffix != ".meta":
            refuse_lfs_pointer(file)
    try:
        reader = tf.train.load_checkpoint(prefix)
        return {
            variable: reader.get_tensor(variable).astype("float32")
            for variable, dtype in sorted(reader.get_variable_to_dtype_map().items())
            if dtype.is_floating and not _OPTIMISER.search(variable)
        }
    except (tf.errors.OpError, RuntimeError, ValueError, IndexError) as error:
        raise ValueError(
            f"{prefix} cannot be read as a TensorFlow 1 checkpoint: {first_line(error)}"
        ) from error
