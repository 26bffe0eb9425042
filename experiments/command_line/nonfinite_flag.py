"""The flag that allows networks whose weights are NaN or infinite."""

from absl import flags

ALLOW_NONFINITE = flags.DEFINE_bool(
    "allow_nonfinite",
    False,
    "Use a network even if weights are NaN or infinite; by default it is refused.",
)
