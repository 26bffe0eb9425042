"""A file for each format that a network is deployed in: written and opened."""
