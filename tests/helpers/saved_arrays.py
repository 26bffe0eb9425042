"""The arrays in a `.keras` file."""

import io
import zipfile

import h5py


def arrays_of(file):
    """Weights and optimiser by name."""
    with zipfile.ZipFile(file) as archive:
        content = io.BytesIO(archive.read("model.weights.h5"))
    found = {}

    def add(name, item):
        if isinstance(item, h5py.Dataset):
            found[name] = item[()]

    with h5py.File(content) as tree:
        tree.visititems(add)
    return found
