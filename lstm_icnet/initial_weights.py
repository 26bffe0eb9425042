"""Starting a network from the weights of another one."""

from dataclasses import dataclass, field

from lstm_icnet.icnet import HEAD_LAYERS


@dataclass
class WeightReport:
    """What `copy_weights` did, by layer name."""

    loaded: list[str] = field(default_factory=list)
    initial: dict[str, str] = field(default_factory=dict)

    def __str__(self):
        lines = [f"{len(self.loaded)} layers loaded"]
        lines += [
            f"{name} stays as it was: {why}" for name, why in self.initial.items()
        ]
        return "\n".join(lines)


def copy_weights(source, target) -> WeightReport:
    """Copies the weights of one `ICNet` into another, layer by layer by name.

    A recurrent layer that the source lacks keeps its initial weights, and so do the
    classifier heads where the number of classes differs.

    Raises:
        ValueError: If anything else does not fit, listing it; `target` is unchanged.
    """
    report = WeightReport()
    given = {layer.name: layer for layer in source.layers if layer.weights}
    copies, misfits = [], []
    for layer in target.layers:
        if not layer.weights:
            continue
        name = layer.name
        if name not in given:
            report.initial[name] = "the source has no such layer"
            if not name.startswith("convlstm_"):
                misfits.append(f"{name} is missing")
        elif _shapes(given[name]) == _shapes(layer):
            copies.append((layer, given[name].get_weights()))
            report.loaded.append(name)
        elif name in HEAD_LAYERS.values() and source.num_classes != target.num_classes:
            report.initial[name] = (
                f"the source has {source.num_classes} classes, not {target.num_classes}"
            )
        else:
            misfits.append(
                f"{name} has {_shapes(given[name])} instead of {_shapes(layer)}"
            )
    if misfits:
        raise ValueError(
            f"The weights of {source.name} do not fit {target.name}: "
            + "; ".join(misfits)
        )
    for layer, weights in copies:
        layer.set_weights(weights)
    return report


def _shapes(layer):
    return [tuple(weight.shape) for weight in layer.weights]
