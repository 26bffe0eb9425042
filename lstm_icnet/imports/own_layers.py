"""The convLSTM layers, from this project's `layers` and no other package."""

from lstm_icnet.imports.own_packages import require_own

require_own("layers")

# After the check, since another package may be called `layers`.
from layers import CELLS, LAYERS  # noqa: E402
from layers.base_conv_lstm2d import BaseConvLSTM2D  # noqa: E402
from layers.base_conv_lstm2d_cell import BaseConvLSTM2DCell  # noqa: E402
from layers.warp_states import warp_states  # noqa: E402

__all__ = ["CELLS", "LAYERS", "BaseConvLSTM2D", "BaseConvLSTM2DCell", "warp_states"]
