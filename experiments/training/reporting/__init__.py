"""What a training shows: bar and log lines, TensorBoard, and the table at its end."""
