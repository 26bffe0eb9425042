"""What the ids and colours of label maps mean."""
