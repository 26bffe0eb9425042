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


def make_smoother(
    smoothing: str, strength: float | None = None, hysteresis: float | None = None
) -> ScoreSmoother | None:
    """The smoother of a name, `None` for "none".

    Args:
        smoothing: One of `SMOOTHINGS`.
        strength: Its meaning and default depend on the smoother.
        hysteresis: Of a `FlowSmoother`; its own by default.

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
    return _SMOOTHERS[smoothing](**{k: v for k, v in given.items() if v is not None})
