import numpy as np
import pytest

from lstm_icnet import CELLS, build_icnet, build_lstm_icnet

# Trainable parameters with 19 classes, of which the paper's Table IV has the thousands.
ICNET_PARAMETERS = 6_707_321
PARAMETERS = {
    2: [7_887_737, 7_494_521, 6_717_305, 6_848_377],
    5: [10_247_801, 9_068_153, 6_736_505, 7_129_721],
    6: [11_428_217, 9_855_353, 6_746_489, 7_270_777],
}


def trainable_parameters(model):
    return sum(int(np.prod(w.shape)) for w in model.trainable_weights)


def test_icnet_has_the_parameters_of_table_iv():
    assert trainable_parameters(build_icnet()) == ICNET_PARAMETERS


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("version", PARAMETERS)
def test_lstm_icnet_has_the_parameters_of_table_iv(version, cell):
    model = build_lstm_icnet(version, cell, image_size=(97, 97))
    expected = PARAMETERS[version][CELLS.index(cell)]
    assert trainable_parameters(model) == expected
