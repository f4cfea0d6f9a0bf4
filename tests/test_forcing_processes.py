"""force_init among threads, in copies of the process, and when it is interrupted."""

import pytest
from forced import finished

OWN = """
class Own(mx.init.Initializer):
    def _init_weight(self, name, array):
        array[:] = mx.nd.random.normal(shape=array.shape)
"""


class TestThreads:
    def test_several_may_force_their_own_nets(self):
        program = (
            OWN
            + """
def work(seed):
    for _ in range(8):
        gi.force_init(nn.Dense(3, in_units=4), seed=seed, init=Own())
threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print("done")
"""
        )
        assert finished(program) == "done\n"

    @pytest.mark.parametrize("init", ["mx.init.Normal()", "Own()"])
    @pytest.mark.parametrize("again", [False, True], ids=["once", "anew"])
    def test_several_may_force_one_net(self, init, again):
        program = f"""
import sys
sys.setswitchinterval(1e-5)
def make():
    net = nn.HybridSequential()
    for _ in range(6):
        net.add(nn.Dense(30), nn.BatchNorm())
    return net
def force(net):
    return gi.force_init(net, (1, 7), init={init}, seed=3, force_reinit={again})
def found(net):
    parameters = net._collect_params_with_prefix().items()
    return [(path, p.data().asnumpy().tobytes(), p.grad_req == "null" or p.grad().asnumpy().any())
            for path, p in parameters]
expected = found(force(make()))
failures = []
def work(net, barrier):
    try:
        barrier.wait()
        force(net)
    except BaseException as error:
        failures.append(error)
for _ in range({4 if init == "Own()" else 15}):
    net, barrier = make(), threading.Barrier(4)
    threads = [threading.Thread(target=work, args=(net, barrier)) for _ in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert not failures, failures
    assert found(net) == expected
    assert {{row.state for row in gi.summary(net).rows}} == {{
        "re-initialized" if {again} else "initialized"}}
    assert len(net(mx.nd.ones((2, 7)))) == 2
print("done")
"""
        assert finished(OWN + program) == "done\n"

    def test_a_copy_made_while_another_thread_forces_can_force(self):
        program = """
import os
begun = threading.Event()
def listen(fill):
    begun.set()
    time.sleep(1)
from gluon_init._gluon.fills import listening
def work():
    with listening(listen, untouched=False):
        gi.force_init(nn.Dense(3, in_units=4), seed=1)
thread = threading.Thread(target=work)
thread.start()
begun.wait()
child = os.fork()
if child == 0:
    gi.force_init(nn.Dense(3, in_units=4), seed=1)
    os._exit(7)
_, status = os.waitpid(child, 0)
thread.join()
print(os.waitstatus_to_exitcode(status))
"""
        assert finished(program) == "7\n"

    def test_an_initializer_may_force_another_net(self):
        program = """
class Asking(mx.init.Initializer):
    def _init_weight(self, name, array):
        array[:] = gi.force_init(nn.Dense(3, in_units=4), seed=1).weight.data()
net = gi.force_init(nn.Dense(3, in_units=4), init=Asking())
print(net.weight.data().shape)
"""
        assert finished(program) == "(3, 4)\n"

    def test_one_that_never_leaves_mxnet_is_told(self):
        program = (
            OWN
            + """
from gluon_init import _fork
_fork.PATIENCE = 0.5
a = mx.nd.ones((1000, 1000))
def train():
    while True:
        mx.nd.dot(a, a).wait_to_read()
threading.Thread(target=train, daemon=True).start()
time.sleep(0.2)
net = nn.Dense(3, in_units=4)
try:
    for seed in range(100):
        gi.force_init(net, seed=seed, init=Own(), force_reinit=True)
        net.weight._data = None
except gi.InitError as error:
    print(error, flush=True)
assert net.weight._data is None
import os
os._exit(0)
"""
        )
        assert "Another thread has been at work in MXNet" in finished(program)

    def test_large_draws_work_while_python_ends(self):
        program = """
def late():
    time.sleep(0.5)
    net = gi.force_init(nn.Dense(1500, in_units=1500), seed=1)
    print(float(net.weight.data().abs().mean().asscalar()) > 0)
threading.Thread(target=late).start()
"""
        assert finished(program) == "True\n"


class TestInterrupts:
    def test_leave_the_net_as_it_was(self):
        program = """
import random, signal
net = nn.HybridSequential()
for _ in range(60):
    net.add(nn.Dense(4))
    net[-1].register_forward_hook(print)
gi.force_init(net, (2, 4), seed=1)  # its modules are loaded before an interrupt can break an import
draw, interrupts = random.Random(0), 0
def stop(*_):
    raise KeyboardInterrupt
signal.signal(signal.SIGALRM, stop)
for _ in range(200):
    try:
        signal.setitimer(signal.ITIMER_REAL, draw.uniform(1e-4, 8e-3))
        gi.force_init(net, (2, 4), seed=1, force_reinit=True)
        signal.setitimer(signal.ITIMER_REAL, 0)
    except KeyboardInterrupt:
        interrupts += 1
    for layer in net._children.values():
        assert len(layer.__dict__["_forward_hooks"]) == 1
        assert "_children" in layer.__dict__
assert interrupts > 10, interrupts
print("done")
"""
        assert finished(program) == "done\n"
