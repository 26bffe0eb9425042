"""What lies on disk: images, PNGs, video, flow, folders. Knows no class."""
