"""Reports on a data set: faults as text, clips as pictures."""
