"""Weights of anyone's file in a network of ours; start in `initial_weights.py`."""
