# %% [markdown]
# # 4 · Which numbers, and who decides
#
# `initialize()` without arguments draws *something*. `initialize(Xavier())` draws something else,
# but not everywhere. **Which numbers does each parameter get, and when a layer, a parameter and the
# whole net each name an initializer, who wins?**
#
# After this lesson you can
#
# - state the law of Gluon's default, of Normal, Constant and Xavier, and check each by measuring;
#   the *law* of an initializer is the probability distribution of its numbers;
# - predict which initializer a parameter gets when several are named, and make a choice last;
# - explain why a net whose weights all start equal learns badly, and show it.
#
# It builds on lessons [2](02_watching_initialization.ipynb) and
# [3](03_forcing_initialization.ipynb). About 20 minutes.

# %%
import gluon_init as gi  # makes MXNet importable: always first
from gluon_init.course import attempt, check, hint, predict

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

device = gi.device()

# %% [markdown]
# ## Guess

# %%
all_three = predict(
    "net.initialize(mx.init.Constant(3)): are all parameters 3 afterwards? yes or no",
    ...,  # your guess
)
all_three

# %%
winner = predict(
    "The layer says weight_initializer=Constant(2), the net is initialized with Constant(3). "
    "What does the weight hold, 2 or 3?",
    ...,  # your guess
)
winner

# %% [markdown]
# ## Run
#
# ### The default

# %%
layer = nn.Dense(300, in_units=400)
gi.force_init(layer, seed=1, device=device)
weight = layer.weight.data(device).asnumpy()

print(f"from {weight.min():.4f} to {weight.max():.4f}, standard deviation {weight.std():.4f}")
print("bias:", set(layer.bias.data(device).asnumpy().tolist()))

# %% [markdown]
# The documentation says $U[-0.07, 0.07]$: each number between the two is equally likely. The
# standard deviation of such numbers is $0.07/\sqrt 3 = 0.0404$. `gi.check_distribution` lets an
# initializer draw a million numbers and compares them with its law, in several ways:

# %%
default = gi.check_distribution(mx.init.Uniform())
print(default.ok, default.law)
default.plot()

# %% [markdown]
# ### A bell, and a constant

# %%
for init in (mx.init.Normal(0.01), mx.init.Constant(1)):
    result = gi.check_distribution(init)
    print(f"{type(init).__name__:9} {result.ok}  {result.law}")

# %% [markdown]
# $N(0, 0.01)$ is the bell with mean 0 and standard deviation $\sigma = 0.01$.
#
# ### Xavier looks at the shape
#
# The three above draw from the same law for every layer, whatever its shape. Xavier asks how many
# inputs and outputs the layer has, its *fan-in* and *fan-out*, and draws smaller numbers for wider
# layers:

# %%
for shape in [(100, 20), (100, 2000), (64, 32, 3, 3)]:
    law = gi.check_distribution(mx.init.Xavier(), shape=shape).law
    print(f"{shape!s:16} {law}")

# %% [markdown]
# ### "All parameters to 3"
#
# `_collect_params_with_prefix()` is Gluon's own list of a net's parameters by path.


# %%
def show(net):
    for path, parameter in net._collect_params_with_prefix().items():
        print(f"{path:15} {set(parameter.data(device).asnumpy().ravel().tolist())}")


# %%
net = nn.Sequential()
net.add(nn.Dense(4, in_units=3), nn.BatchNorm(in_channels=4))
net.initialize(mx.init.Constant(3), ctx=device)
show(net)

# %%
all_three.settle("no")

# %% [markdown]
# Only the weight is 3. The layers named initializers for all else, zero or one, and the initializer
# given to `initialize()` fills only parameters which have none of their own.
#
# `gi.ByPattern` is given to the net, too, but it goes by the path, and before the layers' own. Here
# it reaches all that is trained; the running mean and variance, which are measured, match no
# pattern.

# %%
everywhere = gi.ByPattern({"weight|bias|gamma|beta": mx.init.Constant(3)})
net.initialize(everywhere, ctx=device, force_reinit=True)
show(net)

# %% [markdown]
# ### One layer, one parameter
#
# Xavier for the first weight, 42 for the whole second layer, as one often wants it:

# %%
net = nn.Sequential()
net.add(nn.Dense(4, in_units=3), nn.Dense(2, in_units=4))
net.initialize(ctx=device)
net[0].weight.initialize(mx.init.Xavier(), ctx=device, force_reinit=True)
net[1].initialize(mx.init.Constant(42), ctx=device, force_reinit=True)

print(net[1].weight.data(device).asnumpy().tolist())
print(net[1].bias.data(device).asnumpy().tolist())

# %% [markdown]
# The weight is 42 everywhere. The bias is still 0: even here its layer's choice goes first.
#
# ### Who wins
#
# `net.initialize(init)` gives each parameter its own initializer, if it has one, and else `init`.
# Its own is what stands in `parameter.init`: what its layer named, unless you put another there.
# The summary tells for each parameter which one is used:

# %%
net = nn.Sequential()
net.add(nn.Dense(4, weight_initializer=mx.init.Constant(2)))
net.add(nn.Dense(4, weight_initializer=mx.init.Constant(2)))
net.add(nn.Dense(4))
net[1].weight.init = mx.init.Constant(4)
net.initialize(mx.init.Constant(3), ctx=device)

for row in gi.summary(net).rows[::2]:
    print(f"{row.path}  {row.initializer:18} chosen by {row.source}")

# %%
winner.settle(2)

# %% [markdown]
# `parameter.initialize(init)` is a call of its own: it fills that parameter now, or notes `init`
# for it. What counts is which call comes last. Here 4 is named for one weight, once before and
# once after the call for the layer, which itself names 2:

# %%
early = nn.Dense(4, weight_initializer=mx.init.Constant(2))
early.weight.initialize(mx.init.Constant(4), ctx=device)
early.initialize(mx.init.Constant(3), ctx=device)

late = nn.Dense(4, weight_initializer=mx.init.Constant(2))
late.initialize(mx.init.Constant(3), ctx=device)
late.weight.initialize(mx.init.Constant(4), ctx=device, force_reinit=True)

for name, layer in (("early", early), ("late", late)):
    layer(nd.ones((1, 2), ctx=device))
    print(f"{name:5} {layer.weight.data(device).asnumpy()[0]}")

# %% [markdown]
# The early call was undone: there were no numbers yet, only a note, and the next call wrote its
# own. Where there are numbers, it takes `force_reinit=True` to undo them:

# %%
layer = nn.Dense(4, in_units=2, weight_initializer=mx.init.Constant(2))
layer.weight.initialize(mx.init.Constant(4), ctx=device)
print("filled by its own call ", layer.weight.data(device).asnumpy()[0])

layer.initialize(mx.init.Constant(3), ctx=device, force_reinit=True)
print("after layer.initialize ", layer.weight.data(device).asnumpy()[0])

layer.weight.init = mx.init.Constant(4)
layer.initialize(mx.init.Constant(3), ctx=device, force_reinit=True)
print("with weight.init set   ", layer.weight.data(device).asnumpy()[0])

# %% [markdown]
# The last two lines are the lesson: to make a choice last, set `weight.init` before
# `net.initialize`.
#
# ## Look
#
# The net that we began with, and what fills each parameter:

# %%
gi.summary(net).plot(of="initializer")

# %% [markdown]
# A law has a shape. Two layers of 400 inputs and 300 outputs, and the weights that they hold.

# %%
from gluon_init import plots
from gluon_init.plots import ORANGE, SKY

figure, axes = plots.picture(6, 3)
for init, colour in ((mx.init.Normal(0.01), SKY), (mx.init.Xavier(), ORANGE)):
    layer = gi.force_init(nn.Dense(300, in_units=400), init=init, seed=1, device=device)
    weight = layer.weight.data(device).asnumpy().ravel()
    name = type(init).__name__
    axes.hist(weight, bins=80, density=True, color=colour, alpha=0.75, label=name)
axes.set(xlabel="weight", ylabel="share of weights per unit")
axes.legend(frameon=False)
figure

# %% [markdown]
# Xavier's weights are equally likely over an interval; the bell of Normal(0.01) is much narrower.
#
# ## Why
#
# A unit computes $y = \sum_{i=1}^{n} w_i x_i$. If the $w_i$ are independent, with mean 0 and
# variance $\sigma^2$, then
#
# $$\operatorname{Var}(y) = n \, \sigma^2 \, \overline{x^2} .$$
#
# To keep the size of the signal from layer to layer, $n \sigma^2$ should be 1, with $n$ the fan-in.
# For the gradient, on its way back, the fan-out counts. Xavier takes the mean of both,
# $\sigma^2 = 2/(n_\text{in} + n_\text{out})$, and draws from $U[-c, c]$. As the variance of that is
# $c^2/3$,
#
# $$c = \sqrt{\frac{6}{n_\text{in} + n_\text{out}}}.$$
#
# MXNet writes it as $\sqrt{3/f}$ with $f$ the average fan. For 400 inputs and 300 outputs:

# %%
print(f"by the formula {np.sqrt(6 / (400 + 300)):.4f}")
print("by the library", gi.check_distribution(mx.init.Xavier(), shape=(300, 400)).law)

# %% [markdown]
# ## Trap
#
# `Constant` looks tidy. Train a small net with it, on scikit-learn's handwritten digits.

# %%
from sklearn.datasets import load_digits

digits = load_digits()
images = nd.array(digits.data / 16, ctx=device)
labels = nd.array(digits.target, ctx=device)
loss = gluon.loss.SoftmaxCrossEntropyLoss()


# %%
def train(init, steps=60):
    net = nn.Sequential()
    net.add(nn.Dense(32, activation="tanh"), nn.Dense(10))
    gi.force_init(net, images, init=init, seed=4, device=device)
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.2, "momentum": 0.9})
    for _ in range(steps):
        with autograd.record():
            error = loss(net(images), labels)
        error.backward()
        trainer.step(len(images))
    return net


# %%
def right(net):
    return float((net(images).argmax(axis=1) == labels).mean().asscalar())


tidy, drawn = train(mx.init.Constant(0.01)), train(mx.init.Xavier())
print("Constant: fewer than half right:", right(tidy) < 0.5)
print("Xavier: more than nine in ten:", right(drawn) > 0.9)

# %% [markdown]
# Same net, same data, same steps. What is wrong with the first shows in its hidden units. There are
# 32. How many of them differ from the first one, in any weight, by more than a thousandth?

# %%
for name, net in (("Constant", tidy), ("Xavier", drawn)):
    weight = net[0].weight.data(device).asnumpy()
    apart = (abs(weight - weight[0]).max(axis=1) > 0.001).sum()
    print(f"{name:9} {apart} other units; largest weight above 0.1: {weight.max() > 0.1}")

# %% [markdown]
# None, though the weights have moved far from 0.01, where they began. The weights of both nets, a
# row for each unit, a column for each pixel:

# %%
figure, _ = plots.picture(7, 2.4)
figure.clear()
for axes, (name, net) in zip(figure.subplots(1, 2), (("Constant", tidy), ("Xavier", drawn))):
    axes.imshow(net[0].weight.data(device).asnumpy(), cmap="RdBu", vmin=-0.5, vmax=0.5)
    axes.set_title(name, fontsize=10)
    axes.set(xlabel="pixel", ylabel="unit")
figure.tight_layout()
figure

# %% [markdown]
# The rows on the left are equal. All units began equal, so they put out the same, got the same
# gradient, and took the same step: 32 copies of a single unit, for ever. Drawing the weights at
# random is what tells the units apart. It is called *breaking the symmetry*. `gi.signal_report`
# names it before any training; 0 and 1 are the layers whose outputs are alike:

# %%
report = gi.signal_report(
    drawn, images[:64], compare={"Constant": mx.init.Constant(0.01), "Xavier": mx.init.Xavier()}
)
print(str(report).splitlines()[-1])

# %% [markdown]
# ## Your turn
#
# **4.1 Who wins?** `layer` is what the layer names by `weight_initializer=`, `net` what
# `net.initialize(…)` names, and `parameter` what `weight.initialize(…, force_reinit=True)` names
# after it; `None` is for nothing. Return the one that is used. Gluon's default is `"uniform"`.


# %%
def who_wins(parameter, layer, net):
    ### BEGIN SOLUTION
    for named in (parameter, layer, net):
        if named is not None:
            return named
    return "uniform"
    ### END SOLUTION


check("4.1", who_wins)

# %% [markdown]
# **4.2 Compute.** The bound $c$ of `mx.init.Xavier()` for a weight of this shape, dense or
# convolutional. For a kernel, fan-in and fan-out also count its pixels.


# %%
def xavier_bound(shape):
    ### BEGIN SOLUTION
    pixels = np.prod(shape[2:])
    return np.sqrt(6 / (shape[0] * pixels + shape[1] * pixels))
    ### END SOLUTION


check("4.2", xavier_bound)

# %% [markdown]
# **4.3 Reach them all.** Initialize the net so that every weight is Xavier's and every bias is
# `value`. Return the net.


# %%
def with_biases(net, shape, value):
    ### BEGIN SOLUTION
    patterns = {"bias": mx.init.Constant(value)}
    return gi.force_init(net, shape, init=gi.ByPattern(patterns, default=mx.init.Xavier()))
    ### END SOLUTION


check("4.3", with_biases)

# %% [markdown]
# ## Elsewhere
#
# | | weights of a dense layer, by default | biases | who wins |
# |---|---|---|---|
# | **Gluon** | $U[-0.07, 0.07]$, whatever the shape | 0 | the parameter's or the layer's own, then the net's |
# | **PyTorch** | $U[-1/\sqrt{n_\text{in}}, 1/\sqrt{n_\text{in}}]$, by `kaiming_uniform_(a=√5)` | the same interval | the last call of `torch.nn.init` |
# | **Flax**, Linen and NNX | `lecun_normal`, variance $1/n_\text{in}$ | 0 | the layer's `kernel_init` |
# | **Keras** | `glorot_uniform`, which is Xavier | 0 | the layer's `kernel_initializer` |
#
# Checked with PyTorch 2.14, Flax 0.12 and Keras 3.15.
#
# ## Recap
#
# You can now
#
# - give the law of each built-in initializer and measure it;
# - say who wins: a parameter's own initializer goes before the net's, `gi.ByPattern` before both,
#   and a later call may undo an earlier one; and why `initialize(Constant(3))` leaves the biases;
# - explain what a constant leaves unbroken: equal units stay equal.
#
# Next: [lesson 5](05_your_own_initializer.ipynb), a law that nobody has written yet.
