"""Tests that need KERAS_BACKEND=jax, and therefore a process of their own."""

import importlib.util
import os
import subprocess
import sys

import keras
import pytest

ON_JAX = keras.backend.backend() == "jax"
in_jax = pytest.mark.skipif(not ON_JAX, reason="runs with KERAS_BACKEND=jax")
outside_jax = pytest.mark.skipif(ON_JAX, reason="is what started this process")


def run_on_jax(file, marked="not slow"):
    """Runs the tests of a file that `in_jax` marks, in a process with JAX."""
    if importlib.util.find_spec("jax") is None:
        pytest.skip("jax is not installed")
    command = [sys.executable, "-m", "pytest", "-q", "-m", marked]
    command += ["-p", "no:cacheprovider", file]
    environment = {**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"}
    run = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    assert " passed" in run.stdout
