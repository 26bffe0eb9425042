"""Videos read and written: files, URLs, cameras, folders of images, sound.

Start in `reader.py` and `writer.py`.
"""
