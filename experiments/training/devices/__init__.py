"""The devices that a training runs on; start at `devices.py`, whose default is one.

`mirrored.py`: all GPUs of one machine, on TensorFlow.
`processes.py`: several processes, on one or many machines, on JAX.
"""
