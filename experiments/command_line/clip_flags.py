"""The flags for the size and the scaling of training clips."""

from absl import flags

HEIGHT = flags.DEFINE_integer(
    "height",
    None,
    "Image height in training; by default that of the data set.",
    lower_bound=1,
)
WIDTH = flags.DEFINE_integer(
    "width",
    None,
    "Image width in training; by default that of the data set.",
    lower_bound=1,
)
MIN_SCALE = flags.DEFINE_float(
    "min_scale", 0.5, "Smallest factor of the random scaling.", 0.01, 100.0
)
MAX_SCALE = flags.DEFINE_float(
    "max_scale", 2.0, "Largest factor of the random scaling.", 0.01, 100.0
)
