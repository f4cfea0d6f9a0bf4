"""On today's NumPy MXNet computes as on the NumPy of its time."""

from gluon_init._compat import install

import mxnet as mx
import numpy as np
import pytest
import scipy.sparse
from mxnet import autograd, nd
from mxnet.gluon import nn


@pytest.mark.parametrize("scalar", [np.int32, np.int64])
def test_numpy_scalars_reach_the_c_side(scalar):
    x = nd.arange(24).reshape((2, 3, 4))
    assert nd.zeros(shape=(scalar(5), 8)).shape == (5, 8)
    assert x.transpose(axes=(scalar(2), scalar(0), scalar(1))).shape == (4, 2, 3)
    assert x[:, scalar(1) : scalar(3)].shape == (2, 2, 4)
    assert x[scalar(1), scalar(2)].asnumpy().tolist() == [20, 21, 22, 23]
    assert x.reshape((scalar(6), scalar(4))).shape == (6, 4)
    assert nd.slice(x, begin=(scalar(0), scalar(1)), end=(scalar(1), scalar(3))).shape == (1, 2, 4)
    assert x.sum(axis=(scalar(0), scalar(1))).shape == (4,)
    assert nd.tile(x, reps=(scalar(2), scalar(1), scalar(1))).shape == (4, 3, 4)
    assert nd.moveaxis(x, scalar(0), scalar(2)).shape == (3, 4, 2)
    assert nd.one_hot(nd.array([1]), scalar(3)).shape == (1, 3)
    x[[0, scalar(1)], [scalar(2), 0]] = -1
    assert (x.asnumpy() == -1).sum() == 8
    assert mx.np.zeros((scalar(2), 3)).shape == (2, 3)
    assert mx.np.random.uniform(size=(scalar(2), scalar(3))).shape == (2, 3)
    assert nd.random.normal(shape=(scalar(2), scalar(3))).shape == (2, 3)


def test_numpy_scalars_in_symbols():
    data = mx.sym.var("data", shape=(np.int64(2), np.int64(8)), lr_mult=np.float64(0.5))
    assert data.attr("__shape__") == "(2, 8)"
    assert data.attr("__lr_mult__") == "0.5"
    out = mx.sym.Convolution(
        mx.sym.reshape(data, shape=(np.int64(2), 1, 2, 4)),
        kernel=(np.int64(1), 3),
        num_filter=np.int64(5),
    )
    assert out.infer_shape()[1] == [(2, 5, 2, 2)]


def test_numpy_scalars_in_data_iterators_and_optimizers(tmp_path):
    np.savetxt(tmp_path / "data.csv", np.arange(12).reshape(4, 3), delimiter=",")
    batches = mx.io.CSVIter(
        data_csv=str(tmp_path / "data.csv"), data_shape=(np.int64(3),), batch_size=np.int64(2)
    )
    assert next(batches).data[0].shape == (2, 3)
    weight, gradient = nd.ones((2,)), nd.ones((2,))
    nd.multi_sgd_update(
        weight, gradient, lrs=[np.float64(0.5)], wds=[np.float64(0.0)], num_weights=1, out=weight
    )
    assert weight.asnumpy().tolist() == [0.5, 0.5]


@pytest.mark.parametrize("number", [np.float64(2.5), 2.5])
def test_initializers_dump_numpy_scalars(number):
    assert mx.init.Normal(number).dumps() == '["normal", {"sigma": 2.5}]'
    assert mx.init.Constant(number).dumps() == '["constant", {"value": 2.5}]'
    assert mx.init.create(mx.init.Uniform(number).dumps()) == mx.init.Uniform(2.5)
    assert '"magnitude": 2.5' in mx.init.Xavier(magnitude=number).dumps()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ((np.int64(5), 8), "(5, 8)"),
        ([0, np.int64(16)], "[0, 16]"),
        (((np.int32(1),), None), "((1,), None)"),
        ([np.float32(0.1), np.float64(1e-30), np.bool_(True)], "[0.1, 1e-30, True]"),
        (("np.", np.str_("a"), np.float64("nan")), "('np.', 'a', nan)"),
        ({"a": np.int64(1)}, "{'a': 1}"),
        (np.int64(7), "7"),
        ("np.int64(5)", "np.int64(5)"),
        ((), "()"),
    ],
)
def test_arguments_are_written_as_numpy_1_wrote_them(value, text):
    assert install._Str(value) == text


def test_metrics_add_up_in_double_precision():
    metric = mx.metric.Loss()
    metric.sum_metric = 2.0**24
    metric.update(None, [nd.ones((1,))])
    assert metric.sum_metric == 2**24 + 1


class TestAsOnNumPy119:
    """What MXNet's own tests see on Python 3.8 and NumPy 1.19."""

    def test_records_with_several_labels(self):
        packed = mx.recordio.pack(mx.recordio.IRHeader(0, [1.0, 2.5], 5, 0), b"x")
        header, rest = mx.recordio.unpack(packed)
        assert (header.label.tolist(), header.id, rest) == ([1.0, 2.5], 5, b"x")

    def test_numpy_functions_on_ndarrays(self):
        a = nd.array([[1, 2], [3, 4]])
        assert mx.test_utils.same(a, a.copy())
        assert not mx.test_utils.same(a, a + 1)
        assert np.asarray(a).tolist() == a.asnumpy().tolist()
        assert np.asarray(a, dtype=np.int8).dtype == np.int8
        assert bool(np.all(a > 0))

    def test_integers_out_of_range_wrap_around(self):
        assert nd.array([-1, 300], dtype="uint8").asnumpy().tolist() == [255, 44]
        x = nd.zeros((2,), dtype="uint8")
        x[:] = [-1]
        assert x.asnumpy().tolist() == [255, 255]
        with pytest.raises(TypeError):
            nd.array([2**63], dtype="int64")

    def test_counts_of_metrics_stay_exact(self):
        half = mx.metric.Perplexity(ignore_label=0)
        for _ in range(30):
            half.update([nd.ones((3000,))], [nd.full((3000, 2), 0.5, dtype="float16")])
        assert half.num_inst == 90000
        assert half.get()[1] == pytest.approx(2, rel=1e-3)
        single = mx.metric.Perplexity(0)
        single.num_inst = 2**24
        for _ in range(5):
            single.update([nd.ones((3,))], [nd.full((3, 2), 0.5)])
        assert single.num_inst == 2**24 + 15

    def test_metrics_that_plain_mxnet_has_pickled(self):
        metric = mx.metric.MSE()
        metric.__dict__.update({"sum_metric": 3.0, "num_inst": 2})
        for slot in ("_sum_metric_exact", "_num_inst_exact"):
            metric.__dict__.pop(slot, None)
        assert metric.get() == ("mse", 1.5)

    @pytest.mark.filterwarnings("ignore:Accumulating with float16")
    def test_layerwise_rates_of_zero_weights(self):
        optimizer = mx.optimizer.LBSGD(warmup_strategy="lars", momentum=0.9, learning_rate=0.1)
        weight = nd.zeros((2,), dtype="float16")
        mx.optimizer.get_updater(optimizer)(0, nd.zeros((2,), dtype="float16"), weight)
        assert weight.asnumpy().tolist() == [0, 0]

    def test_sparse_arrays_of_scipy(self):
        for kind in (scipy.sparse.csr_matrix, scipy.sparse.csr_array):
            assert mx.nd.sparse.array(kind(np.eye(2))).stype == "csr"

    def test_prefetching_does_not_warn(self):
        source = mx.io.NDArrayIter(np.zeros((4, 2)), batch_size=2)
        assert len(list(mx.io.PrefetchingIter(source))) == 2


class TestMxNumpy:
    """Each of these gave something else, or failed, on NumPy 2; the values are those of 1.19."""

    def test_divisions_of_scalars(self):
        assert (np.float32(2) / mx.np.ones(2)).asnumpy().tolist() == [2, 2]
        whole = mx.np.array([1, 2], dtype="int32")
        assert np.true_divide(whole, whole).dtype == np.float32
        with autograd.record():
            assert np.true_divide(2, mx.np.ones(2)).asnumpy().tolist() == [2, 2]

    def test_scalars_do_not_widen_arrays(self):
        assert (mx.np.array([1, 2.0]) // np.float64(2)).dtype == np.float32
        assert (mx.np.array([1], dtype="int32") // np.int64(2)).dtype == np.int32

    def test_named_results(self):
        a = mx.np.array([[2.0, 0.0], [0.0, 3.0]])
        q, r = mx.np.linalg.qr(a)
        assert abs((mx.np.dot(q, r) - a).sum().item()) < 1e-6
        assert float(np.linalg.slogdet(a)[1]) == pytest.approx(np.log(6))

    @pytest.mark.parametrize("size", [np.int64(2), np.prod([1, 2])])
    def test_sizes_that_are_numpys_integers(self, size):
        for draw in (mx.np.random.uniform, mx.np.random.exponential, mx.np.random.gumbel):
            assert draw(size=size).shape == (2,)
        assert mx.npx.random.bernoulli(0.5, size=size).shape == (2,)
        assert mx.npx.random.normal_n(batch_shape=size).shape == (2,)

    @pytest.mark.parametrize("make", [mx.np.array, nd.array])
    def test_integers_out_of_range_wrap_around(self, make):
        assert make([1621], dtype="uint8").asnumpy().tolist() == [85]
        assert make([-1], dtype="uint8").asnumpy().tolist() == [255]
        assert make([300.5, -1.5], dtype="uint8").asnumpy().tolist() == [44, 255]

    def test_so_do_those_of_sparse_arrays(self):
        made = nd.sparse.csr_matrix(([300], [0], [0, 1]), shape=(1, 2), dtype="uint8")
        assert made.data.asnumpy().tolist() == [44]

    @pytest.mark.parametrize("make", [mx.np.array, nd.array])
    def test_arrays_of_one_number_in_lists(self, make):
        assert make([1, np.ones(1)]).asnumpy().tolist() == [1, 1]

    @pytest.mark.parametrize("make", [mx.np.array, nd.array])
    def test_numbers_too_large_for_a_float(self, make):
        assert np.isinf(make([1e300]).asnumpy()).all()

    @pytest.mark.parametrize("array", [mx.np.array(3.0), mx.np.array(3.0).as_nd_ndarray()])
    def test_keys_of_an_array_without_axes(self, array):
        if isinstance(array, mx.np.ndarray):
            with pytest.raises(IndexError):
                array[np.int64(0)]

    def test_arguments_that_numpy_dropped(self):
        a = mx.np.array([1.0, 2.0, 3.0, 4.0])
        assert mx.np.nanpercentile(a, 40, interpolation="lower").item() == 2
        assert mx.np.corrcoef(a, a).shape == (2, 2)
        assert mx.np.histogram2d(a, a, bins=2, normed=True)[0].shape == (2, 2)
        with pytest.warns(FutureWarning, match="rcond"):
            mx.np.linalg.lstsq(mx.np.ones((2, 1)), mx.np.ones(2), "warn")

    def test_whole_numbers_are_rounded_to_floats(self):
        assert type(mx.np.ceil(3)) is np.float64
        assert mx.np.fix(2.7) == 2


class TestTexts:
    def test_large_arrays(self):
        assert repr(mx.np.ones((2000,))) == "array([1., 1., 1., ..., 1., 1., 1.])"

    def test_layers_given_numpys_numbers(self):
        layer = nn.Dense(np.int64(4), in_units=np.int64(3))
        assert "shape=(4, 3)" in repr(layer.weight)
        assert "np." not in repr(nn.Conv2D(np.int64(2), (np.int64(3), 3)))
        assert "eps=1e-05" in repr(nn.BatchNorm(epsilon=np.float32(1e-5)))

    def test_where_two_arrays_differ(self):
        with pytest.raises(AssertionError, match=r"Location of maximum error: ?\(0,\)"):
            mx.test_utils.assert_almost_equal(np.array([1.0]), np.array([2.0]))


class TestPrecision:
    """Values of NumPy 1.19, which counted in float64."""

    def test_metrics(self):
        metric = mx.metric.create("acc")
        scores, label = (
            nd.random.uniform(shape=(11, 3)),
            nd.array([0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1]),
        )
        metric.update([label], [scores])
        right = (np.argmax(scores, axis=1) == label).sum().asscalar() / label.size
        assert metric.get()[1] == right
        assert "np." not in str(metric)

    def test_schedules(self):
        schedule = mx.lr_scheduler.FactorScheduler(2, factor=np.float32(0.3), base_lr=1.0)
        assert schedule(7) == float(np.float32(0.3)) ** 3

    def test_optimizers(self):
        optimizer = mx.optimizer.Adam(learning_rate=np.float64(0.1), beta1=np.float32(0.9))
        assert 1 - optimizer.beta1 == 1 - float(np.float32(0.9))

    def test_numeric_gradients(self):
        x = mx.sym.var("x")
        mx.test_utils.check_numeric_gradient(x * x, [np.array([[0.3, -0.7]])])


def test_removed_functions_still_compute_in_mx_np():
    a = mx.np.array([[3.0, 1.0], [2.0, 0.0]])
    assert mx.np.alltrue(a).item() == 0
    assert mx.np.msort(a).asnumpy().tolist() == [[2, 0], [3, 1]]
    assert mx.np.in1d(a, mx.np.array([1.0, 2.0])).asnumpy().tolist() == [0, 1, 1, 0]
    assert mx.np.trapz(a).shape == (2,)
    assert mx.np.product(a).item() == 0
    assert np.sum(a).item() == 6
    assert type(np.mean(a)) is mx.np.ndarray
    assert -np.inf == mx.np.NINF
    with pytest.raises(Exception, match="numpy-financial"):
        mx.np.npv(0.1, a)
