"""Training a network of this project by a compiled step of JAX.

Builders, loss and freezing are those of the project. `Model.fit` is not used, as it
would compile again for every seed.
"""

import math

import numpy as np

from experiments.flicker_evidence.frozen_part import FrozenFeatures, divide
from experiments.flicker_evidence.pools import Pool
from experiments.flicker_evidence.recipes import Recipe
from experiments.training.starting_network import make_optimizer
from lstm_icnet.network.freezing import freeze_branches
from lstm_icnet.network.icnet_model import ICNet
from lstm_icnet.network.loss import head_losses

_WEIGHT_DECAY = 1e-4
_STEPS_AT_ONCE = 50  # on a GPU


class Trainer:
    """Trains one recipe with any number of seeds.

    The clips are kept on the device; where the branches are frozen, what they give for
    the clips instead. On a GPU, 50 steps run without the processor.

    Args:
        recipe: What to train.
        image_size: (height, width) of the network.
        info: `DatasetInfo`, for classes and mean colour.
    """

    def __init__(self, recipe: Recipe, image_size: tuple[int, int], info):
        import jax

        self._recipe = recipe
        self.model = ICNet(
            recipe.version,
            recipe.cell,
            num_classes=len(info.classes),
            image_size=image_size,
            num_frames=recipe.model_frames,
            mean_rgb=info.mean_rgb,
            classes=info.classes,
            palette=info.palette,
            weight_decay=_WEIGHT_DECAY,
            return_sequences=recipe.version is not None and not recipe.last_label_only,
            align_states=recipe.align_states,
        )
        self._features, self._trained = None, self.model
        self._has_flow = recipe.align_states
        if recipe.frozen:
            freeze_branches(self.model)
            front, self._trained = divide(self.model)
            self._features = FrozenFeatures(front)
        self._inputs = [x for x in self._trained.inputs if x.name != "flow"]
        self._optimizer = make_optimizer(recipe)
        self._optimizer.build(self._trained.trainable_variables)
        self._first_slots = [np.array(v.value) for v in self._optimizer.variables]
        self._losses = head_losses(
            consistency_weight=recipe.consistency_weight,
            align_labels=recipe.align_labels,
        )
        self._gradient = jax.value_and_grad(self._loss, has_aux=True)
        on_gpu = jax.default_backend() != "cpu"
        self._at_once = math.gcd(recipe.steps, _STEPS_AT_ONCE) if on_gpu else 1
        self._steps = jax.jit(self._many_steps, donate_argnums=(0, 1, 2))
        self._compiled = None

    def compile(self, pool: Pool) -> None:
        """Compiles the steps for the clips of a pool."""
        import jax

        data = self._data(pool, empty=True)
        order = np.zeros((self._at_once, self._recipe.batch_size), np.int32)
        shapes = jax.tree.map(
            lambda x: jax.ShapeDtypeStruct(x.shape, x.dtype),
            (*self._values(), data, order),
        )
        self._compiled = self._steps.lower(*shapes).compile()

    def train(self, pool: Pool, seed: int, start: dict[str, np.ndarray] | None = None):
        """Trains from new weights, or from those in `start` for the layers in it.

        Returns:
            The loss of every tenth step; the weights are in `self.model`.
        """
        import jax

        draw_weights(self.model, seed)
        if start is not None:
            load_weights(self.model, start)
        if self._compiled is None:
            self.compile(pool)
        data = jax.tree.map(jax.numpy.asarray, self._data(pool))
        values, losses = self._values(), []
        recipe = self._recipe
        order = np.stack(list(pool.order(recipe.batch_size, recipe.steps, seed)))
        for some in order.reshape(-1, self._at_once, recipe.batch_size):
            *values, loss = self._compiled(*values, data, some.astype(np.int32))
            losses.append(loss)
        trained, others, _ = values
        for variables, new in (
            (self._trained.trainable_variables, trained),
            (self._trained.non_trainable_variables, others),
        ):
            for variable, value in zip(variables, new, strict=True):
                variable.assign(value)
        return [float(loss) for loss in np.concatenate(losses)[::10]]

    def _values(self):
        """Copies of the values that the steps may overwrite."""
        return (
            [np.array(v.value) for v in self._trained.trainable_variables],
            [np.array(v.value) for v in self._trained.non_trainable_variables],
            [slot.copy() for slot in self._first_slots],
        )

    def _data(self, pool, empty=False):
        """What the steps choose their batches from; with `empty`, only its shapes."""
        images = [pool.images]
        if self._features is not None:
            images = (
                self._features.empty(*pool.labels.shape[:2])
                if empty
                else self._features(pool.images)
            )
        return [images, pool.labels, *([pool.flow] if self._has_flow else [])]

    def _many_steps(self, trained, others, slots, data, order):
        import jax

        def step(values, chosen):
            trained, others, slots = values
            batch = jax.tree.map(lambda x: x[chosen], data)
            (loss, others), gradients = self._gradient(trained, others, *batch)
            trained, slots = self._optimizer.stateless_apply(slots, gradients, trained)
            return (list(trained), list(others), list(slots)), loss

        values = trained, others, slots
        if len(order) == 1:  # in a loop, a processor needs ten times as long
            values, loss = step(values, order[0])
            return *values, loss[np.newaxis]
        values, losses = jax.lax.scan(step, values, order)
        return *values, losses

    def _loss(self, trained, others, features, labels, flow=None):
        recipe = self._recipe
        clips, frames = labels.shape[:2]
        inputs = [
            x.astype("float32").reshape(-1, *there.shape[1:])
            for x, there in zip(features, self._inputs, strict=True)
        ]
        if self._features is not None:
            inputs += [] if flow is None else [flow]
        else:
            (images,) = inputs
            inputs = images if flow is None else {"images": images, "flow": flow}
        logits, others, penalties = self._trained.stateless_call(
            trained, others, inputs, training=True, return_losses=True
        )
        if recipe.last_label_only and recipe.memory and recipe.version is not None:
            labels = labels[:, -1]
        else:
            logits = {
                head: x.reshape(clips, frames, *x.shape[-3:])
                for head, x in logits.items()
            }
        loss = sum(
            self._losses["loss_weights"][head] * self._losses["loss"][head](labels, x)
            for head, x in logits.items()
        )
        return loss + sum(penalties), others


def draw_weights(model: ICNet, seed: int) -> None:
    """New initial weights as the layers draw them, for a model that is built.

    They are drawn in NumPy, since JAX would compile a function for every shape.
    """
    rng = np.random.default_rng(seed)
    for variable in model.variables:
        name = variable.path.rsplit("/", 1)[-1]
        recurrent = variable.path.startswith("convlstm_")
        value = np.zeros(variable.shape, np.float32)
        if value.ndim == 4:
            height, width, channels, columns = value.shape
            fans = height * width * ((2 if recurrent else 1) * channels + columns)
            limit = np.sqrt(6.0 / fans)
            value = rng.uniform(-limit, limit, value.shape).astype(np.float32)
        elif recurrent and name == "bias":
            value[len(value) // 4 : len(value) // 2] = 1  # the forget gate's
        elif name in ("gamma", "moving_variance"):
            value += 1
        elif name not in ("beta", "moving_mean", "bias"):
            continue
        variable.assign(value)


def weights_by_path(model: ICNet) -> dict[str, np.ndarray]:
    return {variable.path: np.array(variable.value) for variable in model.variables}


def load_weights(model: ICNet, weights: dict[str, np.ndarray]) -> None:
    """Takes the weights of those variables that `weights` has by path."""
    for variable in model.variables:
        if variable.path in weights:
            variable.assign(weights[variable.path])
