"""One module per data set, with `INFO` and `read_videos(data_dir, split)`."""
