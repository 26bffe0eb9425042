import icnet_graph
import pytest

from experiments.paper_tables.printed import PAPER_ROWS
from lstm_icnet import ICNet
from lstm_icnet.network.step_flops import step_flops


@pytest.mark.parametrize("version, cell", PAPER_ROWS)
def test_gflops_are_those_of_table_iv(version, cell):
    flops = step_flops(ICNet(version, cell, num_frames=1))
    assert round(flops / 1e9, 2) == PAPER_ROWS[version, cell].gflops


@pytest.mark.parametrize(
    "version, cell, image_size, num_classes",
    [
        (None, None, (193, 161), 19),
        (6, "standard", (97, 130), 3),
        (6, "spatial", (131, 101), 2),
        (6, "depthwise", (97, 97), 19),
        (6, "separable", (160, 211), 5),
    ],
)
def test_the_count_is_the_profilers_of_a_literal_graph(
    version, cell, image_size, num_classes
):
    model = ICNet(version, cell, num_classes, image_size, num_frames=1)
    expected = icnet_graph.step_flops(version, cell, image_size, num_classes)
    assert step_flops(model) == expected


@pytest.mark.parametrize("changed", [{"folded": True}, {"heads": ("main",)}])
def test_a_network_for_inference_is_refused(changed):
    model = ICNet(image_size=(97, 97), **changed)
    with pytest.raises(ValueError, match="as it is trained"):
        step_flops(model)
