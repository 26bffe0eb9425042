"""The files of a training, and how it continues from them.

flags.txt          the flags of the last run, as a flagfile
checkpoints/       step_00001000.keras, ...: model, optimiser and the sums of the log at
                   that step, the newest few
last.keras         the newest checkpoint
best.keras         the checkpoint with the highest mean IoU on the validation split
metrics.jsonl      one object per logged step, key `step`
tensorboard/       the same numbers, pictures of validation clips, flags, graph
.lock              locked while a process trains here

A checkpoint is written before last.keras and best.keras become links to it. A process
may be killed in between, so the next one brings the links up to date.
"""

import errno
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from absl import logging

from data.files.whole_file import remove_abandoned, whole_file, write_whole
from experiments.training.workdir.checkpoint_file import add_state, is_whole
from experiments.training.workdir.event_files import forget_events_after
from experiments.training.workdir.lock import lock_workdir
from experiments.training.workdir.metrics_file import MetricsFile

_CHECKPOINT = re.compile(r"step_(\d+)\.keras")


class Workdir:
    """The files of one training under `path`, which is made when first written to.

    Args:
        path: The folder.
        kept_checkpoints: How many of the newest checkpoints stay, at least one.

    Raises:
        FileExistsError: If `path`, or something in it, is a file instead of a folder.
        IsADirectoryError: If something in it is a folder instead of a file.
    """

    def __init__(self, path: str | Path, kept_checkpoints: int = 2):
        self.path = Path(path)
        self._kept_checkpoints = kept_checkpoints
        self.checkpoints = self.path / "checkpoints"
        self.last = self.path / "last.keras"
        self.best = self.path / "best.keras"
        self.tensorboard = self.path / "tensorboard"
        self.metrics = MetricsFile(self.path / "metrics.jsonl")
        self._flags = self.path / "flags.txt"
        self._check_types()

    def _check_types(self):
        if self.path.exists() and not self.path.is_dir():
            raise FileExistsError(
                f"--workdir={self.path} is a file; a folder is needed"
            )
        for folder in (self.checkpoints, self.tensorboard):
            if folder.exists() and not folder.is_dir():
                raise FileExistsError(
                    f"{folder} is a file; a workdir has a folder there"
                )
        for file in (self.last, self.best, self.metrics.path, self._flags):
            if file.is_dir():
                raise IsADirectoryError(
                    f"{file} is a folder; a workdir has a file there"
                )

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keeps other processes from training here; the lock ends with the process.

        Temporary files of killed processes are removed. If the block raises before
        anything is written, a folder made here is removed again.

        Raises:
            ValueError: If another process trains here.
        """
        is_new = not self.path.exists()
        self.path.mkdir(parents=True, exist_ok=True)
        lock_file = self.path / ".lock"
        with lock_file.open("a+b", buffering=0) as file:
            lock_workdir(file, self.path)
            for folder in (self.path, self.checkpoints, self.tensorboard):
                remove_abandoned(folder)
            try:
                yield
            except BaseException:
                if is_new and [*self.path.iterdir()] == [lock_file]:
                    lock_file.unlink()
                    with suppress(OSError):  # used by another process by now
                        self.path.rmdir()
                raise

    def write_flags(self, flagfile: str) -> None:
        write_whole(self._flags, flagfile)

    def read_flags(self) -> str:
        """The flagfile of the last run, empty if there is none."""
        if not self._flags.exists():
            return ""
        return self._flags.read_text(encoding="utf-8", errors="replace")

    def check_space(self, num_bytes: int) -> None:
        """Raises OSError if the checkpoints and best.keras will not fit on the disk.

        Args:
            num_bytes: Of one checkpoint, about.
        """
        if not hasattr(os, "posix_fallocate"):
            return
        # Those that are kept, one that is being written, and the best.
        missing = self._kept_checkpoints + 2 - len(self._sorted_checkpoints())
        try:
            with tempfile.TemporaryFile(dir=self.path) as file:
                os.posix_fallocate(file.fileno(), 0, num_bytes * max(missing, 1))
        except OSError as error:
            if error.errno in (errno.EINVAL, errno.EOPNOTSUPP):  # not known there
                return
            error.filename = str(self.path)
            raise

    def newest_checkpoint(self) -> tuple[int, Path | None]:
        """Step and file of the newest undamaged checkpoint, `(0, None)` without any.

        Newer ones that are damaged are reported and renamed.

        Raises:
            ValueError: If there are checkpoints and all are damaged.
        """
        found = self._sorted_checkpoints()
        damaged = []
        while found and not is_whole(found[-1][1]):
            damaged.append(found.pop()[1])
        if damaged and not found:
            names = ", ".join(file.name for file in damaged)
            raise ValueError(
                f"{self.checkpoints} holds damaged checkpoints only ({names}); put an "
                f"undamaged one there, or delete them to start again from step 0"
            )
        for file in damaged:
            aside = file.with_name(f"{file.name}.damaged")
            file.replace(aside)
            logging.warning(
                "%s is damaged and now called %s; the checkpoint before it is taken, "
                "of step %d",
                file,
                aside.name,
                found[-1][0],
            )
        return found[-1] if found else (0, None)

    def forget_after(self, step: int) -> None:
        """Removes what later steps wrote to metrics.jsonl and for TensorBoard."""
        self.metrics.forget_after(step)
        forget_events_after(self.tensorboard, step)

    def save_checkpoint(
        self, model, step: int, state: dict[str, Any] | None = None
    ) -> Path:
        """Saves the model and its optimiser, and keeps the checkpoint as `last`.

        Args:
            model: A compiled Keras model.
            step: Its number of steps.
            state: More to find in the file, see `read_state`; as JSON.
        """
        file = self.checkpoints / f"step_{step:08d}.keras"
        with whole_file(file) as temporary:
            model.save(temporary)
            add_state(temporary, state or {})
        self.keep_as_last(file)
        return file

    def keep_as_last(self, checkpoint: Path) -> None:
        """Makes the newest checkpoint `last`, and drops all but the newest few."""
        _link_whole(checkpoint, self.last)
        for _, old in self._sorted_checkpoints()[: -self._kept_checkpoints]:
            old.unlink()

    def keep_as_best(self, checkpoint: Path) -> None:
        _link_whole(checkpoint, self.best)

    def _sorted_checkpoints(self):
        if not self.checkpoints.is_dir():
            return []
        return sorted(
            (int(match[1]), file)
            for file in self.checkpoints.iterdir()
            if (match := _CHECKPOINT.fullmatch(file.name)) and file.is_file()
        )


def _link_whole(file, target):
    """Makes `target` a hard link to `file`, or a copy where links are not supported."""
    if target.exists() and target.samefile(file):
        return
    with whole_file(target) as temporary:
        temporary.unlink()
        try:
            os.link(file, temporary)
        except OSError:
            shutil.copyfile(file, temporary)
