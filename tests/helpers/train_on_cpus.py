"""Runs `experiments.train` in float64 on several logical CPU devices.

    python train_on_cpus.py NUM_DEVICES FLAGS

In float32 a network with random weights amplifies rounding errors from step to step, so
that a fault would not be seen.
"""

import runpy
import sys

import keras
import tensorflow as tf

keras.config.set_floatx("float64")
keras.config.set_dtype_policy("float64")
# Else the training would choose float32, its default --precision.
keras.config.set_dtype_policy = lambda policy: None
(cpu,) = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(
    cpu, [tf.config.LogicalDeviceConfiguration()] * int(sys.argv.pop(1))
)
runpy.run_module("experiments.train", run_name="__main__")
