"""What the binaries share: flags, errors as one sentence, exit codes."""
