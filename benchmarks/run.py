"""Side by side with what a user would use instead. `make bench` runs it; NAME=... only one part.

Each line is measured in a process of its own, the best of several runs, on this machine. PyTorch
and torchinfo are no part of the environment; where they are installed (in the interpreter that
TORCH_PYTHON names, or this one) they are measured too. So is MXNet as it was released, where
MXNET38_PYTHON names a Python 3.8 that has it.
"""

import json
import os
import statistics
import subprocess
import sys
import textwrap
import time
from pathlib import Path

from tabulate import tabulate

TORCH_PYTHON = os.environ.get("TORCH_PYTHON", sys.executable)
MXNET38_PYTHON = os.environ.get("MXNET38_PYTHON")
HEAD = """
import json, os, resource, sys, time
def best(function, times=3):
    found = []
    for _ in range(times):
        start = time.perf_counter(); function(); found.append(time.perf_counter() - start)
    return min(found)
def tell(**values):
    print("\\n" + json.dumps(values))
"""
MXNET = """
import gluon_init as gi, mxnet as mx, numpy as np
from mxnet.gluon import nn
from mxnet.gluon.model_zoo import vision
"""
NETS = {"resnet152_v1": 224, "vgg16": 224, "inceptionv3": 299}
TORCH_NETS = {"resnet152_v1": "resnet152", "vgg16": "vgg16", "inceptionv3": "inception_v3"}


def measure(program, python=sys.executable):
    """Runs a program in a process of its own; its last line, or None where a package is missing."""
    text = HEAD + textwrap.dedent(program)
    done = subprocess.run([python, "-c", text], capture_output=True, text=True, check=False)
    if done.returncode:
        if "ModuleNotFoundError" in done.stderr:
            return None
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout.strip().splitlines()[-1])


def best_of(times, program, python=sys.executable):
    """The same program in several processes, each new to the net: the fastest one's line."""
    found = [measure(program, python) for _ in range(times)]
    return None if None in found else min(found, key=lambda line: line["seconds"])


def seconds(found, key="seconds"):
    return "not installed" if found is None else f"{found[key]:.3f}"


def show(title, rows, headers):
    print(f"\n## {title}\n")
    print(tabulate(rows, headers=headers, tablefmt="github", disable_numparse=True), flush=True)


def shapes():
    """infer_shapes and summary against what prints a net's shapes today; resnet152_v1."""
    ready = MXNET + "net = vision.resnet152_v1(); shape = (1, 3, 224, 224)\n"
    quiet = """
import io, contextlib
def silent(function):
    with contextlib.redirect_stdout(io.StringIO()):
        function()
"""
    block = """
    net.initialize(); x = mx.nd.zeros(shape)
    def fresh():
        other = vision.resnet152_v1()
        other.initialize(); silent(lambda: other.summary(x)); mx.nd.waitall()
    def warm():
        silent(lambda: net.summary(x)); mx.nd.waitall()
    first = best(fresh, 1); net(x); tell(first=first, seconds=best(warm))
    """
    viz = """
    symbol = net(mx.sym.var("data"))
    tell(seconds=best(lambda: silent(lambda: mx.viz.print_summary(symbol, {"data": shape}))))
    """
    torchinfo = """
    import torch, torchvision, torchinfo
    net = torchvision.models.resnet152()
    tell(seconds=best(lambda: str(torchinfo.summary(net, (1, 3, 224, 224), verbose=0))))
    """
    ours = [(name, measure(ready + f"tell(seconds=best(lambda: gi.{call}))"))
            for name, call in (("gi.infer_shapes", "infer_shapes(net, shape)"),
                               ("gi.summary, given a shape", "summary(net, shape)"))]  # fmt: skip
    summary = measure(ready + quiet + textwrap.dedent(block))
    rows = [(name, seconds(found)) for name, found in ours]
    rows += [
        ("Block.summary, of a net as it is defined", seconds(summary, "first")),
        ("Block.summary, of a net that is initialized", seconds(summary)),
        ("mx.viz.print_summary", seconds(measure(ready + quiet + textwrap.dedent(viz)))),
        ("torchinfo, on PyTorch's resnet152", seconds(measure(torchinfo, TORCH_PYTHON))),
    ]
    show("All shapes of resnet152, seconds", rows, ["what", "seconds"])


def depth():
    """Chains of Dense: linear in depth?"""
    rows = []
    for layers in (100, 1000, 10_000):
        program = (
            MXNET
            + f"""
net = nn.HybridSequential()
net.add(*(nn.Dense(4) for _ in range({layers})))
tell(
    seconds=best(lambda: gi.infer_shapes(net, (1, 4)), 2),
    summary=best(lambda: gi.summary(net, (1, 4)), 2),
)
"""
        )
        found = measure(program)
        rows.append((layers, seconds(found), f"{found['seconds'] / layers * 1e6:.0f}",
                     seconds(found, "summary")))  # fmt: skip
    headers = ["layers", "infer_shapes, s", "us a layer", "summary, s"]
    show("Chains of Dense layers", rows, headers)


def tracer():
    """The same initialization with and without the trace; resnet152_v1."""
    rows = []
    for name, before in (("no trace", "contextlib.nullcontext()"),
                         ("trace_init, statistics=False", "gi.trace_init(net, statistics=False)"),
                         ("trace_init", "gi.trace_init(net)")):  # fmt: skip
        program = (
            MXNET
            + f"""
import contextlib
x = mx.nd.zeros((1, 3, 64, 64))
def run():
    net = vision.resnet152_v1()
    with {before}:
        net.initialize(mx.init.Normal()); net(x); mx.nd.waitall()
run()
tell(seconds=best(run, 4))
"""
        )
        rows.append((name, seconds(measure(program))))
    show("Initializing resnet152 and one forward pass, seconds", rows, ["what", "seconds"])


def ready():
    """A deferred net made ready: force_init, the tutorial's sample, PyTorch building the same."""
    rows = []
    for name, size in NETS.items():
        start = MXNET + f"net = vision.get_model({name!r}); shape = (1, 3, {size}, {size})\n"
        force = """
init = mx.init.Normal()
gi.force_init(nn.Dense(2), (1, 2), seed=1)
def rss(): return int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize()
before = rss()
start = time.perf_counter(); gi.force_init(net, shape, init=init, seed=3); end = time.perf_counter()
size = sum(p.data().size * 4 * (1 + (p.grad_req != "null")) for p in net.collect_params().values())
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
tell(seconds=end - start, memory=(peak - before) / size)
"""
        sample = """
start = time.perf_counter()
net.initialize(mx.init.Normal()); net(mx.nd.zeros(shape)); mx.nd.waitall()
tell(seconds=time.perf_counter() - start)
"""
        torch = f"""
import torch, torchvision
torchvision.models.resnet18()
more = dict(init_weights=True) if {name!r} == "inceptionv3" else {{}}
start = time.perf_counter()
getattr(torchvision.models, {TORCH_NETS[name]!r})(**more)
tell(seconds=time.perf_counter() - start)
"""
        ours, theirs = best_of(3, start + force), best_of(3, start + sample)
        torchs = best_of(3, torch, TORCH_PYTHON)
        rows.append((name, seconds(ours), seconds(theirs),
                     f"{theirs['seconds'] / ours['seconds']:.1f}",
                     seconds(torchs), f"{ours['memory']:.2f}"))  # fmt: skip
    show(
        "A deferred net made ready, seconds", rows,
        ["net", "gi.force_init(seed=)", "initialize and a sample", "times", "PyTorch builds it",
         "peak memory / (values + gradients)"],
    )  # fmt: skip


def draws():
    """60 million numbers by each generator, and what only writing them costs."""
    start = MXNET + "a = mx.nd.zeros((6000, 10000)); mx.nd.waitall()\n"
    rows = []
    for name, init in (("normal", "mx.init.Normal(0.01)"), ("uniform", "mx.init.Uniform()"),
                       ("MyInit", "gi.MyInit()")):  # fmt: skip
        mxnet = measure(
            start
            + f"""
init = {init}
def run(): init._init_weight("weight", a); a.wait_to_read()
tell(seconds=best(run))
"""
        )
        ours = measure(
            start
            + f"""
init = gi.Seeded({init}, 3)
tell(seconds=best(lambda: init._init_weight("weight", a)))
"""
        )
        call = {"normal": "normal_(0, 0.01)", "uniform": "uniform_(-0.07, 0.07)"}.get(name)
        torch = (
            measure(
                f"""
import torch
a = torch.zeros(6000, 10000)
tell(seconds=best(lambda: a.{call}))
""",
                TORCH_PYTHON,
            )
            if call
            else {}
        )
        rows.append((name, seconds(ours), seconds(mxnet),
                     f"{mxnet['seconds'] / ours['seconds']:.1f}",
                     seconds(torch) if call else "-"))  # fmt: skip
    fill = measure("import numpy as np\na = np.ones(60_000_000, np.float32)\n"
                   "tell(seconds=best(lambda: a.fill(2)))")  # fmt: skip
    rows.append(("memory fill", seconds(fill), "-", "-", "-"))
    show("60 million numbers, seconds", rows, ["law", "gi.Seeded", "MXNet", "times", "PyTorch"])


def time_of_start(program, python):
    """Seconds until a program of imports has ended, and the processor's seconds."""
    surroundings = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    began = time.perf_counter()
    process = subprocess.Popen([python, "-c", program], env=surroundings)
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    if status:
        raise RuntimeError(f"{python} cannot run: {program}")
    return seconds, used.ru_utime + used.ru_stime


def start(times=9):
    """Starting, with bytecode cached: each import in turn, so that all meet the same machine."""
    lines = {
        "import numpy": ("import numpy", sys.executable),
        "import gluon_init": ("import gluon_init", sys.executable),
        "import gluon_init, mxnet": ("import gluon_init, mxnet", sys.executable),
    }
    if MXNET38_PYTHON:
        lines["import mxnet, as released"] = ("import mxnet", MXNET38_PYTHON)
    for line in lines.values():
        time_of_start(*line)  # makes the bytecode
    found = {name: [] for name in lines}
    for _ in range(times):
        for name, line in lines.items():
            found[name].append(time_of_start(*line))
    rows = []
    for name, measured in found.items():
        seconds, used = (
            f"{statistics.median(column):.2f}" for column in zip(*measured, strict=True)
        )
        rows.append((name, seconds, used, f"{min(measured)[0]:.2f}"))
    headers = ["what", "median seconds", "of the processor", "least seconds"]
    show("Starting", rows, headers)


def classroom():
    """A hundred submissions graded, and what the sandbox costs; the kernels' warnings left out."""
    script = Path(__file__).with_name("classroom.py")
    command = [sys.executable, script]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                          check=True)  # fmt: skip
    print(f"\n## Grading\n\n{done.stdout}", flush=True)


PARTS = {f.__name__: f for f in (start, shapes, depth, tracer, ready, draws, classroom)}

if __name__ == "__main__":
    chosen = os.environ.get("NAME") or None
    if chosen and chosen not in PARTS:
        sys.exit(f"make bench: NAME is {chosen!r}, but the parts are {list(PARTS)}.")
    for name, part in PARTS.items():
        if chosen in (None, name):
            part()
