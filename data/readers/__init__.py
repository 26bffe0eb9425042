"""A module for each data set: `INFO` and `read_videos(data_dir, split)`."""
