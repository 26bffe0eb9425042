"""The results of `streaming_benchmark` as two tables."""

from experiments.streaming_benchmark import Row
from experiments.table import text_table


def describe(rows: list[Row]) -> str:
    """ICNet by several runners, then what the versions add to it."""
    icnet = [row for row in rows if row.cell is None]
    header = ("ICNet", "ms", "quartiles", "to ONNX Runtime", "to matmul bound")
    lines = [
        (
            row.runner,
            f"{row.ms:.0f}",
            f"{row.low_ms:.0f} to {row.high_ms:.0f}",
            "-" if row.ratio is None else f"{row.ratio:.3f}",
            f"{row.ms / row.bound_ms:.2f}",
        )
        for row in icnet
    ]
    tables = [text_table(header, lines)]
    header = ("", "ms", "quartiles", "its cells' ms", "added / cells", "to bound")
    lines = [
        (
            f"{row.model} {row.cell}",
            f"{row.ms:.0f}",
            f"{row.low_ms:.0f} to {row.high_ms:.0f}",
            f"{row.cells_ms:.0f}",
            f"{row.ratio:.2f}",
            f"{row.ms / row.bound_ms:.2f}",
        )
        for row in rows
        if row.cell is not None
    ]
    if lines:
        tables.append(text_table(header, lines))
    return "\n\n".join(tables)
