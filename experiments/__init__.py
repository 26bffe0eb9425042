"""One binary for each verb, run as `python -m experiments.VERB`."""

import os

# TensorFlow's own start-up lines would stand above every result.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
