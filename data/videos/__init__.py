"""Videos as frames on disk, cut into clips and streams, and their pixels."""
