"""Training a network of this project by a compiled step of JAX.

Builders, loss and freezing are those of the project. `Model.fit` is not used, as it
would compile again for every seed.
"""

import numpy as np

from experiments.flicker_evidence.pools import Pool
from experiments.flicker_evidence.recipes import Recipe
from experiments.training.starting_network import make_optimizer
from lstm_icnet.network.freezing import freeze_branches
from lstm_icnet.network.icnet_model import ICNet
from lstm_icnet.network.loss import head_losses

_WEIGHT_DECAY = 1e-4


class Trainer:
    """Trains one recipe with any number of seeds.

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
        if recipe.frozen:
            freeze_branches(self.model)
        self._optimizer = make_optimizer(recipe)
        self._optimizer.build(self.model.trainable_variables)
        self._first_slots = [v.value for v in self._optimizer.variables]
        self._losses = head_losses(
            consistency_weight=recipe.consistency_weight,
            align_labels=recipe.align_labels,
        )
        self._gradient = jax.value_and_grad(self._loss, has_aux=True)
        self._step = jax.jit(self._one_step, donate_argnums=(0, 1, 2))

    def compile(self, pool: Pool) -> None:
        """Compiles the step by running it once; the result is discarded."""
        values = [list(map(_copy, part)) for part in self._values()]
        batch = next(iter(pool.batches(self._recipe.batch_size, 1, 0)))
        self._step(*values, *batch)[-1].block_until_ready()

    def train(self, pool: Pool, seed: int, start: dict[str, np.ndarray] | None = None):
        """Trains from new weights, or from those in `start` for the layers in it.

        Returns:
            The loss of every tenth step; the weights are in `self.model`.
        """
        draw_weights(self.model, seed)
        if start is not None:
            load_weights(self.model, start)
        trained, others, slots = (list(map(_copy, part)) for part in self._values())
        losses = []
        recipe = self._recipe
        batches = pool.batches(recipe.batch_size, recipe.steps, seed)
        for step, (images, labels, flow) in enumerate(batches):
            trained, others, slots, loss = self._step(
                trained, others, slots, images, labels, flow
            )
            if step % 10 == 0:
                losses.append(loss)
        for variables, values in (
            (self.model.trainable_variables, trained),
            (self.model.non_trainable_variables, others),
        ):
            for variable, value in zip(variables, values, strict=True):
                variable.assign(value)
        return [float(loss) for loss in losses]

    def _values(self):
        return (
            [v.value for v in self.model.trainable_variables],
            [v.value for v in self.model.non_trainable_variables],
            self._first_slots,
        )

    def _one_step(self, trained, others, slots, images, labels, flow):
        (loss, others), gradients = self._gradient(
            trained, others, images.astype("float32"), labels, flow
        )
        trained, slots = self._optimizer.stateless_apply(slots, gradients, trained)
        return trained, others, slots, loss

    def _loss(self, trained, others, images, labels, flow):
        recipe, model = self._recipe, self.model
        clips, frames = images.shape[:2]
        if recipe.version is None:
            inputs = images.reshape(-1, *images.shape[2:])
        elif not recipe.memory:
            inputs = images.reshape(-1, 1, *images.shape[2:])
        elif recipe.align_states:
            inputs = {"images": images, "flow": flow}
        else:
            inputs = images
        logits, others, penalties = model.stateless_call(
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
            weight * self._losses["loss"][head](labels, logits[head])
            for head, weight in self._losses["loss_weights"].items()
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


def _copy(value):
    """A copy of the values that the step may overwrite."""
    return np.array(value)


def weights_by_path(model: ICNet) -> dict[str, np.ndarray]:
    return {variable.path: np.array(variable.value) for variable in model.variables}


def load_weights(model: ICNet, weights: dict[str, np.ndarray]) -> None:
    """Takes the weights of those variables that `weights` has by path."""
    for variable in model.variables:
        if variable.path in weights:
            variable.assign(weights[variable.path])
