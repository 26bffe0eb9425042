"""Table IV of the paper, as printed."""

from dataclasses import dataclass


@dataclass(frozen=True)
class PaperRow:
    """One network at 1024x2048.

    Attributes:
        parameters: Trainable parameters in thousands, rounded down.
        gflops: GFLOPs of one step.
        cpu_ms: Time of one step on an Intel i5-6300U.
        gpu_ms: Time of one step on an Nvidia TitanX.
    """

    parameters: int
    gflops: float
    cpu_ms: int
    gpu_ms: float


# By version and cell; ICNet has neither.
PAPER_ROWS = {
    (None, None): PaperRow(6707, 58.38, 1388, 48.19),
    (2, "standard"): PaperRow(7887, 135.74, 2503, 65.01),
    (2, "spatial"): PaperRow(7494, 109.97, 2265, 68.15),
    (2, "depthwise"): PaperRow(6717, 59.03, 1616, 60.62),
    (2, "separable"): PaperRow(6848, 67.62, 1734, 62.18),
    (5, "standard"): PaperRow(10247, 173.98, 2967, 69.64),
    # Printed 135.4, but as 77.87 % of 173.98, which only 135.47 is.
    (5, "spatial"): PaperRow(9068, 135.47, 2565, 74.82),
    (5, "depthwise"): PaperRow(6736, 59.36, 1664, 62.65),
    (5, "separable"): PaperRow(7129, 72.20, 1828, 65.08),
    (6, "standard"): PaperRow(11428, 251.34, 4125, 80.16),
    (6, "spatial"): PaperRow(9855, 187.07, 3403, 88.08),
    (6, "depthwise"): PaperRow(6746, 60.02, 1879, 68.60),
    (6, "separable"): PaperRow(7270, 81.44, 2127, 72.68),
}
