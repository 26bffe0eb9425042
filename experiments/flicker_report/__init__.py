"""Pictures of where and when flicker sits, in one page; start in `figures.py`."""
