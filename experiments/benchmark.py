r"""Times the parts of the project against each other and against other software.

    python -m experiments.benchmark --suite=cells --json=cells.json --chart=cells.png

About ten minutes on two cores. Every table is of one interleaved run, medians with
quartiles; compare ratios, never times of different runs.

    cells   our four convLSTM layers, the paper's equations written literally, and
            keras.layers.ConvLSTM2D
"""

import json
from pathlib import Path

from absl import flags

from experiments import command
from experiments.cell_benchmark import JOBS, SIZES, benchmark_cells
from experiments.cell_report import describe, save_chart

_SUITE = flags.DEFINE_enum("suite", None, ["cells"], "What to time.", required=True)
_KERNEL_SIZE = flags.DEFINE_multi_integer(
    "kernel_size", [3], "Repeat for several.", lower_bound=1
)
_JOBS = flags.DEFINE_multi_enum(
    "jobs", list(JOBS), list(JOBS), "What to do with a cell."
)
_SIZES = flags.DEFINE_multi_string(
    "sizes",
    ["x".join(map(str, size)) for size in SIZES],
    "BATCHxHEIGHTxWIDTHxCHANNELS.",
)
_ROUNDS = flags.DEFINE_integer("rounds", 7, "Times of each.", lower_bound=1)
_DTYPE = flags.DEFINE_enum("dtype", "float32", ["float32", "bfloat16"], "Of all.")
_JSON = flags.DEFINE_string("json", None, "File to write the rows to.")
_CHART = flags.DEFINE_string("chart", None, "PNG file to draw the bar chart to.")


def _size(text):
    numbers = text.split("x")
    if len(numbers) != 4 or not all(n.isdigit() and int(n) for n in numbers):
        raise ValueError(
            f"--sizes takes BATCHxHEIGHTxWIDTHxCHANNELS, such as 1x128x256x128. "
            f"Received: {text}"
        )
    return tuple(map(int, numbers))


def main():
    command.log_flags()
    sizes = [_size(text) for text in _SIZES.value]
    rows = []
    for size in sizes:
        for kernel_size in _KERNEL_SIZE.value:
            found = benchmark_cells(
                size, kernel_size, _JOBS.value, _ROUNDS.value, _DTYPE.value
            )
            print(f"\n{describe(found)}")
            rows += found
    if _JSON.value:
        content = json.dumps([row.as_json() for row in rows], indent=2) + "\n"
        command.write_whole(Path(_JSON.value), content)
    if _CHART.value:
        save_chart(Path(_CHART.value), rows)


if __name__ == "__main__":
    command.run(main)
