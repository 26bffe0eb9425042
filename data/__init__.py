"""Data sets on disk -> videos -> clips -> `tf.data`; video files; synthetic video."""
