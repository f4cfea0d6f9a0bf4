"""What a Module is given for its parameters, and how its symbol is bound."""

from __future__ import annotations

import glob
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import mxnet as mx

from .._gluon.symbol_blocks import states_of
from ..results.text import shape_text, some
from .cases import Cases
from .finding import Finding
from .of_iterators import bound_module, labels_of, shape_in
from .of_old_rnn import in_another_form
from .scene import Scene

CASES = Cases()


# ---------------------------------------------------------------------------------------------
# Values by name


@CASES.when(r"^(\S+) is not presented$")
def _missing(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    module, name = bound_module(scene), match[1]
    if module is None:
        return [Finding(
            name, "of the symbol, and not in what is given",
            "The values come from another symbol, or from a part of this one.",
            "module.init_params(mx.init.Xavier(), arg_params=..., aux_params=..., "
            "allow_missing=True) draws what is missing, in a module without values.",
        )]  # fmt: skip
    own, given = _own(scene, module), _given(scene)
    states = module.symbol.list_auxiliary_states()
    if name in given:
        kind, right = ("a state", "aux_params") if name in states else ("a weight", "arg_params")
        return [Finding(
            name, f"{kind}, and not in {right}, but in the other dictionary",
            "Module keeps weights and auxiliary states (a BatchNorm's means) apart.",
            _in_its_place(right),
        )]  # fmt: skip
    lacking = [one for one in own if one not in given]
    formed = _as_in_a_file(given) or in_another_form(lacking, given)
    if formed is not None:
        return [formed]
    labels = [one for one in lacking if one in labels_of(module.symbol)]
    if labels:
        return [_label_for_a_parameter(labels)]
    extra = [] if _is_in_a_chain(scene) else [one for one in given if one not in own]
    where = "aux_params" if set(lacking) <= set(states) else "arg_params"
    renamed = _renamed({one: own[one] for one in lacking}, {one: given[one] for one in extra})
    whole = {one.rpartition("_")[0] for one in lacking}
    halves = whole & {one.rpartition("_")[0] for one in given}
    if renamed and not halves and not set(lacking) & set(states):
        return [_other_names(renamed)]
    why = f"What is given has {some(extra)} instead." if extra else "All else is given."
    if where == "aux_params":
        why = "Auxiliary states (a BatchNorm's means) are saved and given apart from the weights."
    return [Finding(
        some(lacking), f"of the symbol, and not in {where}", why,
        _filling(scene, where == "aux_params"),
    )]  # fmt: skip


def _in_its_place(right: str) -> str:
    """How what stands in one of the two dictionaries comes into the other, which is right."""
    step = "module.set_params(*other.get_params()) gives both as they are."
    wrong = "arg_params" if right == "aux_params" else "aux_params"
    names = "auxiliary_states" if right == "aux_params" else "arguments"
    return (
        f"{step} Of values that came from elsewhere: {right} = {{**{right}, **{{name: "
        f"{wrong}.pop(name) for name in module.symbol.list_{names}() if name in {wrong}}}}}."
    )


def _renamed(lacking: Mapping[str, Any], extra: Mapping[str, Any]) -> dict[str, str]:
    """New name → old, where layers have been renamed: one of the same shape and ending for each."""
    pairs: dict[str, str] = {}
    for name, array in lacking.items():
        ending = name.rpartition("_")[2]
        same = [old for old, other in extra.items()
                if old.rpartition("_")[2] == ending and other.shape == array.shape
                and old not in pairs.values()]  # fmt: skip
        if len(same) != 1:
            return {}
        pairs[name] = same[0]
    return pairs


def _other_names(renamed: Mapping[str, str]) -> Finding:
    moved = ", ".join(f"{new!r}: arg_params.pop({old!r})" for new, old in renamed.items())
    return Finding(
        some(list(renamed)), f"of the symbol, and called {some(list(renamed.values()))} in what is "
        f"given",
        "The shapes are the same; only the names of the layers differ. allow_missing=True would "
        "leave these values out, and say nothing.",
        f"arg_params = {{{moved}, **arg_params}}; then the same call. Or give the layers their "
        f"former names.",
    )  # fmt: skip


def _as_in_a_file(given: Mapping[str, Any]) -> Finding | None:
    """Names with the marks that a checkpoint's file has, as mx.nd.load returns them."""
    marked = [name for name in given if name.startswith(("arg:", "aux:"))]
    if not marked:
        return None
    return Finding(
        some(marked), "named as in a file, with arg: and aux: before the names",
        "mx.nd.load returns a file as it is, weights and auxiliary states together. Without their "
        "marks they are two dictionaries.",
        "arg_params, aux_params = ({name[4:]: array for name, array in arrays.items() if "
        "name.startswith(mark)} for mark in ('arg:', 'aux:')), arrays being what is given now; "
        "then the same call with both.",
    )  # fmt: skip


def _label_for_a_parameter(labels: Sequence[str]) -> Finding:
    return Finding(
        some(labels), "a label that Module takes for a parameter",
        "It is the label of a loss in the symbol, and not in label_names. No file has its values.",
        f"mx.mod.Module(symbol, label_names={list(labels)!r}, ...); to predict, it needs no shape: "
        f"module.bind(data_shapes, for_training=False).",
    )  # fmt: skip


def _is_in_a_chain(scene: Scene) -> bool:
    """Whether all that is given is for several modules, of which this is one."""
    return scene.owner(mx.mod.SequentialModule) is not None


def _filling(scene: Scene, states: bool) -> str:
    """How what is missing gets values: it keeps those that are there, or is drawn."""
    first = "Give both, as module.get_params() returns them. Else " if states else ""
    given = "arg_params=arg_params, aux_params=aux_params, allow_missing=True)"
    if "fit" in [called for called, _ in scene.frames]:
        return f"{first}module.fit(..., {given} draws what is missing."
    keeps = "what is missing keeps the values that this Module has now."
    if not bound_module(scene).params_initialized:
        return f"{first}module.init_params(mx.init.Xavier(), {given} draws what is missing."
    if _is_in_a_chain(scene):  # allow_missing=True brings older values back, from before training
        return (
            f"{first}args, auxs = module.get_params(); module.set_params({{**args, **arg_params}}, "
            f"{{**auxs, **aux_params}}): {keeps}"
        )
    return (
        f"{first}module.set_params(arg_params, aux_params, allow_missing=True, allow_extra=True): "
        f"{keeps}"
    )


@CASES.when(r'Find name "?([^"\s]+)"? that is not in the (arguments|auxiliary states)')
def _extra(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    executor = scene.owner(mx.executor.Executor)
    own = {**executor.arg_dict, **executor.aux_dict} if executor is not None else {}
    if match[1] in own:
        right = "aux_params" if match[1] in executor.aux_dict else "arg_params"
        return [Finding(
            match[1], f"of the symbol, and given in the wrong dictionary: it is one of {right}",
            "Module keeps weights and auxiliary states (a BatchNorm's means) apart.",
            _in_its_place(right),
        )]  # fmt: skip
    marked = _as_in_a_file({match[1]: None, **_given(scene)})
    if marked is not None:
        return [marked]
    extra = [name for name in _given(scene) if name not in own] or [match[1]]
    step = "module.set_params(arg_params, aux_params, allow_missing=True, allow_extra=True)"
    if executor is not None and bound_module(scene) is None:
        step = "executor.copy_params_from(arg_params, aux_params, allow_extra_params=True)"
    return [Finding(
        some(extra), "given, and not of the symbol",
        "The values come from another symbol, or from more of it. What came before is set already.",
        f"{step} leaves out what the symbol does not have.",
    )]  # fmt: skip


# ---------------------------------------------------------------------------------------------
# Shapes of values


@CASES.when(r"Incompatible attr in node  at 0-th output: expected \[([\d,]*)\], got \[([\d,]*)\]")
def _other_shape(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    """Values that are copied into a parameter of another shape."""
    called = [name for name, _ in scene.frames]
    module = bound_module(scene)
    if module is None or not {"_impl", "copy_params_from"} & set(called):
        return []
    return [_values(scene, module, shape_in(match[1]), shape_in(match[2]))]


def _values(scene: Scene, module: Any, given: tuple[int, ...], there: tuple[int, ...]) -> Finding:
    """Values of parameters that have another shape than the symbol's."""
    name = str(scene.local("_impl", "name") or scene.local("copy_params_from", "name"))
    own, values = _own(scene, module), _given(scene)
    others = [one for one in values if one in own and values[one].shape != own[one].shape]
    others = sorted({name, *others})
    states = [one for one in states_of(module.symbol) if one in others]
    if states:
        return _states(module, states)
    return Finding(
        some(others), f"of another shape in what is given: {name} is {shape_text(given)} there, "
        f"and {shape_text(there)} in this Module",
        "Either a layer has another size than the one that learned these values, or the data have "
        "another width.",
        f"Make the layers, and the data_shapes of bind, as they were when the values were learned. "
        f"To learn these anew: [arg_params.pop(name) for name in {others!r}]; module.init_params("
        f"mx.init.Xavier(), arg_params=arg_params, aux_params=aux_params, allow_missing=True, "
        f"force_init=True).",
    )  # fmt: skip


def _states(module: Any, states: Sequence[str]) -> Finding:
    """States of recurrent operators, given among the parameters."""
    names = states_of(module.symbol)
    return Finding(
        some(states),
        "states that Module takes for parameters, given in another shape",
        "It is where a recurrent operator begins, an array for each layer and sample. Its shape "
        "goes with the batch.",
        f"module = mx.mod.Module(symbol, data_names={module.data_names!r}, "
        f"label_names={module.label_names!r}, state_names={names!r}), and [arg_params.pop(name, "
        f"None) for name in {names!r}]: Module keeps them, as zeros until set_states.",
    )


def _own(scene: Scene, module: Any) -> dict[str, Any]:
    """The arrays of the Module's parameters and auxiliary states."""
    executor = scene.owner(mx.executor.Executor)
    if executor is not None:
        return {**executor.arg_dict, **executor.aux_dict}
    return {**(module._arg_params or {}), **(module._aux_params or {})}  # noqa: SLF001


def _given(scene: Scene) -> dict[str, Any]:
    """The values that were given for them."""
    call = "copy_params_from" if scene.local("copy_params_from", "arg_params") else "init_params"
    return {**(scene.local(call, "arg_params") or {}), **(scene.local(call, "aux_params") or {})}


# ---------------------------------------------------------------------------------------------
# Files


@CASES.when(r'Open "(.+?)-(symbol\.json|\d+\.params)": No such file or directory')
def _no_checkpoint(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    if not {"load_checkpoint", "load_params"} & {name for name, _ in scene.frames}:
        return []
    prefix, what = Path(match[1]), match[2]
    there = sorted(prefix.parent.glob(f"{glob.escape(prefix.name)}-*.params"))
    epochs = [str(int(one.stem[-4:])) for one in there if one.stem[-4:].isdigit()]
    step = f"Of the prefix {str(prefix)!r} there are the epochs {some(epochs)}."
    if not epochs or what == "symbol.json":
        step = "Give the prefix that module.save_checkpoint(prefix, epoch) had, with its folder."
    return [Finding(
        f"{match[1]}-{what}", "a file that is not there",
        "A checkpoint is two files, prefix-symbol.json and prefix-0001.params with the epoch. A "
        "relative name is looked for in the folder in which Python runs.", step,
    )]  # fmt: skip


@CASES.when(r"No such file or directory: '(.*)'", file="module/module.py")
def _no_states(scene: Scene, match: re.Match[str]) -> Sequence[Finding]:
    return [Finding(
        match[1], "a file that is not there",
        "The optimizer's states are saved only where they are asked for.",
        "module.save_checkpoint(prefix, epoch, save_optimizer_states=True) when it is saved. "
        "Without them, load_optimizer_states=False: the weights are the same, and momentum begins "
        "anew.",
    )]  # fmt: skip
