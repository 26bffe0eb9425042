"""Shared by the verbs: flags, errors as one sentence, exit codes, output files."""
