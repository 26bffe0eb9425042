"""Camera, light and canvas: how a world becomes a picture."""
