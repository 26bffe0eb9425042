"""Runs a verb that does not outlive the process which started it.

    python -m experiments.paper_tables.child_verb VERB --flag=value

Standard input is a pipe from that process. When the pipe closes, however the process
ended, the verb gets a SIGTERM: a training then saves its step.
"""

import os
import runpy
import signal
import sys
import threading


def main() -> None:
    verb, *arguments = sys.argv[1:]
    pipe = os.dup(0)  # the verb's own processes do not inherit it
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    threading.Thread(target=_end_with, args=(pipe,), daemon=True).start()
    sys.argv[:] = [f"experiments.{verb}", *arguments]
    runpy.run_module(f"experiments.{verb}", run_name="__main__", alter_sys=True)


def _end_with(pipe):
    while os.read(pipe, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
