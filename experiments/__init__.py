"""One binary for each verb, run as `python -m experiments.VERB`.

Any import from here first checks that `data` and `layers` are this project's.
"""

import os
import sys

from lstm_icnet.imports.own_packages import require_own

# TensorFlow's own start-up lines would stand above every result.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
try:
    for _package in ("data", "layers"):
        require_own(_package)
except ImportError as error:
    # So it is while `python -m experiments.VERB` looks for the verb: a traceback into
    # this file would help nobody.
    if sys.argv[0] == "-m":
        sys.exit(f"ERROR: {error}")
    raise
