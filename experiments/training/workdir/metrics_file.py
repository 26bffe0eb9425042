"""metrics.jsonl: a JSON object for each logged step, with an integer `step`."""

import json
import math
from pathlib import Path

from data.files.whole_file import write_whole


class MetricsFile:
    """The lines of one metrics.jsonl.

    Args:
        path: The file; it may be missing.
    """

    def __init__(self, path: Path):
        self.path = path

    def lines(self) -> list[dict]:
        """All lines except blank ones and an incomplete last one.

        Raises:
            ValueError: If a line is not an object with an integer `step`.
        """
        if not self.path.exists():
            return []
        text = self.path.read_text(encoding="utf-8", errors="replace")
        # The last line that a killed process wrote may have no line break at its end.
        lines = text.split("\n")[:-1]
        return [
            _parsed(line, f"{self.path}, line {number}")
            for number, line in enumerate(lines, start=1)
            if line.strip()
        ]

    def forget_after(self, step: int) -> None:
        """Removes the lines of later steps, whose weights are in no checkpoint."""
        if not self.path.exists():
            return
        kept = [line for line in self.lines() if line["step"] <= step]
        write_whole(self.path, "".join(json.dumps(line) + "\n" for line in kept))

    def append(self, metrics: dict) -> None:
        """Adds a line.

        Raises:
            ValueError: If a number is not finite.
            OSError: If it cannot be written.
        """
        line = json.dumps(metrics, allow_nan=False) + "\n"
        try:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(line)
        except OSError as error:
            error.filename = str(self.path)  # a full disk names no file
            raise

    def numbers(self, key: str) -> dict[int, float]:
        """The numbers under a key, by step; lines without the key are ignored.

        Raises:
            ValueError: If something else than a finite number is under the key.
        """
        found = {}
        for line in self.lines():
            value = line.get(key)
            if value is None:
                continue
            if type(value) not in (int, float) or not math.isfinite(value):
                raise ValueError(
                    f"{self.path}, step {line['step']}: {key} must be a finite number; "
                    f"remove the line, or the file, to continue"
                )
            found[line["step"]] = float(value)
        return found


def _parsed(line, place):
    try:
        content = json.loads(line)
    except (ValueError, RecursionError):
        content = None
    step = content.get("step") if isinstance(content, dict) else None
    if type(step) is not int or step < 0:
        raise ValueError(
            f"{place}: it must be a JSON object with an integer `step`; remove the "
            f"line, or the file, to continue"
        )
    return content
