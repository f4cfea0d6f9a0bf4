"""How the library is built, held so: floors, one seam to Gluon, rooms with their sentences."""

import ast
import dataclasses
import html
import importlib
import inspect
import re
import typing

import gluon_init as gi
from gluon_init._gluon import paths

import mxnet as mx
import pytest
from mxnet import gluon
from mxnet.gluon import nn

from tools import house

LIBRARY, ROOT = house.LIBRARY, house.ROOT
README = house.README.read_text()

FLOOR = {room: number for number, rooms in enumerate(house.FLOORS, 1) for room in rooms}
FILES = house.files()
MODULES = house.modules()


@pytest.mark.parametrize("file", FILES, ids=lambda file: "/".join(house.name_of(file)))
def test_imports_run_down(file):
    room = house.name_of(file)[0]
    assert room in FLOOR, f"{room} has no floor: give it one in FLOORS"
    climbing = {
        ".".join(target)
        for target in house.imported(file)
        if target and target[0] in FLOOR and FLOOR[target[0]] > FLOOR[room]
    }
    assert climbing == set(), f"{file.relative_to(ROOT)} climbs to {sorted(climbing)}"


def circles(graph):
    """Groups of names that import one another, however deferred."""
    found, index, low, stack = [], {}, {}, []

    def visit(name):
        index[name] = low[name] = len(index)
        stack.append(name)
        for target in graph[name]:
            if target not in index:
                visit(target)
            if target in stack:
                low[name] = min(low[name], low[target])
        if low[name] == index[name]:
            at = stack.index(name)
            group = stack[at:]
            del stack[at:]
            if len(group) > 1:
                found.append(sorted(group))

    for name in graph:
        if name not in index:
            visit(name)
    return found


def test_no_modules_import_one_another():
    """A room's ``__init__`` hands on names and is left out: who imports the room, imports it."""
    inside = {name for name in MODULES if MODULES[name].name != "__init__.py"}
    graph = {
        name: {target for target in house.imported(MODULES[name]) if target in inside}
        for name in inside
    }
    assert circles(graph) == []


def test_no_rooms_import_one_another():
    graph = {room: set() for room in FLOOR}
    for name, file in MODULES.items():
        graph[name[0]] |= {t[0] for t in house.imported(file) if t and t[0] in graph} - {name[0]}
    assert circles(graph) == []


def test_a_public_name_stands_in_its_room_and_in_the_readme():
    rooms = {room: importlib.import_module(f"gluon_init.{room}") for room in gi._ROOMS}
    for room, names in gi._ROOMS.items():
        assert sorted(names) == sorted(rooms[room].__all__), room
        for name in names:
            assert getattr(gi, name) is getattr(rooms[room], name)
    assert sorted(gi.__all__) == sorted(name for names in gi._ROOMS.values() for name in names)
    typed = re.findall(r"^    from \.(\w+) import \*$", (LIBRARY / "__init__.py").read_text(), re.M)
    assert sorted(typed) == sorted(gi._ROOMS)
    table = README.split("## On your own net")[1].split("\n## ")[0]
    told = set(re.findall(r"`gi\.(\w+)", table))
    rows = {name for name in gi.__all__ if dataclasses.is_dataclass(getattr(gi, name))}
    untold = {"ArgumentError", "AuxiliaryOutput", "DeviceError", "ShapeError", "Table"}
    assert told == set(gi.__all__) - rows - untold, "the README's table and gi.__all__ differ"


def two_heads():
    label, output = mx.sym.var("label"), mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=2)
    return mx.sym.LinearRegressionOutput(output, label)


def ready():
    net = nn.HybridSequential()
    net.add(nn.Dense(4), nn.Dense(2))
    return gi.force_init(net, (1, 3), seed=1)


def traced():
    net = ready()
    with gi.trace_init(net) as trace:
        net.initialize(force_reinit=True)
    return trace


X = mx.nd.ones((2, 3))
RESULTS = {
    "check_distribution": lambda: gi.check_distribution("uniform", shape=(100, 100)),
    "check_labels": lambda: gi.check_labels(two_heads(), ["data"], ["label"]),
    "doctor": gi.doctor,
    "explain": lambda: gi.explain(nn.Dense(3)),
    "freeze": lambda: gi.freeze(ready(), "^0"),
    "gradient_shares": lambda: gi.gradient_shares(ready(), "0.weight", lambda out: out.sum(), X),
    "infer_shapes": lambda: gi.infer_shapes(ready(), (1, 3)),
    "load": lambda: gi.tied_groups(ready()),
    "reach": lambda: gi.reach(ready()),
    "signal_report": lambda: gi.signal_report(ready(), (5, 3)),
    "summary": lambda: gi.summary(ready()),
    "tied_groups": lambda: gi.tied_groups(gi.tie(nn_of_two_equal(), "1.weight", to="0.weight")),
    "trace_init": traced,
    "unfreeze": lambda: gi.unfreeze(ready(), "^0"),
}
"""What each public function tells; those that make, change or draw something tell nothing."""
TELL_NOTHING = {
    "device", "force_init", "googlenet", "head_metric", "inception_v3", "tie", "untie",
}  # fmt: skip


def nn_of_two_equal():
    net = nn.HybridSequential()
    net.add(nn.Dense(3), nn.Dense(3))
    return gi.force_init(net, (1, 3), seed=1)


def test_all_public_functions_are_looked_at():
    functions = {name for name in gi.__all__ if not isinstance(getattr(gi, name), type)}
    assert functions == {*RESULTS, *TELL_NOTHING}


@pytest.mark.parametrize("name", sorted(RESULTS))
def test_every_result_is_a_table_of_frozen_documented_rows(name):
    result = RESULTS[name]()
    assert isinstance(result, gi.Table)
    assert isinstance(result.rows, tuple)
    for row in result.rows:
        kind = type(row)
        assert dataclasses.is_dataclass(kind)
        assert getattr(gi, kind.__name__) is kind, "for type hints"
        assert kind.__dataclass_params__.frozen
        told = inspect.getdoc(kind).split("Attributes:")[1]
        for field in dataclasses.fields(kind):
            assert re.search(rf"\b{field.name}\b.*:", told), f"{kind.__name__}.{field.name}"
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(row, dataclasses.fields(kind)[0].name, None)
    assert str(result).isascii()
    assert len(result.to_frame()) == len(result.rows) == len(result)
    assert not re.search("<t[hd]>", result._repr_html_()), "each cell says how it is aligned"


def test_long_arguments_fit_a_terminal_and_the_rows_have_them_whole():
    xavier = mx.init.Xavier(rnd_type="gaussian", factor_type="in", magnitude=2.34)
    net = nn.HybridSequential()
    net.add(nn.Dense(4, weight_initializer=xavier), nn.Dense(2, weight_initializer=xavier))
    with gi.trace_init(net, statistics=False) as trace:
        net.initialize(gi.Seeded(gi.Mixture([(0.5, (5, 10)), (0.5, xavier)]), seed=12345678))
        net(X)
    for result in (gi.summary(net), trace):
        assert max(map(len, str(result).splitlines())) <= 100
        assert "..." in str(result)
        whole = "Xavier(rnd_type='gaussian', factor_type='in', magnitude=2.34)"
        assert whole in [row.initializer for row in result.rows]
        assert whole in html.unescape(result._repr_html_())


@pytest.mark.parametrize("folder", sorted({file.parent for file in FILES} - {LIBRARY}))
def test_each_package_says_what_it_is_for_what_it_never_does_and_where_to_begin(folder):
    if folder.name in ("mends", "lessons", "forward"):
        return
    text = ast.get_docstring(ast.parse((folder / "__init__.py").read_text()))
    assert re.search(r"\bnever\b", text), folder
    assert "Begin with ``" in text, folder
    for name in re.findall(r"``(\w+)\.py``", text):
        assert (folder / f"{name}.py").exists(), name


def test_the_readme_has_the_rooms_as_they_are():
    assert house.updated(README) == README, "run `make readme`"


@pytest.mark.parametrize("name", sorted({*RESULTS, *TELL_NOTHING}))
def test_public_signatures_name_mxnets_types(name):
    function = getattr(gi, name)
    hints = typing.get_type_hints(function)
    assert set(inspect.signature(function).parameters) <= set(hints)
    assert hints.get("net", gluon.Block) is gluon.Block
    assert "return" in hints


GLUONS = {
    "_data",
    "_grad",
    "_deferred_init",
    "_reg_params",
    "_children",
    "_active",
    "_params",
    "_var",
}


@pytest.mark.parametrize("file", FILES, ids=lambda file: "/".join(house.name_of(file)))
def test_gluons_private_attributes_are_read_in_one_place(file):
    """What ruff's SLF001 cannot see too: names in texts, for getattr and __dict__."""
    if house.name_of(file)[0] in ("_gluon", "_compat"):
        return
    tree = ast.parse(file.read_text())
    named = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)
             and not (isinstance(node.value, ast.Name) and node.value.id == "self")}  # fmt: skip
    texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)
             and isinstance(node.value, str)}  # fmt: skip
    assert (named | texts) & GLUONS == set(), file


def test_an_empty_result_has_the_same_fields():
    with gi.trace_init(nn.Dense(3)) as nothing:
        pass
    assert list(nothing.to_frame()) == list(traced().to_frame())
    ties = gi.tied_groups(nn.Dense(3)).to_frame()
    assert list(ties)[:2] == ["paths", "owner"]
    assert list(gi.Table((), ()).to_frame()) == []


@pytest.mark.parametrize(
    "look",
    [
        lambda net: gi.force_init(net, (1, 3), seed=1),
        lambda net: gi.summary(net, (1, 3)),
        lambda net: gi.infer_shapes(net, (1, 3)),
        lambda net: gi.explain(net, (1, 3)),
        gi.explain,
        gi.reach,
        lambda net: gi.freeze(net, "^0"),
    ],
    ids=["force_init", "summary", "infer_shapes", "explain", "explain bare", "reach", "freeze"],
)
def test_a_net_is_looked_at_once(look, monkeypatch):
    looks, own = [], paths.sites
    monkeypatch.setattr(paths, "sites", lambda net: looks.append(net) or own(net))
    net = nn.HybridSequential()
    net.add(nn.Dense(4), nn.Dense(2))
    look(net)
    assert looks == [net]
