"""All data sets by name: opened, checked, turned into shards."""
