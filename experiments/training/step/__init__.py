"""How a training step is computed: number formats, memory; start in `precision.py`."""
