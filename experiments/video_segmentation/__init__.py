"""The verb segment: a video is read, segmented and written at the same time.

Start in `segment_video.py`.
"""
