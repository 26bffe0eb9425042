"""The objects of a world, one module per kind."""
