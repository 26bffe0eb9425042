"""Interleaved timings, one module for each suite of `experiments.benchmark`."""
