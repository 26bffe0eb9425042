"""One binary for each verb, run as `python -m experiments.VERB`.

Any import from here first checks that `data` and `layers` are this project's.
"""

import sys

from experiments.command_line.terminal.missing_package import report_missing_packages
from experiments.command_line.terminal.quiet_tensorflow import (
    are_hidden,
    hide_start_messages,
)
from lstm_icnet.imports.own_packages import require_own

# `sys.argv[0]` is "-m" while `python -m experiments.VERB` looks for the verb.
_IS_VERB = sys.argv[0] == "-m"

if _IS_VERB or are_hidden():  # a verb starts processes that inherit the setting
    hide_start_messages()
if _IS_VERB:
    report_missing_packages()
try:
    for _package in ("data", "layers"):
        require_own(_package)
except ImportError as error:
    # A traceback of this file would not help the user.
    if _IS_VERB:
        sys.exit(f"ERROR: {error}")
    raise
