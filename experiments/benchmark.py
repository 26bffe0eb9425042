r"""Times the parts of the project against each other and against other software.

    python -m experiments.benchmark --suite=cells --json=cells.json --chart=cells.png

Each table comes from one interleaved run and shows medians with quartiles. Compare the
ratios within a table; times of different runs are not comparable. On two cores:

    cells      our four convLSTM layers, the paper's equations written literally, and
               keras.layers.ConvLSTM2D (twenty minutes)
    table4     Table IV of the paper, our networks beside the paper's; --chart is its
               Figure 1 (five minutes)
    streaming  frames of ICNet and of the separable LSTM-ICNet v2 through every engine,
               as a user gets them, at 1024x2048 and 360x480; the step to logits alone;
               and a whole clip for every frame, as the authors run it (five minutes)
    endurance  20,000 frames through one stream of every engine: is the memory constant,
               and are the states finite? (fifteen minutes; --frames)
    versions   one step of ICNet against the same layers one by one and ONNX Runtime,
               and what every version adds to it against its cells alone (five minutes)
    data       training clips a second from PNGs and from shards, against decoding the
               same files and nothing else; --memory_clips=1000 also watches the memory
               (six minutes)
    flicker    mFP and mFIP of 1,000 pairs of label maps in memory, the stale rate, mFP
               near borders and the floor, against comparing the same maps once (two
               minutes)
    smoothing  what each smoothing adds to a frame, against one step of ICNet, at
               1024x2048 and 360x480 (one minute)
    memory     peak memory of one training step of ICNet and of LSTM-ICNet v2, v5, v6,
               with and without --recompute, each in a process of its own; Linux only
    training   one training step of LSTM-ICNet v2 against the sum of its parts
"""

import json
import tempfile
from dataclasses import asdict
from pathlib import Path

import keras
from absl import flags

from data.files.whole_file import write_whole
from data.readers import virtual_kitti
from data.readers.shards import read_prepared_videos
from data.synthetic.render_data_set import render_data_set
from experiments.benchmarks import (
    cell_benchmark,
    cell_report,
    data_benchmark,
    flicker_benchmark,
    smoothing_benchmark,
    version_benchmark,
)
from experiments.benchmarks.streams import endurance_benchmark, frame_benchmark
from experiments.benchmarks.streams.engines import ENGINES
from experiments.benchmarks.training import memory_benchmark, speed_benchmark
from experiments.command_line import command
from experiments.command_line.flag_checks import require_png
from experiments.paper_tables import table4, table4_report
from lstm_icnet.network.versions import VERSIONS
from lstm_icnet.weights.keras_file import load_icnet

_SUITE = flags.DEFINE_enum(
    "suite",
    None,
    [
        *("cells", "table4", "streaming", "endurance", "versions", "data", "flicker"),
        *("smoothing", "memory", "training"),
    ],
    "Which benchmark to run; see above.",
    required=True,
)
_ROUNDS = flags.DEFINE_integer(
    "rounds", 7, "How many times each part is timed.", lower_bound=1
)
_DTYPE = flags.DEFINE_enum(
    "dtype", "float32", ["float32", "bfloat16"], "Number format of all computations."
)
_JSON = flags.DEFINE_string("json", None, "JSON file to write the table to.")
_CHART = flags.DEFINE_string(
    "chart", None, "PNG file for a bar chart, for the suites cells and table4."
)
_KERNEL_SIZE = flags.DEFINE_multi_integer(
    "kernel_size",
    [3],
    "Suite cells: size of the square kernels; may be repeated.",
    lower_bound=1,
)
_JOBS = flags.DEFINE_multi_enum(
    "jobs",
    list(cell_benchmark.JOBS),
    list(cell_benchmark.JOBS),
    "Suite cells: what is timed; may be repeated.",
)
_SIZES = flags.DEFINE_multi_string(
    "sizes",
    ["x".join(map(str, size)) for size in cell_benchmark.SIZES],
    "Suite cells: input shapes, BATCHxHEIGHTxWIDTHxCHANNELS; may be repeated.",
)
_HEIGHT = flags.DEFINE_integer(
    "height",
    1024,
    "Image height in pixels, for the suites table4, versions, data, flicker, memory "
    "and training.",
    lower_bound=97,
)
_WIDTH = flags.DEFINE_integer(
    "width",
    2048,
    "Image width in pixels, for the suites table4, versions, data, flicker, memory and "
    "training.",
    lower_bound=97,
)
_VERSIONS = flags.DEFINE_multi_enum(
    "versions",
    [str(version) for version in (2, 5, 6)],
    [str(version) for version in VERSIONS],
    "Suite versions: versions of LSTM-ICNet; may be repeated.",
)
_NETWORKS = flags.DEFINE_multi_string(
    "networks",
    [],
    "Suite streaming: a .keras file or workdir of a trained network, in place of "
    "untrained ones; may be repeated.",
)
_VIDEO = flags.DEFINE_string(
    "video",
    None,
    "Suite streaming: a video file whose frames are segmented, resized to each size, "
    "in place of a picture of random shapes.",
)
_ENGINES = flags.DEFINE_multi_enum(
    "engines",
    list(ENGINES),
    list(ENGINES),
    "Suites streaming and endurance: what runs the networks; may be repeated.",
)
_FRAMES = flags.DEFINE_integer(
    "frames", 20_000, "Suite endurance: how many frames.", lower_bound=10
)
_DATA_DIR = flags.DEFINE_string(
    "data_dir",
    None,
    "Suite data: Virtual KITTI 1.3.1 or a folder made by render_synthetic; by default, "
    "frames of --height x --width are rendered into a temporary folder.",
)
_MEMORY_CLIPS = flags.DEFINE_integer(
    "memory_clips",
    0,
    "Suite data: also measure the memory in use while this many clips are read.",
    lower_bound=0,
)
# The suites that read a flag which some suites have no use for.
_WITH_SIZE = ("table4", "versions", "data", "flicker", "memory", "training")
_READ_BY = {
    "chart": ("cells", "table4"),
    **dict.fromkeys(("kernel_size", "jobs", "sizes"), ("cells",)),
    **dict.fromkeys(("height", "width"), _WITH_SIZE),
    "versions": ("versions",),
    **dict.fromkeys(("networks", "video"), ("streaming",)),
    "engines": ("streaming", "endurance"),
    "frames": ("endurance",),
    **dict.fromkeys(("data_dir", "memory_clips"), ("data",)),
}


def _refuse_unread_flags():
    for name, suites in _READ_BY.items():
        if flags.FLAGS[name].present and _SUITE.value not in suites:
            raise ValueError(
                f"--{name} has no effect on --suite={_SUITE.value}; it is for "
                f"{', '.join(suites)}"
            )


def _size(text):
    numbers = text.split("x")
    if len(numbers) != 4 or not all(n.isdigit() and int(n) for n in numbers):
        raise ValueError(
            f"--sizes takes BATCHxHEIGHTxWIDTHxCHANNELS, such as 1x128x256x128. "
            f"Received: {text}"
        )
    return tuple(map(int, numbers))


def _cells():
    rows = []
    for size in [_size(text) for text in _SIZES.value]:
        for kernel_size in _KERNEL_SIZE.value:
            found = cell_benchmark.benchmark_cells(
                size, kernel_size, _JOBS.value, _ROUNDS.value, _DTYPE.value
            )
            print(f"\n{cell_report.describe(found)}", flush=True)
            rows += found
    if _CHART.value:
        cell_report.save_chart(Path(_CHART.value), rows)
        print(f"The chart is in {_CHART.value}")
    return [asdict(row) for row in rows]


def _table4():
    rows = table4.table4(_image_size(), _ROUNDS.value)
    print(table4_report.describe(rows, _image_size()))
    if _CHART.value:
        table4_report.save_figure_1(Path(_CHART.value), rows)
        print(f"The chart is in {_CHART.value}")
    return table4.as_json(rows)


def _streaming():
    rows = frame_benchmark.benchmark_frames(
        [load_icnet(path) for path in map(Path, _NETWORKS.value)]
        or frame_benchmark.untrained_networks(),
        engines=_ENGINES.value,
        rounds=_ROUNDS.value,
        video=_VIDEO.value,
    )
    return _shown(rows, frame_benchmark.describe(rows))


def _endurance():
    rows = endurance_benchmark.benchmark_endurance(_FRAMES.value, _ENGINES.value)
    return _shown(rows, endurance_benchmark.describe(rows))


def _versions():
    versions = [int(version) for version in _VERSIONS.value]
    rows = version_benchmark.benchmark_versions(
        _image_size(), versions, rounds=_ROUNDS.value
    )
    return _shown(rows, version_benchmark.describe(rows))


def _data():
    # TensorFlow Datasets, which nothing else here needs.
    from data.datasets.driving_video import prepare

    image_size = _image_size()
    with tempfile.TemporaryDirectory() as folder:
        data_dir = _DATA_DIR.value
        if data_dir is None:
            data_dir = f"{folder}/rendered"
            render_data_set(data_dir, 2, 16, image_size, seed=0)
        name = virtual_kitti.INFO.name
        shards = prepare(name, data_dir, f"{folder}/shards")
        sources = {
            "files": virtual_kitti.read_videos(str(data_dir), "train"),
            "shards": read_prepared_videos(shards, "train"),
        }
        rows = data_benchmark.benchmark_data(sources, image_size, rounds=_ROUNDS.value)
        print(data_benchmark.describe(rows))
        if _MEMORY_CLIPS.value:
            held = data_benchmark.memory_over_clips(
                sources["files"], image_size, _MEMORY_CLIPS.value
            )
            print(
                f"Memory, MB, after each tenth of {_MEMORY_CLIPS.value} clips: "
                + ", ".join(f"{mb:.0f}" for mb in held)
            )
    return [asdict(row) for row in rows]


def _flicker():
    rows = flicker_benchmark.benchmark_flicker(_image_size(), rounds=_ROUNDS.value)
    return _shown(rows, flicker_benchmark.describe(rows, _image_size()))


def _smoothing():
    rows = smoothing_benchmark.benchmark_smoothing(rounds=_ROUNDS.value)
    return _shown(rows, smoothing_benchmark.describe(rows))


def _memory():
    policy = "float32" if _DTYPE.value == "float32" else f"mixed_{_DTYPE.value}"
    rows = memory_benchmark.benchmark_memory(_image_size(), precision=policy)
    return _shown(rows, memory_benchmark.describe(rows, _image_size()))


def _training():
    rows = speed_benchmark.benchmark_training(_image_size(), rounds=_ROUNDS.value)
    return _shown(rows, speed_benchmark.describe(rows, _image_size()))


def _image_size():
    return _HEIGHT.value, _WIDTH.value


def _shown(rows, table):
    """Prints the table, and returns the rows as JSON has them."""
    print(table, flush=True)
    return [asdict(row) for row in rows]


def main():
    command.log_flags()
    require_png("chart", _CHART.value)
    _refuse_unread_flags()
    if _SUITE.value != "cells" and _DTYPE.value != "float32":
        keras.config.set_dtype_policy(f"mixed_{_DTYPE.value}")
    suites = {
        "cells": _cells,
        "table4": _table4,
        "streaming": _streaming,
        "endurance": _endurance,
        "versions": _versions,
        "data": _data,
        "flicker": _flicker,
        "smoothing": _smoothing,
        "memory": _memory,
        "training": _training,
    }
    rows = suites[_SUITE.value]()
    if _JSON.value:
        write_whole(Path(_JSON.value), json.dumps(rows, indent=2) + "\n")
        print(f"The table is in {_JSON.value}")


if __name__ == "__main__":
    command.run(main)
