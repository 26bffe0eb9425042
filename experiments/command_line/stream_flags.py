"""The flags of a stream: how it is smoothed, and how long its state is carried."""

from absl import flags

from lstm_icnet.smoothing import SMOOTHINGS

SMOOTHING = flags.DEFINE_enum(
    "smoothing",
    "none",
    SMOOTHINGS,
    "Reduce flicker without training. flow: average each frame with the frames before, "
    "moved along the optical flow; mean: the same without motion; hold: keep a class "
    "until another is clearly better; vote, median: of the last frames.",
)
STRENGTH = flags.DEFINE_float(
    "strength",
    None,
    "Strength of the smoothing. flow: weight of the past, 0 to 1 (0.6 by default, or "
    "0.3 for a network with a memory); mean: the same (0.5); hold: by how much another "
    "class must be better, in logits (1); vote and median: number of frames, odd (3).",
)
HYSTERESIS = flags.DEFINE_float(
    "hysteresis",
    None,
    "With --smoothing=flow: a point that has had its class for long takes another one "
    "only if the score of that one is larger by this much, in logits (1 by default, or "
    "0.3 for a network with a memory; 0 for none).",
)
ALIGN_STATES = flags.DEFINE_bool(
    "align_states",
    None,
    "Move the states of the cells along the optical flow from frame to frame; by "
    "default as the network was trained.",
)
RESET_EVERY = flags.DEFINE_integer(
    "reset_every",
    0,
    "Reset the state of a stream, and what the smoothing remembers, after this many "
    "frames; 0 for never.",
    lower_bound=0,
)
