"""Auxiliary heads: both modes, hybridized or not, in any order; losses, metrics, freezing."""

import itertools
import warnings

import gluon_init as gi

import mxnet as mx
import numpy as np
import pytest
from mxnet import autograd, gluon
from mxnet.gluon import nn
from mxnet.gluon.model_zoo import vision
from nets import Opaque

X = mx.nd.random.uniform(shape=(4, 6))
LABEL = mx.nd.array([0, 1, 2, 0])
SOFTMAX = gluon.loss.SoftmaxCrossEntropyLoss()


def stages():
    return {name: nn.Dense(8, activation="relu") for name in ("low", "middle", "high")}


def small(auxiliary=("low", "high")):
    return gi.AuxiliaryNet(stages(), nn.Dense(3), {name: nn.Dense(3) for name in auxiliary})


def made(auxiliary=("low", "high"), hybridize=False):
    net = small(auxiliary)
    gi.force_init(net, X, init=mx.init.Normal(0.5), seed=3)
    if hybridize:
        net.hybridize()
    return net


def imported(path):
    """The exported network; MXNet warns on every import of a graph."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return gluon.SymbolBlock.imports(f"{path}-symbol.json", ["data"], f"{path}-0000.params")


def train(net, x=X):
    with autograd.record():
        return net(x)


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


class TestLoss:
    def test_parts_by_name(self):
        net = made()
        loss = gi.AuxiliaryLoss(SOFTMAX, {"low": 0.1, "high": 0.2})
        output = train(net)
        total = loss(output, LABEL)
        report = loss.report()
        assert list(report) == ["prediction", "low", "high"]
        expected = report["prediction"] + 0.1 * report["low"] + 0.2 * report["high"]
        assert float(total.mean().asscalar()) == pytest.approx(expected, rel=1e-5)
        assert report["low"] == pytest.approx(
            float(SOFTMAX(output.auxiliary[0], LABEL).mean().asscalar())
        )

    def test_the_weight_leaves_the_main_heads_gradient_alone(self):
        gradients = []
        for weight in (0, 0.3, 10):
            net = made()
            with autograd.record():
                total = gi.AuxiliaryLoss(SOFTMAX, weight)(net(X), LABEL)
            total.backward()
            head = net.network._children["head"]
            gradients.append(
                (head.weight.grad().asnumpy(), net.network.low.weight.grad().asnumpy())
            )
        assert np.allclose(gradients[0][0], gradients[2][0], atol=1e-6)
        assert not np.allclose(gradients[0][1], gradients[2][1], atol=1e-3)

    @pytest.mark.parametrize(
        ("weights", "expected"),
        [(0.3, [0.3, 0.3]), ([0.1, 0.2], [0.1, 0.2]), (lambda e: 0.4 * 0.5**e, [0.1, 0.1]),
         (lambda e: [0.1 * e, 0], [0.2, 0])],
    )  # fmt: skip
    def test_weights_and_schedules(self, weights, expected):
        loss = gi.AuxiliaryLoss(SOFTMAX, weights)
        loss.epoch = 2
        assert list(loss.weights(("low", "high")).values()) == pytest.approx(expected)

    def test_labels_of_their_own(self):
        net = made()
        loss = gi.AuxiliaryLoss(SOFTMAX, 1)
        other = mx.nd.array([2, 2, 2, 2])
        output = train(net)
        loss(output, LABEL, other, LABEL)
        assert loss.report()["low"] == pytest.approx(
            float(SOFTMAX(output.auxiliary[0], other).mean().asscalar())
        )

    @pytest.mark.parametrize(
        ("weights", "named"),
        [(-0.1, "at least 0"), ([0.1, -1], "at least 0"), ("a", "weights must be numbers"),
         (None, "weights must be numbers"), (True, "at least 0")],
    )  # fmt: skip
    def test_bad_weights(self, weights, named):
        with pytest.raises(gi.ArgumentError, match=named):
            gi.AuxiliaryLoss(SOFTMAX, weights)

    def test_bad_calls(self):
        net = made()
        output = train(net)
        for weights, named in (([0.3], "2 auxiliary head"), ({"low": 1}, "low, high"),
                               ({"low": 1, "top": 2}, "low, high")):  # fmt: skip
            with pytest.raises(gi.ArgumentError, match=named):
                gi.AuxiliaryLoss(SOFTMAX, weights)(output, LABEL)
        loss = gi.AuxiliaryLoss(SOFTMAX)
        with pytest.raises(gi.ArgumentError, match=r"inside autograd\.record"):
            loss(net(X), LABEL)
        with pytest.raises(gi.ArgumentError, match="label is missing"):
            loss(output, None)
        with pytest.raises(gi.ArgumentError, match="2 auxiliary"):
            loss(output, LABEL, LABEL)
        with pytest.raises(gi.ArgumentError, match="loss must be a function"):
            gi.AuxiliaryLoss(3)


class TestMetrics:
    def test_each_head(self):
        net = made()
        output = train(net)
        for head, scores in (("prediction", output.prediction), ("high", output.auxiliary[1])):
            metric = gi.head_metric("acc", head)
            metric.update(LABEL, output)
            expected = (scores.asnumpy().argmax(axis=1) == LABEL.asnumpy()).mean()
            assert metric.get() == (f"accuracy of {head}", pytest.approx(expected))
        metric = gi.head_metric("acc")
        metric.update(LABEL, net(X))
        metric.reset()

    def test_bad_heads(self):
        net = made()
        with pytest.raises(gi.ArgumentError, match="prediction, low, high"):
            gi.head_metric("acc", "top").update(LABEL, train(net))
        with pytest.raises(gi.ArgumentError, match="prediction alone"):
            gi.head_metric("acc", "low").update(LABEL, net(X))


class TestFreezing:
    def test_what_each_loss_reaches(self):
        report = gi.reach(small())
        by_path = {row.path: row.losses for row in report.rows}
        assert by_path["network.low.weight"] == ("prediction", "low", "high")
        assert by_path["network.middle.weight"] == ("prediction", "high")
        assert by_path["network.head.weight"] == ("prediction",)
        assert by_path["auxiliary.low.weight"] == ("low",)
        assert report.idle == ()

    def test_an_auxiliary_loss_for_nothing(self):
        net = made()
        report = gi.freeze(net, "^network.low")
        assert report.idle == ("low",)
        assert "low: its loss is calculated for nothing" in str(report)
        before = {p.name: p.data().asnumpy() for p in net.collect_params().values()}
        trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.5})
        with autograd.record():
            loss = gi.AuxiliaryLoss(SOFTMAX)(net(X), LABEL)
        loss.backward()
        trainer.step(4)
        changed = {
            path for path, p in net._collect_params_with_prefix().items()
            if not np.array_equal(p.data().asnumpy(), before[p.name])
        }  # fmt: skip
        assert changed == {row.path for row in report.rows if row.losses}
        assert gi.unfreeze(net, "^network.low").idle == ()

    def test_running_statistics_stay_without_gradient(self):
        net = nn.HybridSequential()
        net.add(nn.Dense(3), nn.BatchNorm())
        gi.freeze(net, ".")
        gi.unfreeze(net, ".")
        assert net[1].running_mean.grad_req == "null"
        assert net[1].gamma.grad_req == "write"
        assert "0 of 4 parameters are frozen, besides 2 running statistics" in str(gi.reach(net))
        with pytest.raises(gi.ArgumentError, match="running statistics only"):
            gi.freeze(net, "running")

    def test_a_tied_parameter_is_found_at_each_of_its_places(self):
        net = nn.HybridSequential()
        net.add(nn.Dense(4, in_units=4), nn.Dense(4, in_units=4))
        gi.tie(net, "1.weight", "0.weight")
        report = gi.freeze(net, r"^1\.")
        frozen = [row.paths for row in report.rows if row.frozen]
        assert frozen == [("0.weight", "1.weight"), ("1.bias",)]
        assert "0.weight, 1.weight" in str(report)

    @pytest.mark.parametrize("pattern", ["(", "nowhere", 3])
    def test_bad_pattern(self, pattern):
        with pytest.raises(gi.ArgumentError, match="pattern"):
            gi.freeze(small(), pattern)


class TestUnfreezing:
    @pytest.fixture
    def net(self):
        net = nn.HybridSequential()
        net.add(nn.Dense(3, in_units=2), nn.Dense(2, in_units=3))
        net.collect_params().setattr("grad_req", "add")
        net[0].bias.grad_req = "write"
        return net

    def asked(self, net):
        return {p: one.grad_req for p, one in net._collect_params_with_prefix().items()}

    def test_brings_back_what_freezing_found(self, net):
        before = self.asked(net)
        gi.freeze(net, "^0")
        gi.freeze(net, ".")  # once more, for some
        assert set(self.asked(net).values()) == {"null"}
        gi.unfreeze(net, ".")
        assert self.asked(net) == before

    def test_leaves_alone_what_was_not_frozen(self, net):
        before = self.asked(net)
        gi.unfreeze(net, ".")
        assert self.asked(net) == before

    def test_of_what_something_else_froze_is_write(self, net):
        net[1].weight.grad_req = "null"
        gi.unfreeze(net, "1.weight")
        assert net[1].weight.grad_req == "write"

    def test_what_was_set_by_hand_in_between_counts(self, net):
        gi.freeze(net, "0.weight")
        net[0].weight.grad_req = "write"
        gi.freeze(net, "0.weight")
        gi.unfreeze(net, "0.weight")
        assert net[0].weight.grad_req == "write"


class TestFreezingWithoutAGraph:
    def test_freezes_and_says_what_it_cannot_tell(self):
        net = Opaque()
        found = gi.freeze(net, "weight")
        assert net.dense.weight.grad_req == "null"
        assert net.dense.bias.grad_req == "write"
        assert "which losses reach what cannot be told" in str(found)
        assert found.untold.endswith(".")
        assert found.trains == {}
        assert [row.losses for row in found.rows] == [None, None]
        gi.unfreeze(net, "weight")
        assert net.dense.weight.grad_req == "write"

    def test_reach_alone_is_an_error(self):
        with pytest.raises(gi.ShapeError, match="could not be traced"):
            gi.reach(Opaque())

    def test_the_nearest_paths_are_listed(self):
        with pytest.raises(gi.ArgumentError, match=r"nearest are dense\.weight"):
            gi.freeze(Opaque(), "dens_weight")
        with pytest.raises(gi.ArgumentError, match="no regular expression"):
            gi.freeze(Opaque(), b"dense")


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


def test_rows_hold_values_and_the_table_how_they_are_shown():
    """Seen: for a block used twice a row had the path "0.weight, 2.weight"."""
    shared = nn.Dense(3, in_units=3)
    net = nn.HybridSequential()
    net.add(shared, nn.Dense(3, in_units=3), shared)
    found = gi.reach(net)
    assert [(row.path, row.paths) for row in found.rows][:2] == [
        ("0.weight", ("0.weight", "2.weight")),
        ("0.bias", ("0.bias", "2.bias")),
    ]
    assert "0.weight, 2.weight" in str(found)
