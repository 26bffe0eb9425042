"""Training with less memory: parts of a network are computed twice in each step.

A gradient needs the outputs of all layers, which are most of the memory of a training
step. Here only tensors that several layers read, and the inputs and outputs of the
recurrent layers, are kept from the forward pass. All between two of them is a part of
the network, and is computed again when the gradient needs it.
"""

from collections import Counter

import keras
from keras import ops

from lstm_icnet.network.icnet_model import ICNet


def recompute_in_training(model: ICNet) -> None:
    """Lets a network take less memory and more time in training; call it before use.

    Its outputs, gradients and statistics of batch normalisation are the same.
    """
    parts = _parts(model)
    model_call = model.call

    def call(inputs, training=None, mask=None):
        if not training:
            return model_call(inputs, training=training, mask=mask)
        given = zip(model.inputs, keras.tree.flatten(inputs), strict=True)
        values = {id(tensor): ops.cast(x, tensor.dtype) for tensor, x in given}
        for part in parts:
            values[id(part.result)] = part([values[id(x)] for x in part.sources])
        return keras.tree.map_structure(lambda x: values[id(x)], model.output)

    model.call = call


class _Layers(keras.layers.Layer):
    """The layers of a part of a network as one layer.

    It tells them that they are in training also when they are computed again, where the
    call of the network has ended.
    """

    def __init__(self, function):
        super().__init__(autocast=False, name="layers_of_part")
        self._function = function
        self._parts = [x for x in function.operations if isinstance(x, keras.Layer)]
        self.built = True

    def call(self, inputs, training=None):
        return self._function(inputs)


class _Part(keras.layers.Layer):
    """A part of a network, of which nothing but the inputs is kept for the gradient.

    It is for training alone, and updates the statistics of batch normalisation. It is a
    layer so that `autocast` can be off: weights are read as they are, and every layer
    in it casts its own.

    Args:
        sources, result: Its inputs and its output, symbolic tensors of the network.
    """

    def __init__(self, sources, result):
        super().__init__(autocast=False, name="recomputed_part")
        self.sources, self.result = tuple(sources), result
        self._layers_in_it = _Layers(keras.Function(list(sources), result))
        self.built = True

    def call(self, inputs):
        variables = [
            variable
            for variable in self._layers_in_it.variables
            if keras.backend.is_float_dtype(variable.dtype)
        ]
        if not variables:
            return self._layers_in_it(inputs, training=True)
        updated = [variable for variable in variables if not variable.trainable]

        def outputs_and_updates(*tensors):
            values = tensors[len(inputs) :]
            mapping = list(zip(variables, values, strict=True))
            with keras.StatelessScope(state_mapping=mapping) as scope:
                output = self._layers_in_it(list(tensors[: len(inputs)]), training=True)
            new = [ops.stop_gradient(scope.get_current_value(v)) for v in updated]
            return (output, *new)

        values = [ops.copy(variable) for variable in variables]
        output, *new = keras.remat(outputs_and_updates)(*inputs, *values)
        # Outside of what is computed twice, or they would be updated twice.
        for variable, value in zip(updated, new, strict=True):
            variable.assign(value)
        return output


def _parts(model):
    """The parts of a network in an order in which they can be computed."""
    operations = [
        x for x in model.operations if not isinstance(x, keras.layers.InputLayer)
    ]
    producers = {id(t): x for x in operations for t in keras.tree.flatten(x.output)}
    uses = Counter(id(t) for x in operations for t in _inputs_of(x))
    kept = {tensor for tensor, count in uses.items() if count > 1}
    kept |= {id(tensor) for tensor in model.outputs}
    for operation in operations:
        if isinstance(operation, keras.layers.RNN):
            kept |= {id(tensor) for tensor in _inputs_of(operation)}
            kept.add(id(operation.output))
    outputs = [t for x in operations for t in keras.tree.flatten(x.output)]
    return [
        _Part(_boundary(output, producers, kept), output)
        for output in outputs
        if id(output) in kept
    ]


def _boundary(output, producers, kept):
    """The kept tensors, and inputs of the network, that `output` is computed from."""
    found = {}
    pending = [producers[id(output)]]
    while pending:
        for tensor in _inputs_of(pending.pop()):
            if id(tensor) in kept or id(tensor) not in producers:
                found[id(tensor)] = tensor
            else:
                pending.append(producers[id(tensor)])
    return list(found.values())


def _inputs_of(operation):
    """Each tensor once."""
    return {id(t): t for t in keras.tree.flatten(operation.input)}.values()
