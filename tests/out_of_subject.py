"""Places of MXNet's Python that are not about parameters: at most ten reasons, and why each holds.

The places are written as `mxnet_places.Place` writes them, without its number where all of a
function's are meant.
"""

REASONS = {
    # Abstract methods: only who writes a class of that kind meets them, and Python names the method.
    "a method that a subclass must write": [
        "autograd.py Function.forward raise",
        "autograd.py Function.backward raise",
        "gluon/loss.py Loss.hybrid_forward raise",
        "gluon/rnn/rnn_cell.py RecurrentCell.state_info raise",
        "gluon/rnn/rnn_cell.py HybridRecurrentCell.hybrid_forward raise",
        "gluon/rnn/rnn_cell.py ModifierCell.hybrid_forward raise",
        "gluon/rnn/rnn_layer.py _RNNLayer.state_info raise",
        "io/io.py DataIter.next raise",
        "metric.py EvalMetric.update raise",
        "metric.py CustomMetric.get_config raise",
        *(
            f"module/base_module.py BaseModule.{name} raise"
            for name in (
                "data_names",
                "output_names",
                "data_shapes",
                "label_shapes",
                "output_shapes",
                "get_params",
                "init_params",
                "install_monitor",
                "forward",
                "backward",
                "get_outputs",
                "get_input_grads",
                "update",
                "update_metric",
                "bind",
                "init_optimizer",
            )
        ),
        "module/base_module.py BaseModule.prepare warn",
        "module/python_module.py PythonModule._compute_output_shapes raise",
        "module/python_module.py PythonLossModule._backward_impl raise",
        "module/python_module.py PythonLossModule.install_monitor raise",
    ],
    # MXNet says itself that it cannot be; no ordinary call reaches it.
    "cannot be reached by ordinary calls": [
        "gluon/block.py _regroup._merger raise",
        "gluon/block.py HybridBlock._build_cache raise 1",
        "gluon/block.py HybridBlock._call_cached_op assert 1",
        "gluon/block.py HybridBlock.optimize_for assert 1",
        "gluon/block.py SymbolBlock.hybrid_forward raise 1",
        "gluon/rnn/rnn_cell.py _mask_sequence_variable_length assert",
        "gluon/rnn/rnn_cell.py SequentialRNNCell.__call__ assert 2",
        "gluon/rnn/rnn_cell.py SequentialRNNCell.hybrid_forward raise",
        "gluon/rnn/rnn_layer.py _RNNLayer._unfuse assert",
        "gluon/trainer.py Trainer._init_params assert",
        "gluon/trainer.py Trainer._row_sparse_pull assert",
        "gluon/trainer.py Trainer.learning_rate raise",
        "gluon/trainer.py Trainer.optimizer raise",
        "gluon/trainer.py Trainer.set_learning_rate raise",
        "gluon/trainer.py Trainer.save_states assert 1",
        "gluon/utils.py HookHandle.attach assert",
        "io/io.py NDArrayIter._getdata assert",
        "io/io.py NDArrayIter._concat assert",
        "io/io.py NDArrayIter._batchify assert 2",
        "module/executor_group.py DataParallelExecutorGroup.bind_exec assert",
        "module/executor_group.py DataParallelExecutorGroup.get_input_grads assert",
        "module/executor_group.py DataParallelExecutorGroup.set_states assert 3",
        "module/module.py Module.forward assert 2",
        "module/module.py Module.prepare assert 3",
        "module/python_module.py PythonModule.bind warn",
        "module/sequential_module.py SequentialModule.forward assert 2",
    ],
    # StopIteration, which every for loop takes.
    "the end of an epoch": [
        "io/io.py PrefetchingIter.next raise",
        "io/io.py NDArrayIter.next raise",
        "io/io.py MXDataIter.next raise",
    ],
    # Several machines, or a store of parameters on another one.
    "training on several machines": [
        "gluon/trainer.py Trainer._reset_kvstore raise",
        "gluon/trainer.py Trainer._init_kvstore raise 2",
        "gluon/trainer.py Trainer._init_kvstore raise 4",
        "gluon/trainer.py Trainer._check_and_rescale_grad raise",
        "model.py _create_sparse_kvstore",
        "module/module.py Module.prepare warn",
        "module/module.py Module.prepare assert 2",
    ],
    # Files that are fetched from the net.
    "downloading": [
        "gluon/utils.py replace_file",
        "gluon/utils.py _handle_errors",
        "gluon/utils.py download",
        "gluon/utils.py download.e",
    ],
    # mx.model.FeedForward, which Module replaced in 2016.
    "FeedForward": [
        f"model.py FeedForward.{name}"
        for name in (
            "__init__",
            "_check_arguments",
            "_init_params",
            "_init_predictor",
            "_init_iter",
            "_init_eval_iter",
            "save",
        )
    ],
}
