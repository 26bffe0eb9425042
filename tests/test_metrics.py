import json
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from lstm_icnet import flicker, metrics

NUM_CLASSES = 5
VOID = 255
METRICS = {
    "accuracy": lambda: metrics.PixelAccuracy(NUM_CLASSES),
    "mean_iou": lambda: metrics.MeanIoU(NUM_CLASSES),
    "per_class_iou": lambda: metrics.PerClassIoU(NUM_CLASSES),
    "mfp": lambda: metrics.FlickeringPixels(),
    "mfp_by_prediction": lambda: metrics.FlickeringPixels("prediction"),
    "mfip": lambda: metrics.FlickeringImagePixels(),
}
every_metric = pytest.mark.parametrize("kind", METRICS)


# The global batches of 3 fall into unequal shares of 2 and 1.
UPDATE_ON_TWO_DEVICES = """
import json, sys
import numpy as np, tensorflow as tf
one = tf.config.LogicalDeviceConfiguration()
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [one, one])
from lstm_icnet import metrics

strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
assert strategy.num_replicas_in_sync == 2
with strategy.scope():
    all_metrics = [
        metrics.PixelAccuracy(5),
        metrics.MeanIoU(5),
        metrics.FlickeringPixels(),
        metrics.FlickeringImagePixels(),
    ]

@tf.function
def update(part):
    for metric in all_metrics:
        strategy.run(metric.update_state, args=part)

maps = np.load(sys.argv[1])
dataset = tf.data.Dataset.from_tensor_slices((maps["label"], maps["prediction"]))
for part in strategy.experimental_distribute_dataset(dataset.batch(3)):
    update(part)
print(json.dumps({m.name: float(m.result()) for m in all_metrics}))
"""


def random_batch(rng, batch=4, time=3):
    shape = (batch, time, 6, 7)
    label = rng.integers(0, NUM_CLASSES - 1, shape, dtype=np.uint8)
    prediction = rng.integers(0, NUM_CLASSES - 1, shape, dtype=np.int64)
    label[rng.random(shape) < 0.2] = VOID
    label[0, 0] = VOID
    return label, prediction


def numpy_result(kind, label, prediction):
    if kind == "mfip":
        return flicker.mfip(prediction) or 0
    if kind.startswith("mfp"):
        encoding = "prediction" if kind == "mfp_by_prediction" else "label"
        return flicker.mfp(label, prediction, encoding) or 0
    matrix = flicker.ConfusionMatrix(NUM_CLASSES)
    matrix.update(label, prediction)
    if kind == "per_class_iou":
        ious = matrix.per_class_iou()
        return {f"iou_{k}": iou or 0 for k, iou in enumerate(ious)}
    return getattr(matrix, kind)() or 0


def assert_result(metric, kind, label, prediction):
    result = metric.result()
    if isinstance(result, dict):
        result = {key: float(value) for key, value in result.items()}
    else:
        result = float(result)
    assert result == pytest.approx(numpy_result(kind, label, prediction), rel=1e-6)


@every_metric
def test_metric_equals_the_numpy_one(kind, rng):
    label, prediction = random_batch(rng)
    metric = METRICS[kind]()
    metric.update_state(label, prediction)
    assert_result(metric, kind, label, prediction)


@every_metric
def test_batches_of_any_size_equal_the_whole(kind, rng):
    label, prediction = random_batch(rng, batch=7)
    metric = METRICS[kind]()
    for part in (slice(0, 1), slice(1, 5), slice(5, 7)):
        metric.update_state(label[part], prediction[part])
    assert_result(metric, kind, label, prediction)


@every_metric
def test_metric_starts_again_after_a_reset(kind, rng):
    label, prediction = random_batch(rng)
    metric = METRICS[kind]()
    metric.update_state(label, prediction)
    metric.reset_state()
    metric.update_state(label[:2], prediction[:2])
    assert_result(metric, kind, label[:2], prediction[:2])


@every_metric
def test_metric_survives_serialisation(kind, rng):
    metric = METRICS[kind]()
    config = keras.saving.serialize_keras_object(metric)
    again = keras.saving.deserialize_keras_object(config)
    assert type(again) is type(metric)
    assert again.get_config() == metric.get_config()
    label, prediction = random_batch(rng)
    again.update_state(label, prediction)
    assert_result(again, kind, label, prediction)


@pytest.mark.parametrize("jit_compile", [False, True], ids=["graph", "xla"])
@every_metric
def test_metric_is_the_same_compiled(kind, jit_compile, rng):
    label, prediction = random_batch(rng)
    metric = METRICS[kind]()
    tf.function(metric.update_state, jit_compile=jit_compile)(
        tf.constant(label), tf.constant(prediction)
    )
    assert_result(metric, kind, label, prediction)


def test_metrics_sum_over_the_devices_of_a_strategy(rng, tmp_path):
    label, prediction = random_batch(rng, batch=6)
    np.savez(tmp_path / "maps.npz", label=label, prediction=prediction)
    # A process of its own: a CPU can be split in two only before its first use.
    found = subprocess.run(
        [sys.executable, "-c", UPDATE_ON_TWO_DEVICES, tmp_path / "maps.npz"],
        capture_output=True,
        text=True,
        check=True,
    )
    results = json.loads(found.stdout)
    assert set(results) == {"accuracy", "mean_iou", "mfp", "mfip"}
    for kind, value in results.items():
        expected = numpy_result(kind, label, prediction)
        assert value == pytest.approx(expected, rel=1e-6)


@every_metric
def test_nothing_to_measure_gives_zero(kind, rng):
    label, prediction = random_batch(rng, time=1)
    metric = METRICS[kind]()
    metric.update_state(np.full_like(label, VOID), prediction)
    assert_result(metric, kind, np.full_like(label, VOID), prediction)


@pytest.mark.parametrize("kind", ["accuracy", "mean_iou", "per_class_iou"])
@pytest.mark.parametrize("shape", [(), (9,), (2, 3, 4)])
def test_classification_metrics_take_any_shape(kind, shape, rng):
    label = rng.integers(0, NUM_CLASSES, shape)
    prediction = rng.integers(0, NUM_CLASSES, shape)
    metric = METRICS[kind]()
    metric.update_state(label, prediction)
    assert_result(metric, kind, label, prediction)


def test_mfip_needs_no_labels(rng):
    label, prediction = random_batch(rng)
    metric = metrics.FlickeringImagePixels()
    metric.update_state(None, prediction)
    assert_result(metric, "mfip", label, prediction)


def test_metrics_run_in_fit(rng):
    label, prediction = random_batch(rng)
    inputs = keras.Input((None, 6, 7), dtype="int32")
    model = keras.Model(inputs, inputs)
    model.compile(
        loss=lambda y_true, y_pred: 0.0 * ops.cast(y_pred, "float32"),
        metrics=[METRICS[kind]() for kind in METRICS if kind != "mfp_by_prediction"],
    )
    values = model.evaluate(
        prediction, label, batch_size=3, verbose=0, return_dict=True
    )
    assert values["mfp"] == pytest.approx(
        numpy_result("mfp", label, prediction), rel=1e-6
    )
    assert values["iou_1"] == pytest.approx(
        numpy_result("per_class_iou", label, prediction)["iou_1"], rel=1e-6
    )


def test_wrong_arguments_are_refused(rng):
    label, prediction = random_batch(rng)
    with pytest.raises(ValueError, match="`encoding` must be one of"):
        metrics.FlickeringPixels("truth")
    with pytest.raises(ValueError, match="num_classes=0"):
        metrics.MeanIoU(0)
    with pytest.raises(ValueError, match=r"\(batch, time, height, width\)"):
        metrics.FlickeringPixels().update_state(label[0], prediction[0])
    with pytest.raises(ValueError, match="`sample_weight` must be `None`"):
        metrics.FlickeringImagePixels().update_state(label, prediction, np.ones(4))
