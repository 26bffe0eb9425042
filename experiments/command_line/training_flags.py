"""The flags that become the settings of a training."""

from absl import flags

from data.readers.dataset_info import DatasetInfo
from experiments.command_line import clip_flags, dataset_flags
from experiments.training.settings import MODELS, Training
from experiments.training.step.precision import PRECISIONS
from lstm_icnet.network.versions import CELLS

_MODEL = flags.DEFINE_enum(
    "model",
    None,
    list(MODELS),
    "Network to train; v1 to v6 have their convLSTM cells at different places.",
    required=True,
)
_CELL = flags.DEFINE_enum("cell", "standard", CELLS, "Variant of the convLSTM cell.")
_WORKDIR = flags.DEFINE_string(
    "workdir",
    None,
    "Working folder for checkpoints, logs and the trained network.",
    required=True,
)
_STEPS = flags.DEFINE_integer(
    "steps",
    30_000,
    "Number of training steps in total, those before a restart included.",
    lower_bound=1,
)
_BATCH_SIZE = flags.DEFINE_integer(
    "batch_size", 1, "Clips per training step, on all devices together.", lower_bound=1
)
_LEARNING_RATE = flags.DEFINE_float(
    "learning_rate",
    1e-3,
    "Learning rate of the first step; it decays to --end_learning_rate, polynomially "
    "with power 0.9.",
    lower_bound=0.0,
)
_WEIGHT_DECAY = flags.DEFINE_float(
    "weight_decay",
    1e-4,
    "Weight of the L2 penalty on the kernels, 0.5 * weight_decay * sum of squares.",
    lower_bound=0.0,
)
_CLIP_NORM = flags.DEFINE_float(
    "clip_norm",
    None,
    "Largest L2 norm of the gradient of all weights together; larger ones are scaled "
    "down to it. Not limited by default.",
    lower_bound=1e-6,
)
_OPTIMIZER = flags.DEFINE_enum(
    "optimizer", "sgd", ["sgd", "adam"], "Optimiser; sgd has a momentum of 0.9."
)
_END_LEARNING_RATE = flags.DEFINE_float(
    "end_learning_rate", 0.0, "Learning rate of the last step.", lower_bound=0.0
)
_MOTION_SHARE = flags.DEFINE_float(
    "motion_share",
    0.0,
    "Share of clips that are made from single labelled frames by a moving camera, "
    "instead of read from disk; 1 needs no video at all.",
    0.0,
    1.0,
)
_CONSISTENCY_WEIGHT = flags.DEFINE_float(
    "consistency_weight",
    0.0,
    "Weight of the change of the class probabilities between neighbouring frames, "
    "where the label stays; needs --every_label.",
    lower_bound=0.0,
)
_ALIGN_STATES = flags.DEFINE_bool(
    "align_states",
    False,
    "Warp the states of the cells along the optical flow from frame to frame; needs "
    "--motion_share=1, as the flow of such clips is known.",
)
_ALIGN_LABELS = flags.DEFINE_bool(
    "align_labels",
    False,
    "Compare each logit with the label at the place where it is drawn. Without this, "
    "as in the authors' code, with a label up to one logit further to the upper left.",
)
_NUM_FRAMES = flags.DEFINE_integer(
    "num_frames", None, "Frames per clip; by default 4, and 1 for ICNet.", lower_bound=1
)
_SEED = flags.DEFINE_integer(
    "seed",
    0,
    "Seed of the initial weights, the order of clips and the augmentation.",
    lower_bound=0,
)
_PRECISION = flags.DEFINE_enum(
    "precision",
    "float32",
    PRECISIONS,
    "Number format of the computations; weights, first convolutions, classifiers and "
    "loss are float32 in all of them, and so are checkpoints. A GPU takes half the "
    "memory and less time; a CPU without instructions for the format takes longer.",
)
_RECOMPUTE = flags.DEFINE_bool(
    "recompute",
    False,
    "Take less memory and more time for each step: keep few outputs of layers for the "
    "gradient, and compute the others twice. Weights and losses stay the same.",
)
_JIT_COMPILE = flags.DEFINE_bool(
    "jit_compile",
    None,
    "Compile the training step with XLA. By default Keras decides: on a GPU yes, on a "
    "CPU no, where the gradients of convolutions take up to a hundred times as long. "
    "JAX always compiles.",
)
_CHECKPOINT_STEPS = flags.DEFINE_integer(
    "checkpoint_steps",
    500,
    "Steps between checkpoints that are also scored on --val_split.",
    lower_bound=1,
)
_CHECKPOINT_MINUTES = flags.DEFINE_float(
    "checkpoint_minutes",
    None,
    "Also save a checkpoint, without scores, where the last one is this many minutes "
    "old. Not by default.",
    lower_bound=0.01,
)
_KEEP_CHECKPOINTS = flags.DEFINE_integer(
    "keep_checkpoints",
    2,
    "How many of the newest checkpoints to keep, besides best.keras. With at least 2, "
    "one is left if the newest is damaged.",
    lower_bound=1,
)
_LOG_STEPS = flags.DEFINE_integer(
    "log_steps",
    20,
    "Steps between lines of metrics.jsonl and points of TensorBoard.",
    lower_bound=1,
)
_INIT_FROM = flags.DEFINE_string(
    "init_from",
    None,
    "Network to start from: a workdir, a .keras file, hellochick's ICNet (.npy), or a "
    "TensorFlow 1 checkpoint of the authors (prefix, .index file or folder).",
)
_FREEZE_BRANCHES = flags.DEFINE_bool(
    "freeze_branches", False, "Train only the convLSTM cells and the classifiers."
)
_FREEZE_BATCH_NORM = flags.DEFINE_bool(
    "freeze_batch_norm",
    False,
    "Keep the batch normalisation of --init_from: scales, offsets and statistics. "
    "Statistics of single clips are poor, so use it with --batch_size=1.",
)
_PEEPHOLE = flags.DEFINE_bool(
    "peephole", False, "Use peephole connections: the gates also see the cell state."
)
_WIDTH_MULTIPLIER = flags.DEFINE_float(
    "width_multiplier",
    1.0,
    "Factor of all channel numbers; 1 is the network of the paper.",
    lower_bound=0.01,
    upper_bound=8.0,
)
_EVERY_LABEL = flags.DEFINE_bool(
    "every_label",
    False,
    "Compute the loss on every labelled frame of a clip, and not only on the last.",
)


def chosen_training(info: DatasetInfo) -> Training:
    """The settings that the flags choose; the class weights are not among them.

    Args:
        info: Of the data set, whose image size is the default.

    Raises:
        ValueError: If flags do not fit together.
    """
    height, width = clip_flags.HEIGHT.value, clip_flags.WIDTH.value
    if (height is None) != (width is None):
        raise ValueError("Give both --height and --width, or neither")
    return Training(
        model=_MODEL.value,
        cell=_CELL.value,
        workdir=_WORKDIR.value,
        image_size=(height, width) if height and width else info.image_size,
        num_frames=_NUM_FRAMES.value or (1 if _MODEL.value == "icnet" else 4),
        steps=_STEPS.value,
        frame_stride=dataset_flags.FRAME_STRIDE.value,
        batch_size=_BATCH_SIZE.value,
        learning_rate=_LEARNING_RATE.value,
        weight_decay=_WEIGHT_DECAY.value,
        min_scale=clip_flags.MIN_SCALE.value,
        max_scale=clip_flags.MAX_SCALE.value,
        seed=_SEED.value,
        checkpoint_steps=_CHECKPOINT_STEPS.value,
        checkpoint_minutes=_CHECKPOINT_MINUTES.value,
        keep_checkpoints=_KEEP_CHECKPOINTS.value,
        log_steps=_LOG_STEPS.value,
        init_from=_INIT_FROM.value,
        freeze_branches=_FREEZE_BRANCHES.value,
        freeze_batch_norm=_FREEZE_BATCH_NORM.value,
        peephole=_PEEPHOLE.value,
        width_multiplier=_WIDTH_MULTIPLIER.value,
        every_label=_EVERY_LABEL.value,
        clip_norm=_CLIP_NORM.value,
        optimizer=_OPTIMIZER.value,
        end_learning_rate=_END_LEARNING_RATE.value,
        motion_share=_MOTION_SHARE.value,
        consistency_weight=_CONSISTENCY_WEIGHT.value,
        align_states=_ALIGN_STATES.value,
        align_labels=_ALIGN_LABELS.value,
        precision=_PRECISION.value,
        recompute=_RECOMPUTE.value,
        jit_compile=_JIT_COMPILE.value,
    )
