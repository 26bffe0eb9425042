"""Training a network; start in `loop.py`."""
