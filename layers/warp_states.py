"""States of one frame moved along the optical flow to the next frame."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops


def warp_states(state: Any, flow: Any) -> Any:
    """Reads a state where each pixel was in the frame before, bilinearly.

    Args:
        state: Float tensor `(batch, height, width, filters)`.
        flow: Float tensor `(batch, height, width, 2)`, in pixels of the state to the
            right and down: what is at (x, y) in the new frame was at (x, y) + flow in
            the frame before; NaN if it was not visible there.

    Returns:
        A tensor as `state`, zero where the old place is unknown or outside.
    """
    batch, (height, width) = ops.shape(state)[0], state.shape[1:3]
    # Half precision cannot hold a position and its fraction.
    flow = ops.cast(flow, keras.backend.result_type(flow.dtype, "float32"))
    known = ops.logical_not(ops.any(ops.isnan(flow), axis=-1))
    flow = ops.where(known[..., None], flow, 0.0)
    x = flow[..., 0] + ops.arange(width, dtype=flow.dtype)
    y = flow[..., 1] + ops.arange(height, dtype=flow.dtype)[:, None]
    inside = (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1) & known
    x = ops.clip(x, 0, width - 1)
    y = ops.clip(y, 0, height - 1)
    left, top = ops.floor(x), ops.floor(y)
    pixels = ops.reshape(state, (-1, state.shape[-1]))
    first = ops.reshape(ops.arange(batch, dtype="int32"), (-1, 1, 1)) * height * width

    def read(column, row):
        column = ops.minimum(ops.cast(column, "int32"), width - 1)
        row = ops.minimum(ops.cast(row, "int32"), height - 1)
        # JAX's arrays cannot be the left operand of a symbolic tensor.
        return ops.take(pixels, row * width + column + first, axis=0)

    right_share = ops.cast(x - left, state.dtype)[..., None]
    lower_share = ops.cast(y - top, state.dtype)[..., None]
    upper = (1 - right_share) * read(left, top) + right_share * read(left + 1, top)
    lower = (1 - right_share) * read(left, top + 1)
    lower = lower + right_share * read(left + 1, top + 1)
    warped = (1 - lower_share) * upper + lower_share * lower
    return warped * ops.cast(inside, state.dtype)[..., None]


def resize_flow(flow: Any, size: Sequence[int], image_size: Sequence[int]) -> Any:
    """The flow of an image for the pixels of a state, by nearest neighbour.

    Args:
        flow: Float tensor `(batch, flow height, flow width, 2)`, in pixels of the
            image, at any resolution.
        size: (height, width) of the state.
        image_size: (height, width) of the image.
    """
    for axis, target in zip((1, 2), size, strict=True):
        source = flow.shape[axis]
        index = [(2 * i + 1) * source // (2 * target) for i in range(target)]
        flow = ops.take(flow, index, axis=axis)
    pixels = [target / source for target, source in zip(size, image_size, strict=True)]
    return flow * ops.convert_to_tensor(pixels[::-1], flow.dtype)
