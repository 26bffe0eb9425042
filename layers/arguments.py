"""Checks of constructor arguments: each returns the value in its one final form."""

import keras


def positive_int(value, name):
    """`value` as an int of at least 1, else TypeError or ValueError."""
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"`{name}` must be an integer. Received: {name}={value!r}")
    if value < 1:
        raise ValueError(f"`{name}` must be at least 1. Received: {name}={value!r}")
    return int(value)


def positive_pair(value, name):
    """`value`, an int or two of them, as (vertical, horizontal), each at least 1."""
    if not isinstance(value, list | tuple):
        return (positive_int(value, name),) * 2
    if len(value) != 2:
        raise ValueError(
            f"`{name}` must be one integer or two, (vertical, horizontal). "
            f"Received: {name}={value!r}"
        )
    return tuple(positive_int(number, name) for number in value)


def choice(value, name, choices):
    """`value` in lower case, which must be one of `choices`."""
    lowered = value.lower() if isinstance(value, str) else value
    if lowered not in choices:
        raise ValueError(
            f"`{name}` must be one of {', '.join(choices)}. Received: {name}={value!r}"
        )
    return lowered


def data_format(value):
    """`value`, or Keras' own setting where it is None."""
    if value is None:
        return keras.config.image_data_format()
    return choice(value, "data_format", ("channels_last", "channels_first"))


def dropout_rate(value, name):
    """`value` as a float in [0, 1): one would drop everything."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"`{name}` must be a number. Received: {name}={value!r}")
    if not 0 <= value < 1:
        raise ValueError(f"`{name}` must be in [0, 1). Received: {name}={value!r}")
    return float(value)


def not_both(strides, dilation_rate):
    """ValueError if both pairs are above 1: no convolution has both."""
    if max(strides) > 1 and max(dilation_rate) > 1:
        raise ValueError(
            "Specifying `strides > 1` is not compatible with `dilation_rate > 1`. "
            f"Received: strides={strides!r}, dilation_rate={dilation_rate!r}"
        )
