"""The file formats of exported networks, each written and opened here."""
