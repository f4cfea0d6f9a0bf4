"""What MXNet's start leaves for later is the same once it is used."""

import importlib.util
import pickle
import py_compile
import sys
import textwrap

from gluon_init._compat import cuda, install
from gluon_init._compat.later import PUT_OFF

import mxnet as mx
import pytest
from fresh import answer, python

# As MXNet would start if nothing were put off.
AT_ONCE = """
from gluon_init._compat import estimator, later
later.PUT_OFF = frozenset()
estimator.is_to_wait = lambda: False
"""
LEFT_OUT = (
    "bokeh", "numpy.testing", "onnx", "pandas", "requests", "scipy", "sklearn", "unittest",
)  # fmt: skip


class TestWhatIsLeftOut:
    def test_the_start_imports_nothing_that_few_need(self):
        loaded = answer(
            f"""
            import gluon_init, sys
            import mxnet as mx
            before = [name for name in {LEFT_OUT} if name in sys.modules]
            net = mx.gluon.nn.Dense(2)
            net.initialize()
            with mx.autograd.record():
                loss = net(mx.nd.array([[1, 2.5]])).sum()
            loss.backward()
            mx.gluon.Trainer(net.collect_params(), "sgd").step(1)
            answer = before + [name for name in {LEFT_OUT} if name in sys.modules]
            """
        )
        assert loaded == []

    def test_all_of_it_has_the_same_names_as_if_loaded_at_once(self):
        names = """
        import gluon_init, sys
        import mxnet as mx
        for module in [m for name, m in sorted(sys.modules.items()) if name.startswith("mxnet")]:
            vars(module)
        answer = {name: [type(module).__name__, repr(module), module.__doc__, sorted(vars(module))]
                  for name, module in sorted(sys.modules.items()) if name.startswith("mxnet")}
        """
        at_first_use, at_once = answer(names), answer(AT_ONCE + "\n" + textwrap.dedent(names))
        assert at_first_use.keys() == at_once.keys()
        assert at_first_use == at_once

    @pytest.mark.parametrize("name", sorted(PUT_OFF))
    def test_a_module_is_found_and_loaded_when_used(self, name):
        parent, _, last = name.rpartition(".")
        code = f"""
        import gluon_init, sys
        import mxnet as mx
        module = sys.modules[{name!r}]
        assert getattr(sys.modules[{parent!r}], {last!r}) is module
        assert {last!r} in dir(sys.modules[{parent!r}])
        assert isinstance(module, type(sys)) and module.__name__ == {name!r}
        assert {name!r} in repr(module) and module.__file__ and module.__spec__.name == {name!r}
        was_loaded = type(module) is type(sys)
        import {name} as again
        from {parent} import {last} as once_more
        assert again is once_more is module and not hasattr(module, "__warningregistry__")
        assert type(module) is not type(sys)
        assert not hasattr(module, "no_such_name") and type(module) is type(sys)
        answer = was_loaded
        """
        assert answer(code) is False


class TestInUse:
    """Each as a program would use it, in one process for all."""

    def test_the_modules(self):
        assert mx.test_utils.default_context() == mx.cpu()
        assert mx.contrib.text.utils.count_tokens_from_str("a b a")["a"] == 2
        assert mx.contrib.text.embedding.get_pretrained_file_names("glove")
        assert mx.contrib.quant is mx.contrib.quantization
        assert callable(mx.contrib.tensorboard.LogMetricsCallback)
        assert callable(mx.onnx.export_model)
        data = mx.gluon.data.DataLoader(mx.gluon.data.ArrayDataset([[1.0], [2.0]]), 2)
        assert len(list(mx.contrib.io.DataLoaderIter(data))) == 1

    @pytest.mark.skipif(importlib.util.find_spec("onnx") is not None, reason="onnx is there")
    def test_a_missing_package_is_told_by_mxnets_own_error(self):
        with pytest.raises(ImportError, match="Onnx and protobuf need to be installed"):
            mx.contrib.onnx.import_model("model.onnx")

    def test_submodules_and_names(self):
        assert answer(
            """
            import gluon_init
            import mxnet.contrib.onnx.onnx2mx.import_model as deep
            from mxnet.contrib.text.vocab import Vocabulary
            from mxnet.test_utils import *
            import mxnet as mx
            assert mx.contrib.onnx.onnx2mx.import_model is deep
            answer = Vocabulary.__module__, default_context().device_type
            """
        ) == ["mxnet.contrib.text.vocab", "cpu"]

    def test_a_submodule_that_is_imported_first_is_loaded_once(self):
        assert (
            answer(
                """
            import gluon_init, importlib.machinery, sys
            import mxnet as mx
            from gluon_init._compat import install
            own, loaded = install._Loader._run, []
            def run(loader, module):
                loaded.append(module.__name__)
                own(loader, module)
            install._Loader._run = run
            import mxnet.contrib.text.embedding as embedding
            import mxnet.contrib.onnx.onnx2mx.import_to_gluon
            import mxnet.onnx.mx2onnx
            assert mx.contrib.text.embedding is embedding
            assert mx.contrib.text.embedding.vocab is mx.contrib.text.vocab
            assert "import_model" in dir(mx.contrib.onnx) and mx.onnx.export_model
            assert type(mx.contrib.text) is type(mx.contrib.onnx) is type(mx.onnx) is type(sys)
            assert mx.contrib.text.__doc__
            answer = sorted(name for name in loaded if loaded.count(name) > 1)
            """
            )
            == []
        )

    def test_what_is_set_or_deleted_stays_so(self):
        assert answer(
            """
            import gluon_init
            import mxnet as mx
            mx.test_utils.default_dtype = "mine"
            del mx.contrib.io.DataLoaderIter
            answer = mx.test_utils.default_dtype, hasattr(mx.contrib.io, "DataLoaderIter")
            """
        ) == ["mine", False]

    def test_reload(self):
        assert answer(
            """
            import gluon_init, importlib
            import mxnet as mx
            for module in (mx.test_utils, mx.contrib.text, mx.model):
                assert importlib.reload(module) is module
            old = mx.test_utils.default_context
            importlib.reload(mx.test_utils)
            answer = [mx.test_utils.default_context is not old, mx.model.FeedForward.__name__,
                      type(mx.test_utils).__name__]
            """
        ) == [True, "FeedForward", "module"]

    def test_requests(self):
        import requests

        assert mx.gluon.utils.requests.get is requests.get
        assert mx.gluon.utils.requests.__spec__ is requests.__spec__
        assert "Session" in dir(mx.gluon.utils.requests)
        with pytest.raises(AttributeError, match="no_such_name"):
            _ = mx.gluon.utils.requests.no_such_name

    def test_scipys_matrices(self):
        import scipy.sparse

        matrix = scipy.sparse.csr_matrix([[0, 1.0], [2.0, 0]])
        assert mx.nd.sparse.csr_matrix(matrix).stype == "csr"
        assert mx.nd.array(matrix).stype == "csr"
        assert mx.nd.array(matrix.tocoo().toarray()).stype == "default"
        there_and_back = mx.nd.sparse.array(matrix).asscipy()
        assert type(there_and_back) is scipy.sparse.csr_matrix
        assert (there_and_back != matrix).nnz == 0


class TestFeedForward:
    def test_is_an_estimator_of_scikit_learn(self):
        base = pytest.importorskip("sklearn.base")
        kind = mx.model.FeedForward
        assert kind.__mro__[1] is mx.model.BASE_ESTIMATOR is mx.model.BaseEstimator
        assert issubclass(kind, base.BaseEstimator)
        assert (kind.__module__, kind.__qualname__) == ("mxnet.model", "FeedForward")
        assert pickle.loads(pickle.dumps(kind)) is kind
        with pytest.warns(DeprecationWarning, match="mxnet.mod.Module"):
            model = kind(mx.sym.var("x") * 2, num_epoch=1, learning_rate=0.5)
        assert model.kwargs == {"learning_rate": 0.5}

    @pytest.mark.parametrize("use", ["mx.model.FeedForward", "dir(mx.model)", "vars(mx.model)"])
    def test_is_there_however_one_asks(self, use):
        pytest.importorskip("sklearn.base")
        assert answer(
            f"""
            import gluon_init, sys
            import mxnet as mx
            before = "sklearn" in sys.modules, "FeedForward" in object.__getattribute__(
                mx.model, "__dict__")
            {use}
            answer = [*before, "sklearn" in sys.modules, "FeedForward" in mx.model.__dict__]
            """
        ) == [False, False, True, True]

    def test_star_import_brings_it(self):
        assert (
            answer(
                """
                import gluon_init
                from mxnet.model import *
                answer = FeedForward.__name__
                """
            )
            == "FeedForward"
        )

    @pytest.mark.parametrize("broken", ["absent", "unable to import"])
    def test_without_scikit_learn(self, broken, tmp_path):
        (tmp_path / "sklearn").mkdir()
        (tmp_path / "sklearn" / "__init__.py").write_text("raise ImportError('broken')")
        hidden = "sys.modules['sklearn'] = None" if broken == "absent" else "pass"
        assert answer(
            f"""
            import sys
            {hidden}
            import gluon_init
            import mxnet as mx
            answer = (mx.model.FeedForward.__bases__ == (object,), mx.model.SKLEARN_INSTALLED,
                      mx.model.BASE_ESTIMATOR is object, hasattr(mx.model, "BaseEstimator"))
            """,
            PYTHONPATH=str(tmp_path),
        ) == [True, False, True, False]


class TestMissingPackages:
    def test_without_scipy_arrays_work_and_conversions_say_so(self):
        assert answer(
            """
            import sys
            sys.modules["scipy"] = None
            import gluon_init
            import mxnet as mx
            assert mx.nd.array([1, 2]).sum().asscalar() == 3
            matrix = mx.nd.sparse.csr_matrix(([1.0], [0], [0, 1]), shape=(1, 2))
            try:
                matrix.asscipy()
            except ImportError as error:
                answer = str(error)
            """
        ).startswith("scipy could not be imported")

    def test_without_requests_mxnet_cannot_start_as_ever(self):
        result = python("import sys; sys.modules['requests'] = None; import gluon_init, mxnet")
        assert result.returncode == 1
        assert "ModuleNotFoundError: import of requests halted" in result.stderr

    def test_a_folder_that_is_left_is_not_mxnet(self, tmp_path):
        (tmp_path / "mxnet" / "__pycache__").mkdir(parents=True)
        with pytest.raises(ModuleNotFoundError, match="MXNet is not installed"):
            install._Finder().find_spec("mxnet", [str(tmp_path)])

    def test_which_build_is_there_is_told_by_folders(self, tmp_path, monkeypatch):
        for name in ("mxnet_cu117-1.9.1.dist-info", "mxnet_tools-1.0.dist-info", "mxnet"):
            (tmp_path / name).mkdir()
        monkeypatch.setattr(sys, "path", [str(tmp_path), str(tmp_path / "absent")])
        assert cuda.builds() == ["mxnet-cu117"]


def test_bytecode_that_is_there_is_read_where_none_is_written(tmp_path, monkeypatch):
    source = tmp_path / "module.py"
    source.write_text("found = 3")
    py_compile.compile(str(source))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    loader = install._Loader("mxnet.module", str(source), install._Finder())
    monkeypatch.setattr(loader, "source_to_code", None)
    names = {}
    exec(loader.get_code("mxnet.module"), names)
    assert names["found"] == 3
