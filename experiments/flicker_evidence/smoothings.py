"""The smoothings that rows are made for."""

from dataclasses import dataclass

from lstm_icnet.smoothing import SMOOTHINGS, ScoreSmoother, make_smoother


@dataclass(frozen=True)
class Smoothing:
    """A smoothing of the logits of a stream.

    Attributes:
        name: One of `lstm_icnet.smoothing.SMOOTHINGS`.
        strength: Of the smoothing; 0 for none.
        hysteresis: Of the smoothing flow; 0 for all others.
    """

    name: str = "none"
    strength: float = 0.0
    hysteresis: float = 0.0

    def new_smoother(self) -> ScoreSmoother | None:
        """A smoother for one video; `None` for no smoothing."""
        if self.name == "none":
            return None
        hysteresis = self.hysteresis if self.name == "flow" else None
        return make_smoother(self.name, self.strength, hysteresis)


def parsed(text: str) -> Smoothing:
    """The smoothing of a text such as `mean/0.5` or `flow/0.6/1`.

    Raises:
        ValueError: For any other text.
    """
    name, *numbers = text.split("/")
    try:
        smoothing = Smoothing(name, *map(float, numbers))
    except (TypeError, ValueError):
        smoothing = Smoothing()
    too_many = len(numbers) != 1 and not (name == "flow" and len(numbers) == 2)
    if name not in SMOOTHINGS or smoothing.name == "none" or too_many:
        raise ValueError(
            f"{text} is no smoothing; write NAME/STRENGTH, such as mean/0.5, or "
            "flow/STRENGTH/HYSTERESIS"
        )
    return smoothing


NO_SMOOTHING = Smoothing()
# The defaults for networks without and with a memory; every recipe has rows of both.
DEFAULT = Smoothing("flow", 0.6, 1.0)
DEFAULT_WITH_MEMORY = Smoothing("flow", 0.3, 0.3)
# For the recipes that get whole curves.
CURVES = (
    *(Smoothing("flow", s) for s in (0.3, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9)),
    *(Smoothing("flow", s, 1.0) for s in (0.3, 0.5, 0.7, 0.8)),
    *(Smoothing("flow", 0.6, h) for h in (0.5, 1.5, 2.0, 3.0)),
    *(Smoothing("mean", s) for s in (0.25, 0.5, 0.75)),
    *(Smoothing("hold", s) for s in (0.5, 1.0, 2.0)),
    *(Smoothing("vote", s) for s in (3, 5)),
    *(Smoothing("median", s) for s in (3, 5)),
)
