"""Each case makes the real error, reads the advice, follows it, and sees that it works."""

import dataclasses
import warnings

import gluon_init as gi

import mxnet as mx
import nets
import pytest
from explained import Unused, X, failing, says, two_layers
from mxnet import autograd, gluon
from mxnet.gluon import nn
from mxnet.gluon.model_zoo import vision
from other import NAME, OTHER

pytestmark = pytest.mark.usefixtures("named_alike")


def warned(action, *arguments):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        action(*arguments)
    return gi.explain(caught[0].message)


def step(net, trainer):
    with autograd.record():
        loss = net(X).sum()
    loss.backward()
    trainer.step(1)


class TestNotThere:
    def test_never_initialized(self):
        net = two_layers()
        says(gi.explain(net), "uninitialized", "net.initialize()")
        says(failing(net, X), "0.weight", "uninitialized", "net.initialize()")
        net.initialize()
        net(X)
        assert gi.explain(net).rows[0].state == "initialized"

    def test_deferred_names_the_dimension_and_the_block(self):
        net = two_layers()
        net.initialize()
        said = failing(net[1].weight.data)
        says(said, "1.weight", "(2, ?)", "block '1' (Dense)", "in_units", "gi.force_init(net")
        says(gi.explain(net[1].weight), "1.weight", "(2, ?)", "Run one batch")
        says(gi.explain(net), "0.weight", "(3, ?)", "Uniform(scale=0.07)")
        net(X)
        assert net[1].weight.data().shape == (2, 3)

    @pytest.mark.parametrize("ask", ["save", "grad"])
    def test_deferred_asked_for_in_other_ways(self, ask, tmp_path):
        net = two_layers()
        net.initialize()
        if ask == "save":
            said = failing(net.save_parameters, str(tmp_path / "x"))
        else:
            said = failing(net[0].weight.grad)
        says(said, "0.weight", "deferred", "Run one batch")

    def test_with_inputs_it_says_what_will_become_of_it(self):
        net = two_layers()
        net.initialize()
        before = nets.fingerprint(net)
        says(gi.explain(net, (2, 5)), "With these inputs: 0.weight (3, 5), 1.weight (2, 3)")
        assert nets.fingerprint(net) == before

    def test_never_reached(self):
        net = Unused()
        net.initialize()
        says(gi.explain(net), "spare.weight", "never reached", "running a batch through cannot")
        trainer = gluon.Trainer(net.collect_params(), "sgd")
        said = says(failing(step, net, trainer), "spare.weight", "never reached", "forward")
        pattern = said.rows[0].next.split("collect_params('")[1].split("')")[0]
        step(net, gluon.Trainer(net.collect_params(pattern), "sgd"))

    @pytest.mark.filterwarnings("ignore:Parameter .* is not used by any computation")
    def test_never_reached_in_a_hybridized_net(self):
        net = Unused()
        net.initialize()
        net.hybridize()
        said = says(failing(net, X), "spare.weight", "never reached", "before net.hybridize()")
        assert len(said.rows) == 1
        net.hybridize(False)
        net(X)
        net.hybridize()
        assert net(X).shape == (len(X), 3)

    def test_never_reached_of_known_shape(self):
        net = Unused(in_units=3)
        net.initialize()
        trainer = gluon.Trainer(net.collect_params(), "sgd")
        says(failing(step, net, trainer), "spare.bias", "ignore_stale_grad=True")
        with autograd.record():
            loss = net(X).sum()
        loss.backward()
        trainer.step(1, ignore_stale_grad=True)
        says(gi.explain(net), "spare.weight, spare.bias", "never reached")

    def test_trainer_before_initialize(self):
        net = two_layers()
        says(failing(gluon.Trainer, net.collect_params(), "sgd"), "0.", "make the Trainer")
        net.initialize()
        step(net, gluon.Trainer(net.collect_params(), "sgd"))

    def test_set_data_before_initialize(self):
        net = two_layers()
        says(failing(net[0].weight.set_data, mx.nd.ones((3, 5))), "0.weight", "net.initialize()")
        net.initialize()
        net[0].weight.set_data(mx.nd.ones((3, 5)))
        net(X)
        assert (net[0].weight.data().asnumpy() == 1).all()


class TestBlocksInAList:
    class Listed(gluon.Block):
        def __init__(self, register):
            super().__init__()
            self.layers = [nn.Dense(3), nn.Dense(2)]
            if register:
                for block in self.layers:
                    self.register_child(block)

        def forward(self, x):
            for layer in self.layers:
                x = layer(x)
            return x

    def test_the_error_the_warning_and_the_net(self):
        net = self.Listed(register=False)
        says(warned(net.initialize), "layers", "self.register_child(block)")
        for said in (failing(net, X), gi.explain(net)):
            says(said, "layers", "for block in self.layers: self.register_child(block)")
        mended = self.Listed(register=True)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            mended.initialize()
        assert mended(X).shape == (2, 2)
        assert "does not see" not in str(gi.explain(mended))


class TestInitializeTwice:
    def test_before_the_first_forward(self):
        net = two_layers()
        net.initialize()
        said = warned(net.initialize, mx.init.One())
        says(said, "ignored", "force_reinit=True", "still wait")
        says(gi.explain(net), "another initializer; the last one counts", "One()")
        net(X)
        assert (net[0].weight.data().asnumpy() == 1).all()

    def test_after_the_first_forward(self):
        net = two_layers()
        net.initialize()
        net(X)
        says(warned(net.initialize, mx.init.One()), "ignored", "force_reinit=True")
        says(gi.explain(net), "has been ignored", "force_reinit=True")
        net.initialize(mx.init.One(), force_reinit=True)
        assert (net[0].weight.data().asnumpy() == 1).all()
        assert "ignored" not in str(gi.explain(net))

    def test_force_reinit_on_unknown_shapes(self):
        net = two_layers()
        net.initialize()
        net.initialize(mx.init.One(), force_reinit=True)
        says(failing(net[0].weight.data), "force_reinit=True cannot help", "Run one batch")
        net(X)
        assert (net[0].weight.data().asnumpy() == 1).all()


class TestDevices:
    def test_context_mismatch(self):
        net = two_layers()
        net.initialize(ctx=OTHER)
        said = says(failing(net, X), "0.weight", NAME, "cpu(0)")
        assert f"x.as_in_context(mx.{NAME})" in said.rows[0].next
        net(X.as_in_context(OTHER))
        assert "net.collect_params().reset_ctx(mx.cpu(0))" in said.rows[0].next
        net.collect_params().reset_ctx(mx.cpu(0))
        net(X)


class TestGlobalOnes:
    """Seen by a reviewer: what the global initializer decides by path was not asked."""

    def test_what_a_deferred_parameter_will_get(self):
        net = nn.Dense(3)
        net.initialize(gi.ByPattern({"weight": mx.init.One()}, default=mx.init.Normal(1)))
        assert "gets One()" in str(gi.explain(net.weight))

    @pytest.mark.parametrize(
        "init",
        [gi.Seeded("zeros"), gi.ByPattern({"weight|bias": "zeros"}), gi.Mixture([(1, 0)]), "zeros"],
    )
    def test_zeros_that_were_asked_for(self, init):
        net = nn.Dense(3, in_units=2)
        net.initialize(init)
        assert {row.state for row in gi.explain(net).rows} == {"initialized"}


class TestWhose:
    def test_the_answer_does_not_depend_on_what_else_lives(self):
        net = nn.Sequential()
        net.add(nn.Dense(3), nn.Dense(2))
        net.initialize()
        said = str(gi.explain(net[1].weight))
        assert said.startswith("1.weight")
        others = nn.Sequential(), nn.Sequential()
        for other in others:
            other.add(net[1])
        assert str(gi.explain(net[1].weight)) == said

    def test_a_parameter_that_was_exchanged_belongs_to_its_net(self):
        net = nn.Sequential()
        net.add(nn.Dense(3, in_units=3), nn.Dense(3, in_units=3))
        gi.tie(net, "1.weight", to="0.weight")
        gi.untie(net, "1.weight")
        assert str(gi.explain(net[1].weight)).startswith("1.weight")

    def test_once_for_many_shapes(self):
        net = vision.resnet18_v1()
        net.initialize()
        said = gi.explain(net)
        assert len(said.rows) == 2
        assert str(said).count("when data reach it") == 1


class TestTheRest:
    @pytest.mark.parametrize("model", ["resnet18_v1", "densenet121", "inceptionv3"])
    def test_the_model_zoo(self, model):
        net = gluon.model_zoo.vision.get_model(model)
        said = gi.explain(net)
        assert [row.state for row in said.rows] == ["uninitialized"]
        net.initialize()
        before = nets.fingerprint(net)
        states = {row.state for row in gi.explain(net).rows}
        assert states == {"deferred", "initialized"}
        assert nets.fingerprint(net) == before

    @pytest.mark.parametrize(
        "error", [RuntimeError("the moon is full"), mx.MXNetError("x"), KeyError(), ValueError("")]
    )
    def test_an_unknown_exception(self, error):
        said = gi.explain(error)
        assert not said.known
        assert "does not know" in str(said)

    def test_an_error_without_its_traceback(self):
        said = gi.explain(RuntimeError("Parameter 'dense7_weight' has not been initialized"))
        says(said, "dense7_weight", "net.initialize()")

    def test_the_text_alone_as_of_what_is_logged(self):
        said = gi.explain("Parameter 'dense7_weight' has not been initialized")
        says(said, "dense7_weight", "net.initialize()")
        assert not gi.explain("net").known

    def test_an_error_of_ours_is_repeated(self):
        said = failing(gi.summary, 3)
        assert "net must be a gluon.Block" in str(said)

    @pytest.mark.parametrize("x", [3, None, [], nn.Dense])
    def test_not_explainable(self, x):
        with pytest.raises(gi.ArgumentError, match="x must be a net, a parameter"):
            gi.explain(x)

    def test_faces(self):
        net = two_layers()
        said = gi.explain(net)
        assert list(dataclasses.asdict(said.rows[0])) == ["what", "state", "why", "next"]
        assert "<b>" in said._repr_html_()
        assert len(said.to_frame()) == len(said.rows)
        assert max(map(len, str(said).splitlines())) <= 96

    def test_a_tied_parameter_names_all_its_places(self):
        net = nn.Sequential()
        net.add(nn.Dense(3))
        net.add(nn.Dense(3, params=net[0].params))
        says(gi.explain(net[0].weight), "0.weight, tied to 1.weight")

    def test_history_survives_loading(self, tmp_path):
        net = two_layers()
        net.initialize()
        net(X)
        net.save_parameters(str(tmp_path / "x"))
        net.load_parameters(str(tmp_path / "x"))
        assert {row.state for row in gi.explain(net).rows} == {"loaded"}


class TestHalfInitialized:
    """Only what a failed pass has left is half-initialized."""

    @staticmethod
    def net(**second):
        made = nn.HybridSequential()
        made.add(nn.Dense(3), nn.Dense(4, **second), nn.Dense(2))
        made.initialize()
        return made

    def test_a_part_that_was_called_is_not(self):
        net = self.net()
        net[0](X)
        assert "half-initialized" not in str(gi.explain(net))
        net[1](net[0](X))
        assert "half-initialized" not in str(gi.explain(net))
        net(X)
        assert "half-initialized" not in str(gi.explain(net))

    def test_a_layer_that_came_later_is_not(self):
        net = self.net()
        net(X)
        net.register_child(nn.Dense(5), "2")
        net[2].initialize()
        assert "half-initialized" not in str(gi.explain(net))

    @pytest.mark.parametrize("inside", [False, True])
    def test_a_failed_pass_leaves_it_so(self, inside):
        net, outer = nn.HybridSequential(), nn.HybridSequential()
        net.add(nn.Dense(3), nn.Dense(4, in_units=7), nn.Dense(2))
        outer.add(nn.Dense(5), net)
        outer.initialize()
        with pytest.raises(mx.MXNetError):
            (outer if inside else net)(X)
        says(gi.explain(net), "half-initialized", "0.weight", "2.weight")
        if inside:
            says(gi.explain(outer), "half-initialized", "1.0.weight")

    def test_a_failed_pass_that_was_made_good_does_not(self):
        net = self.net()
        with pytest.raises(mx.MXNetError):
            net(mx.nd.ones((2, 5, 0)))
        net(X)
        assert "half-initialized" not in str(gi.explain(net))


def test_two_parameters_of_one_name():
    def net(*prefixes):
        made = nn.HybridSequential()
        made.add(*(nn.Dense(3, prefix=prefix) for prefix in prefixes))
        return made

    says(gi.explain(net("a_", "a_")), "0.weight and 1.weight: two parameters of one name", "prefix")
    with pytest.raises(AssertionError):
        net("a_", "a_").initialize()
    for prefixes in (("a_", "b_"), ("a_", None)):
        right = net(*prefixes)
        right.initialize()
        assert right(X).shape == (2, 3)


def test_what_depends_on_an_argument_is_not_lost():
    class Tasks(gluon.HybridBlock):
        def __init__(self):
            super().__init__()
            with self.name_scope():
                self.a, self.b = nn.Dense(3), nn.Dense(4)

        def hybrid_forward(self, F, x, task=0):
            return self.a(x) if task == 0 else self.b(x)

    net = Tasks()
    net.initialize()
    says(gi.explain(net), "b.weight: deferred, and not reached with task=0")
    says(gi.explain(net.b.weight), "not reached with task=0")
    net(X)
    net.forward(X, 1)
    says(gi.explain(net), "b.weight, b.bias: initialized, and not reached with task=0")
