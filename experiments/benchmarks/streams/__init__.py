"""Networks as they are deployed: frames through every engine, and for a long time.

Start in `frame_benchmark.py`; `engines.py` lists what can run a network.
"""
