"""Trains a network, with checkpoints and validation; start in `loop.py`."""
