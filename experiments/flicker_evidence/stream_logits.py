"""The logits of a network on streams, frame by frame with its state carried."""

from collections.abc import Sequence

import cv2
import numpy as np

from experiments.flicker_evidence.scored_videos import ScoredVideo
from lstm_icnet.deployment.state_alignment import StateAligner
from lstm_icnet.network.icnet_model import ICNet


class StreamRunner:
    """Runs the streaming graph of a network, for any weights.

    Args:
        model: The network; the weights are those that it has when `logits` is called.
        align_states: Whether h and c are warped along the optical flow.
        memory: Whether the state is carried from frame to frame.
    """

    def __init__(self, model: ICNet, align_states: bool, memory: bool):
        import jax

        self._step = model.build_step()
        self._image_size = model.image_size
        self._shapes = model.state_shapes()
        self._align, self._memory = align_states, memory
        self._run = jax.jit(self._one_frame)

    def logits(self, videos: Sequence[ScoredVideo]) -> list[np.ndarray]:
        """float16 (num_frames, height, width, num_classes) of each video."""
        weights = (
            [v.value for v in self._step.trainable_variables],
            [v.value for v in self._step.non_trainable_variables],
        )
        return [self._of_video(video, weights) for video in videos]

    def _of_video(self, video, weights):
        found, states, aligner = [], self._zeros(), StateAligner()
        height, width = self._image_size
        for image in map(np.asarray, video.images):
            if not self._memory:
                states = self._zeros()
            elif self._align:
                states = aligner(states, image)
            small = cv2.resize(image, (width, height))
            logits, states = self._run(weights, states, small)
            found.append(np.array(logits, np.float16))
        return np.stack(found)

    def _zeros(self):
        return {n: np.zeros((1, *s), np.float32) for n, s in self._shapes.items()}

    def _one_frame(self, weights, states, image):
        inputs = {"image": image[None].astype("float32"), **states}
        outputs, _ = self._step.stateless_call(*weights, inputs, training=False)
        logits = outputs.pop("main")[0]
        return logits, outputs
