"""Which version has a convLSTM at which taps, and what is behind each tap."""

CELLS = ("standard", "spatial", "depthwise", "separable")
# Paper, Section V-A, and the authors' release for versions 1, 3 and 4.
VERSIONS = {
    1: ("sub1",),
    2: ("sub12",),
    3: ("sub4",),
    4: ("sub4", "sub2"),
    5: ("sub4", "sub2", "sub1"),
    6: ("sub4", "sub2", "sub1", "sub12"),
}
# The sections of the network, and the taps that their output still passes through.
TAPS_BEHIND = {
    "image": ("sub4", "sub2", "sub1", "sub12"),
    "trunk": ("sub4", "sub2", "sub12"),
    "low": ("sub4", "sub12"),
    "medium": ("sub2", "sub12"),
    "high": ("sub1", "sub12"),
    "fused": ("sub12",),
    "heads": (),
}


def check_version(version: int | None, cell: str | None) -> tuple[str, ...]:
    """Returns the taps of `version`; `None` is ICNet, which has no tap and no cell.

    Raises:
        ValueError: If the version or the cell is unknown.
    """
    if version is None:
        if cell is not None:
            raise ValueError(f"ICNet has no convLSTM cell. Received: cell={cell!r}")
        return ()
    if version not in VERSIONS:
        raise ValueError(
            f"`version` must be one of {sorted(VERSIONS)}. Received: version={version}"
        )
    if cell not in CELLS:
        raise ValueError(f"`cell` must be one of {CELLS}. Received: cell={cell!r}")
    return VERSIONS[version]
