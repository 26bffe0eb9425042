"""All metrics of a network or of files; start in `scores.py`."""
