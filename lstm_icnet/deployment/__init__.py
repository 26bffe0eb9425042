"""A trained network in use: folded, exported, opened again, streamed."""
