"""Values and names that Module is given, and how it binds: each error made, and its advice followed."""

import re

import gluon_init as gi

import mxnet as mx
import numpy as np
import pytest
from explained import failing, says
from test_explaining_modules import (
    DATA,
    LABEL,
    batch,
    batches,
    bind,
    bucketing,
    made,
    plain,
    sequential,
    symbol,
)

pytestmark = [
    pytest.mark.usefixtures("named_alike"),
    pytest.mark.filterwarnings("ignore:.*Data provided by label_shapes:UserWarning"),
    pytest.mark.filterwarnings("ignore:.*You created Module:UserWarning"),
    pytest.mark.filterwarnings("ignore:Parameters already initialized:UserWarning"),
]


def normalized():
    """A symbol with auxiliary states."""
    norm = mx.sym.BatchNorm(mx.sym.var("data"), name="bn")
    return mx.sym.SoftmaxOutput(
        mx.sym.FullyConnected(norm, num_hidden=3, name="fc"), name="softmax"
    )


def module_of(symbol, steps=2, **more):
    module = mx.mod.Module(symbol, **more)
    bind(module)
    if steps == 2:
        module.init_params(mx.init.Xavier())
    return module


def weights(module):
    return {name: array.asnumpy() for part in module.get_params() for name, array in part.items()}


def same(one, other):
    return all((one[name] == other[name]).all() for name in one)


class TestMissingAndExtra:
    def test_missing_in_a_module_that_has_values(self):
        module = made(plain, 2)
        before = weights(module)["fc_bias"]
        values = {"fc_weight": mx.nd.ones((3, 5)), "old_bias": mx.nd.ones(3)}
        said = failing(lambda: module.set_params(values, {}))
        says(said, "fc_bias: of the symbol", "old_bias instead", "that this Module has now")
        module.set_params(values, {}, allow_missing=True, allow_extra=True)
        assert (weights(module)["fc_weight"] == 1).all()
        assert (weights(module)["fc_bias"] == before).all()

    def test_missing_in_a_module_that_has_none(self):
        values = {"fc_bias": mx.nd.ones(3)}
        module = made(plain, 1)
        said = failing(lambda: module.init_params(mx.init.Xavier(), arg_params=values))
        says(said, "fc_weight: of the symbol", "draws what is missing")
        module.init_params(mx.init.Xavier(), arg_params=values, aux_params={}, allow_missing=True)
        assert weights(module)["fc_weight"].std() > 0
        assert (weights(module)["fc_bias"] == 1).all()

    def test_missing_in_fit(self):
        values = {"fc_weight": mx.nd.ones((3, 5))}
        said = failing(lambda: plain().fit(batches(), num_epoch=1, arg_params=values))
        says(said, "fc_bias: of the symbol", "module.fit(..., arg_params=arg_params", "draws")
        plain().fit(batches(), num_epoch=1, arg_params=values, aux_params={}, allow_missing=True)

    def test_in_a_sequential_module(self):
        """Seen: with allow_missing=True what was learned gave way to older values, in silence."""
        module = made(sequential, 3)
        for one in batches():
            module.forward_backward(one)
            module.update()
        learned = module._modules[1]._exec_group.execs[0].arg_dict["fc_bias"].asnumpy()
        arg_params, aux_params = {"fc_weight": mx.nd.ones((3, 6))}, {}
        said = failing(lambda: module.set_params(arg_params, aux_params))
        says(said, "first_bias", "All else is given", "{**args, **arg_params}")
        args, auxs = module.get_params()
        module.set_params({**args, **arg_params}, {**auxs, **aux_params})
        assert (weights(module)["fc_bias"] == learned).all()
        assert learned.any()
        assert (weights(module)["fc_weight"] == 1).all()

    def test_auxiliary_states(self):
        module, other = module_of(normalized()), module_of(normalized())
        arg_params, aux_params = other.get_params()
        said = failing(lambda: module.set_params(arg_params, {}))
        says(said, "bn_moving_mean, bn_moving_var", "not in aux_params", "Give both")
        said = failing(lambda: module.set_params({**arg_params, **aux_params}, {}))
        says(said, "bn_moving_mean: a state", "set_params(*other.get_params())")
        said = failing(lambda: module.set_params(arg_params, None))
        says(said, "aux_params: None", "set_params(*other.get_params())", "{} in place of None")
        module.set_params(*other.get_params())
        assert same(weights(module), weights(other))
        module.set_params(arg_params, {}, allow_missing=True)

    def test_extra(self):
        module, other = module_of(normalized()), module_of(normalized())
        arg_params, aux_params = other.get_params()
        more = {**arg_params, "old_bias": mx.nd.ones(3)}
        said = failing(lambda: module.set_params(more, aux_params, allow_missing=True))
        says(said, "old_bias: given, and not of the symbol", "allow_extra=True")
        module.set_params(more, aux_params, allow_missing=True, allow_extra=True)
        assert same(weights(module), weights(other))
        both = {**arg_params, **aux_params}
        said = failing(lambda: module.set_params(both, {}, allow_missing=True))
        says(said, "in the wrong dictionary: it is one of aux_params", "*other.get_params()")


class TestShapes:
    def test_of_another_layer(self):
        trained = made(plain, 2)
        arg_params, aux_params = map(dict, trained.get_params())
        module = module_of(symbol(hidden=7))
        said = failing(lambda: module.set_params(arg_params, aux_params))
        says(
            said, "fc_bias, fc_weight: of another shape", "fc_bias is (3,) there", "force_init=True"
        )
        module_of(symbol()).set_params(arg_params, aux_params)
        [arg_params.pop(name) for name in ["fc_bias", "fc_weight"]]
        module.init_params(
            mx.init.Xavier(), arg_params=arg_params, aux_params=aux_params, allow_missing=True,
            force_init=True,
        )  # fmt: skip
        assert weights(module)["fc_weight"].shape == (7, 5)

    def test_of_some(self):
        module = module_of(symbol())
        given = {"fc_weight": mx.nd.ones((3, 6))}
        said = failing(lambda: module.set_params(given, {}, allow_missing=True))
        says(said, "fc_weight: of another shape", "(3, 6) there, and (3, 5) in this Module")

    def test_of_a_checkpoint_and_data_of_another_width(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        trained = made(plain, 2)
        trained.save_checkpoint("net", 1)
        module = mx.mod.Module.load("net", 1)
        says(failing(module.bind, [("data", (4, 6))], LABEL), "fc_weight is (3, 5) there", "bind")
        module = mx.mod.Module.load("net", 1)
        module.bind(DATA, LABEL)
        assert same(weights(module), weights(trained))


class TestFiles:
    def test_of_another_epoch(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        made(plain, 2).save_checkpoint("net", 3)
        says(failing(mx.mod.Module.load, "net", 1), "net-0001.params", "there are the epochs 3")
        mx.mod.Module.load("net", 3)
        says(failing(mx.mod.Module.load, "nut", 3), "nut-symbol.json", "save_checkpoint(prefix")

    @pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
    def test_of_the_optimizer(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)

        def load(wanted):
            module = mx.mod.Module.load("net", 3, load_optimizer_states=wanted)
            bind(module)
            module.init_optimizer()

        module = made(plain, 3)
        module.save_checkpoint("net", 3)
        says(failing(load, True), "net-0003.states", "save_optimizer_states=True")
        load(False)
        module.save_checkpoint("net", 3, save_optimizer_states=True)
        load(True)


class TestNames:
    def test_of_parameters_that_are_to_be_fixed(self):
        """Seen: for a weight written wrongly, fixed_param_names=['data'] was the advice."""
        said = failing(lambda: mx.mod.Module(symbol(), fixed_param_names=["fc_wieght"]))
        says(said, "'fc_wieght' is no argument", "fixed_param_names=['fc_weight']")
        module = mx.mod.Module(symbol(), fixed_param_names=["fc_weight"])
        bind(module)
        module.init_params(mx.init.Xavier())
        before = weights(module)["fc_weight"]
        module.fit(batches(), num_epoch=1)
        assert (weights(module)["fc_weight"] == before).all()
        said = failing(lambda: mx.mod.Module(symbol(), fixed_param_names=["^conv"]))
        says(said, "a pattern is not understood", "Leave it out")
        said = failing(lambda: mx.mod.Module(symbol(), fixed_param_names=["fc.*"]))
        says(said, "re.match('fc.*', name)", "fc_weight, fc_bias")
        names = [name for name in symbol().list_arguments() if re.match("fc.*", name)]
        mx.mod.Module(symbol(), fixed_param_names=names)
        said = failing(lambda: mx.mod.Module(normalized(), fixed_param_names=["bn_moving_mean"]))
        says(said, "an auxiliary state", "use_global_stats=True", "Leave it out")

    def test_of_states(self):
        said = failing(lambda: mx.mod.Module(symbol(), state_names=["h"]))
        says(said, "'h' is no argument", "Leave it out of state_names")
        mx.mod.Module(symbol(), state_names=None)

    def test_a_text_in_place_of_a_list(self):
        said = failing(lambda: mx.mod.Module(symbol(), data_names="data"))
        says(said, "data_names=['data']", "letter by letter")
        mx.mod.Module(symbol(), data_names=["data"])

    def test_between_modules(self):
        def chain(**meta):
            first = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=6, name="first")
            module = mx.mod.SequentialModule()
            module.add(mx.mod.Module(first, label_names=None))
            second = mx.sym.FullyConnected(mx.sym.var("input"), num_hidden=3, name="fc")
            second = mx.sym.SoftmaxOutput(second, name="softmax")
            module.add(mx.mod.Module(second, ["input"]), take_labels=True, **meta)
            module.fit(batches(), num_epoch=1)

        says(failing(chain), "data_names=['input']", "auto_wiring=True")
        chain(auto_wiring=True)

    @pytest.mark.parametrize(
        ("given", "right"),
        [
            ({"eval_metric": "acuracy"}, {"eval_metric": "accuracy"}),
            ({"optimizer": "sdg"}, {"optimizer": "sgd"}),
            ({"kvstore": 3}, {"kvstore": "local"}),
            ({"initializer": "xavier"}, {"initializer": mx.init.Xavier()}),
            ({"initializer": "glorot"}, {"initializer": mx.init.Xavier()}),
        ],
        ids=lambda one: "-".join(map(str, one.values())) if "Xavier" not in str(one) else "",
    )
    def test_arguments_of_fit(self, given, right):
        (name, value), *_ = right.items()
        wanted = "mx.init.Xavier()" if name == "initializer" else repr(value)
        says(failing(lambda: plain().fit(batches(), num_epoch=1, **given)), f"{name}={wanted}")
        plain().fit(batches(), num_epoch=1, **right)

    def test_names_near_to_none(self):
        said = failing(lambda: plain().fit(batches(), num_epoch=1, optimizer="zzz"))
        says(said, "optimizer 'zzz': not known", "adam")

    def test_a_net_in_place_of_a_symbol(self):
        net = mx.gluon.nn.Dense(3)
        says(failing(mx.mod.Module, net), "symbol: of type Dense", "SoftmaxOutput(net(mx.sym.var")
        whole = mx.sym.SoftmaxOutput(net(mx.sym.var("data")), name="softmax")
        mx.mod.Module(whole).fit(batches(), num_epoch=1)


class TestBuckets:
    def test_what_sym_gen_returns(self):
        def module(generate):
            return mx.mod.BucketingModule(generate, default_bucket_key=1)

        says(failing(module, lambda key: symbol()), "return symbol, ['data'], ['softmax_label']")
        bind(module(lambda key: (symbol(), ["data"], ["softmax_label"])))

    def test_batches_without_a_key(self):
        says(
            failing(lambda: bucketing().fit(batches(), num_epoch=1)), "bucket_key", "mx.mod.Module("
        )
        module = made(bucketing, 2)
        module.forward(
            mx.io.DataBatch(
                [mx.nd.ones((4, 5))], [mx.nd.zeros(4)], bucket_key=1, provide_data=DATA,
                provide_label=LABEL,
            )
        )  # fmt: skip
        plain().fit(batches(), num_epoch=1)

    @staticmethod
    def run(generate, default=1, key=2):
        module = mx.mod.BucketingModule(
            lambda key: (generate(key), ["data"], ["softmax_label"]), default_bucket_key=default
        )
        bind(module)
        module.init_params(mx.init.Xavier())
        one = batch()
        one.bucket_key = key
        module.forward(one)

    def test_parameters_of_their_own(self):
        def deeper(key):
            out = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=5, name="fc")
            if key == 2:
                out = mx.sym.FullyConnected(out, num_hidden=5, name="more")
            return mx.sym.SoftmaxOutput(out, name="softmax")

        said = failing(self.run, deeper)
        says(said, "more_weight, more_bias: of bucket 2", "default_bucket_key")
        self.run(deeper, default=2, key=1)

    def test_parameters_of_several_sizes(self):
        says(failing(self.run, lambda key: symbol(hidden=key)), "fc_weight", "num_hidden")
        self.run(lambda key: symbol(hidden=3))

    def test_of_shared_module(self):
        other = made(plain, 2)
        module = mx.mod.Module(normalized())
        says(failing(lambda: bind(module, shared_module=other)), "of this Module", "shared_module")
        bind(module)
        module.init_params(
            mx.init.Xavier(), *other.get_params(), allow_missing=True, allow_extra=True
        )
        assert (weights(module)["fc_weight"] == weights(other)["fc_weight"]).all()
        bind(mx.mod.Module(symbol()), shared_module=other)


class TestBinding:
    def test_on_a_device_that_is_not_there(self):
        if gi.devices.gpu_trouble(0) is None:
            pytest.skip("there is a GPU")
        said = failing(lambda: bind(mx.mod.Module(symbol(), context=mx.gpu())))
        assert "mx.gpu(0): a device that cannot be used" in str(said)
        assert "context=gi.device()" in str(said)
        assert said.known
        bind(mx.mod.Module(symbol(), context=gi.device()))

    def test_two_variables_of_one_name(self):
        def heads(*data):
            layers = [
                mx.sym.FullyConnected(one, num_hidden=3, name=f"fc{i}")
                for i, one in enumerate(data)
            ]
            return mx.sym.SoftmaxOutput(layers[0] + layers[1], name="softmax")

        said = failing(bind, mx.mod.Module(heads(mx.sym.var("data"), mx.sym.var("data"))))
        says(said, "data: two variables of this name", "mx.sym.var('data') once")
        x = mx.sym.var("data")
        bind(mx.mod.Module(heads(x, x)))

    def test_a_state_of_unknown_shape(self):
        def unrolled(**declared):
            cell = mx.gluon.rnn.RNNCell(4, prefix="cell_")
            state = mx.sym.var("h", **declared)
            out, _ = cell.unroll(2, mx.sym.var("data"), [state], merge_outputs=True)
            names = {"state_names": ["h"]} if declared else {}
            module = mx.mod.Module(out, label_names=None, **names)
            module.bind([("data", (3, 2, 5))], for_training=False)
            module.init_params(mx.init.Xavier())
            return module

        says(failing(unrolled), "h: of unknown shape", "mx.sym.var('h', shape=", "state_names=[")
        module = unrolled(shape=(3, 4))
        assert "h" not in module.get_params()[0]
        assert np.isfinite(
            module.predict(mx.io.NDArrayIter(np.ones((3, 2, 5)), None, 3)).asnumpy()
        ).all()
