"""Several processes, on one or many machines, by Keras' distribution on JAX."""

import json
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import keras
import numpy as np

from experiments.training.devices.devices import Devices

_WAIT_SECONDS = 240  # JAX ends the process without a sentence after 300
_LOST_CONNECTION = ("gloo", "nccl", "coordination service", "connection closed")


class Processes(Devices):
    """The GPUs of several processes, each with a copy of the network.

    The processes take their steps together, each on its share of the batch; a step
    equals that of one device with the whole batch. Process 0 alone reads and writes
    the workdir, and the others get the weights from it.

    Args:
        coordinator: Address and port of process 0, such as "10.0.0.1:1234".
        num_processes: Number of processes.
        process_id: Number of this process, from 0.
        wait_seconds: How long to wait for the others at the start; the process then
            ends with exit code 1.

    Raises:
        ValueError: If Keras does not run on JAX, or the numbers do not fit.
    """

    def __init__(
        self,
        coordinator: str,
        num_processes: int,
        process_id: int,
        wait_seconds: float = _WAIT_SECONDS,
    ):
        if keras.backend.backend() != "jax":
            raise ValueError(
                f"--coordinator needs KERAS_BACKEND=jax. Received: "
                f"KERAS_BACKEND={keras.backend.backend()}"
            )
        if not 0 <= process_id < num_processes:
            raise ValueError(
                f"--process_id must be 0 to --num_processes - 1. Received: "
                f"--process_id={process_id}, --num_processes={num_processes}"
            )
        _connect(coordinator, num_processes, process_id, wait_seconds)
        import jax

        self.num_devices = jax.device_count()
        self.num_processes = num_processes
        self.process_id = process_id
        # The data are shared out by `ClipBatches`, so that all clips are seen in the
        # order of one process.
        self._distribution = keras.distribution.DataParallel(auto_shard_dataset=False)
        # Gloo waits for half a minute only when it connects the processes at first.
        self.meet()

    @contextmanager
    def telling_errors(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            self._from_first({"error": f"{type(error).__name__}: {error}"})
            raise

    def distributed(
        self,
        model: keras.Model | None,
        told: dict[str, Any],
        make: Callable[[dict[str, Any]], keras.Model],
    ) -> tuple[keras.Model, dict[str, Any]]:
        config = None if model is None else model.get_config()
        found = self._from_first({"told": told, "config": config})
        if "error" in found:
            raise ValueError(f"Process 0 has ended: {found['error']}")
        # The initial weights are replaced, but JAX requires that they are equal.
        keras.utils.set_random_seed(0)
        with self._distribution.scope():
            network = make(found["config"])
            variables = [*network.variables, *network.optimizer.variables]
            values = [np.array(variable) for variable in variables]
            if model is not None:
                own = [*model.variables, *model.optimizer.variables]
                values = [np.array(variable) for variable in own]
            for variable, value in zip(variables, self._broadcast(values), strict=True):
                variable.assign(value)
        return network, found["told"]

    @contextmanager
    def alone(self) -> Iterator[None]:
        before = keras.distribution.distribution()
        keras.distribution.set_distribution(None)
        try:
            yield
        finally:
            keras.distribution.set_distribution(before)

    def largest(self, number):
        from jax.experimental import multihost_utils

        numbers = multihost_utils.process_allgather(np.array(number, "int32"))
        return int(np.max(numbers))

    @contextmanager
    def training(self) -> Iterator[None]:
        try:
            with self._distribution.scope():
                yield
        except Exception as error:
            text = str(error).lower()
            if not any(sign in text for sign in _LOST_CONNECTION):
                raise
            _end(
                f"Process {self.process_id} has lost the connection to another process "
                f"of this training, which may have ended; started again, all processes "
                f"continue from the last checkpoint"
            )

    def _from_first(self, content):
        """The JSON content that process 0 gives, on all processes."""
        text = json.dumps(content).encode() if self.process_id == 0 else b""
        size = self._broadcast(np.array(len(text), "int32"))
        padded = np.frombuffer(text.ljust(int(size)), "uint8")
        return json.loads(self._broadcast(padded.copy()).tobytes())

    @staticmethod
    def _broadcast(arrays):
        from jax.experimental import multihost_utils

        return multihost_utils.broadcast_one_to_all(arrays)


def _connect(coordinator, num_processes, process_id, wait_seconds):
    import jax

    jax.config.update("jax_cpu_collectives_implementation", "gloo")
    with suppress(AttributeError):  # older JAX has no such option
        # It would take SIGTERM away from us.
        jax.config.update("jax_enable_preemption_service", False)
    sentence = (
        f"Process {process_id} of {num_processes} has waited for {wait_seconds:.0f} "
        f"seconds at --coordinator={coordinator}, and not all processes have come; "
        f"start all of them with the same --coordinator and --num_processes"
    )
    timer = threading.Timer(wait_seconds, _end, [sentence])
    timer.daemon = True
    timer.start()
    try:
        keras.distribution.initialize(coordinator, num_processes, process_id)
    except RuntimeError as error:
        raise ValueError(f"--coordinator={coordinator}: {error}") from error
    finally:
        timer.cancel()


def _end(sentence):
    """Ends the process at once: JAX would wait for the others, or abort."""
    print(f"ERROR: {sentence}", file=sys.stderr, flush=True)
    os._exit(1)
