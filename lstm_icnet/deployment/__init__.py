"""Using a trained network: folding, exporting, opening, segmenting video.

Start in `video_segmenter.py`.
"""
