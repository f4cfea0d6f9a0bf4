"""Each of the messages of MXNet's autograd: made for real, and followed."""

import re

import gluon_init as gi

import mxnet as mx
import mxnet_places
import numpy as np
import pytest
from explained import X, failing, says
from mxnet import autograd
from mxnet.gluon import nn

pytestmark = pytest.mark.usefixtures("named_alike")


def dense():
    net = nn.HybridSequential()
    net.add(nn.Dense(3))
    net.initialize()
    net(X)
    return net


class TestGraphs:
    def test_nothing_was_recorded(self):
        net = dense()

        def run():
            loss = net(X).sum()
            loss.backward()

        says(failing(run), "The array of shape (1,)", "not recorded")
        with autograd.record():
            loss = net(X).sum()
        loss.backward()
        assert (net[0].weight.grad().asnumpy() == 2).all()

    def test_the_way_was_cut(self):
        net = dense()

        def run(cut):
            with autograd.record():
                loss = cut(net(X)).sum()
            loss.backward()

        says(failing(run, lambda y: y.detach()), "detach()")
        says(failing(run, lambda y: mx.nd.array(y.asnumpy())), "asnumpy()")
        run(lambda y: y)

    def test_a_gradient_is_asked_for_outside(self):
        x = mx.nd.ones((2,))
        x.attach_grad()
        y = x * 2
        says(failing(lambda: autograd.grad(y, [x])), "The array of shape (2,)", "not recorded")
        with autograd.record():
            y = x * 2
        assert autograd.grad(y, [x])[0].asnumpy().tolist() == [2, 2]

    @pytest.mark.parametrize("hybrid", [False, True])
    def test_the_same_graph_twice(self, hybrid):
        net = dense()
        if hybrid:
            net.hybridize()

        def run(**given):
            with autograd.record():
                loss = net(X).sum()
            loss.backward(**given)
            loss.backward()

        says(failing(run), "differentiated already", "loss.backward(retain_graph=True)")
        run(retain_graph=True)
        assert (net[0].weight.grad().asnumpy() == 2).all()
        for _ in range(2):
            with autograd.record():
                loss = net(X).sum()
            loss.backward()
        assert (net[0].weight.grad().asnumpy() == 2).all()

    def test_two_losses_of_one_graph(self):
        net = dense()

        def run():
            with autograd.record():
                first = net(X).sum()
                second = first * 2
            first.backward()
            second.backward()

        says(failing(run), "differentiated already", "autograd.backward([first, second])")
        with autograd.record():
            first = net(X).sum()
            second = first * 2
        autograd.backward([first, second])
        assert (net[0].weight.grad().asnumpy() == 6).all()

    def test_a_frozen_net(self):
        net = dense()
        net.collect_params().setattr("grad_req", "null")

        def run():
            with autograd.record():
                loss = net(X).sum()
            loss.backward()

        says(failing(run), "frozen", "setattr('grad_req', 'write')")
        net.collect_params().setattr("grad_req", "write")
        run()

    def test_the_symbol_of_what_was_not_recorded(self):
        x = mx.nd.ones((2,))
        says(failing(autograd.get_symbol, x), "no symbol", "x.attach_grad()")
        x.attach_grad()
        with autograd.record():
            y = x * 2
        assert len(autograd.get_symbol(y).list_arguments()) == 1

    def test_in_place(self):
        def run(function):
            x = mx.nd.ones((2,))
            x.attach_grad()
            with autograd.record():
                y = function(x)
            y.backward()
            return x.grad.asnumpy().tolist()

        def added(x):
            x += 1
            return x

        def written(x):
            y = x * 2
            y[0:1] = 0
            return y

        says(failing(run, added), "x = x + 1 in place of x += 1")
        assert run(lambda x: x + 1) == [1, 1]
        says(failing(run, written), "y = mx.nd.where(condition, other, y)")
        keep = mx.nd.array([0, 1])
        assert run(lambda x: mx.nd.where(keep, x * 2, keep * 0)) == [0, 2]


class TestGrad:
    def test_a_variable_that_was_not_marked(self):
        def run(mark):
            x = mx.nd.ones((2,))
            w = mx.nd.ones((2,))
            w.attach_grad()
            if mark:
                x.attach_grad()
            with autograd.record():
                y = x * w
            return autograd.grad(y, [w, x])[1].asnumpy().tolist()

        says(failing(run, False), "variables[1], of shape (2,)", "x.attach_grad() before")
        assert run(True) == [1, 1]

    def test_a_frozen_parameter(self):
        net = dense()
        net[0].weight.grad_req = "null"

        def run():
            with autograd.record():
                loss = net(X).sum()
            return autograd.grad(loss, [net[0].weight.data()])[0].asnumpy()

        says(failing(run), "0.weight", "net[0].weight.grad_req = 'write'")
        net[0].weight.grad_req = "write"
        assert (run() == 2).all()

    def test_a_variable_that_plays_no_part(self):
        net, other = dense(), dense()

        def run(*arrays):
            with autograd.record():
                loss = net(X).sum()
            return autograd.grad(loss, list(arrays))

        weight, lost = net[0].weight.data(), other[0].weight.data()
        said = failing(run, weight, lost)
        says(said, "variables[1], of shape (3, 5)", "Leave it out of the variables")
        assert (run(weight)[0].asnumpy() == 2).all()

    @pytest.mark.parametrize("listed", [False, True])
    def test_a_parameter(self, listed):
        net = dense()
        with autograd.record():
            loss = net(X).sum()
        weight = net[0].weight
        said = failing(lambda: net and autograd.grad(loss, [weight] if listed else weight))
        says(said, "0.weight", "autograd.grad(loss, [net[0].weight.data()])")
        assert (autograd.grad(loss, [net[0].weight.data()])[0].asnumpy() == 2).all()
        with autograd.record():
            loss = net(X).sum()
        loss.backward()
        assert (net[0].weight.grad().asnumpy() == 2).all()

    def test_no_variables(self):
        net = dense()
        with autograd.record():
            loss = net(X).sum()
        says(failing(autograd.grad, loss, []), "given no variables", "p.data() for p in")
        held = [p.data() for p in net.collect_params().values() if p.grad_req != "null"]
        assert len(autograd.grad(loss, held)) == 2

    def test_heads_and_their_gradients(self):
        net = dense()

        def run(*gradients):
            with autograd.record():
                losses = [net(X).sum(), net(X).mean()]
            autograd.backward(losses, *gradients)

        says(failing(run, [mx.nd.ones((1,))]), "1 for 2 heads", "autograd.backward(losses)")
        run()
        run([mx.nd.ones((1,)), None])

    def test_marking_one_array(self):
        x = mx.nd.ones((2,))
        said = failing(autograd.mark_variables, x, [mx.nd.zeros((2,))])
        says(said, "mark_variables", "x.attach_grad()")
        x.attach_grad()
        with autograd.record():
            y = x * 2
        y.backward()
        assert x.grad.asnumpy().tolist() == [2, 2]

    def test_the_symbol_of_something_else(self):
        net = dense()
        says(failing(autograd.get_symbol, 3), "of type int", "inside autograd.record()")
        says(failing(autograd.get_symbol, net), "net(mx.sym.var('data'))")
        assert "dense0_weight" in net(mx.sym.var("data")).list_arguments()


class Twice(autograd.Function):
    """Right in all."""

    def forward(self, x):
        return x * 2

    def backward(self, dy):
        return dy * 2


class TooMany(Twice):
    def backward(self, dy):
        return dy * 2, dy


class NoArray(Twice):
    def backward(self, dy):
        return (dy.asnumpy() * 2,)


def gradient_through(function):
    x = mx.nd.ones((2,))
    x.attach_grad()
    with autograd.record():
        y = function(x)
    y.backward()
    return x.grad.asnumpy().tolist()


class TestFunctions:
    def test_one_that_is_called_twice(self):
        function = Twice()
        assert gradient_through(function) == [2, 2]
        says(failing(gradient_through, function), "Twice", "Twice()(x)")
        assert gradient_through(Twice()) == [2, 2]

    @pytest.mark.parametrize(
        ("kind", "text"), [(TooMany, "as many arrays as forward"), (NoArray, "mx.nd.array(...)")]
    )
    def test_one_whose_backward_is_wrong(self, kind, text, capsys):
        says(failing(gradient_through, kind()), "its backward has failed", "gi.explain(text)")
        printed = capsys.readouterr().out
        file, line = re.findall(r'File "([^"]+)", line (\d+), in backward_entry', printed)[-1]
        said = gi.explain(printed)
        said.place = mxnet_places._at(file, int(line))
        says(said, text)
        assert np.allclose(gradient_through(Twice()), 2)
