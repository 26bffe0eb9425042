"""The demo: every part of the project once, on a synthetic video."""
