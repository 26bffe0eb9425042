import time

import numpy as np
import pytest
import tensorflow as tf

from experiments.training.reporting.data_wait import DataWait


def seconds_of_steps(slow_batches, step_seconds, steps=4):
    def load(number):
        time.sleep(slow_batches)
        return np.int64(number)

    def load_in_graph(number):
        loaded = tf.numpy_function(load, [number], np.int64)
        return tf.ensure_shape(loaded, ()), {"main": number}

    wait = DataWait()
    batches = wait.watch(tf.data.Dataset.range(100).map(load_in_graph).prefetch(1))
    iterator = iter(batches)
    seconds, seen = [], []
    for _ in range(steps):
        time.sleep(step_seconds)
        wait.begin_step()
        number, targets = next(iterator)
        seen.append((int(number), int(targets["main"])))
        seconds.append(wait.seconds())
    assert seen == [(k, k) for k in range(steps)]
    return seconds[1:]


def test_steps_that_are_faster_than_their_data_wait():
    assert np.mean(seconds_of_steps(0.1, 0.0)) == pytest.approx(0.1, rel=0.3)


def test_steps_that_are_slower_than_their_data_do_not_wait():
    assert np.median(seconds_of_steps(0.01, 0.1)) < 0.03
