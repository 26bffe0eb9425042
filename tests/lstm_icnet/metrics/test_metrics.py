import json
import os
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops
from keras_metrics import (
    METRICS,
    NUM_CLASSES,
    Batch,
    as_floats,
    naive_result,
    numpy_result,
    random_batch,
)
from naive_metrics import VOID

from lstm_icnet.metrics.confusion import MeanIoU
from lstm_icnet.metrics.consistency import TemporalConsistency, VideoConsistency
from lstm_icnet.metrics.flickering_pixels import FlickeringImagePixels, FlickeringPixels

every_metric = pytest.mark.parametrize("kind", METRICS)


# The global batches of 3 fall into unequal shares of 2 and 1, the last into 1 and 0.
UPDATE_ON_TWO_DEVICES = """
import json, sys
import numpy as np, tensorflow as tf
one = tf.config.LogicalDeviceConfiguration()
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [one, one])
from keras_metrics import METRICS, Batch, as_floats

strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
assert strategy.num_replicas_in_sync == 2
with strategy.scope():
    metrics = {kind: metric() for kind, metric in METRICS.items()}

@tf.function
def update(*part):
    for kind, metric in metrics.items():
        strategy.run(metric.update_state, args=Batch(*part).inputs(kind))

maps = np.load(sys.argv[1])
columns = tuple(maps[name] for name in ("label", "prediction", "flow"))
dataset = tf.data.Dataset.from_tensor_slices(columns)
for part in strategy.experimental_distribute_dataset(dataset.batch(3)):
    update(*part)
print(json.dumps({kind: as_floats(m.result()) for kind, m in metrics.items()}))
"""


def assert_result(metric, kind, maps):
    found = as_floats(metric.result())
    assert found == pytest.approx(numpy_result(kind, maps), rel=1e-6)


@pytest.mark.parametrize("size", [(1, 2, 1, 1), (4, 9, 6, 7), (2, 17, 3, 19)])
@every_metric
def test_keras_numpy_and_a_loop_over_pixels_agree(kind, size, rng):
    maps = random_batch(rng, *size)
    metric = METRICS[kind]()
    metric.update_state(*maps.inputs(kind))
    expected = pytest.approx(naive_result(kind, maps), rel=1e-6)
    assert as_floats(metric.result()) == expected
    assert numpy_result(kind, maps) == expected


@every_metric
def test_the_test_data_can_tell_metrics_apart(kind, rng):
    expected = numpy_result(kind, random_batch(rng))
    values = expected.values() if isinstance(expected, dict) else [expected]
    most = 1000 if kind.startswith("mf") else 100
    assert any(0.02 * most < value < 0.98 * most for value in values)


@every_metric
def test_batches_of_any_size_equal_the_whole(kind, rng):
    maps = random_batch(rng, batch=7)
    metric = METRICS[kind]()
    for samples in (slice(0, 1), slice(1, 5), slice(5, 5), slice(5, 7)):
        metric.update_state(*maps.part(samples).inputs(kind))
    assert_result(metric, kind, maps)


@every_metric
def test_metric_starts_again_after_a_reset(kind, rng):
    maps = random_batch(rng)
    metric = METRICS[kind]()
    metric.update_state(*maps.inputs(kind))
    metric.reset_state()
    assert_result(metric, kind, maps.part(slice(0, 0)))
    metric.update_state(*maps.part(slice(2)).inputs(kind))
    assert_result(metric, kind, maps.part(slice(2)))


@every_metric
def test_metric_survives_serialisation(kind, rng):
    metric = METRICS[kind]()
    config = keras.saving.serialize_keras_object(metric)
    again = keras.saving.deserialize_keras_object(json.loads(json.dumps(config)))
    assert type(again) is type(metric)
    assert again.get_config() == metric.get_config()
    assert type(metric).from_config(metric.get_config()).name == metric.name
    maps = random_batch(rng)
    again.update_state(*maps.inputs(kind))
    assert_result(again, kind, maps)


def test_settings_survive_serialisation():
    for metric in (
        MeanIoU(3, ignore_label=None, name="iou"),
        FlickeringPixels("prediction", ignore_label=7, name="flicker"),
        TemporalConsistency(3, name="warped"),
        VideoConsistency(16, ignore_label=7, name="stays"),
    ):
        again = type(metric).from_config(metric.get_config())
        assert again.name == metric.name
        for name in ("num_classes", "ignore_label", "encoding", "num_frames"):
            assert getattr(again, name, None) == getattr(metric, name, None)


@pytest.mark.parametrize("sizes", ["known", "unknown"])
@pytest.mark.parametrize("jit_compile", [False, True], ids=["graph", "xla"])
@every_metric
def test_metric_is_the_same_compiled(kind, jit_compile, sizes, rng):
    maps = random_batch(rng)
    inputs = [tf.constant(tensor) for tensor in maps.inputs(kind)]
    shapes = [x.shape if sizes == "known" else [None] * len(x.shape) for x in inputs]
    signature = [
        tf.TensorSpec(shape, x.dtype) for shape, x in zip(shapes, inputs, strict=True)
    ]
    metric = METRICS[kind]()
    tf.function(metric.update_state, signature, jit_compile=jit_compile)(*inputs)
    assert_result(metric, kind, maps)


def test_metrics_sum_over_the_devices_of_a_strategy(rng, tmp_path):
    maps = random_batch(rng, batch=7)
    np.savez(tmp_path / "maps.npz", **vars(maps))
    # A process of its own: a CPU can be split in two only before its first use.
    found = subprocess.run(
        [sys.executable, "-c", UPDATE_ON_TWO_DEVICES, tmp_path / "maps.npz"],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert found.returncode == 0, found.stderr
    results = json.loads(found.stdout)
    assert set(results) == set(METRICS)
    for kind, value in results.items():
        assert value == pytest.approx(numpy_result(kind, maps), rel=1e-6)


@every_metric
def test_nothing_to_measure_gives_zero(kind, rng):
    maps = random_batch(rng, time=1)
    maps.label[:] = VOID
    metric = METRICS[kind]()
    metric.update_state(*maps.inputs(kind))
    assert_result(metric, kind, maps)
    values = as_floats(metric.result())
    assert not any(values.values() if isinstance(values, dict) else [values])


def test_short_videos_add_nothing_to_long_ones(rng):
    maps, short = random_batch(rng), random_batch(rng, time=7)
    metric = VideoConsistency(8)
    for batch in (maps, short):
        metric.update_state(batch.label, batch.prediction)
    assert_result(metric, "vc_8", maps)


@pytest.mark.parametrize("kind", ["accuracy", "mean_iou", "per_class_iou"])
def test_predictions_of_no_class_are_errors_of_their_label(kind):
    label = np.array([0, 0, 1, 1, VOID])
    prediction = np.array([0, 255, 1, -1, 9])
    metric = METRICS[kind]()
    metric.update_state(label, prediction)
    ious = {"iou_0": 50, "iou_1": 50, "iou_2": 0, "iou_3": 0, "iou_4": 0}
    assert as_floats(metric.result()) == (ious if kind == "per_class_iou" else 50)


@pytest.mark.parametrize("kind", ["accuracy", "mean_iou", "per_class_iou"])
@pytest.mark.parametrize("shape", [(), (9,), (2, 3, 4)])
def test_classification_metrics_take_any_shape(kind, shape, rng):
    label = rng.integers(0, NUM_CLASSES, shape)
    prediction = rng.integers(0, NUM_CLASSES, shape)
    metric = METRICS[kind]()
    metric.update_state(label, prediction)
    assert_result(metric, kind, Batch(label, prediction, None))


def test_mfip_needs_no_labels(rng):
    maps = random_batch(rng)
    metric = FlickeringImagePixels()
    metric.update_state(None, maps.prediction)
    assert_result(metric, "mfip", maps)


def evaluate(maps, labels, kinds, jit_compile=False):
    inputs = keras.Input((None, 6, 7), dtype="int32")
    model = keras.Model(inputs, inputs)
    model.compile(
        loss=lambda y_true, y_pred: 0.0 * ops.cast(y_pred, "float32"),
        metrics=[METRICS[kind]() for kind in kinds],
        jit_compile=jit_compile,
    )
    return model.evaluate(
        maps.prediction, labels, batch_size=3, verbose=0, return_dict=True
    )


@pytest.mark.parametrize("jit_compile", [False, True], ids=["graph", "xla"])
def test_metrics_run_in_evaluate(jit_compile, rng):
    maps = random_batch(rng)
    kinds = set(METRICS) - {"mfp_by_prediction", "tc"}
    values = evaluate(maps, maps.label, kinds, jit_compile)
    for kind in kinds - {"per_class_iou"}:
        assert values[kind] == pytest.approx(numpy_result(kind, maps), rel=1e-6)
    assert values["iou_1"] == pytest.approx(
        numpy_result("per_class_iou", maps)["iou_1"], rel=1e-6
    )


@pytest.mark.parametrize("jit_compile", [False, True], ids=["graph", "xla"])
def test_tc_runs_in_evaluate_with_the_flow_for_labels(jit_compile, rng):
    maps = random_batch(rng)
    values = evaluate(maps, maps.flow, ["tc"], jit_compile)
    assert values["tc"] == pytest.approx(numpy_result("tc", maps), rel=1e-6)


def test_wrong_arguments_are_refused(rng):
    maps = random_batch(rng)
    label, prediction, flow = maps.label, maps.prediction, maps.flow
    with pytest.raises(ValueError, match="`encoding` must be one of"):
        FlickeringPixels("truth")
    with pytest.raises(ValueError, match="num_classes=0"):
        MeanIoU(0)
    with pytest.raises(ValueError, match="`num_frames` must be at least 2"):
        VideoConsistency(1)
    with pytest.raises(ValueError, match=r"\(batch, time, height, width\)"):
        FlickeringPixels().update_state(label[0], prediction[0])
    with pytest.raises(ValueError, match=r"\(batch, time, height, width\)"):
        VideoConsistency().update_state(label[0], prediction[0])
    tc = TemporalConsistency(NUM_CLASSES)
    for wrong in (flow[:, 1:], flow[..., :1], flow[:1], flow[0], label):
        with pytest.raises(ValueError, match=r"The flow must be .* Received"):
            tc.update_state(wrong, prediction)
    for kind in METRICS:
        with pytest.raises(ValueError, match="`sample_weight` must be `None`"):
            METRICS[kind]().update_state(*maps.inputs(kind), np.ones(4))


def with_labels(kind):
    """Whether a metric compares label maps; mFIP and TC do not."""
    return kind not in ("mfip", "tc")


labelled_metric = pytest.mark.parametrize("kind", filter(with_labels, METRICS))
OTHER_SHAPES = {
    "a last axis of one": lambda a: a[..., None],
    "one sample": lambda a: a[:1],
    "one frame": lambda a: a[:, :1],
    "one row": lambda a: a[:, :, :1],
    "turned": lambda a: np.swapaxes(a, -1, -2),
    "no batch": lambda a: a[0],
}


@pytest.mark.parametrize("other", OTHER_SHAPES.values(), ids=OTHER_SHAPES)
@labelled_metric
def test_maps_of_two_shapes_are_refused_as_by_numpy(kind, other, rng):
    maps = random_batch(rng)
    for label, prediction in (
        (other(maps.label), maps.prediction),
        (maps.label, other(maps.prediction)),
    ):
        with pytest.raises(ValueError, match="must have one shape"):
            METRICS[kind]().update_state(label, prediction)
        with pytest.raises(ValueError, match="must have one shape"):
            numpy_result(kind, Batch(label, prediction, None))


@pytest.mark.parametrize("dtype", ["float32", "float64", "bool"])
@every_metric
def test_maps_without_integers_are_refused_as_by_numpy(kind, dtype, rng):
    maps = random_batch(rng)
    wrong = [Batch(maps.label, maps.prediction.astype(dtype), maps.flow)]
    if with_labels(kind):
        wrong += [Batch(maps.label.astype(dtype), maps.prediction, maps.flow)]
    for batch in wrong:
        with pytest.raises(TypeError, match=f"integer class ids.* dtype={dtype}"):
            METRICS[kind]().update_state(*batch.inputs(kind))
        with pytest.raises(TypeError, match=f"integer class ids.* dtype={dtype}"):
            numpy_result(kind, batch)


@labelled_metric
def test_wrong_maps_are_refused_when_a_graph_is_traced(kind):
    maps = [tf.TensorSpec((None, 4, 6, 7), tf.uint8)] * 2
    update = tf.function(METRICS[kind]().update_state)
    update.get_concrete_function(*maps)
    for wrong, error in (
        (tf.TensorSpec((None, 4, 6, 7), tf.float32), TypeError),
        (tf.TensorSpec((None, 4, 6, 7, 1), tf.uint8), ValueError),
        (tf.TensorSpec((None, 4, 1, 7), tf.uint8), ValueError),
    ):
        for order in ((wrong, maps[1]), (maps[0], wrong)):
            with pytest.raises(error):
                update.get_concrete_function(*order)


@every_metric
def test_lengths_known_at_run_time_alone_are_compared_then(kind, rng):
    maps = random_batch(rng)
    inputs = [tf.constant(tensor) for tensor in maps.inputs(kind)]
    signature = [tf.TensorSpec([None] * len(x.shape), x.dtype) for x in inputs]
    metric = METRICS[kind]()
    update = tf.function(metric.update_state, signature)
    if kind != "mfip":
        for axis in range(4):
            first, second = (x[(slice(None),) * axis + (slice(1),)] for x in inputs)
            for wrong in ((first, inputs[1]), (inputs[0], second)):
                with pytest.raises(tf.errors.InvalidArgumentError):
                    update(*wrong)
    metric.reset_state()
    update(*inputs)
    assert_result(metric, kind, maps)


def test_wrong_maps_are_refused_in_evaluate(rng):
    maps = random_batch(rng)
    with pytest.raises(ValueError, match="must have one shape"):
        evaluate(maps, maps.label[..., None], ["mean_iou"])
    with pytest.raises(TypeError, match="integer class ids"):
        evaluate(maps, maps.label.astype("float32"), ["mean_iou"])
