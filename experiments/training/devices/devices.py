"""The devices of a training; by default one."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import keras


class Devices:
    """One device, that of Keras; base of the others.

    Attributes:
        num_devices: Number of devices that share a batch, of all processes together.
        num_processes: Number of processes that train together.
        process_id: Number of this process; 0 reads and writes the workdir.
    """

    num_devices = 1
    num_processes = 1
    process_id = 0

    def check_batch_size(self, batch_size: int) -> None:
        """Raises ValueError if a batch cannot be shared equally between the devices."""
        if batch_size % self.num_devices:
            raise ValueError(
                f"--batch_size={batch_size} cannot be shared equally between "
                f"{self.num_devices} devices; take a multiple of {self.num_devices}"
            )

    def scope(self) -> AbstractContextManager:
        """The context in which the network is made on process 0."""
        return nullcontext()

    def telling_errors(self) -> AbstractContextManager:
        """Within it, an error of process 0 also ends those that wait for it."""
        return nullcontext()

    def distributed(
        self,
        model: keras.Model | None,
        told: dict[str, Any],
        make: Callable[[dict[str, Any]], keras.Model],
    ) -> tuple[keras.Model, dict[str, Any]]:
        """The network to train, and what process 0 tells the others, on all processes.

        Args:
            model: The compiled network of process 0, `None` on the others.
            told: JSON content of process 0, ignored on the others.
            make: Makes a compiled network from the configuration of another.

        Raises:
            ValueError: If process 0 has ended with an error.
        """
        return model, told

    def alone(self) -> AbstractContextManager:
        """Within `training`, a context for what this process computes alone."""
        return nullcontext()

    def training(self) -> AbstractContextManager:
        """The context of `fit`; a connection that is lost in it ends the process."""
        return nullcontext()

    def largest(self, number: int) -> int:
        """The largest of the numbers that the processes give."""
        return number

    def meet(self) -> None:
        """Waits for all processes, such as for the last validation of process 0.

        At its exit, JAX waits for five minutes only.
        """
        self.largest(0)


ONE_DEVICE = Devices()
