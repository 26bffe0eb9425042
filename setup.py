"""Packaging; the four rooms are top-level packages, listed by hand."""

import re
from pathlib import Path

from setuptools import setup

URL = "https://github.com/lstm-icnet/lstm-icnet"


def long_description() -> str:
    """README; its relative links lead to the repository, as package indexes need."""
    readme = Path(__file__).with_name("README.md").read_text(encoding="utf-8")
    images = re.sub(r"(!\[[^]]*\]\()(?!http)", rf"\1{URL}/raw/main/", readme)
    return re.sub(r"(?<=\]\()(?!http|#)", f"{URL}/blob/main/", images)


def version() -> str:
    """`lstm_icnet.__version__`: read, as importing needs what is yet to install."""
    init = Path(__file__).with_name("lstm_icnet") / "__init__.py"
    lines = init.read_text(encoding="utf-8")
    return re.search(r'^__version__ = "(.+)"$', lines, re.MULTILINE)[1]


setup(
    name="lstm-icnet",
    version=version(),
    description="Video segmentation with less flicker: separable convLSTMs, "
    "ICNet and LSTM-ICNet in Keras 3",
    long_description=long_description(),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    url=URL,
    project_urls={
        "Documentation": f"{URL}/tree/main/docs",
        "Changelog": f"{URL}/blob/main/CHANGELOG.md",
        "Issues": f"{URL}/issues",
        "Paper": "https://arxiv.org/abs/1907.06876",
    },
    keywords=["video segmentation", "convlstm", "icnet", "flicker", "keras"],
    classifiers=[
        "Development Status :: 4 - Beta",
        "Intended Audience :: Developers",
        "Intended Audience :: Science/Research",
        "Operating System :: POSIX :: Linux",
        "Programming Language :: Python :: 3",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
        "Programming Language :: Python :: 3.13",
        "Topic :: Scientific/Engineering :: Artificial Intelligence",
        "Topic :: Scientific/Engineering :: Image Processing",
    ],
    python_requires=">=3.11,<3.14",
    package_dir={"": "."},
    packages=[
        "data",
        "data.datasets",
        "data.files",
        "data.files.video",
        "data.labels",
        "data.pipeline",
        "data.readers",
        "data.synthetic",
        "data.synthetic.imaging",
        "data.synthetic.things",
        "data.videos",
        "experiments",
        "experiments.benchmarks",
        "experiments.benchmarks.streams",
        "experiments.benchmarks.training",
        "experiments.command_line",
        "experiments.command_line.terminal",
        "experiments.dataset_report",
        "experiments.flicker_evidence",
        "experiments.flicker_report",
        "experiments.paper_tables",
        "experiments.predictions",
        "experiments.presentation",
        "experiments.scoring",
        "experiments.synthetic_demo",
        "experiments.training",
        "experiments.training.devices",
        "experiments.training.step",
        "experiments.training.reporting",
        "experiments.training.workdir",
        "experiments.video_segmentation",
        "layers",
        "lstm_icnet",
        "lstm_icnet.deployment",
        "lstm_icnet.deployment.formats",
        "lstm_icnet.flicker",
        "lstm_icnet.imports",
        "lstm_icnet.metrics",
        "lstm_icnet.network",
        "lstm_icnet.smoothing",
        "lstm_icnet.weights",
    ],
    entry_points={"console_scripts": ["lstm-icnet = experiments.__main__:main"]},
    package_data={
        "data": ["py.typed"],
        "layers": ["py.typed"],
        "lstm_icnet": ["py.typed"],
        "experiments": ["recipes/*.flags"],
    },
    install_requires=[
        "tensorflow>=2.21",
        "keras>=3.15",
        "tensorboard>=2.20",
        "numpy>=2.0",
        # The ordinary wheel needs a display's libraries, which servers lack.
        "opencv-python-headless>=4.11",
        "numba>=0.63",  # compiles the drawing of labels
        "absl-py>=2.1",
        "tensorflow-datasets>=4.9.7",
        "importlib_resources",  # which it imports and does not ask for
        "matplotlib>=3.9",
        "psutil>=6",
        "av>=14",  # video files; its wheels bring FFmpeg with libx264
        "pillow>=10",
        "imagecodecs>=2026.1",  # decodes PNGs faster than OpenCV
        "tqdm>=4.66",
    ],
    extras_require={
        "test": [
            "pytest>=8",
            "pytest-xdist>=3.6",
            "hypothesis>=6.100",
            "ruff>=0.8",
            "mypy>=1.18",
            # Execute docs/tour.ipynb.
            "nbclient>=0.10",
            "ipykernel>=6.29",
        ],
        "gpu": ["tensorflow[and-cuda]>=2.21"],
        "jax": ["jax>=0.4.36"],
        "onnx": ["tf2onnx>=1.17", "onnx>=1.18", "onnxruntime>=1.20"],
        "openvino": ["openvino>=2025.0"],
    },
)
