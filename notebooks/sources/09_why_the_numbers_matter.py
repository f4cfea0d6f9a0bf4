# %% [markdown]
# # 9 · Why the numbers matter
#
# Two nets of thirty layers, the same data, the same optimizer. One learns, the other does not move.
# The only difference is the numbers before the first step. **What do those numbers do to a signal
# on its way through thirty layers, and can you tell before you train?**
#
# After this lesson you can
#
# - predict how a signal, and the error on its way back, grow or shrink from layer to layer;
# - choose an initializer for tanh and for ReLU, and give the reason;
# - look at a net's signals before training and name what is wrong.
#
# It builds on [lesson 4](04_built_in_initializers.ipynb). About 20 minutes.

# %%
import gluon_init as gi  # makes MXNet importable: always first
from gluon_init.course import attempt, check, hint, predict

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn
from sklearn.datasets import load_digits

device = gi.device()

# %% [markdown]
# ## Guess
#
# Thirty layers of 64 units. The input has standard deviation 1. Each layer multiplies it by about
# the same factor. Such a net "learns" here if, from each of three seeds, it has more than 80 % of
# 200 digits right after 40 steps.

# %%
after_default = predict(
    "Gluon's default, U[-0.07, 0.07]: how large is the signal after 29 tanh layers, about "
    "1, 0.01, or 10^-14?",
    ...,  # your guess: "1", "0.01" or "10^-14"
)
after_default

# %%
learns = predict(
    "Five initializers: Gluon's default, Normal(0.01), Normal(0.5), Xavier's, He's. With how many "
    "of them does the tanh net learn?",
    ...,  # your guess: 0 to 5
)
learns

# %% [markdown]
# ## Run
#
# ### The data, and five ways to begin
#
# Two hundred of scikit-learn's digits, brought to mean 0 and standard deviation 1.

# %%
digits = load_digits()
pixels = digits.data[:200]
images = nd.array((pixels - pixels.mean()) / pixels.std(), ctx=device)
labels = nd.array(digits.target[:200], ctx=device)
softmax = gluon.loss.SoftmaxCrossEntropyLoss()

# %%
ways = {
    "default": mx.init.Uniform(0.07),
    "Normal(0.01)": mx.init.Normal(0.01),
    "Normal(0.5)": mx.init.Normal(0.5),
    "Xavier": mx.init.Xavier(),
    "He": mx.init.Xavier("gaussian", "in", 2),
}


# %%
def deep(activation, depth=30, width=64):
    net = nn.HybridSequential()
    net.add(*(nn.Dense(width, activation=activation) for _ in range(depth - 1)))
    net.add(nn.Dense(10))
    return net


# %% [markdown]
# ### A signal on its way
#
# `gi.signal_report` sends one batch forward and the gradient back, in a copy, and notes how large
# everything was. With `compare` the net is drawn anew by each initializer.


# %%
def loss(scores):
    return softmax(scores, labels)


tanh = gi.signal_report(deep("tanh"), images, loss, compare=ways)


# %%
def sizes(rows, name, layers=(0, 9, 19, 28)):
    found = [row.norm / np.sqrt(np.prod(row.shape)) for row in rows if row.case == name]
    return "  ".join(f"10^{round(np.log10(found[i])):<4}" for i in layers)


print(f"{'layer':13} 1        10       20       29")
for name in ways:
    print(f"{name:13} {sizes(tanh.outputs, name)}")

# %%
after_default.settle("10^-14")

# %% [markdown]
# The default loses half of a power of ten in each layer. After thirty of them, all digits look the
# same to the last layer. Normal(0.01) is worse. Normal(0.5) keeps the size, but only since tanh
# cannot exceed 1. Its units are *saturated*: most outputs lie where tanh is flat.

# %%
net = gi.force_init(deep("tanh"), images[:1], init=ways["Normal(0.5)"], seed=9, device=device)
inside = net[:15](images).asnumpy()
print(f"after layer 15, share of outputs beyond 0.9 or -0.9: {(abs(inside) > 0.9).mean():.1f}")

# %% [markdown]
# Only the last two, Xavier's and He's, carry a living signal.
#
# ## Look
#
# Above, the outputs from the first layer to the last; below, the gradients of the weights. Read the
# lower picture from right to left: that is the way of the gradient.

# %%
tanh.plot()

# %% [markdown]
# Normal(0.5), green, has outputs of a good size, and gradients that grow more than a hundred
# thousand times on their way back. What is good for one direction need not be for the other.
#
# The default, blue, has a flat line of gradients, at 10^-14. A weight's gradient is the error that
# comes back times the input that came in. Going back, the error falls as the input grows, so their
# product stays the same. A bias has the error alone for its gradient. That is what falls:

# %%
errors = [row for row in tanh.gradients if row.path.endswith("bias")]
print(f"{'layer':13} 1        10       20       29")
for name in ("default", "Normal(0.5)", "Xavier"):
    print(f"{name:13} {sizes(errors, name)}")

# %% [markdown]
# ### Is it so in training?


# %%
def train(init, seed, activation="tanh", rate=0.001, steps=40):
    net = gi.force_init(deep(activation), images[:1], init=init, seed=seed, device=device)
    net.hybridize()
    trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": rate})
    for _ in range(steps):
        with autograd.record():
            error = softmax(net(images), labels)
        error.backward()
        trainer.step(len(images))
    return float((net(images).argmax(axis=1) == labels).mean().asscalar())


# %%
def judge(name, **settings):
    shares = [train(ways[name], seed, **settings) for seed in range(3)]
    print(f"{name:13} {'learns' if np.median(shares) > 0.8 else 'does not learn'}")


for name in ways:
    judge(name)

# %%
learns.settle(2)

# %% [markdown]
# ## Why
#
# A unit adds $n$ products, $y = \sum_{i=1}^{n} w_i x_i$, with weights of mean 0 and variance
# $\sigma^2$. So
#
# $$\overline{y^2} = n\,\sigma^2\,\overline{x^2}.$$
#
# That is the mean square. The size is its root, which the tables above show; behind tanh, where the
# mean is near 0, it is the report's standard deviation. Each layer multiplies it by
# $\sqrt{n\sigma^2}$.
#
# This factor should be 1, or a little more if the activation takes something away: that correction
# is called the *gain*. ReLU sets half of the values to zero, so half of the mean square is lost, and
# $n\sigma^2$ should be 2. This is He's rule. For tanh, near 0, the gain is about 1. As tanh takes a
# little in each layer, a gain above 1 keeps more: behind 29 layers He's signal is larger than
# Xavier's.
#
# | initializer | $\sigma^2$ | factor for $n = 64$, tanh | after 29 layers |
# |---|---|---|---|
# | $U[-0.07, 0.07]$ | $0.07^2/3$ | 0.32 | $10^{-14}$ |
# | Normal(0.01) | $10^{-4}$ | 0.08 | $10^{-32}$ |
# | Normal(0.5) | $0.25$ | 4 | tanh holds it below 1 |
# | Xavier | $2/(n+n)$ | 1 | 1, but for what tanh takes |
# | He | $2/n$ | 1.41 | tanh holds it below 1 |
#
# Back through a layer, the error goes through the same weights, and through the slope $\varphi'$ of
# the activation. Its mean square is multiplied by
#
# $$n\,\sigma^2\,\overline{\varphi'^2}.$$
#
# The slope of tanh is $1 - y^2$: near 0 it is 1, and for saturated units it is small. For
# Normal(0.5) that does not make up for the factor 4. What was measured, and whether theory agrees:


# %%
def factor(rows, name):
    found = [row.norm for row in rows if row.case == name]
    return (found[24] / found[4]) ** (1 / 20)


# %%
default, slope = np.sqrt(64 * 0.07**2 / 3), 1 - inside**2
wide = np.sqrt(64 * 0.25 * (slope**2).mean())
for name, found, theory in (
    ("default, forward", factor(tanh.outputs, "default"), default),
    ("default, back", 1 / factor(errors, "default"), default),
    ("Normal(0.5), back", 1 / factor(errors, "Normal(0.5)"), wide),
):
    print(f"{name:17} {found:.2g}, theory within 5 %: {abs(found / theory - 1) < 0.05}")

# %% [markdown]
# ### ReLU
#
# The same net with ReLU. Now Xavier's factor is $\sqrt{1/2}$ a layer, and He's is 1:

# %%
some = {name: ways[name] for name in ("Xavier", "He")}
relu = gi.signal_report(deep("relu"), images, loss, compare=some)
for name in some:
    print(f"{name:13} {sizes(relu.outputs, name)}")

# %% [markdown]
# In training, of 50 steps this time, only He's learns:

# %%
for name in some:
    judge(name, activation="relu", steps=50)

# %% [markdown]
# Move gain and depth. The gain multiplies Xavier's standard deviation. The cell below it shows
# four settings.

# %% tags=["widget", "nbval-ignore-output"]
from gluon_init.course import widgets

widgets.explore_gain()

# %%
for gain in (0.5, 1.0, 1.4, 2.0):
    init = {"": mx.init.Xavier(magnitude=3 * gain**2)}
    report = gi.signal_report(deep("relu", 20), (100, 64), compare=init)
    last = report.outputs[-2].std
    print(f"gain {gain}: after 19 ReLU layers 10^{np.log10(last):.1f}")

# %% [markdown]
# Only at 1.4, close to $\sqrt 2$, is it still near 1.
#
# ## Trap
#
# A net is tested while it is shallow, and then made deeper. With three layers the default
# initializer does nothing bad. The report notes `vanishing` where a layer's output is more than a
# thousand times smaller than that of the first layer, and `exploding` where it is larger:

# %%
for depth in (3, 10, 30):
    report = gi.signal_report(
        deep("tanh", depth), images, loss, compare={"default": mx.init.Uniform(0.07)}
    )
    flags = {flag for row in report.rows for flag in row.note}
    print(f"{depth:>2} layers: {', '.join(sorted(flags)) or 'nothing to report'}")

# %% [markdown]
# Every layer takes the same share away, so depth decides. The learning rate cannot mend it, however
# you tune it:

# %%
for rate in (0.01, 1):
    share = train(ways["default"], seed=0, rate=rate)
    print(f"learning rate {rate}: {'learns' if share > 0.8 else 'does not learn'}")

# %% [markdown]
# Draw the weights by the width of their layer, as Xavier and He do. Batch normalization mends it
# from the other side: it brings each layer's output back to size 1, whatever came in.


# %%
def normalized(depth=30):
    net = nn.HybridSequential()
    for _ in range(depth - 1):
        net.add(nn.Dense(64), nn.BatchNorm(), nn.Activation("tanh"))
    net.add(nn.Dense(10))
    return net


report = gi.signal_report(normalized(), images, compare={"default": ways["default"]})
print("smallest output of a tanh:", min(
    round(row.std, 1) for row in report.outputs if row.kind == "Activation"
))  # fmt: skip

# %% [markdown]
# ## Your turn
#
# **9.1 Compute.** The factor by which one linear layer with `inputs` inputs multiplies the size of
# a signal, if its weights are uniform on $[-\text{bound}, \text{bound}]$.


# %%
def layer_factor(inputs, bound):
    ### BEGIN SOLUTION
    return np.sqrt(inputs * bound**2 / 3)
    ### END SOLUTION


check("9.1", layer_factor)

# %% [markdown]
# **9.2 Choose.** Return an initializer which keeps the signal's size through many ReLU layers of
# any width, also where the width changes from layer to layer.


# %%
def for_relu():
    ### BEGIN SOLUTION
    return mx.init.Xavier("gaussian", "in", 2)
    ### END SOLUTION


check("9.2", for_relu)

# %% [markdown]
# **9.3 Diagnose.** Return `"vanishing"`, `"exploding"` or `"fine"`: what happens to the outputs of
# `net` on `batch`? The net is initialized.


# %%
def diagnose(net, batch):
    ### BEGIN SOLUTION
    flags = {flag for row in gi.signal_report(net, batch).outputs for flag in row.note}
    return next((flag for flag in ("vanishing", "exploding") if flag in flags), "fine")
    ### END SOLUTION


check("9.3", diagnose)

# %% [markdown]
# ## Elsewhere
#
# | | a dense layer by default | variance $1/n$, or Xavier | He, for ReLU | gains |
# |---|---|---|---|---|
# | **MXNet** | $U[-0.07, 0.07]$ | `Xavier()` | `Xavier("gaussian", "in", 2)`, or `MSRAPrelu("in", 0)` | `magnitude=`: the gain's square for gaussian, three times it for uniform |
# | **PyTorch** | $U[-1/\sqrt n, 1/\sqrt n]$, variance $1/(3n)$ | `xavier_uniform_` | `kaiming_normal_` | `calculate_gain`: `"relu"` 1.41, `"tanh"` 1.67 |
# | **Flax**, Linen and NNX | `lecun_normal`, variance $1/n$ | `lecun_normal`, `glorot_uniform` | `he_normal` | `variance_scaling(scale, mode, ...)` |
# | **Keras** | `GlorotUniform` | `GlorotUniform` | `HeNormal` | `VarianceScaling(scale=...)` |
#
# Checked with PyTorch 2.14, Flax 0.12 and Keras 3.15.
#
# ## Recap
#
# You can now
#
# - multiply: each layer's factor is $\sqrt{n\sigma^2}$ times what the activation leaves, forward
#   and back, and depth is the exponent;
# - choose He for ReLU, Xavier or a gain a little above 1 for tanh, and say why ReLU needs twice the
#   variance;
# - look at the signals of a net before training, and name what vanishes or explodes.
#
# Next: [lesson 10](10_same_seed_same_weights.ipynb), getting the same numbers twice.
