"""The messages of MXNet's C side by name, each with the call that makes it."""

import mxnet_c_arrays
import mxnet_c_layers
import mxnet_c_limits
import mxnet_c_others
import mxnet_c_symbols

MESSAGES = [
    *mxnet_c_arrays.MESSAGES,
    *mxnet_c_layers.MESSAGES,
    *mxnet_c_limits.MESSAGES,
    *mxnet_c_others.MESSAGES,
    *mxnet_c_symbols.MESSAGES,
]
