"""`--help` of a verb: its docstring, and its flags in groups."""

import inspect
import re
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path

from absl import flags

_WIDTH = 88
# Flags of one name mean the same in every verb.
_GROUPS = {
    "Data": (
        "dataset data_dir split train_split val_split mfip_split only_videos "
        "skip_videos frame_stride num_frames every_frame every_label predictions "
        "images labels flow ignore_label partial palette classes num_classes "
        "colour_tolerance input scores probabilities motion_share threads scored "
        "skip_drive num_clips num_videos calibration_dir calibration_frames"
    ),
    "Network": (
        "model cell networks workdir model_file peephole width_multiplier init_from "
        "freeze_branches freeze_batch_norm height width allow_nonfinite mode "
        "reset_every smoothing smoothings strength hysteresis curve align_states "
        "engine formats"
    ),
    "Training": (
        "steps batch_size learning_rate weight_decay min_scale max_scale seed seeds "
        "deterministic class_weights checkpoint_steps checkpoint_minutes log_steps "
        "clip_norm consistency_weight precision recompute strategy coordinator "
        "set num_processes process_id optimizer jit_compile keep_checkpoints "
        "align_labels end_learning_rate icnet_align_labels icnet_batch_size "
        "icnet_steps only minutes start_from rate_scale processes"
    ),
    "Measurement": (
        "suite rounds dtype kernel_size jobs sizes versions memory_clips frames video "
        "engines"
    ),
    "Output": (
        "encoding tc json csv confusion figures chart out_dir output predictions_dir "
        "results_dir alpha fps max_frames count legend side_by_side flicker show start "
        "on_error profile write rows keep"
    ),
}
_GROUP_OF = {name: group for group, names in _GROUPS.items() for name in names.split()}
_OTHER = "Other"
# Except in these verbs.
_GROUP_IN_VERB = {
    ("compare", "curve"): "Output",
    ("evidence", "workdir"): "Output",
    ("export", "scores"): "Output",
    ("render_synthetic", "height"): "Data",
    ("render_synthetic", "seed"): "Data",
    ("render_synthetic", "width"): "Data",
    ("train", "workdir"): "Output",
}


def asks_for_help(arguments: Sequence[str]) -> bool:
    """Whether one of the arguments before `--` is a flag that asks for help."""
    before = arguments[: arguments.index("--")] if "--" in arguments else arguments
    return any(word in ("-h", "-help", "--help", "--helpshort") for word in before)


def print_help(own_flags: Sequence[flags.Flag]) -> None:
    """Prints the main module's docstring, and a paragraph for each flag.

    Args:
        own_flags: Those of this project that the verb uses.
    """
    module = sys.modules["__main__"]
    verb = Path(sys.argv[0]).stem
    parts = [inspect.cleandoc(module.__doc__ or "")]
    for group in (*_GROUPS, _OTHER):
        members = [flag for flag in own_flags if group_of(verb, flag.name) == group]
        if members:
            members.sort(key=lambda flag: flag.name)
            parts.append(f"{group}:\n" + "\n".join(map(_paragraph, members)))
    parts.append("All flags of absl, such as --flagfile: --helpfull")
    print("\n\n".join(parts))


def group_of(verb: str, flag: str) -> str:
    """The title under which a verb's help shows a flag."""
    default = _GROUP_OF.get(flag, _OTHER)
    return _GROUP_IN_VERB.get((verb, flag), default)


def _paragraph(flag):
    negated = "[no]" if flag.boolean else ""
    return textwrap.fill(
        f"--{negated}{flag.name}: {_help(flag)}{_choices(flag)}{_default(flag)}",
        _WIDTH,
        initial_indent="  ",
        subsequent_indent="      ",
        break_on_hyphens=False,
    )


def _help(flag):
    # absl puts the choices in front, and a remark on repeating behind.
    text = re.sub(r"^<[^>]*>: ", "", flag.help)
    return re.sub(r";\s+repeat this option .*$", "", text, flags=re.DOTALL)


def _choices(flag):
    values = getattr(flag.parser, "enum_values", None)
    return f" One of: {', '.join(values)}." if values else ""


def _default(flag):
    if flag.default is None or flag.default == [] or flag.default is False:
        return ""
    default = flag.default
    texts = map(str, default) if isinstance(default, list) else [flag.default_as_str]
    return f" Default: {', '.join(text.strip(chr(39)) for text in texts)}."
