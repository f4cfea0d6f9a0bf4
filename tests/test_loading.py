"""Files loaded with their ties: whole or not at all, and what was one is one again."""

import re

import gluon_init as gi

import mxnet as mx
import numpy as np
import pytest
from mxnet import gluon
from mxnet.gluon import nn
from nets import fingerprint
from other import NAME, OTHER
from tied import GROUP, Model, X, made, stack


class TestLoad:
    @pytest.fixture
    def file(self, tmp_path):
        return tmp_path / "net.params"

    @pytest.mark.parametrize("state", ["new", "initialized"])
    @pytest.mark.parametrize("deduplicate", [False, True])
    def test_into_a_tied_net(self, file, deduplicate, state):
        net = made(tied=True)
        net.save_parameters(str(file), deduplicate=deduplicate)
        other = Model(tied=True)
        if state == "initialized":
            gi.force_init(other, X)
        gi.load(other, file).check([GROUP])
        assert np.array_equal(other(X).asnumpy(), net(X).asnumpy())

    def test_into_an_untied_net_the_tie_is_kept(self, file):
        net = made(tied=True)
        net.save_parameters(str(file))
        other = Model(tied=False)
        gi.load(other, file).check([GROUP])
        assert np.array_equal(other(X).asnumpy(), net(X).asnumpy())

    def test_deduplicated_into_an_untied_net(self, file):
        net = made(tied=True)
        net.save_parameters(str(file), deduplicate=True)
        other = Model(tied=False)
        before = fingerprint(other)
        with pytest.raises(gi.InitError, match=r"lacks encoder\.weight.*Nothing has been") as e:
            gi.load(other, file)
        assert fingerprint(other) == before
        assert "gi.tie(net, 'encoder.weight', 'decoder.weight')" in str(e.value)
        gi.tie(other, "encoder.weight", "decoder.weight")
        gi.load(other, file).check([GROUP])
        assert np.array_equal(other(X).asnumpy(), net(X).asnumpy())

    def test_an_untied_file_into_a_tied_net(self, file):
        net = made(tied=False)
        net.save_parameters(str(file))
        other = made(tied=True)
        with pytest.raises(gi.InitError, match="different arrays"):
            gi.load(other, file)
        gi.load(gi.untie(other, "decoder.weight"), file).check([])
        assert np.array_equal(other(X).asnumpy(), net(X).asnumpy())

    def test_an_untied_net_stays_untied(self, file):
        net = made(tied=False)
        net.save_parameters(str(file))
        gi.load(Model(tied=False), file).check([])

    def test_bad_files(self, file, tmp_path):
        net = made(tied=False)
        with pytest.raises(gi.ArgumentError, match="does not exist"):
            gi.load(net, file)
        file.write_bytes(b"no parameters")
        with pytest.raises(gi.ArgumentError, match="cannot read"):
            gi.load(net, file)
        small = nn.Sequential()
        small.add(nn.Dense(3, in_units=2))
        small.initialize()
        small.save_parameters(str(file))
        with pytest.raises(gi.InitError, match="lacks"):
            gi.load(net, file)
        wide, wider = nn.Sequential(), nn.Sequential()
        wide.add(nn.Dense(3, in_units=4))
        wider.add(nn.Dense(3, in_units=2), nn.Dense(3))
        with pytest.raises(gi.ShapeError, match=r"\(3, 4\), and the file \(3, 2\)"):
            gi.load(wide, file)
        wider.initialize()
        wider(mx.nd.ones((1, 2)))
        wider.save_parameters(str(file))
        with pytest.raises(gi.InitError, match=r"also has 1\.weight, 1\.bias"):
            gi.load(small, file)

    def test_a_part_and_the_whole(self, file):
        part = nn.HybridSequential()
        part.add(nn.Dense(3, in_units=2))
        whole = gi.AuxiliaryNet(part, attach={"0": nn.Dense(2, in_units=3)})
        whole.initialize()
        whole.inference().save_parameters(str(file))
        with pytest.raises(gi.InitError, match=r"gi\.load\(net\.network, file\)\. Nothing has"):
            gi.load(whole, file)
        gi.load(whole.network, file)
        whole.save_parameters(str(file))
        with pytest.raises(
            gi.InitError, match=r"one is a part: its names begin with 'auxiliary\.'"
        ):
            gi.load(part, file)

    def test_onto_a_device(self, file):
        net = made(tied=True)
        net.save_parameters(str(file))
        other = Model(tied=False)
        gi.load(other, file, device=OTHER)
        assert {str(p.list_ctx()) for p in other.collect_params().values()} == {f"[{NAME}]"}

    def unchanged(self, net, error, match, file, **arguments):
        groups, before = str(gi.tied_groups(net)), fingerprint(net)
        with pytest.raises(error, match=match) as caught:
            gi.load(net, file, **arguments)
        assert fingerprint(net) == before
        assert str(gi.tied_groups(net)) == groups
        return str(caught.value)

    @pytest.fixture
    def copies(self, file):
        """A file in which the weights 0 and 1 are equal, and 2 and 3."""
        net = stack(4)
        net.initialize(mx.init.Normal(1))
        net[1].weight.set_data(net[0].weight.data())
        net[3].weight.set_data(net[2].weight.data())
        net.save_parameters(str(file))
        return net

    @pytest.mark.parametrize("state", ["new", "initialized"])
    def test_another_dtype(self, file, copies, state):
        copies.cast("float64")
        copies.save_parameters(str(file))
        net = stack(4)
        if state == "initialized":
            net.initialize()
        self.unchanged(
            net, gi.ArgumentError, r"0\.weight is float32, and the file float64.*Nothing", file
        )
        net.cast("float64")
        assert len(gi.load(net, file)) == 2

    @pytest.mark.parametrize("units", [0, 4])
    def test_another_device(self, file, copies, units):
        net = stack(4, in_units=units)
        net.initialize(ctx=mx.cpu(0))
        self.unchanged(
            net, gi.ArgumentError, rf"device is {re.escape(NAME)}, but 0\.weight .* cpu\(0\).*reset_ctx",
            file, device=OTHER,
        )  # fmt: skip
        net.collect_params().reset_ctx(OTHER)
        gi.load(net, file, device=OTHER)
        assert net[0].weight.list_ctx() == [OTHER]

    @pytest.mark.parametrize("device", ["cpu", 3, [], [mx.cpu(0), "x"]])
    def test_bad_devices(self, file, copies, device):
        self.unchanged(stack(4), gi.ArgumentError, "device must be", file, device=device)

    @pytest.mark.skipif(mx.runtime.Features().is_enabled("CUDA"), reason="the CPU build's sentence")
    def test_no_gpu(self, file, copies):
        self.unchanged(stack(4), gi.DeviceError, "gpu", file, device=mx.gpu(0))

    def test_no_path(self, file, copies):
        with file.open("rb") as opened:
            for wrong in (None, 3, str(file).encode(), opened):
                self.unchanged(stack(4), gi.ArgumentError, "file must be a path", wrong)

    def spoilt(self, how):
        net = stack(4)
        for layer in list(net)[:3]:
            layer.initialize()
        if how == "device":
            net[3].initialize(ctx=OTHER)
        elif how == "grad_stype":
            net[3].weight._grad_stype = "row_sparse"
        elif how == "grad_req":
            net[3].weight.grad_req = "null"
        else:
            setattr(net[3].weight, how, 0.5)
        return net

    @pytest.mark.parametrize("how", ["device", "grad_stype", "grad_req", "lr_mult", "wd_mult"])
    def test_what_cannot_be_tied_is_loaded_all_the_same(self, file, copies, how):
        net = self.spoilt(how)
        kept = net[3].weight
        before = kept.grad_req, kept.lr_mult, kept.wd_mult
        with pytest.warns(UserWarning, match=r"3\.weight and 2\.weight"):
            gi.load(net, file).check([("0.weight", "1.weight")])
        assert net[3].weight is kept
        assert (kept.grad_req, kept.lr_mult, kept.wd_mult) == before
        for mine, other in zip(net, copies, strict=True):
            assert np.array_equal(mine.weight.data().asnumpy(), other.weight.data().asnumpy())

    def test_copies_on_several_devices(self, file):
        net = stack(4)
        net.initialize(mx.init.Normal(1))
        for layer in list(net)[1:]:
            layer.weight.set_data(net[0].weight.data())
        net.save_parameters(str(file))
        other = stack(4)
        for number, layer in enumerate(other):
            layer.initialize(ctx=[mx.cpu(0), OTHER][number % 2])
        with pytest.warns(UserWarning, match=r"devices differ"):
            gi.load(other, file).check([("0.weight", "2.weight"), ("1.weight", "3.weight")])
        assert other[1].weight.list_ctx() == [OTHER]

    def test_statistics_of_a_frozen_copy_stay_its_own(self, file):
        def pair():
            net = nn.HybridSequential()
            for _ in range(2):
                net.add(nn.BatchNorm(in_channels=4))
            net[1].collect_params().setattr("grad_req", "null")
            return net

        net = gi.force_init(pair())
        for layer in net:
            layer.running_mean.set_data(mx.nd.arange(4))
        net.save_parameters(str(file))
        with pytest.warns(UserWarning, match=r"1\.running_mean and 0\.running_mean"):
            gi.load(pair(), file).check([])

    @pytest.mark.filterwarnings("ignore:Cannot decide type")
    def test_a_graph_that_is_fixed(self, file, tmp_path):
        small = nn.HybridSequential()
        small.add(nn.Dense(4, in_units=4))
        small.initialize(mx.init.Normal(1))
        small.hybridize()
        small(mx.nd.ones((1, 4)))
        small.export(str(tmp_path / "small"))

        def whole():
            net = nn.HybridSequential()
            for _ in range(2):
                net.add(
                    gluon.SymbolBlock.imports(
                        f"{tmp_path}/small-symbol.json", ["data"], f"{tmp_path}/small-0000.params"
                    )
                )
            return net

        net, other = whole(), whole()
        net.save_parameters(str(file))
        with pytest.warns(UserWarning, match="SymbolBlock"):
            gi.load(other, file).check([])

    @pytest.mark.parametrize("tied", [False, True])
    def test_names_without_a_dot(self, file, tied):
        class Own(gluon.HybridBlock):
            def __init__(self):
                super().__init__()
                with self.name_scope():
                    self.w = self.params.get("weight", shape=(3, 3))
                    self.v = self.params.get("other", shape=(3, 3))

        net, other = Own(), Own()
        if tied:
            gi.tie(net, "v", "w")
        gi.force_init(net)
        net.save_parameters(str(file))
        gi.load(other, file).check([("w", "v")] * tied)
        assert np.array_equal(other.v.data().asnumpy(), net.v.data().asnumpy())

    @pytest.mark.filterwarnings("ignore:Cannot decide type")
    def test_a_symbol_block(self, file):
        data = mx.sym.var("data")
        symbol = mx.sym.FullyConnected(data, num_hidden=3, name="first")
        symbol = mx.sym.FullyConnected(symbol, num_hidden=2, name="fully")
        net, other = (gluon.SymbolBlock(symbol, data) for _ in range(2))
        gi.force_init(net, (1, 4), init=mx.init.Uniform(1))
        net.save_parameters(str(file))
        gi.load(other, file)
        x = mx.nd.ones((1, 4))
        assert np.array_equal(other(x).asnumpy(), net(x).asnumpy())

    def test_an_array_that_mxnet_refuses(self, file, copies, monkeypatch):
        net = stack(4, in_units=0)
        net.initialize()
        load_init = gluon.Parameter._load_init

        def refuse(self, *args, **kwargs):
            load_init(self, *args, **kwargs)
            if self is net[3].bias:
                raise mx.MXNetError("no memory")

        monkeypatch.setattr(gluon.Parameter, "_load_init", refuse)
        self.unchanged(net, gi.InitError, r"3\.bias.*no memory.*Nothing has been loaded", file)

    def test_a_trace_names_the_call(self, file, copies):
        net = stack(4)
        with gi.trace_init(net) as trace:
            gi.load(net, file)
        assert {event.trigger for event in trace.events} == {"net.load_parameters()"}
        assert len(trace.events) == 6

    @pytest.mark.usefixtures("numpy_mode")
    def test_numpy_mode(self, file):
        net = gi.force_init(gi.tie(stack(), "1.weight", "0.weight"))
        net.save_parameters(str(file))
        other = stack(in_units=-1)
        gi.load(other, file).check([("0.weight", "1.weight")])
        assert type(other[0].weight.data()) is mx.np.ndarray
        assert np.array_equal(other(mx.np.ones((1, 4))), net(mx.np.ones((1, 4))))

    def test_a_file_of_the_other_mode(self, file):
        net = gi.force_init(stack())
        x = net(mx.nd.ones((1, 4))).asnumpy()
        net.save_parameters(str(file))
        mx.npx.set_np()
        try:
            other = stack()
            gi.load(other, file)
            assert np.array_equal(other(mx.np.ones((1, 4))).asnumpy(), x)
            other.save_parameters(str(file))
        finally:
            mx.npx.reset_np()
        gi.load(net, file)
        assert np.array_equal(net(mx.nd.ones((1, 4))).asnumpy(), x)
