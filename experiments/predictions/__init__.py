"""Label maps that systems write, found, matched and read; start in `sources.py`."""
