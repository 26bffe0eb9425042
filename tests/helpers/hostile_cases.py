"""An unusual input of a verb, and the outcome that it must have."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from verb_process import Result

OUTCOMES = ("sentence", "right result", "traceback", "crash", "hang", "wrong result")


def never(folder: Path, result: Result) -> str:
    """For inputs that must be refused."""
    return "it was accepted"


@dataclass(frozen=True)
class Case:
    """An input.

    Attributes:
        group: Row of the table.
        name: What is special about it.
        verb: The verb, or `reader_calls` for a function that no verb calls alone.
        arguments: Makes the input in a new folder; returns the command line.
        wrong: What is wrong with the result where the verb accepts the input; `None`
            if nothing is. By default it must be refused.
    """

    group: str
    name: str
    verb: str
    arguments: Callable[[Path], list[str]]
    wrong: Callable[[Path, Result], str | None] = never


def outcome(case: Case, folder: Path, result: Result) -> tuple[str, str]:
    """One of `OUTCOMES`, and the printed sentence."""
    said = result.err.strip().replace("\r", "\n").split("\n")[-1]
    if "Traceback" in result.err:
        return "traceback", said
    if result.code == -9:
        return "hang", "it was killed after its time"
    if result.code < 0 or result.code > 1:
        return "crash", f"exit code {result.code}: {said}"
    if result.code == 0:
        wrong = case.wrong(folder, result)
        if wrong and re.search(rf"WARNING: .*{re.escape(str(folder))}", result.err):
            return "sentence", "a warning that names the file"
        return ("wrong result", wrong) if wrong else ("right result", "")
    if len(result.errors) == 1:
        return "sentence", result.errors[0]
    if result.out.startswith("Faults:"):
        return "sentence", result.out.split("\n")[0]
    return "wrong result", f"exit code {result.code} without a sentence: {said!r}"
