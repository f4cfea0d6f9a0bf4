"""Auxiliary heads: both modes, hybridized or not, in any order; losses, metrics, freezing."""

import itertools
import warnings

import gluon_init as gi

import mxnet as mx
import numpy as np
import pytest
from heads import LABEL, SOFTMAX, X, made, small, stages, train
from mxnet import autograd, gluon
from mxnet.gluon import nn
from mxnet.gluon.model_zoo import vision


def imported(path):
    """The exported network; MXNet warns on every import of a graph."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return gluon.SymbolBlock.imports(f"{path}-symbol.json", ["data"], f"{path}-0000.params")


class TestModes:
    @pytest.mark.parametrize("hybridize", [False, True])
    @pytest.mark.parametrize("order", ["ti", "it", "iit", "tti", "itit", "tiit"])
    def test_any_alternation(self, order, hybridize):
        reference = made()
        prediction, auxiliary = train(reference)
        net = small()
        net.initialize(gi.Seeded(mx.init.Normal(0.5), 3))
        if hybridize:
            net.hybridize()
        for mode in order:
            if mode == "t":
                output = train(net)
                assert isinstance(output, gi.AuxiliaryOutput)
                assert output.auxiliary.names == ("low", "high")
                assert np.allclose(output.prediction.asnumpy(), prediction.asnumpy(), atol=1e-5)
                for one, other in zip(output.auxiliary, auxiliary, strict=True):
                    assert np.allclose(one.asnumpy(), other.asnumpy(), atol=1e-5)
            else:
                output = net(X)
                assert isinstance(output, mx.nd.NDArray)
                assert np.allclose(output.asnumpy(), prediction.asnumpy(), atol=1e-5)

    @pytest.mark.parametrize("hybridize", [False, True])
    @pytest.mark.parametrize("first", ["train", "inference"])
    def test_one_call_initializes_everything_alike(self, first, hybridize):
        nets = []
        for mode in (first, "train"):
            mx.random.seed(3)
            net = small()
            net.initialize(mx.init.Normal(1))
            if hybridize:
                net.hybridize()
            net(X) if mode == "inference" else train(net)
            nets.append([p.data().asnumpy() for p in net.collect_params().values()])
        for one, other in zip(*nets, strict=True):
            assert np.array_equal(one, other)

    def test_heads_are_not_computed_at_inference(self):
        net = made()
        net.auxiliary.low.register_forward_hook(lambda *_: pytest.fail("a head was computed"))
        net(X)

    @pytest.mark.parametrize("hybridize", [False, True])
    def test_exchanged_blocks_take_part_in_both_modes(self, hybridize):
        net = made(hybridize=hybridize)
        net(X), train(net)
        net.network.head, net.network.high = nn.Dense(7), nn.Dense(9)
        net.auxiliary.high = nn.Dense(7)
        gi.force_init(net, X.shape, seed=3)
        output = train(net)
        assert net(X).shape == output.prediction.shape == (len(X), 7)
        assert [one.shape[1] for one in output.auxiliary] == [3, 7]
        assert np.allclose(net(X).asnumpy(), output.prediction.asnumpy(), atol=1e-5)
        high = net.network.high(net.network.middle(net.network.low(X)))
        expected = net.auxiliary.high(high).asnumpy()
        assert np.allclose(output.auxiliary[1].asnumpy(), expected, atol=1e-5)

    @pytest.mark.parametrize("hybridize", [False, True])
    def test_the_last_layer_inside_a_head_can_be_exchanged(self, hybridize):
        head = nn.HybridSequential()
        head.add(nn.Dense(8), nn.Dense(3))
        net = gi.AuxiliaryNet({"low": nn.Dense(4)}, nn.Dense(3), {"low": head})
        gi.force_init(net, X.shape)
        net.hybridize(hybridize)
        net(X), train(net)
        head.register_child(nn.Dense(5), "1")
        head[1].initialize()
        assert train(net).auxiliary[0].shape == (len(X), 5)

    def test_hybridizing_the_network_alone(self):
        net = made()
        expected = [one.asnumpy() for one in train(net).auxiliary]
        net.network.hybridize()
        net(X)
        for one, other in zip(train(net).auxiliary, expected, strict=True):
            assert np.allclose(one.asnumpy(), other, atol=1e-5)

    def test_gradients_are_those_of_the_same_net_by_hand(self):
        net = made(hybridize=True)
        loss = gi.AuxiliaryLoss(SOFTMAX, 0.3)
        with autograd.record():
            total = loss(net(X), LABEL)
        total.backward()
        by_net = net.network.low.weight.grad().asnumpy()
        low, middle, high, head = net.network._children.values()
        with autograd.record():
            a = low(X)
            c = high(middle(a))
            by_hand = SOFTMAX(head(c), LABEL) + 0.3 * (
                SOFTMAX(net.auxiliary.low(a), LABEL) + SOFTMAX(net.auxiliary.high(c), LABEL)
            )
        by_hand.backward()
        assert np.allclose(total.asnumpy(), by_hand.asnumpy(), atol=1e-5)
        assert np.allclose(by_net, net.network.low.weight.grad().asnumpy(), atol=1e-5)

    def test_shapes_and_summary_see_the_heads(self):
        net = small()
        flow = gi.infer_shapes(net, X)
        assert flow.outputs == ((4, 3), (4, 3), (4, 3))
        assert flow.unreached == ()
        assert "never reached" not in str(gi.summary(net, X))

    def test_cast(self):
        net = made(hybridize=True)
        net.cast("float64")
        assert train(net, X.astype("float64")).prediction.dtype == np.float64


class TestFiles:
    @pytest.mark.parametrize("hybridize", [False, True])
    def test_save_load_export_and_imports(self, tmp_path, hybridize):
        net = made(hybridize=hybridize)
        expected = net(X).asnumpy()
        net.save_parameters(str(tmp_path / "all"))
        other = small()
        other.load_parameters(str(tmp_path / "all"))
        assert np.allclose(other(X).asnumpy(), expected, atol=1e-6)
        plain = net.inference()
        plain.hybridize()
        plain(X)
        plain.export(str(tmp_path / "plain"))
        again = imported(tmp_path / "plain")
        assert np.allclose(again(X).asnumpy(), expected, atol=1e-6)
        assert not any(
            "auxiliary" in name for name in mx.nd.load(str(tmp_path / "plain-0000.params"))
        )
        assert np.allclose(train(net).prediction.asnumpy(), expected, atol=1e-5)

    def test_the_plain_networks_file_loads_anywhere(self, tmp_path):
        head = nn.HybridSequential()
        head.add(nn.GlobalAvgPool2D(), nn.Flatten(), nn.Dense(10))
        net = gi.AuxiliaryNet(vision.resnet18_v1(classes=10), attach={"features.6": head})
        image = mx.nd.ones((1, 3, 32, 32))
        gi.force_init(net, image, seed=1)
        net.inference().save_parameters(str(tmp_path / "x"))
        plain = vision.resnet18_v1(classes=10)
        plain.load_parameters(str(tmp_path / "x"))
        assert np.allclose(plain(image).asnumpy(), net(image).asnumpy(), atol=1e-5)
        assert train(net, image).auxiliary.names == ("features.6",)

    def test_inference_shares_parameters(self):
        net = made()
        net.inference().low.weight.set_data(mx.nd.zeros((8, 6)))
        assert not net.network.low.weight.data().asnumpy().any()


class TestPapers:
    @pytest.mark.parametrize(
        ("make", "size", "with_heads", "without", "grids"),
        [
            (gi.googlenet, 224, 13_378_280, 6_998_552,
             {"network.stem": (192, 28, 28), "network.3a": (256, 28, 28),
              "network.3b": (480, 28, 28), "network.4a": (512, 14, 14),
              "network.4b": (512, 14, 14), "network.4c": (512, 14, 14),
              "network.4d": (528, 14, 14), "network.4e": (832, 14, 14),
              "network.5a": (832, 7, 7), "network.5b": (1024, 7, 7)}),
            (gi.inception_v3, 299, 27_161_264, 23_834_568,
             {"network.features.6": (192, 35, 35), "network.features.9": (288, 35, 35),
              "network.features.14": (768, 17, 17), "network.features.17": (2048, 8, 8)}),
        ],
    )  # fmt: skip
    def test_tables(self, make, size, with_heads, without, grids):
        net = make()
        shape = (2, 3, size, size)
        assert gi.summary(net, shape).trainable == with_heads
        assert gi.summary(net.inference(), shape).trainable == without
        flow = gi.infer_shapes(net, shape)
        found = {row.block: row.outputs[0][1:] for row in flow.rows if row.block in grids}
        assert found == grids
        assert set(flow.outputs) == {(2, 1000)}

    @pytest.mark.parametrize(("make", "size"), [(gi.googlenet, 224), (gi.inception_v3, 299)])
    def test_train_infer_export_import(self, make, size, tmp_path):
        net = make(classes=10)
        image = mx.nd.random.uniform(shape=(2, 3, size, size))
        gi.force_init(net, image, init=mx.init.Xavier(), seed=1)
        net.hybridize()
        trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 1e-4})
        with autograd.record():
            loss = gi.AuxiliaryLoss(SOFTMAX)(net(image), mx.nd.array([1, 2]))
        loss.backward()
        trainer.step(2)
        expected = net(image).asnumpy()
        assert expected.shape == (2, 10)
        assert np.isfinite(expected).all()
        net.inference().export(str(tmp_path / "x"))
        again = imported(tmp_path / "x")
        assert np.allclose(again(image).asnumpy(), expected, rtol=1e-3, atol=1e-4)

    @pytest.mark.parametrize("classes", [0, 1.5, "ten", True])
    def test_classes(self, classes):
        for make in (gi.googlenet, gi.inception_v3):
            with pytest.raises(gi.ArgumentError, match="classes must be"):
                make(classes)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        (lambda: gi.AuxiliaryNet(stages(), nn.Dense(3), {"top": nn.Dense(3)}),
         "'top', which is no stage. The stages are low, middle, high"),
        (lambda: gi.AuxiliaryNet(stages(), nn.Dense(3), {}), "auxiliary is empty"),
        (lambda: gi.AuxiliaryNet(stages(), None, {"low": nn.Dense(3)}), "head must be a Hybrid"),
        (lambda: gi.AuxiliaryNet(3, nn.Dense(3), {"low": nn.Dense(3)}), "stages must be"),
        (lambda: gi.AuxiliaryNet(vision.alexnet(), attach={"features.99": nn.Dense(3)}),
         "features.0"),
        (lambda: gi.AuxiliaryNet(vision.alexnet(), nn.Dense(3)), "whole net"),
        (lambda: gi.AuxiliaryNet(vision.alexnet(), attach={"features.2": 3}), "HybridBlock"),
        (lambda: gi.AuxiliaryNet(stages(), nn.Dense(3), [nn.Dense(3)]),
         "auxiliary must be a dictionary"),
        (lambda: gi.AuxiliaryNet({}, nn.Dense(3), {"a": nn.Dense(3)}), "stages is empty"),
        (lambda: gi.AuxiliaryLoss(gluon.loss.L2Loss), r"give an object, L2Loss\(\)"),
        (lambda: gi.head_metric("accc"), "metric is 'accc'"),
        (lambda: gi.AuxiliaryNet({"a": nn.Sequential()}, nn.Dense(3), {"a": nn.Dense(2)}),
         "HybridBlock"),
    ],
)  # fmt: skip
def test_bad_input(given, named):
    with pytest.raises(gi.ArgumentError, match=named):
        given()


def test_every_selection_of_heads():
    for count in (1, 2, 3):
        for chosen in itertools.permutations(("low", "middle", "high"), count):
            net = made(chosen)
            assert train(net).auxiliary.names == tuple(
                name for name in ("low", "middle", "high") if name in chosen
            )


@pytest.mark.parametrize("make", [small, gi.googlenet, gi.inception_v3])
def test_plot_spans_what_each_loss_trains(make):
    net = make()
    (axes,) = net.plot().axes
    texts = [text.get_text() for text in axes.texts]
    for stage in net.stages:
        short = stage.rpartition(".")[2]
        assert {f"head at\n{short}", f"trained by the loss at {short}"} <= set(texts)
    assert texts.count("final head") == texts.count("trained by the final loss") == 1
    spans = [line.get_xdata()[-1] for line in axes.lines[1:]]
    assert spans == sorted(spans)
