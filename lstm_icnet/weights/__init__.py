"""Weights of any file loaded into the networks; start in `initial_weights.py`."""
