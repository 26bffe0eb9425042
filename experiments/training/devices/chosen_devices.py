"""The devices that the flags of `experiments.train` choose."""

import keras

from experiments.training.devices.devices import ONE_DEVICE, Devices

STRATEGIES = ("none", "mirrored")


def chosen_devices(
    strategy: str,
    coordinator: str | None = None,
    num_processes: int | None = None,
    process_id: int | None = None,
) -> Devices:
    """The devices of a training.

    Args:
        strategy: One of `STRATEGIES`.
        coordinator, num_processes, process_id: As for `Processes`; all or none.

    Raises:
        ValueError: If they cannot be used.
    """
    if keras.backend.backend() == "jax":
        import tensorflow as tf

        # TensorFlow only reads the data, and would take all memory of the GPUs.
        tf.config.set_visible_devices([], "GPU")
    given = {coordinator is None, num_processes is None, process_id is None}
    if len(given) == 2:
        raise ValueError(
            "Give all of --coordinator, --num_processes and --process_id, or none"
        )
    if coordinator is None or num_processes is None or process_id is None:
        if strategy == "none":
            return ONE_DEVICE
        from experiments.training.devices.mirrored import MirroredDevices

        return MirroredDevices()
    if strategy != "none":
        raise ValueError(
            f"--coordinator uses all GPUs of its processes without --strategy. "
            f"Received: --strategy={strategy}"
        )
    from experiments.training.devices.processes import Processes

    return Processes(coordinator, num_processes, process_id)
