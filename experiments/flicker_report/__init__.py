"""Pictures of where and when flicker occurs, on one page; start in `figures.py`."""
