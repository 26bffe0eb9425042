"""Run by `import lstm_icnet`: registers saved classes, detects foreign packages."""
