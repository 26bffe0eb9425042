"""A synthetic driving video with exact labels, in Virtual KITTI 1.3.1's layout.

A world is a road with things beside it (`world.py`), seen by a moving camera
(`imaging/camera.py`) in one of several weathers (`imaging/weather.py`). Ground and sky
are drawn pixel by pixel (`things/ground.py`, `things/sky.py`); everything else consists
of textured rectangles, the panels (`imaging/panel.py`), drawn with a depth buffer
(`imaging/view.py`, `imaging/canvas.py`). `render.py` draws a frame, `writer.py` stores
it, and `render_data_set.py` renders all videos.

Colours are drawn from wide, overlapping distributions (`imaging/colours.py`), so that
the class of a thing is visible in its shape, texture and place, but not in its colour.
"""
