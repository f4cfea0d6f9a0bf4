"""Module's errors and warnings: each made by ordinary calls, explained, and the advice followed."""

import mxnet as mx
import numpy as np
import pytest
from explained import failing, says, warned

pytestmark = [
    pytest.mark.usefixtures("named_alike"),
    pytest.mark.filterwarnings("ignore:.*Data provided by label_shapes:UserWarning"),
    pytest.mark.filterwarnings("ignore:.*You created Module:UserWarning"),
    pytest.mark.filterwarnings("ignore:Parameters already initialized:UserWarning"),
]
DATA, LABEL = [("data", (4, 5))], [("softmax_label", (4,))]


def symbol(name="softmax", hidden=3):
    layer = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=hidden, name="fc")
    return mx.sym.SoftmaxOutput(layer, name=name)


def plain():
    return mx.mod.Module(symbol())


def bucketing():
    return mx.mod.BucketingModule(
        lambda key: (symbol(), ["data"], ["softmax_label"]), default_bucket_key=1
    )


def sequential():
    first = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=6, name="first")
    module = mx.mod.SequentialModule()
    module.add(mx.mod.Module(first, label_names=None))
    return module.add(plain(), take_labels=True, auto_wiring=True)


KINDS = [plain, bucketing, sequential]


def batch(size=4):
    return mx.io.DataBatch(
        [mx.nd.ones((size, 5))], [mx.nd.zeros((size,))], bucket_key=1, provide_data=DATA,
        provide_label=LABEL,
    )  # fmt: skip


def batches(**named):
    return mx.io.NDArrayIter(np.ones((8, 5)), np.zeros(8), 4, **named)


def bind(module, **more):
    module.bind(data_shapes=DATA, label_shapes=LABEL, **more)


def made(make, steps):
    """A module after as many of the three steps."""
    module = make()
    for step in [bind, lambda m: m.init_params(mx.init.Xavier()), lambda m: m.init_optimizer()][
        :steps
    ]:
        step(module)
    return module


READ = ["data_shapes", "label_shapes", "output_shapes"]
CALLS = {
    "score": (lambda m: m.score(batches(), "acc"), 2),
    "iter_predict": (lambda m: list(m.iter_predict(batches())), 2),
    "predict": (lambda m: m.predict(batches()), 2),
    "get_params": (lambda m: m.get_params(), 2),
    "init_params": (lambda m: m.init_params(mx.init.Xavier()), 1),
    "init_optimizer": (lambda m: m.init_optimizer(), 2),
    "forward": (lambda m: m.forward(batch()), 2),
    "backward": (lambda m: (m.forward(batch(), True), m.backward()), 2),
    "update": (lambda m: (m.forward(batch(), True), m.backward(), m.update()), 3),
    "get_outputs": (lambda m: (m.forward(batch()), m.get_outputs()), 2),
    "update_metric": (lambda m: (m.forward(batch()), m.update_metric(mx.metric.Accuracy(), batch().label)), 2),
    "install_monitor": (lambda m: m.install_monitor(mx.mon.Monitor(1)), 1),
    **{name: (lambda m, name=name: getattr(m, name), 1) for name in READ},
}  # fmt: skip
ONLY = {
    "get_states": (lambda m: m.get_states(merge_multi_context=False), 2),
    "set_states": (lambda m: m.set_states(value=0), 2),
    "prepare": (lambda m: m.prepare(batch()), 2),
    "switch_bucket": (lambda m: m.switch_bucket(1, DATA, LABEL), 1),
    "symbol": (lambda m: m.symbol, 1),
    "reshape": (lambda m: m.reshape(DATA, LABEL), 1),
    "save_optimizer_states": (lambda m: m.save_optimizer_states("states"), 3),
    "load_optimizer_states": (lambda m: m.load_optimizer_states("states"), 3),
}
BELONGS = {
    plain: ["get_states", "set_states", "prepare", "reshape", "save_optimizer_states"],
    bucketing: ["get_states", "set_states", "prepare", "switch_bucket", "symbol"],
    sequential: [],
}
ALONE = (
    "backward",
    "get_outputs",
    "update",
    "update_metric",
)  # their own first call is what is asked


def alone(name, make):
    """The call without the forward pass that comes before it where all is well."""
    if name == "update_metric":
        return lambda m: m.update_metric(mx.metric.Accuracy(), batch().label)
    return (lambda m: getattr(m, name)()) if name in ALONE else {**CALLS, **ONLY}[name][0]


@pytest.mark.parametrize("make", KINDS)
@pytest.mark.parametrize("name", [*CALLS, *ONLY])
def test_the_order_of_the_calls(name, make, tmp_path, monkeypatch):
    if name in ONLY and name not in BELONGS[make]:
        return
    monkeypatch.chdir(tmp_path)
    call, needed = {**CALLS, **ONLY}[name]
    needed = 1 if make is plain and name in ("prepare", "update_metric") else needed
    for steps in range(needed):
        said = failing(alone(name, make), made(make, steps))
        says(said, ["bind(", "init_params(", "init_optimizer("][steps])
    if make is not bucketing or name not in ("score", "iter_predict", "predict"):
        call(made(make, 3))  # these need an iterator of buckets


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_states_are_loaded_with_an_optimizer(tmp_path):
    file = str(tmp_path / "states")
    says(failing(made(plain, 2).load_optimizer_states, file), "without an optimizer")
    made(plain, 3).save_optimizer_states(file)
    made(plain, 3).load_optimizer_states(file)


@pytest.mark.parametrize("make", KINDS)
def test_gradients_of_the_data(make):
    module = made(make, 2)
    module.forward(batch(), True)
    module.backward()
    says(
        failing(module.get_input_grads), "without gradients of its inputs", "inputs_need_grad=True"
    )
    bind(module, inputs_need_grad=True, force_rebind=True)
    module.forward(batch(), True)
    module.backward()
    asked = module._modules[0] if make is sequential else module
    assert asked.get_input_grads()[0].shape == (4, 5)


@pytest.mark.parametrize("make", KINDS)
def test_what_was_done_before_is_ignored(make):
    module = made(make, 3)
    says(warned(lambda: bind(module), part="Already bound"), "force_rebind=True")
    bind(module, force_rebind=True)
    says(warned(module.init_optimizer, part="optimizer already"), "force_init=True")
    module.init_optimizer(force_init=True)


def test_bound_anew_before_it_has_parameters():
    module = made(plain, 1)
    says(failing(lambda: bind(module, force_rebind=True)), "bound anew", "once")
    module = mx.mod.Module(symbol())
    bind(module)
    module.init_params(mx.init.Xavier())
    before = module.get_params()[0]["fc_weight"].asnumpy()
    bind(module, force_rebind=True)
    assert (module.get_params()[0]["fc_weight"].asnumpy() == before).all()


@pytest.mark.parametrize("make", [plain, bucketing])
def test_parameters_that_are_there(make):
    module = made(make, 2)
    before = module.get_params()[0]["fc_weight"].asnumpy()
    if make is plain:
        said = warned(module.init_params, mx.init.One(), part="already initialized")
        says(said, "init_params() is ignored", "force_init=True")
    values = {"fc_weight": mx.nd.ones((3, 5)), "fc_bias": mx.nd.ones(3)}
    said = warned(
        lambda: module.set_params(values, {}, allow_missing=True, force_init=False), part="already"
    )
    says(said, "set_params() is ignored", "force_init=True")
    assert (module.get_params()[0]["fc_weight"].asnumpy() == before).all()
    module.set_params(values, {}, force_init=True)
    assert (module.get_params()[0]["fc_weight"].asnumpy() == 1).all()
    if make is plain:
        module.init_params(mx.init.Zero(), force_init=True)
        assert not module.get_params()[0]["fc_weight"].asnumpy().any()


class TestNames:
    def test_data(self):
        said = failing(mx.mod.Module, symbol(), ("input",))
        says(said, "'input' is no argument", "data_names=['data']")
        mx.mod.Module(symbol(), data_names=["data"])

    def test_labels(self):
        said = warned(lambda: mx.mod.Module(symbol("s2")), part="You created")
        says(said, "'softmax_label' is no argument", "label_names=['s2_label']")
        module = mx.mod.Module(symbol("s2"), label_names=["s2_label"])
        module.fit(batches(label_name="s2_label"), num_epoch=1)
        target = mx.sym.LinearRegressionOutput(
            symbol().get_internals()["fc_output"], mx.sym.var("y")
        )
        said = warned(lambda: mx.mod.Module(target), part="You created")
        says(said, "label_names=[...] with those of data, y that are labels")
        mx.mod.Module(target, label_names=["y"]).bind(DATA, [("y", (4, 3))])
        bare = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=3, name="fc")
        said = warned(lambda: mx.mod.Module(bare), part="You created")
        says(said, "Where the symbol has no label", "label_names=None")
        mx.mod.Module(bare, label_names=None).bind(DATA, for_training=False)

    def test_data_under_another_name(self):
        said = failing(plain().bind, [("x", (4, 5))], LABEL)
        says(said, "of x, and data_names has data", "data_shapes=[('data', shape)]")
        plain().bind([("data", (4, 5))], LABEL)

    def test_labels_under_another_name(self):
        def act():
            with pytest.raises(KeyError):
                plain().bind(DATA, [("other", (4,))])

        said = warned(act, part="Data provided by label")
        says(said, "of other, and label_names has softmax_label", "only warns")
        plain().bind(DATA, [("softmax_label", (4,))])

    def test_the_key_error_at_bind(self):
        module = mx.mod.Module(symbol("s2"))
        says(failing(lambda: module.fit(batches(), num_epoch=1)), "label_name='s2_label'")
        right = mx.mod.Module(symbol("s2"), label_names=["s2_label"])
        right.fit(batches(label_name="s2_label"), num_epoch=1)

    def test_a_state_of_a_recurrent_operator(self):
        def recurrent(**names):
            data = mx.sym.var("data")
            weights, state = (
                mx.sym.var("rnn_parameters", init=mx.init.Normal(0.1)),
                mx.sym.var("rnn0_state"),
            )
            out = mx.sym.RNN(
                data, weights, state, state_size=3, num_layers=1, mode="rnn_tanh", name="rnn"
            )
            module = mx.mod.Module(out, label_names=None, **names)
            module.bind([mx.io.DataDesc("data", (2, 4, 5), layout="TNC")], for_training=False)
            module.init_params(mx.init.Xavier())
            return module

        said = failing(recurrent)
        says(said, "rnn0_state: a state that Module takes", "state_names=['rnn0_state']")
        assert "Normal" not in str(said)
        module = recurrent(state_names=["rnn0_state"])
        assert "rnn0_state" not in module.get_params()[0]


class TestValues:
    def test_missing(self):
        module = made(plain, 1)
        values = {"fc_weight": mx.nd.ones((3, 5))}
        said = failing(lambda: module.set_params(values, {}))
        says(said, "fc_bias: of the symbol", "allow_missing=True")
        module.init_params(mx.init.Xavier(), arg_params=values, aux_params={}, allow_missing=True)
        assert (module.get_params()[0]["fc_weight"].asnumpy() == 1).all()

    def test_a_file_of_another_kind(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        mx.nd.save("net.params", {"0.weight": mx.nd.ones((3, 5))})
        says(failing(made(plain, 2).load_params, "net.params"), "no file of a Module", "arg:")
        mx.nd.save("net.params", {"weight:0": mx.nd.ones((3, 5))})
        says(failing(made(plain, 2).load_params, "net.params"), "no file of a Module", "arg:")
        module = made(plain, 2)
        module.save_params("module.params")
        made(plain, 2).load_params("module.params")

    def test_a_file_without_parameters(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        mx.nd.save("net-0001.params", {})
        says(warned(mx.model.load_params, "net", 1, part="is empty"), "without parameters")
        made(plain, 2).save_checkpoint("net", 2)
        assert mx.model.load_params("net", 2)[0]

    def test_parameters_that_are_shared(self):
        other = made(plain, 2)
        bind(plain(), shared_module=other)
        says(failing(lambda: bind(plain(), shared_module=plain())), "shared_module", "bind")
        says(failing(lambda: bind(plain(), shared_module=3)), "no Module that is bound")
        for make in (bucketing, sequential):
            says(failing(lambda make=make: bind(make(), shared_module=other)), "Only Module shares")
        says(failing(plain().borrow_optimizer, made(plain, 2)), "shared_module", "init_optimizer")
        made(plain, 2).borrow_optimizer(made(plain, 3))


class TestSizesAndOthers:
    def test_batches_of_two_sizes(self):
        both = mx.sym.Group([symbol(), mx.sym.BlockGrad(mx.sym.var("more"))])
        module = mx.mod.Module(both, data_names=["data", "more"])
        said = failing(module.bind, [("data", (4, 5)), ("more", (3, 5))], LABEL)
        says(said, "more: of shape (3, 5)", "a batch of 4", "first axis of 4")
        module = mx.mod.Module(both, data_names=["data", "more"])
        module.bind([("data", (4, 5)), ("more", (4, 5))], LABEL)

    def test_more_devices_than_samples(self):
        devices = [mx.cpu(i) for i in range(5)]
        said = failing(lambda: bind(mx.mod.Module(symbol(), context=devices)))
        says(said, "of 4, for 5 devices", "at least 5 samples")
        bind(mx.mod.Module(symbol(), context=devices[:4]))
        said = failing(lambda: mx.mod.Module(symbol(), context=devices, work_load_list=[1]))
        says(said, "work_load_list")
        mx.mod.Module(symbol(), context=devices)

    def test_a_list_of_batches(self):
        module = made(plain, 2)
        says(failing(module.forward, [batch(), batch(2)]), "several shapes")
        module.forward(batch())

    def test_training(self):
        module = plain()
        says(
            failing(lambda: bind(module, for_training=False, inputs_need_grad=True)),
            "for_training=True",
        )
        bind(plain(), for_training=True, inputs_need_grad=True)
        module = plain()
        bind(module, for_training=False)
        module.init_params(mx.init.Xavier())
        module.forward(batch())
        says(failing(module.backward), "bound for inference", "force_rebind=True")
        bind(module, for_training=True, force_rebind=True)
        module.forward(batch(), True)
        module.backward()
        says(
            failing(lambda: bind(sequential(), for_training=False, inputs_need_grad=True)),
            "for_training",
        )

    def test_arguments_of_fit_and_predict(self):
        says(failing(plain().fit, batches()), "num_epoch=10")
        plain().fit(batches(), num_epoch=1)
        says(failing(made(plain, 2).predict, [1, 2]), "of type list", "NDArrayIter")
        made(plain, 2).predict(mx.io.NDArrayIter(np.ones((4, 5)), batch_size=4))
        says(failing(made(plain, 2).forward, None), "data_batch: None")
        said = failing(lambda: bind(plain(), grad_req=3))
        says(said, "grad_req", "'null'")
        says(
            failing(lambda: bind(plain(), grad_req=["write"])), "one for each argument", "fc_weight"
        )
        bind(plain(), grad_req={"fc_weight": "null"})
        says(failing(lambda: made(plain, 2).init_optimizer(optimizer=3)), "optimizer: of type int")
        made(plain, 2).init_optimizer(optimizer="sgd", optimizer_params={"learning_rate": 0.1})
        outside = mx.optimizer.create("sgd", rescale_grad=1.0)
        module = made(plain, 2)
        said = warned(lambda: module.init_optimizer(optimizer=outside), part="rescale_grad")
        says(said, "1.0, where 0.25 makes a mean", "rescale_grad=0.25")
