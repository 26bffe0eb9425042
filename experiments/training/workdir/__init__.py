"""The files of one training and how it continues from them; start in `workdir.py`."""
