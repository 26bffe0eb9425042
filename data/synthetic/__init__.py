"""A synthetic driving video with exact labels, in Virtual KITTI 1.3.1's layout.

A world is a road with things along it (`world.py`), seen by a moving camera
(`camera.py`) under a weather (`weather.py`). Ground and sky are shaded pixel by pixel
(`ground.py`, `sky.py`); all else is a set of textured rectangles, panels (`panel.py`),
drawn with a depth buffer (`view.py`, `canvas.py`). `render.py` puts a frame together,
`writer.py` stores it.
Colours are drawn from wide, overlapping distributions (`colours.py`): what a thing is
shows in its shape, its texture and its place, not in its colour.
"""
