"""What a training leaves on disk, and how it finds its way back.

flags.txt          the flags of the last run, as a flagfile
checkpoints/       step_00001000.keras, ...: model and optimiser, the last few
last.keras         the newest checkpoint
best.keras         the checkpoint with the highest mean IoU on the validation split
metrics.jsonl      one object per logged step, key `step`
tensorboard/       the same numbers, and a picture of validation frames
"""

import json
import os
import re
import shutil
from pathlib import Path

from data.files.whole_file import write_whole

_KEPT_CHECKPOINTS = 2
_CHECKPOINT = re.compile(r"step_(\d+)\.keras")


class Workdir:
    """The files of one training under `path`, which is made when first written to.

    Raises:
        FileExistsError: If `path` is a file.
    """

    def __init__(self, path):
        self.path = Path(path)
        if self.path.exists() and not self.path.is_dir():
            raise FileExistsError(f"--workdir={path} is a file; a folder is needed")
        self.checkpoints = self.path / "checkpoints"
        self.last = self.path / "last.keras"
        self.best = self.path / "best.keras"
        self.tensorboard = self.path / "tensorboard"
        self._metrics = self.path / "metrics.jsonl"

    def write_flags(self, flagfile: str) -> None:
        write_whole(self.path / "flags.txt", flagfile)

    def newest_checkpoint(self) -> tuple[int, Path | None]:
        """Step and file of the newest checkpoint, `(0, None)` if there is none."""
        found = self._sorted_checkpoints()
        return found[-1] if found else (0, None)

    def save_checkpoint(self, model, step: int) -> None:
        """Saves the model and its optimiser, and drops all but the newest few."""
        self.checkpoints.mkdir(parents=True, exist_ok=True)
        file = self.checkpoints / f"step_{step:08d}.keras"
        _save_whole(model, file)
        _link_whole(file, self.last)
        for _, old in self._sorted_checkpoints()[:-_KEPT_CHECKPOINTS]:
            old.unlink()

    def keep_as_best(self) -> None:
        _link_whole(self.last, self.best)

    def metrics(self) -> list[dict]:
        """All lines of metrics.jsonl but a last one that broke off.

        Raises:
            ValueError: If another line is no object with a key `step`.
        """
        if not self._metrics.is_file():
            return []
        text = self._metrics.read_text(encoding="utf-8", errors="replace")
        # What a killed process wrote last has no line break at its end.
        lines = text.split("\n")[:-1]
        return [
            _logged_metrics(line, f"{self._metrics}, line {number}")
            for number, line in enumerate(lines, start=1)
            if line.strip()
        ]

    def forget_metrics_after(self, step: int) -> None:
        """Drops what was logged between the checkpoint at `step` and the end."""
        kept = [line for line in self.metrics() if line["step"] <= step]
        write_whole(self._metrics, "".join(json.dumps(m) + "\n" for m in kept))

    def append_metrics(self, metrics: dict) -> None:
        with self._metrics.open("a", encoding="utf-8") as file:
            file.write(json.dumps(metrics) + "\n")

    def _sorted_checkpoints(self):
        if not self.checkpoints.is_dir():
            return []
        return sorted(
            (int(match[1]), file)
            for file in self.checkpoints.iterdir()
            if (match := _CHECKPOINT.fullmatch(file.name))
        )


def _logged_metrics(line, place):
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        found = None
    is_object = isinstance(found, dict) and isinstance(found.get("step"), int)
    if not is_object or not isinstance(
        found.get("val_mean_iou", 0), int | float | None
    ):
        raise ValueError(
            f"{place}: it must be a JSON object with an integer `step`, and a number "
            f"`val_mean_iou` where there is one; remove the line, or the file, to go on"
        )
    return found


def _save_whole(model, file):
    temporary = file.with_name(f"partial_{file.name}")
    try:
        model.save(temporary)
        temporary.replace(file)
    finally:
        temporary.unlink(missing_ok=True)


def _link_whole(file, target):
    """`target` becomes another name of `file`, or a copy where links are not had."""
    temporary = target.with_name(f"partial_{target.name}")
    temporary.unlink(missing_ok=True)
    try:
        os.link(file, temporary)
    except OSError:
        shutil.copyfile(file, temporary)
    temporary.replace(target)
