# %% [markdown]
# # 9 · Why the numbers matter
#
# Two nets of thirty layers, the same data, the same optimizer. One learns, the other does not move.
# The only difference is the numbers before the first step. **What do those numbers do to a signal
# on its way through thirty layers, and can you tell before you train?**
#
# After this lesson you can
#
# - predict how a signal grows or shrinks from layer to layer, from fan-in and variance;
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
# the same factor.

# %%
after_default = predict(
    "Gluon's default, U[-0.07, 0.07]: how large is the signal after 29 tanh layers, about "
    "1, 0.01, or 10^-14?",
    ...,  # your guess: "1", "0.01" or "10^-14"
)
learns = predict(
    "Of five initializers, for how many does such a net learn the digits in 60 steps?",
    ...,  # your guess: 0 to 5
)

# %% [markdown]
# ## Run
#
# ### The data, and five ways to begin
#
# Scikit-learn's digits, brought to mean 0 and standard deviation 1.

# %%
digits = load_digits()
scaled = (digits.data - digits.data.mean()) / digits.data.std()
images = nd.array(scaled, ctx=device)
labels = nd.array(digits.target, ctx=device)
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
    return softmax(scores, labels[:100])


tanh = gi.signal_report(deep("tanh"), images[:100], loss, compare=ways)


# %%
def sizes(report, name, layers=(0, 9, 19, 28)):
    outputs = [row for row in report.outputs if row["case"] == name]
    powers = [round(np.log10(outputs[i]["std"])) for i in layers]
    return "  ".join(f"10^{power:<4}" for power in powers)


print(f"{'layer':13} 1        10       20       29")
for name in ways:
    print(f"{name:13} {sizes(tanh, name)}")

# %%
after_default.settle("10^-14")

# %% [markdown]
# The default loses half of a power of ten in each layer. After thirty of them, all digits look the
# same to the last layer. Normal(0.01) is worse. Normal(0.5) keeps the size, for tanh cannot exceed
# 1: its units are saturated. Only the last two carry a living signal.
#
# ## Look
#
# Above, the outputs from the first layer to the last; below, the gradients of the weights. Read the
# lower picture from right to left: that is the way of the gradient.

# %%
tanh.plot()

# %% [markdown]
# Normal(0.5), green, has outputs of a good size, and gradients that grow a hundred thousand times
# on their way back. What is good for one direction need not be for the other.
#
# ### Is it so in training?


# %%
def train(init, steps=60):
    net = gi.force_init(deep("tanh"), images[:1], init=init, seed=9, device=device)
    net.hybridize()
    settings = {"learning_rate": 0.02, "momentum": 0.9}
    trainer = gluon.Trainer(net.collect_params(), "sgd", settings)
    for _ in range(steps):
        with autograd.record():
            error = softmax(net(images), labels)
        error.backward()
        trainer.step(len(images))
    return float((net(images).argmax(axis=1) == labels).mean().asscalar())


# %%
results = {name: train(init) for name, init in ways.items()}
for name, share in results.items():
    print(f"{name:13} {'learns' if share > 0.8 else 'does not learn'}")

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
# The factor $\sqrt{n\sigma^2}$ is what each layer multiplies the signal by. It should be 1, or a
# little more if the activation takes something away: that correction is called the *gain*. ReLU
# sets half of the values to zero, so half of the mean square is lost, and $n\sigma^2$ should be 2.
# This is He's rule. For tanh, near 0, the gain is about 1.
#
# | initializer | $\sigma^2$ | factor for $n = 64$, tanh | after 29 layers |
# |---|---|---|---|
# | $U[-0.07, 0.07]$ | $0.07^2/3$ | 0.32 | $10^{-14}$ |
# | Normal(0.01) | $10^{-4}$ | 0.08 | $10^{-32}$ |
# | Xavier | $2/(n+n)$ | 1 | 1, but for what tanh takes |
# | He | $2/n$ | 1.41 | tanh holds it below 1 |
#
# Theory beside measurement, for the factor in one layer:

# %%
rows = tanh.outputs
for name, variance in (("default", 0.07**2 / 3), ("Normal(0.01)", 1e-4)):
    outputs = [row["std"] for row in rows if row["case"] == name]
    measured = (outputs[20] / outputs[5]) ** (1 / 15)
    print(f"{name:13} theory {np.sqrt(64 * variance):.2f}, measured {measured:.2f}")

# %% [markdown]
# ### ReLU
#
# The same net with ReLU. Now Xavier's factor is $\sqrt{1/2}$ a layer, and He's is 1:

# %%
relu = gi.signal_report(deep("relu"), images[:100], loss, compare=ways)
for name in ("Xavier", "He"):
    print(f"{name:13} {sizes(relu, name)}")

# %% [markdown]
# Move gain and depth. The gain multiplies Xavier's standard deviation. The cell below it shows
# three settings.

# %% tags=["widget", "nbval-ignore-output"]
from gluon_init.course import widgets

widgets.explore_gain()

# %%
for gain in (0.5, 1.0, 2.0):
    init = {"": mx.init.Xavier(magnitude=3 * gain**2)}
    report = gi.signal_report(deep("relu", 20), (100, 64), compare=init)
    last = report.outputs[-2]["std"]
    print(f"gain {gain}: after 19 ReLU layers 10^{round(np.log10(last))}")

# %% [markdown]
# ## Trap
#
# A net is tested while it is shallow, and then made deeper. With three layers the default
# initializer does nothing bad:

# %%
for depth in (3, 10, 30):
    report = gi.signal_report(
        deep("tanh", depth), images[:100], loss, compare={"default": mx.init.Uniform(0.07)}
    )
    flags = {flag for row in report.rows for flag in row["flags"]}
    print(f"{depth:>2} layers: {', '.join(sorted(flags)) or 'nothing to report'}")

# %% [markdown]
# Every layer takes the same share away, so depth decides. To mend it, do not tune the learning
# rate; draw the weights by the width of their layer, as Xavier and He do. Batch normalization
# mends it from the other side: it brings each layer's output back to size 1, whatever came in.


# %%
def normalized(depth=30):
    net = nn.HybridSequential()
    for _ in range(depth - 1):
        net.add(nn.Dense(64), nn.BatchNorm(), nn.Activation("tanh"))
    net.add(nn.Dense(10))
    return net


report = gi.signal_report(normalized(), images[:100], compare={"default": ways["default"]})
print("smallest output of a tanh:", min(
    round(row["std"], 1) for row in report.outputs if row["kind"] == "Activation"
))  # fmt: skip

# %% [markdown]
# ## Your turn
#
# **9.1 Compute.** The factor by which one linear layer with `inputs` inputs multiplies the size of
# a signal, if its weights are uniform on $[-\text{bound}, \text{bound}]$.


# %%
def factor(inputs, bound):
    ### BEGIN SOLUTION
    return np.sqrt(inputs * bound**2 / 3)
    ### END SOLUTION


check("9.1", factor)

# %% [markdown]
# **9.2 Choose.** Return an initializer which keeps the signal's size through many ReLU layers of
# any width.


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
    flags = {flag for row in gi.signal_report(net, batch).outputs for flag in row["flags"]}
    return next((flag for flag in ("vanishing", "exploding") if flag in flags), "fine")
    ### END SOLUTION


check("9.3", diagnose)

# %% [markdown]
# ## Elsewhere
#
# | | variance $1/n$ or Xavier | He, for ReLU | gains |
# |---|---|---|---|
# | **MXNet** | `Xavier()` | `Xavier("gaussian", "in", 2)`, or `MSRAPrelu("in", 0)` | `magnitude=` is three times its square |
# | **PyTorch 2** | `xavier_uniform_` | `kaiming_normal_` | `calculate_gain("relu")` |
# | **JAX / Flax** | `lecun_normal`, `glorot_uniform` | `he_normal` | `variance_scaling(scale, mode, ...)` |
# | **Keras 3** | `GlorotUniform` | `HeNormal` | `VarianceScaling(scale=...)` |
#
# ## Recap
#
# You can now
#
# - multiply: each layer's factor is $\sqrt{n\sigma^2}$ times what the activation leaves, and depth
#   is the exponent;
# - choose Xavier for tanh and He for ReLU, and say why ReLU needs twice the variance;
# - look at the signals of a net before training, and name what vanishes or explodes.
#
# Next: [lesson 10](10_same_seed_same_weights.ipynb), getting the same numbers twice.
