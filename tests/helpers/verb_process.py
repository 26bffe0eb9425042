"""Runs verbs as a shell does, without loading their packages every time.

    with VerbProcess("flicker") as flicker:
        result = flicker("--predictions=maps")

A process imports the verb once; every run is a fork of it, so that a run that crashes
is seen by its exit code, and no run sees the flags and caches of another.
"""

import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_MOST_MEMORY = 8 << 30  # bytes: a reader that asks for more gets a MemoryError


@dataclass(frozen=True)
class Result:
    """The output of a run, and its exit code: negative after a signal, as in Python."""

    code: int
    out: str
    err: str

    @property
    def errors(self) -> list[str]:
        """The sentences that begin with ERROR."""
        parts = self.err.replace("\r", "\n").split("\n")
        return [part for part in parts if part.startswith("ERROR: ")]


class VerbProcess:
    """Runs one verb any number of times.

    Args:
        verb: Its name, or that of another module with a `main`.
    """

    def __init__(self, verb: str):
        environment = os.environ | {
            "CUDA_VISIBLE_DEVICES": "-1",
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "PYTHONPATH": str(ROOT),
            "COLUMNS": "88",
        }
        self._process = subprocess.Popen(
            [sys.executable, __file__, verb],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Ends the process."""
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def __call__(
        self, *arguments, seconds: float = 60, most_bytes: int | None = None
    ) -> Result:
        """One run.

        Args:
            *arguments: Of the command line.
            seconds: It is killed after, with all processes that it has started.
            most_bytes: No file may grow larger, as if the disk were full.
        """
        request = [list(map(str, arguments)), seconds, most_bytes]
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return Result(*json.loads(self._process.stdout.readline()))


def _serve(verb):
    from importlib import import_module

    is_verb = (ROOT / "experiments" / f"{verb}.py").is_file()
    name = f"experiments.{verb}" if is_verb else verb
    module = import_module(name)
    for line in sys.stdin:
        arguments, seconds, most_bytes = json.loads(line)
        out, err = _Pipe(), _Pipe()
        child = os.fork()
        if not child:
            os.setsid()  # to be killed with all processes that it starts
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.dup2(out.writing, 1)
            os.dup2(err.writing, 2)
            _run(module, [name, *arguments], most_bytes)
        texts = [pipe.read_in_thread() for pipe in (out, err)]
        code = _exit_code(child, time.monotonic() + seconds)
        print(json.dumps([code, *(text() for text in texts)]), flush=True)


class _Pipe:
    """The output of a child, through a pipe, since the size of files may be limited."""

    def __init__(self):
        self._reading, self.writing = os.pipe()

    def read_in_thread(self):
        os.close(self.writing)
        content = []
        reader = threading.Thread(target=self._read, args=(content,))
        reader.start()

        def text():
            reader.join()
            return b"".join(content).decode(errors="backslashreplace")

        return text

    def _read(self, content):
        with open(self._reading, "rb") as file:
            content.append(file.read())


def _run(module, arguments, most_bytes):
    from experiments.command_line import command

    code = 1
    try:
        sys.argv = arguments
        resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, _MOST_MEMORY))
        if most_bytes is not None:
            # Without the signal, a write fails with an error of its own.
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))
        command.run(module.main)
    except SystemExit as end:
        code = end.code or 0
        if isinstance(code, str):
            print(code, file=sys.stderr)
            code = 1
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _exit_code(child, deadline):
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() > deadline:
            os.killpg(child, signal.SIGKILL)
        time.sleep(0.005)


if __name__ == "__main__":
    _serve(sys.argv[1])
