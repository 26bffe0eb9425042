"""What stands in a world, one module a kind."""
