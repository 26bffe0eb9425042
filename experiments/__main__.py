"""The verbs of this project, by one command.

    python -m experiments
    python -m experiments VERB --flag=value

Without a verb it lists them; with one it is the same as `python -m experiments.VERB`.
An installed package has it as `lstm-icnet VERB`.
"""

import ast
import os
import runpy
import signal
import sys
from pathlib import Path

from experiments.command_line.terminal.quiet_tensorflow import hide_start_messages

_FOLDER = Path(__file__).parent
_INSTALLED = "lstm-icnet"


def verbs() -> dict[str, str]:
    """The first sentence of each verb's docstring by the verb's name."""
    return {
        file.stem: ast.get_docstring(ast.parse(file.read_text("utf-8"))).split("\n")[0]
        for file in sorted(_FOLDER.glob("*.py"))
        if not file.stem.startswith("_")
    }


def main() -> None:
    """Runs the verb that the first argument names, or lists all of them."""
    hide_start_messages()
    name, *arguments = sys.argv[1:] or ["--help"]
    known = verbs()
    if name in ("-h", "-help", "--help"):
        _print(_list(known))
    elif name not in known:
        names = ", ".join(known)
        sys.exit(f"ERROR: There is no verb {name!r}; it must be one of {names}")
    else:
        sys.argv[:] = [f"experiments.{name}", *arguments]
        runpy.run_module(f"experiments.{name}", run_name="__main__", alter_sys=True)


def _list(known):
    width = max(map(len, known))
    return [
        f"{_command()} VERB --help shows the flags of a verb.\n",
        *(f"{name:<{width}}  {sentence}" for name, sentence in known.items()),
        "\nRecipes, for train --flagfile=FILE; each file says what it is for:",
        *map(str, sorted(_FOLDER.glob("recipes/*.flags"))),
    ]


def _print(lines):
    try:
        print(*lines, sep="\n", flush=True)
    except BrokenPipeError:  # the reader, such as `head`, needs no more
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(128 + signal.SIGPIPE)


def _command():
    installed = Path(sys.argv[0]).stem
    return installed if installed == _INSTALLED else "python -m experiments"


if __name__ == "__main__":
    main()
