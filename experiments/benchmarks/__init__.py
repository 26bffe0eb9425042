"""Timings in one interleaved run, one module a suite."""
