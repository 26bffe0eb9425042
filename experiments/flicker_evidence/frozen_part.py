"""A network divided into what is trained and the frozen layers before it.

What the frozen layers give for a clip never changes, so it is computed once.
"""

import keras
import numpy as np

_FRAMES_AT_ONCE = 24


def divide(model: keras.Model) -> tuple[keras.Model, keras.Model]:
    """Divides a network at the first layers that are trained.

    Args:
        model: The functional model of a network, some of its layers frozen.

    Returns:
        `(front, back)`. `front` takes the images and gives a list of the tensors that
        the trained part reads, `(batch, height, width, channels)` or, in front of a
        cell, `(batch, num_frames, height, width, channels)`. `back` takes these and,
        last, the flow, if the network does; it gives the logits of the heads that
        training changes, by name.
    """
    changed: set[int] = set()
    made_by = {}
    for depth in sorted(model._nodes_by_depth, reverse=True):
        for node in model._nodes_by_depth[depth]:
            trained = bool(getattr(node.operation, "trainable_variables", ()))
            if trained or any(id(x) in changed for x in node.input_tensors):
                changed.update(map(id, node.output_tensors))
            made_by.update((id(x), node) for x in node.output_tensors)
    heads = {head: x for head, x in model.output.items() if id(x) in changed}
    read, seen, waiting = [], set(), list(heads.values())
    while waiting:
        x = waiting.pop()
        if id(x) in seen:
            continue
        seen.add(id(x))
        if id(x) in changed:
            waiting += made_by[id(x)].input_tensors
        else:
            read.append(x)
    flow = [x for x in model.inputs if x.name == "flow"]
    read = [x for x in read if x.name != "flow"]
    images = [x for x in model.inputs if x.name != "flow"]
    return keras.Model(images, read), keras.Model(read + flow, heads)


class FrozenFeatures:
    """Computes what the frozen layers give for every frame of many clips.

    Args:
        front: See `divide`; the weights are those that it has when this is called.
    """

    def __init__(self, front: keras.Model):
        import jax

        self._front = front
        self._run = jax.jit(self._of_some)

    def __call__(self, images: np.ndarray) -> list[np.ndarray]:
        """float16 (clips, frames, ...) of every output of the frozen layers.

        Args:
            images: uint8 (clips, frames, height, width, 3).
        """
        weights = [
            [variable.value for variable in some]
            for some in (
                self._front.trainable_variables,
                self._front.non_trainable_variables,
            )
        ]
        clips, frames = images.shape[:2]
        found = self.empty(clips, frames)
        at_once = min(clips, max(1, _FRAMES_AT_ONCE // frames))
        for start in range(0, clips, at_once):
            # The last ones may be computed twice, so that all calls have one shape.
            some = slice(min(start, clips - at_once), None)
            some = slice(some.start, some.start + at_once)
            outputs = self._run(*weights, images[some])
            for whole, part in zip(found, outputs, strict=True):
                whole[some] = np.asarray(part).reshape(-1, *whole.shape[1:])
        return found

    def empty(self, clips: int, frames: int) -> list[np.ndarray]:
        """Arrays for the features."""
        return [
            np.empty((clips, frames, *x.shape[-3:]), np.float16)
            for x in self._front.outputs
        ]

    def _of_some(self, trainable, others, images):
        images = images.astype("float32").reshape(-1, *self._front.inputs[0].shape[1:])
        outputs, _ = self._front.stateless_call(
            trainable, others, images, training=False
        )
        return [x.astype("float16") for x in keras.tree.flatten(outputs)]
