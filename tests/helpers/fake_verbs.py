"""Stands in for `child_verb`: train and evaluate without networks, in milliseconds.

    python -m fake_verbs VERB --flag=value

A file `<verb>.fails` or `train.waits` in the workdir says what it does instead of
working. Each call appends a line of JSON, `[verb, flags]`, to `calls.jsonl` there.
"""

import json
import signal
import sys
import time
from pathlib import Path


def calls(folder):
    """[verb, flags] of every call with this workdir."""
    file = Path(folder, "calls.jsonl")
    lines = file.read_text().splitlines() if file.exists() else []
    return [json.loads(line) for line in lines]


def accuracy(folder):
    """The accuracy that is written for a workdir seed_N/network."""
    return 90.0 + int(Path(folder).parent.name.removeprefix("seed_"))


def main():
    verb, *arguments = sys.argv[1:]
    given = dict(
        text.removeprefix("--").split("=") for text in arguments if "=" in text
    )
    folder = Path(given["workdir"])
    with (folder / "calls.jsonl").open("a") as file:
        file.write(json.dumps([verb, arguments]) + "\n")
    if (folder / f"{verb}.fails").exists():
        sys.exit(f"2026-01-01 00:00:00 INFO: begins\nERROR: no {verb} today")
    if (folder / f"{verb}.waits").exists():
        wait_for_signals(folder)
    if verb == "evaluate":
        scores = dict.fromkeys(("mean_iou", "mfp", "mfip"), 50.0)
        scores["accuracy"] = accuracy(folder)
        Path(given["json"]).write_text(json.dumps(scores))


def wait_for_signals(folder):
    """Ends as a training does: 0.2 seconds after the first signal."""
    received = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, frame: received.append(number))
    (folder / "waiting").touch()
    while not received:
        time.sleep(0.01)
    time.sleep(0.2)
    (folder / "received.json").write_text(json.dumps(received))
    sys.exit(130 if received[0] == signal.SIGINT else 0)


if __name__ == "__main__":
    main()
