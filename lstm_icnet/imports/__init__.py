"""What `import lstm_icnet` sees to: saved classes, packages of the same names."""
