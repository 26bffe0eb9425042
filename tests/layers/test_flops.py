import pytest

from layers import flops

KINDS = ["standard", "spatial", "depthwise", "separable"]


def test_total_of_table_1_is_equation_2():
    size = dict(height=5, width=7, kernel_size=(3, 5), channels=11, filters=13)
    assert sum(flops.table_1(**size).values()) == flops.standard_flops(**size)


def test_rows_of_table_1_are_counted_from_equation_1():
    # Per output: eight sums over 3*3*2 products; i j, f c_prev, o tanh(c); sigmoids of
    # i, f, o; tanh of j, c; in each of four gates two additions, and one in c.
    rows = flops.table_1(1, 1, (3, 3), 2, 1)
    assert list(rows.values()) == [8 * 2 * 3 * 3 * 2, 3, 3 * 5, 2 * 5, 4 * 2 + 1]


@pytest.mark.parametrize(
    "kind, per_output",
    [
        ("standard", 16 * 3 * 3 * 128 + 37),
        ("spatial", 32 * 3 * 128 + 37),
        ("depthwise", 16 * 3 * 3 + 37),
        ("separable", 16 * 3 * 3 + 16 * 128 + 37),
    ],
)
def test_cell_flops_are_those_of_equations_2_4_7_10(kind, per_output):
    count = flops.CELL_FLOPS[kind](128, 256, (3, 3), 128, 64)
    assert count == per_output * 64 * 128 * 256


@pytest.mark.parametrize(
    "kind, percent, digits",
    [("spatial", 66.73, 2), ("depthwise", 0.98, 2), ("separable", 12.1, 1)],
)
def test_share_of_standard_is_the_worked_example(kind, percent, digits):
    share = flops.share_of_standard(kind, (3, 3), 128)
    assert round(100 * share, digits) == percent


@pytest.mark.parametrize("kind", KINDS)
def test_approximate_share_is_the_limit_for_many_channels(kind):
    share = flops.share_of_standard(kind, (5, 5), 10**7)
    near = flops.approximate_share_of_standard(kind, (5, 5), 10**7)
    assert share == pytest.approx(near, rel=1e-3 if kind != "depthwise" else 0.1)


def test_spatial_share_for_a_square_kernel_is_two_over_its_size():
    assert flops.approximate_share_of_standard("spatial", (3, 3), 128) == 2 / 3
