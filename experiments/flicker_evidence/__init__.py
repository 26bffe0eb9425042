"""Which training recipe flickers least, measured on JAX; start in `grid.py`."""
