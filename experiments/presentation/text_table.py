"""Tables for the terminal."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from experiments.presentation.printable import printable_line

Row = TypeVar("Row")


def text_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns as wide as their texts; the first aligned left, the others right."""
    lines = [list(map(printable_line, line)) for line in (header, *rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    texts = [
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]
    rule = "  ".join("-" * width for width in widths)
    return "\n".join([texts[0], rule, *texts[1:]])


def table_of(rows: Iterable[Row], columns: Mapping[str, Callable[[Row], str]]) -> str:
    """A text table with a line for each of the rows.

    Args:
        rows: Records of any kind.
        columns: By title, the text of a record in that column.
    """
    lines = [[text(row) for text in columns.values()] for row in rows]
    return text_table(list(columns), lines)
