import time
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from experiments.training.checkpoints import Checkpoints
from experiments.training.stopping import NotFiniteError, StopOnSignal
from experiments.training.workdir.checkpoint_file import read_state
from experiments.training.workdir.workdir import Workdir


class FakeLog:
    def __init__(self):
        self.steps = []

    def write(self, step, **metrics):
        self.steps.append(step)

    def write_picture(self, step, name, picture):
        pass

    def state(self):
        return {"loss": [[0.5]]}


class FakeValidation:
    def __init__(self, mean_ious):
        self._mean_ious = iter(mean_ious)

    def scores(self):
        mean_iou = next(self._mean_ious)
        return SimpleNamespace(
            accuracy=1.0, mean_iou=mean_iou, mfp=1.0, mfip=1.0, per_class_iou={}
        )

    def pictures(self):
        return {}


@pytest.fixture
def model():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.1, momentum=0.9), "mse")
    model.optimizer.build(model.trainable_variables)
    return model


def checkpoints_of(
    model, folder, mean_ious=(), start_step=0, steps=6, checkpoint_minutes=None
):
    checkpoints = Checkpoints(
        Workdir(folder),
        start_step,
        steps,
        checkpoint_steps=2,
        validation=FakeValidation(mean_ious) if mean_ious else None,
        log=FakeLog(),
        stop=StopOnSignal(start_step),
        checkpoint_minutes=checkpoint_minutes,
    )
    checkpoints.set_model(model)
    return checkpoints


def run_steps(checkpoints, number):
    for _ in range(number):
        checkpoints.on_train_batch_end(0)


def same(first, second):
    return first.samefile(second)


def test_the_checkpoint_of_the_highest_score_is_the_best(model, tmp_path):
    checkpoints = checkpoints_of(model, tmp_path, [50.0, 60.0, 55.0])
    workdir = Workdir(tmp_path)
    run_steps(checkpoints, 4)
    best = workdir.best.stat().st_ino
    assert same(workdir.best, workdir.checkpoints / "step_00000004.keras")
    run_steps(checkpoints, 2)
    assert workdir.best.stat().st_ino == best
    assert same(workdir.last, workdir.checkpoints / "step_00000006.keras")


def test_the_sums_of_the_log_are_in_the_checkpoint(model, tmp_path):
    run_steps(checkpoints_of(model, tmp_path), 2)
    checkpoint = Workdir(tmp_path).newest_checkpoint()[1]
    assert read_state(checkpoint) == {"loss": [[0.5]]}
    keras.models.load_model(checkpoint)  # as before


def test_a_checkpoint_that_is_late_is_saved_without_scores(
    model, tmp_path, monkeypatch
):
    minutes = iter([0.0, 0.4, 0.9, 1.1, 1.1, 1.9, 2.2, 2.3])
    monkeypatch.setattr(time, "monotonic", lambda: 60 * next(minutes))
    checkpoints = checkpoints_of(model, tmp_path, [60.0], checkpoint_minutes=1.0)
    checkpoints._checkpoint_steps = 6
    steps = []
    for step in range(1, 6):
        checkpoints.on_train_batch_end(0)
        saved = Workdir(tmp_path).newest_checkpoint()[0]
        steps += [step] if saved == step else []
    assert steps == [3, 5]  # a minute after the start, and after that checkpoint
    assert checkpoints._log.steps == []


def test_a_score_that_was_reached_before_is_not_better(model, tmp_path):
    checkpoints = checkpoints_of(model, tmp_path, [50.0, 50.0])
    run_steps(checkpoints, 4)
    workdir = Workdir(tmp_path)
    assert same(workdir.best, workdir.checkpoints / "step_00000002.keras")


def test_scores_of_earlier_runs_count(model, tmp_path):
    Workdir(tmp_path).metrics.append({"step": 2, "val_mean_iou": 70.0})
    run_steps(checkpoints_of(model, tmp_path, [60.0], start_step=2), 2)
    assert not Workdir(tmp_path).best.exists()


def test_a_checkpoint_between_two_validations_is_not_validated(model, tmp_path):
    checkpoints = checkpoints_of(model, tmp_path, [60.0], start_step=3)
    checkpoint = Workdir(tmp_path).save_checkpoint(model, 3)
    checkpoints.catch_up(checkpoint)
    assert checkpoints._log.steps == []


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("where", ["weights", "momentum"])
def test_numbers_that_are_not_finite_are_not_saved(model, where, value, tmp_path):
    checkpoints = checkpoints_of(model, tmp_path)
    run_steps(checkpoints, 3)
    variables = {"weights": model.weights, "momentum": model.optimizer.variables}
    variable = variables[where][-1]
    variable.assign(np.full(variable.shape, value))
    with pytest.raises(NotFiniteError, match=r"not finite after step 4; training has"):
        run_steps(checkpoints, 1)
    workdir = Workdir(tmp_path)
    assert workdir.newest_checkpoint()[0] == 2
    assert same(workdir.last, workdir.checkpoints / "step_00000002.keras")
