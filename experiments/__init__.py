"""One binary for each verb, run as `python -m experiments.VERB`.

Any import from here first checks that `data` and `layers` are this project's.
"""

import os
import sys

from lstm_icnet.imports.own_packages import require_own

# Hides the messages that TensorFlow prints when it starts.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
try:
    for _package in ("data", "layers"):
        require_own(_package)
except ImportError as error:
    # `sys.argv[0]` is "-m" while `python -m experiments.VERB` looks for the verb. A
    # traceback of this file would not help the user.
    if sys.argv[0] == "-m":
        sys.exit(f"ERROR: {error}")
    raise
