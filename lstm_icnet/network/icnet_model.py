"""The networks as Keras models: `build_icnet` and `build_lstm_icnet`."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import keras
from keras import ops

from lstm_icnet.imports.own_layers import warp_states
from lstm_icnet.network.drawings import (
    ClipDrawing,
    Drawing,
    StepDrawing,
    StepsDrawing,
)
from lstm_icnet.network.icnet import draw_icnet
from lstm_icnet.network.named_layers import NamedLayers
from lstm_icnet.network.settings import NetworkSettings, flow_size


@keras.saving.register_keras_serializable(package="lstm_icnet")
class ICNet(keras.Model):
    """ICNet, and LSTM-ICNet v1 to v6 where `version` puts cells at its taps.

    Takes frames `(batch, height, width, 3)`, or clips `(batch, num_frames, height,
    width, 3)` where there is a version; RGB in [0, 255], any dtype. Returns the logits
    of the last frame at the heads, `{"main", "sub24", "sub4"}`, each `(batch, head
    height, head width, num_classes)`; with `return_sequences` those of every frame,
    `(batch, num_frames, head height, head width, num_classes)`.

    `freeze_branches` and `freeze_batch_norm` exclude parts from training; the latter
    explains how batches of one clip affect batch normalisation. `fold_batch_norm` makes
    a copy for inference.

    Args:
        *args, **kwargs: The attributes of `NetworkSettings`, in their order. The model
            has them as attributes, too, and all together as `settings`.
        name: By default `icnet` or `lstm_icnet_v<version>`.
        trainable: Bool, whether training changes its weights.

    Raises:
        ValueError: If an argument is out of its range.

    Departures: behind the last cell, batch normalisation sees only the last frames
        while training; the authors run all frames through. Inference is the same.
    """

    def __init__(self, *args, name=None, trainable=True, **kwargs):
        settings = NetworkSettings(*args, **kwargs)
        layers = NamedLayers(
            (), settings.weight_decay, settings.width_multiplier, settings.folded
        )
        inputs, logits = _draw_training_graph(settings, layers)
        super().__init__(
            inputs=inputs,
            outputs=logits,
            name=name or settings.model_name,
            trainable=trainable,
        )
        self.settings = settings
        self.taps = settings.taps
        for argument, value in vars(settings).items():
            setattr(self, argument, value)

    def state_shapes(self) -> dict[str, tuple[int, int, int]]:
        """The states of a stream, `{name: (height, width, channels)}`, no batch axis.

        The names are `convlstm_<tap>_h` and `convlstm_<tap>_c` for every tap.
        """
        return {
            f"convlstm_{tap}_{part}": self._sequences_of(tap).shape[2:]
            for tap in self.taps
            for part in "hc"
        }

    def _sequences_of(self, tap):
        """The input of the recurrent layer of a tap."""
        return keras.tree.flatten(self.get_layer(f"convlstm_{tap}").input)[0]

    def build_step(self, heads: Sequence[str] = ("main",)) -> keras.Model:
        """The streaming graph over the same weights, a functional model.

        Takes `{"image": (batch, height, width, 3), state name: state, ...}` and returns
        `{head: logits, ..., state name: state, ...}`; see `state_shapes`.
        """
        inputs = self._step_inputs()
        drawing = StepDrawing(self._named_layers(), self._states_in(inputs))
        return self._step_model(inputs, drawing, heads, f"{self.name}_step")

    def build_steps(self, num_frames: int, along_flow: bool = False) -> keras.Model:
        """The streaming graph for several frames of one stream, over the same weights.

        It computes what `build_step` does frame by frame, in less time: all but the
        cells runs on the frames at once.

        Takes `{"image": (num_frames, height, width, 3), state name: (1, ...), ...}`,
        consecutive frames and the states before the first of them; with `along_flow`
        also `flow_<tap>`, `(num_frames - 1, state height, state width, 2)`, the flow
        that `layers.warp_states` takes. Returns the logits of all frames, `{"main":
        (num_frames, ...)}`, and the states after the last.

        Args:
            num_frames: Int, at least 2.
            along_flow: Whether the states are warped from frame to frame.
        """
        inputs = self._step_inputs(num_frames)
        flow = {}
        if along_flow:
            for tap in self.taps:
                size = self._sequences_of(tap).shape[2:4]
                shape = (num_frames - 1, *size, 2)
                flow[tap] = keras.Input(batch_shape=shape, name=f"flow_{tap}")
                inputs[f"flow_{tap}"] = flow[tap]
        drawing = StepsDrawing(
            self._named_layers(), self._states_in(inputs), num_frames, flow
        )
        return self._step_model(inputs, drawing, ("main",), f"{self.name}_steps")

    def build_move(self) -> keras.Model:
        """The graph that warps the states of a stream to its next frame.

        Takes the states by name, `(1, ...)`, and `flow_<tap>`, `(1, state height, state
        width, 2)`, see `layers.warp_states`; returns the states.
        """
        inputs = self._step_inputs(num_frames=1)
        del inputs["image"]
        moved = {}
        for tap, states in self._states_in(inputs).items():
            shape = (1, *states[0].shape[1:3], 2)
            flow = keras.Input(batch_shape=shape, name=f"flow_{tap}")
            inputs[f"flow_{tap}"] = flow
            for part, state in zip("hc", states, strict=True):
                moved[f"convlstm_{tap}_{part}"] = warp_states(state, flow)
        return keras.Model(inputs, moved, name=f"{self.name}_move")

    def _step_inputs(self, num_frames=None):
        """The inputs of a step by name; the batch is free for one frame."""
        batch = None if num_frames is None else 1
        states = {
            name: keras.Input(batch_shape=(batch, *shape), name=name)
            for name, shape in self.state_shapes().items()
        }
        image = (num_frames, *self.image_size, 3)
        return {**states, "image": keras.Input(batch_shape=image, name="image")}

    def _states_in(self, inputs):
        return {
            tap: [inputs[f"convlstm_{tap}_h"], inputs[f"convlstm_{tap}_c"]]
            for tap in self.taps
        }

    def _named_layers(self):
        return NamedLayers(
            self.layers, width_multiplier=self.width_multiplier, folded=self.folded
        )

    def _step_model(self, inputs, drawing, heads, name):
        layers, mean_rgb = self._named_layers(), self.mean_rgb
        outputs = draw_icnet(
            inputs["image"], layers, drawing, self.num_classes, mean_rgb, heads
        )
        for tap, (h, c) in drawing.next_states.items():
            outputs[f"convlstm_{tap}_h"], outputs[f"convlstm_{tap}_c"] = h, c
        return keras.Model(inputs, outputs, name=name)

    def get_config(self):
        return {
            **asdict(self.settings),
            "name": self.name,
            "trainable": self.trainable,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        return cls(**config)


def _draw_training_graph(settings, layers):
    """The graph that is trained: its input, and its logits by head."""
    size, num_frames = settings.image_size, settings.num_frames
    if settings.taps:
        images = keras.Input((num_frames, *size, 3), name="images")
        frames = ops.reshape(images, (-1, *size, 3))  # (batch * frames, ...)
        inputs, flow = images, None
        if settings.align_states:
            flow_shape = (num_frames - 1, *flow_size(size), 2)
            flow = keras.Input(flow_shape, name="flow")
            inputs = {"images": images, "flow": flow}
        drawing: Drawing = ClipDrawing(layers, settings, flow)
    else:
        inputs = frames = keras.Input((*size, 3), name="images")
        drawing = Drawing()
    logits = draw_icnet(
        frames,
        layers,
        drawing,
        settings.num_classes,
        settings.mean_rgb,
        settings.heads,
    )
    if settings.return_sequences:
        logits = {
            head: ops.reshape(x, (-1, num_frames, *x.shape[1:]))
            for head, x in logits.items()
        }
    return inputs, logits


def build_icnet(
    num_classes: int = 19, image_size: tuple[int, int] = (1024, 2048), **kwargs: Any
) -> ICNet:
    """ICNet for frames `(batch, height, width, 3)`.

    Args:
        num_classes, image_size, **kwargs: The attributes of
            `lstm_icnet.network.settings.NetworkSettings`.
    """
    return ICNet(None, None, num_classes, image_size, **kwargs)


def build_lstm_icnet(
    version: int,
    cell: str,
    num_classes: int = 19,
    image_size: tuple[int, int] = (1024, 2048),
    num_frames: int = 4,
    **kwargs: Any,
) -> ICNet:
    """LSTM-ICNet for clips `(batch, num_frames, height, width, 3)`.

    Args:
        version, cell, num_classes, image_size, num_frames, **kwargs: The attributes of
            `lstm_icnet.network.settings.NetworkSettings`.
    """
    if version is None:
        raise ValueError("`version` must be 1 to 6. Received: version=None")
    return ICNet(version, cell, num_classes, image_size, num_frames, **kwargs)
