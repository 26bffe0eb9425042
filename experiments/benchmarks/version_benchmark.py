"""Times one streaming step of the networks, other software and single cells."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from keras import ops
from tqdm import tqdm

from experiments.benchmarks.compiled import FLOPS as MATRIX_PRODUCT_FLOPS
from experiments.benchmarks.compiled import compiled, matrix_product
from experiments.benchmarks.interleaved import Timing, time_interleaved
from experiments.benchmarks.step_call import call_of_step, random_inputs
from experiments.presentation.text_table import table_of
from lstm_icnet.deployment.folding import fold_batch_norm
from lstm_icnet.network.icnet_model import ICNet
from lstm_icnet.network.step_flops import step_flops
from lstm_icnet.network.versions import CELLS, VERSIONS

OURS, LAYER_BY_LAYER, ONNX_RUNTIME = "ours", "keras.layers, one by one", "ONNX Runtime"
_MATMUL = "matrix product"


@dataclass(frozen=True)
class Row:
    """One step of one network.

    Attributes:
        model: `icnet`, `lstm_icnet_v2`, ...
        cell: `None` for ICNet.
        runner: `OURS`, `LAYER_BY_LAYER` or `ONNX_RUNTIME`.
        ms, low_ms, high_ms: Median and quartiles.
        ratio: For ICNet its time over that of ONNX Runtime; for a version the time it
            adds to ICNet, over the sum of its cells' times. Median over the rounds.
        bound_ms: The network's FLOPs at the rate of a large matrix product in the
            same run.
        cells_ms: Sum of the times of its cells alone; `None` for ICNet.
    """

    model: str
    cell: str | None
    runner: str
    ms: float
    low_ms: float
    high_ms: float
    ratio: float | None
    bound_ms: float
    cells_ms: float | None


def benchmark_versions(
    image_size=(1024, 2048),
    versions=tuple(VERSIONS),
    cells=CELLS,
    rounds: int = 7,
    progress=True,
) -> list[Row]:
    """Times one step of ICNet in three ways, of each version, and of single cells.

    ONNX Runtime is left out if it or `tf2onnx` is not installed, or the backend is
    not TensorFlow. All are timed in one interleaved run.

    Args:
        image_size: (height, width).
        versions: Some of 1 to 6.
        cells: Some of `versions.CELLS`.
        rounds: How many times each is timed.
        progress: Whether to show progress bars.
    """
    keras.utils.set_random_seed(0)
    icnet = ICNet(image_size=image_size)
    flops = {(None, None): step_flops(icnet)}
    calls = {
        (OURS, None, None): call_of_step(fold_batch_norm(icnet).build_step()),
        (LAYER_BY_LAYER, None, None): call_of_step(icnet.build_step()),
        _MATMUL: matrix_product(),
    }
    if _can_run_onnx():
        step = fold_batch_norm(icnet).build_step()
        calls[ONNX_RUNTIME, None, None] = _onnx_call(step)
    names = [(version, cell) for version in versions for cell in cells]
    sizes = {}
    for version, cell in tqdm(
        names, "building", leave=False, disable=not progress or None, unit="network"
    ):
        model = ICNet(version, cell, image_size=image_size, num_frames=1)
        flops[version, cell] = step_flops(model)
        step = fold_batch_norm(model).build_step()
        calls[OURS, version, cell] = call_of_step(step)
        sizes[version, cell] = _cell_sizes(model)
        for layer, size in sizes[version, cell]:
            if (cell, size) not in calls:
                calls[cell, size] = _cell_call(model.get_layer(layer).cell, size)
    timings = time_interleaved(calls, rounds, progress)
    return _rows(timings, flops, sizes)


def _cell_sizes(model):
    """Name and state shape of every recurrent layer."""
    shapes = model.state_shapes()
    return [(f"convlstm_{tap}", shapes[f"convlstm_{tap}_h"]) for tap in model.taps]


def _cell_call(cell, size) -> Callable:
    rng = np.random.default_rng(0)
    x, h, c = (
        ops.convert_to_tensor(rng.uniform(-1, 1, (1, *size)), "float32")
        for _ in range(3)
    )
    weights = [ops.convert_to_tensor(variable) for variable in cell.variables]

    def run(weights, x, h, c):
        return cell.stateless_call(weights, [], x, [h, c])[0]

    return compiled(run, weights, x, h, c)


def _can_run_onnx():
    if keras.backend.backend() != "tensorflow":
        return False
    try:
        import onnxruntime  # noqa: F401
        import tf2onnx  # noqa: F401
    except ModuleNotFoundError:
        return False
    return True


def _onnx_call(step):
    import onnxruntime

    from lstm_icnet.deployment.formats.onnx_file import write_onnx

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "step.onnx"
        write_onnx(step, path)
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    inputs = random_inputs(step)
    return lambda: session.run(None, inputs)


def _rows(timings, flops, sizes):
    per_ms = MATRIX_PRODUCT_FLOPS / timings[_MATMUL].median_ms
    icnet = timings[OURS, None, None]
    onnx = timings.get((ONNX_RUNTIME, None, None))
    rows = []
    for key, timing in timings.items():
        if key == _MATMUL or len(key) == 2:
            continue
        runner, version, cell = key
        cells = None
        if version is None:
            ratio = None if onnx is None else _median(_ms(timing) / _ms(onnx))
        else:
            cells = sum(_ms(timings[cell, size]) for _, size in sizes[version, cell])
            ratio = _median((_ms(timing) - _ms(icnet)) / cells)
        rows.append(
            Row(
                "icnet" if version is None else f"lstm_icnet_v{version}",
                cell,
                runner,
                timing.median_ms,
                timing.low_ms,
                timing.high_ms,
                ratio,
                flops[version, cell] / per_ms,
                None if cells is None else _median(cells),
            )
        )
    return rows


def _ms(timing: Timing):
    return np.array(timing.rounds_ms)


def _median(values):
    return float(np.median(values))


_TIMES = {
    "ms": lambda row: f"{row.ms:.0f}",
    "quartiles": lambda row: f"{row.low_ms:.0f} to {row.high_ms:.0f}",
}
_ICNET = {
    "ICNet": lambda row: row.runner,
    **_TIMES,
    "to ONNX Runtime": lambda row: "-" if row.ratio is None else f"{row.ratio:.3f}",
    "to matmul bound": lambda row: f"{row.ms / row.bound_ms:.2f}",
}
_VERSIONS = {
    "": lambda row: f"{row.model} {row.cell}",
    **_TIMES,
    "its cells' ms": lambda row: f"{row.cells_ms:.0f}",
    "added / cells": lambda row: f"{row.ratio:.2f}",
    "to bound": lambda row: f"{row.ms / row.bound_ms:.2f}",
}


def describe(rows: list[Row]) -> str:
    """A table of ICNet by several runners, and one of what the versions add to it."""
    icnet = [row for row in rows if row.cell is None]
    versions = [row for row in rows if row.cell is not None]
    tables = [table_of(icnet, _ICNET)]
    if versions:
        tables.append(table_of(versions, _VERSIONS))
    return "\n\n".join(tables)
