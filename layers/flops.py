"""FLOPs of one step of each cell, counted as in the paper's Table I and equations.

All counts are FLOPs of one step on one image: a multiplication and an addition count as
two, a sigmoid or a hyperbolic tangent as five. `height` and `width` are D_x and D_y,
`kernel_size` is (K_x, K_y), `channels` and `filters` are I and O.

Departures: the paper counts `channels` inputs for every convolution, also for those of
the state, which has `filters` channels; the two are equal in its networks. Eq. (5)
prints O twice in its denominator and is read as the ratio of Eq. (4) to Eq. (2).
"""

ACTIVATION_FLOPS = 5


def table_1(
    height: int, width: int, kernel_size: tuple[int, int], channels: int, filters: int
) -> dict[str, int]:
    """Table I, the rows of a standard cell: a dict of FLOPs by operation."""
    outputs = filters * height * width
    return {
        "convolutions": 8 * 2 * kernel_size[0] * kernel_size[1] * channels * outputs,
        "hadamard_product": 3 * outputs,
        "sigma_operation": 3 * ACTIVATION_FLOPS * outputs,
        "tanh_operation": 2 * ACTIVATION_FLOPS * outputs,
        "additions": 9 * outputs,
    }


def standard_flops(
    height: int, width: int, kernel_size: tuple[int, int], channels: int, filters: int
) -> int:
    """Eq. (2), the total of Table I."""
    taps = kernel_size[0] * kernel_size[1]
    return (16 * taps * channels + 37) * filters * height * width


def spatial_flops(
    height: int, width: int, kernel_size: tuple[int, int], channels: int, filters: int
) -> int:
    """Eq. (4), `(32 K I + 37) O D_x D_y`, with K_x + K_y for 2 K."""
    taps = kernel_size[0] + kernel_size[1]
    return (16 * taps * channels + 37) * filters * height * width


def depthwise_flops(
    height: int, width: int, kernel_size: tuple[int, int], channels: int, filters: int
) -> int:
    """Eq. (7); it does not depend on `channels`, which are `filters` here."""
    taps = kernel_size[0] * kernel_size[1]
    return (16 * taps + 37) * filters * height * width


def separable_flops(
    height: int, width: int, kernel_size: tuple[int, int], channels: int, filters: int
) -> int:
    """Eq. (10)."""
    taps = kernel_size[0] * kernel_size[1]
    return (16 * taps + 16 * channels + 37) * filters * height * width


CELL_FLOPS = {
    "standard": standard_flops,
    "spatial": spatial_flops,
    "depthwise": depthwise_flops,
    "separable": separable_flops,
}


def share_of_standard(kind: str, kernel_size: tuple[int, int], channels: int) -> float:
    """Eqs. (5), (8), (11): the FLOPs of a cell over those of a standard cell.

    It depends neither on the number of filters nor on the size of the image.
    """
    one_output = (1, 1, kernel_size, channels, 1)
    return CELL_FLOPS[kind](*one_output) / standard_flops(*one_output)


def approximate_share_of_standard(
    kind: str, kernel_size: tuple[int, int], channels: int
) -> float:
    """The right-hand sides of Eqs. (5), (8) and (11): the convolutions alone."""
    taps = kernel_size[0] * kernel_size[1]
    return {
        "standard": 1.0,
        "spatial": (kernel_size[0] + kernel_size[1]) / taps,
        "depthwise": 1 / channels,
        "separable": 1 / channels + 1 / taps,
    }[kind]
