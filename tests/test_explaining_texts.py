"""Of a message alone, without its traceback, less is known: what is said must still be right."""

import gluon_init as gi

import pytest
from explained import says

MESSAGES = {
    "no default": "Cannot Initialize fc_bias. Not found in loaded param and no default Initializer is"
    " provided.",
    "slope": "Slope coefficient for LeakyReLU must be no less than 0.",
    "modified": "Cell lstm0 is already modified. One cell cannot be modified twice",
    "no graph": "NDArray is not part of a computation graph. Did you forget to turn on recording?",
    "no variable": "Cannot differentiate with respect to the 1-th variable because it does not"
    " require gradient.",
    "apart": "All Parameters must be initialized on the same set of contexts, but Parameter dense1_bias"
    " is initialized on [cpu(1)] while previous Parameters are initialized on [cpu(0)].",
    "split": "data with shape (3, 5) cannot be evenly split into 2 slices along axis 0. Use a batch"
    " size that's multiple of 2 or set even_split=False to allow uneven partitioning of data.",
    "store": "update() when parameters are updated on kvstore is not supported. Try setting"
    " `update_on_kvstore` to False when creating trainer.",
    "sparse": "Cannot set update_on_kvstore=False when sparse weights are present.",
    "states": "Cannot save trainer states when some parameters are not yet initialized in kvstore.",
    "kinds": "Block's output ndarrays/symbols must be of type `mxnet.numpy.ndarray` or"
    " `mxnet.symbol.numpy._Symbol`, while got output type <class 'mxnet.ndarray.ndarray.NDArray'>",
    "recorded": "Cannot differentiate node because it is not in a computational graph.",
    "optimizer": "optimizer_params must be None if optimizer is an instance of Optimizer",
    "axis": "axis 2 exceeds the input dimension of 2",
    "half": "FP16 gemm on cpu not implemented!",
}


@pytest.mark.parametrize("message", MESSAGES.values(), ids=MESSAGES)
def test_a_message_alone(message):
    says(gi.explain(message))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Gradient of Parameter `d_weight` on context cpu(0) has not been updated by", "d_weight"),
        ("Parameter 'a.weight' loaded from file 'x' is not present in ParameterDict", "a.weight"),
        ("Parameter 'a.weight' is missing in file 'x', which contains parameters", "a.weight"),
        ("Xavier initializer cannot be applied to vector d_bias. It requires", "d_bias"),
        ("there must be one NDArray or one Symbol in the input", "no MXNet array"),
        (
            "Parameter 'd_weight' was not initialized on context cpu(0). It was only initialized "
            "on [cpu(1)].",
            "on cpu(1), and asked for on cpu(0)",
        ),
        ("Incompatible attr in node  at 1-th input: expected float64, got float32", "float64"),
    ],
)
def test_older_cases_serve_a_text_alone(text, said):
    """Where an error has its traceback, cases that look at the net come before these."""
    says(gi.explain(text), said)
