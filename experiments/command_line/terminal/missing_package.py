"""One sentence in place of a traceback where a package is not installed."""

import sys

_OURS = ("data", "experiments", "layers", "lstm_icnet")
_REQUIRED = {  # by setup.py, under the names that are imported
    *("absl", "av", "cv2", "imagecodecs", "keras", "matplotlib", "numpy", "PIL"),
    *("psutil", "tensorboard", "tensorflow", "tensorflow_datasets", "tqdm"),
}
_EXTRAS = {  # of setup.py, by the packages that they install
    "jax": "jax",
    "onnx": "onnx",
    "onnxruntime": "onnx",
    "openvino": "openvino",
    "tf2onnx": "onnx",
}


def missing_package(error: BaseException) -> str | None:
    """The sentence for a package of others that is missing, `None` for other errors."""
    if not isinstance(error, ModuleNotFoundError):
        return None
    package = (error.name or "").split(".")[0]
    if not package or package in _OURS:
        return None
    reason = f"The package {package} is not installed, and this command needs it"
    if package in _EXTRAS:
        return f"{reason}; `pip install -e '.[{_EXTRAS[package]}]'` installs it"
    if package not in _REQUIRED:
        return reason
    return (
        f"{reason}; `. .venv/bin/activate` takes the Python that `make` installed "
        f"everything for, and `pip install -e .` installs it for {sys.executable}"
    )


def report_missing_packages() -> None:
    """Makes Python print the sentence for such an error of an import."""
    sys.excepthook = _print_sentence


def _print_sentence(kind, error, trace):
    sentence = missing_package(error)
    if sentence is None:
        sys.__excepthook__(kind, error, trace)
    else:
        print(f"ERROR: {sentence}", file=sys.stderr)
