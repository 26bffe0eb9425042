from experiments.presentation.text_table import table_of, text_table


def test_columns_are_aligned_under_a_rule():
    table = text_table(("name", "ms"), [("a", "1.0"), ("longer", "12.0")])
    assert table.splitlines() == [
        "name      ms",
        "------  ----",
        "a        1.0",
        "longer  12.0",
    ]


def test_columns_are_functions_of_the_rows():
    columns = {"": str, "twice": lambda number: str(2 * number)}
    assert table_of([3, 10], columns) == text_table(
        ("", "twice"), [("3", "6"), ("10", "20")]
    )
