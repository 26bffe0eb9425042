"""Videos whose frames are files: their order, clips, streams and pixels."""
