"""All metrics of the predictions of a network or in files; start in `scores.py`."""
