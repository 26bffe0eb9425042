import json
import os
import shutil
import signal
from dataclasses import replace
from pathlib import Path

import cv2
import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams.api_pb2 import STATUS_SUCCESS
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

from data.datasets.open_dataset import DATASETS
from data.readers import virtual_kitti
from data.videos.clips import streams
from experiments.scoring.evaluation import evaluate
from experiments.training.loop import train
from experiments.training.reporting.progress_bar import ProgressBar
from experiments.training.reporting.scalars import TIMINGS, tag_of
from experiments.training.settings import Training
from experiments.training.stopping import NotFiniteError
from experiments.training.workdir.workdir import Workdir
from lstm_icnet.deployment.video_segmenter import VideoSegmenter
from lstm_icnet.network.icnet import HEAD_LAYERS
from lstm_icnet.network.icnet_model import build_icnet
from lstm_icnet.weights.keras_file import load_icnet

SIZE = (97, 129)
DATASET = DATASETS["virtual_kitti"]
HALVES = {"Sky": (90, 200, 255), "Road": (100, 60, 100)}


@pytest.fixture(scope="module")
def videos(tmp_path_factory):
    """One video of ten noisy frames: sky above, road below, as Virtual KITTI's."""
    root = tmp_path_factory.mktemp("vkitti")
    labels = root / "vkitti_1.3.1_scenegt"
    for kind in ("rgb", "scenegt"):
        (root / f"vkitti_1.3.1_{kind}" / "0001" / "clone").mkdir(parents=True)
    lines = [f"{name} {r} {g} {b}" for name, (r, g, b) in HALVES.items()]
    encoding = "\n".join(["Category(:id) r g b", *lines]) + "\n"
    (labels / "0001_clone_scenegt_rgb_encoding.txt").write_text(encoding)
    rng = np.random.default_rng(0)
    for t in range(10):
        label = np.empty((*SIZE, 3), np.uint8)
        label[: 40 + t], label[40 + t :] = HALVES["Sky"], HALVES["Road"]
        image = np.clip(label + rng.normal(0, 20, label.shape), 0, 255)
        name = f"0001/clone/{t:05d}.png"
        cv2.imwrite(str(labels / name), label[..., ::-1])
        cv2.imwrite(str(root / "vkitti_1.3.1_rgb" / name), image[..., ::-1])
    return virtual_kitti.read_videos(str(root), "all")


@pytest.fixture(scope="module")
def icnet(videos, tmp_path_factory):
    """The workdir of ICNet after four steps, and what `train` returned."""
    training = Training(
        model="icnet",
        cell="standard",
        workdir=str(tmp_path_factory.mktemp("runs") / "icnet"),
        image_size=SIZE,
        num_frames=1,
        steps=4,
        batch_size=2,
        learning_rate=0.05,
        checkpoint_steps=2,
        log_steps=2,
    )
    keras.utils.set_random_seed(0)
    return training, train(training, DATASET, videos, videos, {"data_dir": "drive"})


def copied(training, tmp_path):
    """The training with a copy of its workdir."""
    shutil.copytree(training.workdir, tmp_path / "copy")
    return replace(training, workdir=str(tmp_path / "copy"))


def metrics_of(training):
    lines = Path(training.workdir, "metrics.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def test_a_workdir_holds_what_the_design_says(icnet, tmp_path):
    training, _ = icnet
    for name in ("flags.txt", "last.keras", "best.keras", "tensorboard"):
        assert (tmp_path / training.workdir / name).exists(), name
    flags = Path(training.workdir, "flags.txt").read_text().splitlines()
    assert {"--steps=4", "--data_dir=drive", "--dataset=virtual_kitti"} <= set(flags)
    lines = metrics_of(training)
    assert [line["step"] for line in lines] == [2, 2, 4, 4]
    assert np.isfinite([line["loss"] for line in lines if "loss" in line]).all()
    assert all(0 <= line["val_mean_iou"] <= 100 for line in lines[1::2])


def tags_of(events, plugin):
    return [
        tag
        for tag in events.Tags()["tensors"]
        if events.SummaryMetadata(tag).plugin_data.plugin_name == plugin
    ]


def test_tensorboard_and_metrics_have_the_same_numbers_under_the_same_names(icnet):
    training, _ = icnet
    events = EventAccumulator(f"{training.workdir}/tensorboard").Reload()
    found = {
        (event.step, tag): float(tf.make_ndarray(event.tensor_proto))
        for tag in tags_of(events, "scalars")
        for event in events.Tensors(tag)
    }
    expected = {
        (line["step"], tag_of(name)): value
        for line in metrics_of(training)
        for name, value in line.items()
        if name != "step" and value is not None
    }
    assert found == pytest.approx(expected, rel=1e-6)  # float32
    tags = {tag for _, tag in found}
    assert {tag.split("/")[0] for tag in tags} == {"train", "val", "val_iou"}
    assert {f"val_iou/{name}" for name in HALVES} <= tags
    names = "loss main_loss sub24_loss sub4_loss learning_rate gradient_norm"
    names = [*names.split(), *TIMINGS]
    assert {f"train/{name}" for name in names} <= tags
    assert {f"val/{name}" for name in ["accuracy", "mean_iou", "mfp", "mfip"]} <= tags


def test_metrics_are_a_table_with_a_number_or_nothing_in_each_cell(icnet):
    # As `pandas.read_json(lines=True)` needs for columns of one type.
    training, validation = metrics_of(icnet[0])[::2], metrics_of(icnet[0])[1::2]
    for lines in (training, validation):
        assert {tuple(line) for line in lines} == {tuple(lines[0])}
        assert all(type(line["step"]) is int for line in lines)
        values = [value for line in lines for value in line.values()]
        assert {type(value) for value in values} <= {int, float, type(None)}
    assert set(training[0]) & set(validation[0]) == {"step"}


def test_tensorboard_shows_clips_flags_graph_and_hyperparameters(icnet):
    training, _ = icnet
    events = EventAccumulator(f"{training.workdir}/tensorboard").Reload()
    pictures = tags_of(events, "images")
    assert len(pictures) == 3
    for tag in pictures:
        assert tag.startswith("val_clips/0001/clone frame 0000")
        assert [event.step for event in events.Tensors(tag)] == [2, 4]
    (text,) = events.Tensors("flags")
    assert "| steps | 4 |" in text.tensor_proto.string_val[0].decode()
    nodes = {part for node in events.Graph().node for part in node.name.split("/")}
    assert "conv1_1_3x3_s2" in nodes
    plugin = events.SummaryMetadata("_hparams_/session_start_info").plugin_data
    values = HParamsPluginData.FromString(plugin.content).session_start_info.hparams
    assert values["learning_rate"].number_value == 0.05
    assert values["model"].string_value == "icnet"
    assert "init_from" not in values  # it is not set
    plugin = events.SummaryMetadata("_hparams_/experiment").plugin_data
    experiment = HParamsPluginData.FromString(plugin.content).experiment
    assert {info.name for info in experiment.hparam_infos} == set(values)
    first = {info.name for info in experiment.hparam_infos if info.differs}
    assert first == {"cell", "learning_rate", "model", "num_frames", "steps"}


def ends_of(training):
    """Status and time by step."""
    events = EventAccumulator(f"{training.workdir}/tensorboard").Reload()
    tag = "_hparams_/session_end_info"
    plugin = events.SummaryMetadata(tag).plugin_data
    info = HParamsPluginData.FromString(plugin.content).session_end_info
    steps = [event.step for event in events.Tensors(tag)]
    return steps, info.status, info.end_time_secs


def test_tensorboard_is_told_once_that_a_training_has_ended(icnet, videos, tmp_path):
    training = copied(icnet[0], tmp_path)
    last = Path(training.workdir, "last.keras")
    for steps in (4, 4, 5):
        train(replace(training, steps=steps), DATASET, videos)
        ended = last.stat().st_mtime
        assert ends_of(training) == ([steps + 1], STATUS_SUCCESS, ended)


def test_the_learning_rate_is_poly(icnet):
    training, _ = icnet
    rates = [m["learning_rate"] for m in metrics_of(training) if "loss" in m]
    assert rates == pytest.approx([0.05 * (1 - s / 4) ** 0.9 for s in (2, 4)])


def test_the_file_carries_network_and_data_set(icnet):
    training, model = icnet
    saved = load_icnet(training.workdir)
    info = DATASET.info
    assert (saved.version, saved.cell, saved.image_size) == (None, None, SIZE)
    assert (saved.classes, saved.mean_rgb) == (info.classes, info.mean_rgb)
    for ours, theirs in zip(model.weights, saved.weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_videos_that_cannot_be_scored_are_refused_before_training(icnet, videos):
    training = replace(icnet[0], workdir=f"{icnet[0].workdir}_short", frame_stride=4)
    with pytest.raises(ValueError, match=r"videos 0001/clone has 3 frames at a stride"):
        train(training, DATASET, videos, videos)
    assert not list(Path(training.workdir).glob("checkpoints/*"))


def test_a_finished_training_is_left_alone(icnet, videos):
    training, _ = icnet
    before = metrics_of(training)
    train(training, DATASET, videos)
    assert metrics_of(training) == before


@pytest.mark.parametrize(
    "change, difference",
    [
        (
            {"model": "lstm_icnet_v2", "num_frames": 4},
            "model icnet there and lstm_icnet",
        ),
        ({"image_size": (97, 97)}, "width 129 there and 97 now"),
        ({"seed": 1}, "seed 0 there and 1 now"),
        ({"steps": 3}, "steps 4 there and 3 now"),
    ],
)
def test_a_workdir_with_other_flags_is_refused(icnet, videos, change, difference):
    training, _ = icnet
    flagfile = Path(training.workdir, "flags.txt")
    before = flagfile.read_text()
    with pytest.raises(ValueError, match=f"with other flags .*{difference}"):
        train(replace(training, **change), DATASET, videos)
    assert flagfile.read_text() == before


def test_a_workdir_of_another_network_is_refused_without_its_flags(
    icnet, videos, tmp_path
):
    training = copied(icnet[0], tmp_path)
    Path(training.workdir, "flags.txt").unlink()
    with pytest.raises(ValueError, match=r"image size \(97, 129\) there"):
        train(replace(training, image_size=(97, 97)), DATASET, videos)


def test_what_a_killed_run_left_undone_is_made_up_for(icnet, videos, tmp_path):
    training = copied(icnet[0], tmp_path)
    complete = metrics_of(training)
    workdir = Workdir(training.workdir)
    newest = workdir.checkpoints / "step_00000004.keras"
    # As if killed after the checkpoint got its name, and before all that follows.
    workdir.keep_as_last(workdir.checkpoints / "step_00000002.keras")
    workdir.keep_as_best(workdir.checkpoints / "step_00000002.keras")
    lines = [dict(line) for line in complete]
    for line in lines[:2]:
        line["val_mean_iou"] = 0.001
    workdir.metrics.path.write_text("".join(f"{json.dumps(m)}\n" for m in lines[:3]))
    train(training, DATASET, videos, videos)
    assert workdir.last.samefile(newest)
    assert workdir.best.samefile(newest)
    assert metrics_of(training)[3] == pytest.approx(complete[3])
    # As if killed after the line, and before best.keras.
    workdir.keep_as_best(workdir.checkpoints / "step_00000002.keras")
    train(training, DATASET, videos, videos)
    assert workdir.best.samefile(newest)
    assert len(metrics_of(training)) == 4


def test_a_training_resumed_before_a_damaged_checkpoint_ends_where_one_in_one_go_does(
    icnet, videos, tmp_path
):
    training = copied(icnet[0], tmp_path)
    newest = Workdir(training.workdir).checkpoints / "step_00000004.keras"
    newest.write_bytes(newest.read_bytes()[:10_000])
    keras.utils.set_random_seed(1)  # all that follows must come from the checkpoint
    resumed = train(training, DATASET, videos)
    for a, b in zip(icnet[1].weights, resumed.weights, strict=True):
        # Threads add up gradients in any order; a lost momentum is 1e-2 off.
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-4, err_msg=a.path)
    assert [line["step"] for line in metrics_of(training)] == [2, 2, 4]
    assert newest.stat().st_size > 10_000
    assert Workdir(training.workdir).last.samefile(newest)


def test_a_loss_that_is_not_finite_stops_at_its_step(icnet, videos, tmp_path):
    training = replace(
        icnet[0],
        workdir=str(tmp_path),
        learning_rate=1e30,
        checkpoint_steps=100,
        log_steps=1,
        steps=20,
    )
    with pytest.raises(NotFiniteError, match=r"The loss is (nan|inf) at step") as error:
        train(training, DATASET, videos)
    step = int(str(error.value).split("at step ")[1].split()[0])
    assert 1 < step < 10
    assert str(error.value).count("0001/clone up to frame 0000") == 2  # the batch
    assert [line["step"] for line in metrics_of(training)] == list(range(1, step))
    assert "NaN" not in (tmp_path / "metrics.jsonl").read_text()
    assert not list(tmp_path.glob("*.keras"))


def test_weights_that_are_not_finite_are_not_started_from(icnet, videos, tmp_path):
    broken = load_icnet(icnet[0].workdir)
    broken.weights[0].assign(np.full(broken.weights[0].shape, np.nan))
    broken.save(tmp_path / "broken.keras")
    training = replace(
        icnet[0],
        workdir=str(tmp_path / "run"),
        init_from=str(tmp_path / "broken.keras"),
    )
    with pytest.raises(ValueError, match=r"not finite|finite"):
        train(training, DATASET, videos)
    assert not (tmp_path / "run").exists()


def test_a_signal_saves_the_step_and_the_next_run_continues_there(
    icnet, videos, tmp_path, monkeypatch
):
    training = replace(icnet[0], workdir=str(tmp_path))
    # Of a run that was killed before its first checkpoint: it is not to stay.
    (tmp_path / "metrics.jsonl").write_text('{"step": 2, "loss": 9.0}\n')

    def send_signal(self, batch, logs=None):
        os.kill(os.getpid(), signal.SIGTERM)

    handlers = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)]
    keras.utils.set_random_seed(0)
    with monkeypatch.context() as patch:
        patch.setattr(ProgressBar, "on_train_batch_end", send_signal)
        with pytest.raises(SystemExit) as stopped:
            train(training, DATASET, videos, videos)
    assert stopped.value.code == 0
    assert handlers == [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)]
    assert Workdir(tmp_path).newest_checkpoint()[0] == 1
    assert Workdir(tmp_path).last.exists()
    resumed = train(training, DATASET, videos, videos)
    for a, b in zip(icnet[1].weights, resumed.weights, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-4, err_msg=a.path)
    # The signal came between two lines of the log: the means are of the same steps.
    for line, expected in zip(metrics_of(training), metrics_of(icnet[0]), strict=True):
        names = [
            name
            for name in expected
            if not name.startswith("val_") and name not in TIMINGS
        ]
        assert {n: line[n] for n in names} == pytest.approx(
            {n: expected[n] for n in names}, rel=1e-3
        )


def test_frozen_branches_stay_as_they_were_and_the_cells_learn(icnet, videos, tmp_path):
    training, source = icnet
    lstm = replace(
        training,
        model="lstm_icnet_v2",
        cell="separable",
        num_frames=2,
        steps=2,
        workdir=str(tmp_path / "lstm"),
        init_from=training.workdir,
        freeze_branches=True,
    )
    before = train(lstm, DATASET, videos)
    after = train(replace(lstm, steps=4), DATASET, videos)  # resumed
    for layer in source.layers:
        for old, new in zip(
            layer.weights, after.get_layer(layer.name).weights, strict=True
        ):
            changed = not np.array_equal(old, new)
            assert changed == (layer.name in HEAD_LAYERS.values()), new.path
    for name in ("convlstm_sub12", "convlstm_sub12_bn"):
        for old, new in zip(
            before.get_layer(name).weights, after.get_layer(name).weights, strict=True
        ):
            assert not np.array_equal(old, new), new.path


def test_a_training_on_every_label_is_found_again_and_scored_on_last_frames(
    videos, tmp_path
):
    training = Training(
        model="lstm_icnet_v1",
        cell="depthwise",
        workdir=str(tmp_path),
        image_size=(97, 97),
        num_frames=2,
        steps=1,
        log_steps=1,
        class_weights=tuple(np.linspace(0, 3, len(DATASET.info.classes))),
        every_label=True,
        freeze_branches=True,  # a smaller graph, made faster
    )
    trained = train(training, DATASET, videos, videos)
    loss, scores = metrics_of(training)
    assert np.isfinite(loss["loss"])
    assert trained.output["main"].shape[:2] == (None, 2)
    found = train(training, DATASET, videos)  # from its checkpoint
    for a, b in zip(trained.weights, found.weights, strict=True):
        np.testing.assert_array_equal(a, b)
    from_file = evaluate(
        VideoSegmenter(tmp_path), streams(videos), DATASET.info.classes, progress=False
    )
    assert from_file.accuracy == pytest.approx(scores["val_accuracy"])


def test_stills_train_a_network_whose_states_are_aligned(videos, tmp_path):
    single = [replace(v, frames=v.frames[::4], spacing=99) for v in videos]
    training = Training(
        model="lstm_icnet_v1",
        cell="depthwise",
        workdir=str(tmp_path),
        image_size=(97, 97),
        num_frames=3,
        steps=2,
        log_steps=1,
        every_label=True,
        consistency_weight=1.0,
        motion_share=1.0,
        align_states=True,
        optimizer="adam",
        end_learning_rate=1e-4,
        freeze_branches=True,
    )
    keras.utils.set_random_seed(0)
    trained = train(training, DATASET, single, videos)  # no two frames are a clip
    first, second, scores = metrics_of(training)
    assert np.isfinite(first["loss"]) and np.isfinite(second["loss"])
    assert scores["val_accuracy"] > 0
    assert load_icnet(tmp_path / "last.keras").align_states
    segmenter = VideoSegmenter(tmp_path)
    (video,) = streams(videos)
    frames = np.stack([cv2.imread(f.image)[..., ::-1] for f in video.frames[:3]])
    *_, last = segmenter.segment_frames(frames, scores=True)
    of_clip = VideoSegmenter(trained).segment_clip(frames)
    # Its label is the most probable one up to rounding: the file's network is folded.
    chosen = np.take_along_axis(last, of_clip[..., np.newaxis].astype(int), -1)[..., 0]
    np.testing.assert_allclose(chosen, last.max(-1), rtol=0, atol=3e-5)


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["mixed_float16", "mixed_bfloat16"])
def test_a_training_in_half_precision_is_scored_as_its_file_is(
    precision, videos, tmp_path
):
    training = Training(
        model="lstm_icnet_v1",
        cell="depthwise",
        workdir=str(tmp_path),
        image_size=(97, 97),
        num_frames=2,
        steps=12,  # float16 skips the first ones, until the loss is scaled to fit
        checkpoint_steps=11,
        log_steps=1,
        learning_rate=0.01,
        width_multiplier=0.25,
        precision=precision,
    )
    train(training, DATASET, videos, videos)
    losses = [m["loss"] for m in metrics_of(training) if "loss" in m]
    assert np.isfinite(losses).all() and losses[-1] < losses[0]
    segmenter = VideoSegmenter(tmp_path)
    scores = evaluate(
        segmenter, streams(videos), DATASET.info.classes, "clip", 4, progress=False
    )
    assert metrics_of(training)[-1]["val_mean_iou"] == pytest.approx(scores.mean_iou)
    newest = Workdir(tmp_path).checkpoints / "step_00000012.keras"
    before = load_icnet(newest).get_weights()
    newest.unlink()
    train(training, DATASET, videos)  # the last step again, with the optimiser's scale
    after = load_icnet(newest).get_weights()
    for a, b in zip(before, after, strict=True):
        np.testing.assert_allclose(a, b, rtol=0.02, atol=0.02)
    with pytest.raises(ValueError, match=f"precision {precision} there and float32"):
        train(replace(training, precision="float32"), DATASET, videos)


def test_icnet_has_no_labels_but_the_last():
    with pytest.raises(ValueError, match="--every_label needs a network that takes cl"):
        Training("icnet", "standard", "run", SIZE, 1, 1, every_label=True)


def test_nothing_is_left_where_nothing_can_be_trained(videos, tmp_path):
    training = Training(
        model="icnet",
        cell="standard",
        workdir=str(tmp_path / "run"),
        image_size=SIZE,
        num_frames=11,
        steps=1,
    )
    with pytest.raises(ValueError, match="No clip of 11 frames"):
        train(training, DATASET, videos)
    assert not (tmp_path / "run").exists()


def test_weights_of_a_foreign_file_are_refused(videos, tmp_path):
    inputs = keras.Input((3,))
    keras.Model(inputs, keras.layers.Dense(2)(inputs)).save(tmp_path / "other.keras")
    training = Training(
        model="icnet",
        cell="standard",
        workdir=str(tmp_path / "run"),
        image_size=SIZE,
        num_frames=1,
        steps=1,
        init_from=str(tmp_path / "other.keras"),
    )
    with pytest.raises(ValueError, match=r"other\.keras .*holds a Functional"):
        train(training, DATASET, videos)


def test_weight_decay_is_half_the_squared_norm_of_the_kernels():
    model = build_icnet(2, (97, 97), weight_decay=0.1)
    kernels = [w for w in model.trainable_variables if w.name == "kernel"]
    expected = 0.05 * sum(float(np.sum(np.square(w))) for w in kernels)
    assert len(kernels) == 66  # 63 with batch normalisation and three heads
    np.testing.assert_allclose(sum(map(float, model.losses)), expected, rtol=1e-5)
