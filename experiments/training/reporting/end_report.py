"""What is printed at the end of a training."""

import shlex
from collections.abc import Mapping

from experiments.presentation.text_table import text_table
from experiments.training.workdir.workdir import Workdir

_COLUMNS = {
    "loss": ("loss", "{:.4f}"),
    "val_accuracy": ("accuracy %", "{:.1f}"),
    "val_mean_iou": ("mIoU %", "{:.1f}"),
    "val_mfp": ("mFP ‰", "{:.1f}"),
    "val_mfip": ("mFIP ‰", "{:.1f}"),
}


def end_report(workdir: Workdir, data_flags: Mapping[str, object]) -> str:
    """A table of the best and the last checkpoint, the files, and the next commands.

    Args:
        workdir: Of the training, which has at least one checkpoint.
        data_flags: `dataset` and `data_dir`, for the commands.
    """
    by_step: dict[int, dict] = {}
    for line in workdir.metrics.lines():
        by_step.setdefault(line["step"], {}).update(line)
    last, _ = workdir.newest_checkpoint()
    scores = workdir.metrics.numbers("val_mean_iou")
    rows = [("last.keras", last)]
    if workdir.best.exists() and scores:
        rows.insert(0, ("best.keras", max(scores, key=lambda step: scores[step])))
    table = text_table(
        ["", "step", *(title for title, _ in _COLUMNS.values())],
        [[name, str(step), *_cells(by_step.get(step, {}))] for name, step in rows],
    )
    return f"{table}\n\n{_places(workdir)}\n\n{_commands(workdir, rows, data_flags)}"


def _cells(metrics):
    return [
        "-" if metrics.get(name) is None else form.format(metrics[name])
        for name, (_, form) in _COLUMNS.items()
    ]


def _places(workdir):
    networks = [str(file) for file in (workdir.best, workdir.last) if file.exists()]
    return (
        f"Networks:  {', '.join(networks)}\n"
        f"Numbers:   {workdir.metrics.path}\n"
        f"Flags:     {workdir.path / 'flags.txt'}"
    )


def _commands(workdir, rows, data_flags):
    network = workdir.best if rows[0][0] == "best.keras" else workdir.last
    evaluate = [
        *("python", "-m", "experiments.evaluate", f"--model_file={network}"),
        *(f"--{name}={value}" for name, value in data_flags.items()),
    ]
    tensorboard = ["tensorboard", f"--logdir={workdir.tensorboard}"]
    return (
        f"Curves and clips:\n  {shlex.join(tensorboard)}\n"
        f"Next, all scores of the network:\n  {shlex.join(evaluate)}"
    )
