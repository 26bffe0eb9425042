"""Lets Keras find this project's classes in files, after `import lstm_icnet` alone.

Keras looks up the classes of a saved model in a table, to which a class is added when
its module is imported. `lstm_icnet` imports its modules when they are first used; until
then, stand-ins take the place of the classes in Keras' table.
"""

import importlib
import importlib.abc
import sys

from lstm_icnet.imports.own_packages import require_own

# Where each class is defined that `register_keras_serializable` gets.
HOMES = {
    "ConvLSTM2D": "layers.conv_lstm2d",
    "ConvLSTM2DCell": "layers.conv_lstm2d",
    "DepthwiseConvLSTM2D": "layers.depthwise_conv_lstm2d",
    "DepthwiseConvLSTM2DCell": "layers.depthwise_conv_lstm2d",
    "FlickeringImagePixels": "lstm_icnet.metrics.flickering_pixels",
    "FlickeringPixels": "lstm_icnet.metrics.flickering_pixels",
    "ICNet": "lstm_icnet.network.icnet_model",
    "InferenceConv2D": "lstm_icnet.network.named_layers",
    "MeanIoU": "lstm_icnet.metrics.confusion",
    "MeanSubtraction": "lstm_icnet.network.image_layers",
    "PackedGlorotUniform": "lstm_icnet.network.initializers",
    "PerClassIoU": "lstm_icnet.metrics.confusion",
    "PixelAccuracy": "lstm_icnet.metrics.confusion",
    "ResizeBilinear": "lstm_icnet.network.image_layers",
    "SegmentationCrossEntropy": "lstm_icnet.network.loss",
    "SeparableConvLSTM2D": "layers.separable_conv_lstm2d",
    "SeparableConvLSTM2DCell": "layers.separable_conv_lstm2d",
    "SpatialConvLSTM2D": "layers.spatial_conv_lstm2d",
    "SpatialConvLSTM2DCell": "layers.spatial_conv_lstm2d",
    "TemporalConsistency": "lstm_icnet.metrics.consistency",
    "VideoConsistency": "lstm_icnet.metrics.consistency",
}


def register_with_keras() -> None:
    """Enters the stand-ins now if Keras is imported, otherwise when it is imported."""
    if "keras" in sys.modules:
        _enter_stand_ins()
    else:
        sys.meta_path.insert(0, _KerasWatcher())


class _KerasWatcher(importlib.abc.MetaPathFinder):
    """Enters the stand-ins right after `keras` has been imported by any module."""

    def find_spec(self, fullname, path=None, target=None):
        if fullname != "keras":
            return None
        others = sys.meta_path[sys.meta_path.index(self) + 1 :]
        specs = (finder.find_spec(fullname, path, target) for finder in others)
        spec = next((spec for spec in specs if spec is not None), None)
        if spec is not None and spec.loader is not None:
            _call_after_loading(spec.loader, fullname, _enter_stand_ins)
        return spec


def _call_after_loading(loader, name, then):
    load = loader.exec_module

    def load_and_call(module):
        load(module)
        if module.__name__ == name:
            then()

    loader.exec_module = load_and_call


def _enter_stand_ins():
    import keras

    table = keras.saving.get_custom_objects()
    for name, home in HOMES.items():
        # If there is an entry already, it is the real class.
        table.setdefault(f"lstm_icnet>{name}", _stand_in(name, home))


def _stand_in(name, home):
    """A class that imports the real one when an object is made, and makes that."""

    def from_config(cls, config):
        package = home.split(".")[0]
        require_own(package)
        return getattr(importlib.import_module(home), name).from_config(config)

    return type(name, (), {"from_config": classmethod(from_config), "__module__": home})
