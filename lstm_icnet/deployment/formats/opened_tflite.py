"""TFLite files run by TensorFlow's interpreter."""

import os
import threading
import warnings
from pathlib import Path
from typing import Any

from lstm_icnet.deployment.formats.opened_step import StepNetwork, refuse_several
from lstm_icnet.deployment.formats.tflite_file import WITHOUT_LABELS


class TfliteNetwork(StepNetwork):
    """A TFLite file on the CPU; arguments as `StepNetwork`.

    Raises:
        ValueError: If the file is not the network that the metadata describe.
    """

    def __init__(self, file: Path, metadata: Any, allow_nonfinite: bool = False):
        super().__init__(file, metadata, allow_nonfinite)
        import tensorflow as tf

        self._lock = threading.Lock()
        try:
            with warnings.catch_warnings():
                # It asks to move to another package.
                warnings.simplefilter("ignore")
                interpreter = tf.lite.Interpreter(
                    str(file), num_threads=len(os.sched_getaffinity(0))
                )
            self._step = interpreter.get_signature_runner(WITHOUT_LABELS)
            self._check(
                _shapes(self._step.get_input_details()),
                _shapes(self._step.get_output_details()),
            )
        except Exception as error:  # a broken file can raise anything
            raise self._unreadable(error) from error

    def _run(self, inputs):
        refuse_several(inputs["image"], "TFLite")
        with self._lock:
            return self._step(**inputs)


def _shapes(details):
    return {name: detail["shape"].tolist() for name, detail in details.items()}
