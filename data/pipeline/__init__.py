"""Clips -> augmented batches, as a `tf.data.Dataset`."""
