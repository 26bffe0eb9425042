"""The devices that the flags of `experiments.train` choose."""

from experiments.training.devices.devices import ONE_DEVICE, Devices

STRATEGIES = ("none", "mirrored")


def chosen_devices(strategy: str) -> Devices:
    """The devices of a training.

    Args:
        strategy: One of `STRATEGIES`.

    Raises:
        ValueError: If they cannot be used.
    """
    if strategy == "none":
        return ONE_DEVICE
    from experiments.training.devices.mirrored import MirroredDevices

    return MirroredDevices()
