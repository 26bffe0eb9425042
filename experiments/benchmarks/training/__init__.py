"""Memory and time of training steps; start in `memory_benchmark.py`."""
