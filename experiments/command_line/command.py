"""What all binaries share: flags logged, errors as one sentence, honest exit codes."""

import sys
from collections.abc import Callable

from absl import app, flags, logging

from data.pipeline.errors import original_error

_TRACEBACK = flags.DEFINE_bool(
    "traceback", False, "Show where in the code a wrong input was noticed."
)
# What a wrong file or a wrong value raises; anything else is our own fault.
_USERS_FAULT = (
    FileNotFoundError,
    FileExistsError,
    IsADirectoryError,
    NotADirectoryError,
    PermissionError,
    ValueError,
)


def run(main: Callable[[], None]) -> None:
    """Runs `main` under absl; what the user can mend is one sentence and exit code 1.

    Args:
        main: Reads the flags and does the work.
    """

    def guarded(arguments):
        if arguments[1:]:
            sys.exit(f"ERROR: Only flags are understood, not {arguments[1:]}")
        try:
            main()
        except KeyboardInterrupt:
            sys.exit("Interrupted.")
        except Exception as error:
            error = original_error(error)
            if _TRACEBACK.value or not isinstance(error, _USERS_FAULT):
                raise
            sys.exit(f"ERROR: {_sentence(error)}")

    for flag in _our_flags():
        # `--help` shows all of ours, in whichever module they are.
        flags.FLAGS.register_key_flag_for_module(sys.argv[0], flag)
    app.run(guarded)


def _sentence(error):
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}"
    return str(error).strip()


def _our_flags():
    """The flags of the binary and of our modules that it uses."""
    ours = (sys.argv[0], "experiments.")
    by_module = flags.FLAGS.flags_by_module_dict()
    return [f for name in by_module if name.startswith(ours) for f in by_module[name]]


def log_flags() -> str:
    """Logs the flags of the binary, and returns them as the lines of a flagfile."""
    lines = sorted(
        line
        for flag in _our_flags()
        if flag.value is not None
        for line in flag.serialize().splitlines()
    )
    for line in lines:
        logging.info("%s", line)
    return "\n".join(lines) + "\n"
