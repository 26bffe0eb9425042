"""The tables of the paper with our values beside the printed ones."""
