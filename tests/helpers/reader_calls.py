"""Readers that no verb calls alone, as if they were a verb: see `verb_process`."""

from pathlib import Path

import numpy as np
from absl import flags

from data.files.flow_file import read_flow
from experiments.training.workdir.metrics_file import MetricsFile

_CALL = flags.DEFINE_string("call", None, "One of `CALLS`.")
_PATH = flags.DEFINE_string("path", None, "What it reads.")


CALLS = {
    "flow": lambda path: np.nan_to_num(read_flow(path)).tolist(),
    "metrics": lambda path: MetricsFile(Path(path) / "metrics.jsonl").lines(),
}


def main():
    print(CALLS[_CALL.value](_PATH.value))
