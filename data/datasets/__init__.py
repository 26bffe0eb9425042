"""All data sets by name: opening, checking, writing shards; start in `open_dataset`."""
