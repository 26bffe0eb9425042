"""The engines that can run a network of this project, and networks opened by them."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from lstm_icnet.deployment.export_folder import export
from lstm_icnet.deployment.folding import fold_batch_norm
from lstm_icnet.deployment.open_network import OpenedNetwork, open_network
from lstm_icnet.network.icnet_model import ICNet

KERAS = "Keras"


@dataclass(frozen=True)
class Engine:
    """One way to run a network.

    Attributes:
        part: File or folder of an export that it opens; `None` to run the network as it
            is, with batch normalisation folded.
    """

    part: str | None


# The only list of engines: the suites streaming and endurance run all of them.
ENGINES = {
    KERAS: Engine(None),
    "SavedModel": Engine("saved_model"),
}


def open_by_engines(
    model: ICNet, folder: Path, engines: Iterable[str] = tuple(ENGINES)
) -> dict[str, OpenedNetwork]:
    """Exports a network and opens the export by every engine.

    Args:
        model: The network.
        folder: Where to export it.
        engines: Names of some of `ENGINES`.

    Returns:
        The opened networks by engine, those not installed left out.
    """
    chosen = {name: ENGINES[name] for name in engines}
    if any(engine.part for engine in chosen.values()):
        export(model, folder)
    opened = {}
    for name, engine in chosen.items():
        if engine.part is None:
            opened[name] = open_network(fold_batch_norm(model))
            continue
        try:
            opened[name] = open_network(folder / engine.part)
        except ModuleNotFoundError:
            continue
    return opened
