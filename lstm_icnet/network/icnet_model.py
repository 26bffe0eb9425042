"""The networks as Keras models: `build_icnet` and `build_lstm_icnet`."""

import keras
from keras import ops

from lstm_icnet.network.drawings import ClipDrawing, FrameDrawing, StepDrawing
from lstm_icnet.network.icnet import HEADS, SMALLEST_SIDE, draw_icnet
from lstm_icnet.network.named_layers import NamedLayers
from lstm_icnet.network.versions import check_version

CITYSCAPES_MEAN_RGB = (73.158, 82.909, 72.392)


@keras.saving.register_keras_serializable(package="lstm_icnet")
class ICNet(keras.Model):
    """ICNet, and LSTM-ICNet v1 to v6 where `version` puts cells at its taps.

    Takes frames `(batch, height, width, 3)`, or clips `(batch, num_frames, height,
    width, 3)` where there is a version; RGB in [0, 255], any dtype. Returns the logits
    of the last frame at the heads, `{"main", "sub24", "sub4"}`, each `(batch, head
    height, head width, num_classes)`; with `return_sequences` those of every frame,
    `(batch, num_frames, head height, head width, num_classes)`.

    A `.keras` file of it carries all arguments below. `freeze_branches` and
    `freeze_batch_norm` keep parts from training, and say what batches of one clip do to
    batch normalisation; `fold_batch_norm` makes the network for inference.

    Args:
        version: `None` for ICNet, else 1 to 6.
        cell: `None` for ICNet, else `standard`, `spatial`, `depthwise`, `separable`.
        num_classes: Int, 1 to 255; label maps are uint8.
        image_size: Pair of ints, (height, width), each at least 97.
        num_frames: Positive int, frames of a clip. ICNet has one.
        mean_rgb: Three floats, subtracted from the image; no division.
        peephole: Bool, whether the cells have peepholes (the paper's have none).
        classes: Names of the classes, and
        palette: their RGB colours, 0 to 255; kept for those who read the file.
        weight_decay: Float, for the loss term `0.5 weight_decay ||W||^2` on
            convolution and cell kernels.
        heads: Which of the three to have; the auxiliary ones serve training alone.
        return_sequences: Bool, whether the heads look at every frame of a clip.
        width_multiplier: Positive float, times which all channels are taken; 1 is the
            paper's network, at half the width of the first ICNet.
        folded: Bool; see `fold_batch_norm`, which sets it.

    Raises:
        ValueError: If an argument is out of its range.

    Departures: behind the last cell, batch normalisation sees the last frames alone
        while training; the authors run all frames through. Inference is the same.
    """

    def __init__(
        self,
        version=None,
        cell=None,
        num_classes=19,
        image_size=(1024, 2048),
        num_frames=4,
        mean_rgb=CITYSCAPES_MEAN_RGB,
        peephole=False,
        classes=None,
        palette=None,
        weight_decay=0.0,
        heads=HEADS,
        return_sequences=False,
        width_multiplier=1.0,
        folded=False,
        name=None,
        **kwargs,
    ):
        taps = check_version(version, cell)
        _check_sizes(num_classes, image_size, num_frames, width_multiplier)
        _check_heads(heads, version, return_sequences)
        layers = NamedLayers((), weight_decay, width_multiplier, folded)
        if taps:
            images = keras.Input((num_frames, *image_size, 3), name="images")
            frames = ops.reshape(images, (-1, *image_size, 3))  # (batch * frames, ...)
            drawing = ClipDrawing(
                layers, cell, taps, num_frames, peephole, return_sequences
            )
        else:
            num_frames = 1
            images = frames = keras.Input((*image_size, 3), name="images")
            drawing = FrameDrawing()
        logits = draw_icnet(frames, layers, drawing, num_classes, mean_rgb, heads)
        if return_sequences:
            logits = {
                head: ops.reshape(x, (-1, num_frames, *x.shape[1:]))
                for head, x in logits.items()
            }
        super().__init__(
            inputs=images, outputs=logits, name=name or model_name(version), **kwargs
        )
        self.version = version
        self.cell = cell
        self.taps = taps
        self.num_classes = num_classes
        self.image_size = tuple(image_size)
        self.num_frames = num_frames
        self.mean_rgb = tuple(mean_rgb)
        self.peephole = peephole
        self.classes = None if classes is None else tuple(classes)
        self.palette = None if palette is None else tuple(map(tuple, palette))
        self.weight_decay = weight_decay
        self.heads = tuple(heads)
        self.return_sequences = return_sequences
        self.width_multiplier = width_multiplier
        self.folded = folded

    def state_shapes(self):
        """The states of a stream, `{name: (height, width, channels)}`, no batch axis.

        The names are `convlstm_<tap>_h` and `convlstm_<tap>_c` for every tap.
        """
        return {
            f"convlstm_{tap}_{part}": self.get_layer(f"convlstm_{tap}").input.shape[2:]
            for tap in self.taps
            for part in "hc"
        }

    def build_step(self, heads=("main",)):
        """The streaming graph over the same weights, a functional model.

        Takes `{"image": (batch, height, width, 3), state name: state, ...}` and returns
        `{head: logits, ..., state name: state, ...}`; see `state_shapes`.
        """
        image = keras.Input((*self.image_size, 3), name="image")
        inputs = {
            name: keras.Input(shape, name=name)
            for name, shape in self.state_shapes().items()
        }
        layers = NamedLayers(
            self.layers, width_multiplier=self.width_multiplier, folded=self.folded
        )
        states = {
            tap: [inputs[f"convlstm_{tap}_h"], inputs[f"convlstm_{tap}_c"]]
            for tap in self.taps
        }
        drawing = StepDrawing(layers, states)
        outputs = draw_icnet(
            image, layers, drawing, self.num_classes, self.mean_rgb, heads
        )
        for tap, (h, c) in drawing.next_states.items():
            outputs[f"convlstm_{tap}_h"], outputs[f"convlstm_{tap}_c"] = h, c
        inputs["image"] = image
        return keras.Model(inputs, outputs, name=f"{self.name}_step")

    def get_config(self):
        return {
            "version": self.version,
            "cell": self.cell,
            "num_classes": self.num_classes,
            "image_size": self.image_size,
            "num_frames": self.num_frames,
            "mean_rgb": self.mean_rgb,
            "peephole": self.peephole,
            "classes": self.classes,
            "palette": self.palette,
            "weight_decay": self.weight_decay,
            "heads": self.heads,
            "return_sequences": self.return_sequences,
            "width_multiplier": self.width_multiplier,
            "folded": self.folded,
            "name": self.name,
            "trainable": self.trainable,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        return cls(**config)


def build_icnet(
    num_classes: int = 19, image_size: tuple[int, int] = (1024, 2048), **kwargs
) -> ICNet:
    """ICNet for frames `(batch, height, width, 3)`; see `ICNet` for the arguments."""
    return ICNet(None, None, num_classes, image_size, **kwargs)


def build_lstm_icnet(
    version: int,
    cell: str,
    num_classes: int = 19,
    image_size: tuple[int, int] = (1024, 2048),
    num_frames: int = 4,
    **kwargs,
) -> ICNet:
    """LSTM-ICNet for clips `(batch, num_frames, height, width, 3)`; see `ICNet`."""
    if version is None:
        raise ValueError("`version` must be 1 to 6. Received: version=None")
    return ICNet(version, cell, num_classes, image_size, num_frames, **kwargs)


def model_name(version: int | None) -> str:
    return "icnet" if version is None else f"lstm_icnet_v{version}"


def _check_sizes(num_classes, image_size, num_frames, width_multiplier):
    if not 1 <= num_classes <= 255:
        raise ValueError(
            f"`num_classes` must be 1 to 255, as labels are bytes and 255 is ignored. "
            f"Received: num_classes={num_classes}"
        )
    if num_frames < 1:
        raise ValueError(
            f"`num_frames` must be positive. Received: num_frames={num_frames}"
        )
    if not width_multiplier > 0:
        raise ValueError(
            f"`width_multiplier` must be positive. "
            f"Received: width_multiplier={width_multiplier}"
        )
    if len(image_size) != 2 or min(image_size) < SMALLEST_SIDE:
        raise ValueError(
            f"Both sides of `image_size` must be at least {SMALLEST_SIDE} pixels, or "
            f"the coarsest pool has none. Received: image_size={tuple(image_size)}"
        )


def _check_heads(heads, version, return_sequences):
    unknown = set(heads) - set(HEADS)
    if unknown or not heads:
        raise ValueError(f"`heads` must be some of {HEADS}. Received: heads={heads}")
    if return_sequences and version is None:
        raise ValueError(
            "ICNet sees one frame and has no sequence to return. "
            f"Received: return_sequences={return_sequences}"
        )
