"""The devices of a training; by default one."""

from contextlib import AbstractContextManager, nullcontext

import keras


class Devices:
    """One device, that of Keras; base of the others.

    Attributes:
        num_devices: Number of devices that share a batch.
    """

    num_devices = 1

    def check_batch_size(self, batch_size: int) -> None:
        """Raises ValueError if a batch cannot be shared equally between the devices."""
        if batch_size % self.num_devices:
            raise ValueError(
                f"--batch_size={batch_size} cannot be shared equally between "
                f"{self.num_devices} devices; take a multiple of {self.num_devices}"
            )

    def scope(self) -> AbstractContextManager:
        """The context in which the variables of a network are made."""
        return nullcontext()

    def prepare(self, model: keras.Model) -> None:
        """Prepares a compiled network for `fit`."""


ONE_DEVICE = Devices()
