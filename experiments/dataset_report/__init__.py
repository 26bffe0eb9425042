"""What a data set holds: faults as text, clips as pictures."""
