"""Runs a verb: flags, `--help`, errors as one sentence, exit codes, signals."""

import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable

from absl import app, flags, logging

from data.pipeline.errors import original_error
from experiments.command_line.errors import sentence_for_user
from experiments.command_line.flag_checks import check_paths, require_finite_numbers
from experiments.command_line.help_page import asks_for_help, print_help
from experiments.command_line.terminal.log_lines import log_above_bars
from experiments.command_line.terminal.standard_output import (
    STANDARD_OUTPUT,
    standard_output,
)
from experiments.presentation.printable import printable_line

_TRACEBACK = flags.DEFINE_bool(
    "traceback", False, "Print the full Python traceback when an error occurs."
)
_STOPPED_BY_SIGNAL = 128  # and the signal's number: what shells expect
_PAUSE_SECONDS = 0.05  # until a signal is repeated


def run(main: Callable[[], None]) -> None:
    """Runs `main` under absl and ends the process.

    An error that the user can fix is printed as one sentence, with exit code 1. On
    SIGINT, SIGTERM and SIGHUP temporary files are removed before the process ends.

    Args:
        main: Reads the flags and does the work.
    """
    for flag in _our_flags():
        # `--help` shows all of ours, in whichever module they are.
        flags.FLAGS.register_key_flag_for_module(sys.argv[0], flag)
    require_finite_numbers(_our_flags())
    if asks_for_help(sys.argv[1:]):
        sys.exit(_guarded(lambda: print_help(_our_flags())))
    sys.exit(
        _guarded(lambda: app.run(lambda rest: _call(main, rest), flags_parser=_parsed))
    )


def log_flags() -> str:
    """Logs the flags of the verb with `--verbosity=1`.

    Returns:
        The lines of a flagfile that sets them again.
    """
    lines = sorted(
        line
        for flag in _our_flags()
        if flag.value is not None
        for line in flag.serialize().splitlines()
    )
    for line in lines:
        logging.debug("%s", line)
    return "\n".join(lines) + "\n"


def _parsed(arguments):
    return flags.FLAGS(arguments)  # where absl's own parser ends the process


def _call(main, arguments):
    if arguments[1:]:
        raise ValueError(f"Only flags are understood, not {arguments[1:]}")
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN:  # as under nohup
            signal.signal(number, _stop)
    sys.unraisablehook = _send_again
    logging.get_absl_logger().addFilter(_make_printable)
    log_above_bars()
    check_paths(_our_flags())
    warnings.showwarning = lambda message, *_, **__: logging.warning("%s", message)
    main()


def _guarded(function):
    """Calls a function; returns the exit code, or the sentence to print."""
    try:
        with standard_output():
            function()
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return _STOPPED_BY_SIGNAL + signal.SIGINT
    except BrokenPipeError:
        # The program that reads our output, such as `head`, has closed it.
        _drop_standard_output()
        return _STOPPED_BY_SIGNAL + signal.SIGPIPE
    except Exception as error:
        if getattr(error, "filename", None) == STANDARD_OUTPUT:
            _drop_standard_output()
        sentence = sentence_for_user(error)
        if _shows_traceback() or sentence is None:
            raise original_error(error) from error.__cause__
        return f"ERROR: {sentence}"
    return 0


def _shows_traceback():
    return flags.FLAGS.is_parsed() and _TRACEBACK.value


def _stop(number, frame):
    # An exception, so that temporary files are removed.
    sys.exit(_STOPPED_BY_SIGNAL + number)


def _send_again(unraisable):
    """Repeats a signal whose exception was raised where Python ignores all of them.

    Such as in a destructor, of which TensorFlow runs many.
    """
    error = unraisable.exc_value
    if isinstance(error, KeyboardInterrupt):
        number = signal.SIGINT
    elif isinstance(error, SystemExit) and isinstance(error.code, int):
        number = error.code - _STOPPED_BY_SIGNAL
    else:
        sys.__unraisablehook__(unraisable)
        return
    again = threading.Timer(_PAUSE_SECONDS, os.kill, (os.getpid(), number))
    again.daemon = True
    again.start()


def _drop_standard_output():
    """Prevents the interpreter from writing to it again, and failing again, at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _make_printable(record):
    record.msg, record.args = printable_line(record.getMessage()), ()
    return True


def _our_flags():
    """The flags of the verb and of our modules that it uses."""
    ours = (sys.argv[0], "experiments.")
    by_module = flags.FLAGS.flags_by_module_dict()
    return [f for name in by_module if name.startswith(ours) for f in by_module[name]]
