"""Finds, matches and reads the label maps of any system; start in `sources.py`."""
