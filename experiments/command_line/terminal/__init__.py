"""What a verb prints: standard output, log lines, and what TensorFlow may add to it."""
