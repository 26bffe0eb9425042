"""Smoothers by the names that flags and `VideoSegmenter` call them."""

from lstm_icnet.smoothing.flow_smoother import FlowSmoother
from lstm_icnet.smoothing.score_smoother import ScoreSmoother
from lstm_icnet.smoothing.simple_smoothers import (
    HoldSmoother,
    MeanSmoother,
    MedianSmoother,
    VoteSmoother,
)

_SMOOTHERS = {
    "mean": MeanSmoother,
    "flow": FlowSmoother,
    "hold": HoldSmoother,
    "vote": VoteSmoother,
    "median": MedianSmoother,
}
SMOOTHINGS = ("none", *_SMOOTHERS)
# A network with a memory flickers less already, and loses accuracy where it is smoothed
# as much as one without.
_FLOW_WITH_MEMORY = {"strength": 0.3, "hysteresis": 0.3}


def make_smoother(
    smoothing: str,
    strength: float | None = None,
    hysteresis: float | None = None,
    has_memory: bool = False,
) -> ScoreSmoother | None:
    """The smoother of a name, `None` for "none".

    Args:
        smoothing: One of `SMOOTHINGS`.
        strength: Its meaning and default depend on the smoother.
        hysteresis: Of a `FlowSmoother`.
        has_memory: Whether the network carries a state of its own from frame to frame.
            The defaults of the smoothing "flow" are then 0.3 for both numbers,
            otherwise those of `FlowSmoother`.

    Raises:
        ValueError: If the name is unknown, a number is out of range, or another
            smoother is to have a hysteresis.
    """
    if smoothing not in SMOOTHINGS:
        raise ValueError(
            f"`smoothing` must be one of {SMOOTHINGS}. "
            f"Received: smoothing={smoothing!r}"
        )
    if hysteresis is not None and smoothing != "flow":
        raise ValueError(
            f"`hysteresis` needs the smoothing flow. "
            f"Received: smoothing={smoothing!r}, hysteresis={hysteresis}"
        )
    if smoothing == "none":
        if strength is not None:
            raise ValueError(
                f"`strength` needs a `smoothing`. Received: strength={strength}"
            )
        return None
    given = {"strength": strength, "hysteresis": hysteresis}
    given = {name: value for name, value in given.items() if value is not None}
    defaults = _FLOW_WITH_MEMORY if has_memory and smoothing == "flow" else {}
    return _SMOOTHERS[smoothing](**{**defaults, **given})
